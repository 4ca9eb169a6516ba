// For this module's tests: sample inputs of every operation type of the product, and what makes two starts the same
// run. A new type needs at least one line here; the catalog tests say so until it has one.
#pragma once
#include <string_view>

namespace ta::cli {

struct OperationSample {
  std::string_view type;
  std::string_view inputs;     // JSON as a person may write it; connection 1 is the tenant's own
  std::string_view canonical;  // what the type makes of it: its payload and its identity
  std::string_view identity;   // run_identity_hash() of that in tenant 1
};

inline constexpr OperationSample kOperationSamples[] = {
    {"compliance.snapshot", R"({"connection": 1})", R"({"connection":1})",
     "ad487238ac9f3663893e2efe08455156c09fa54c840131f4f85773b4d3c7f55d"},
    {"inventory.sync", R"({"connection": 1})", R"({"connection":1,"types":null})",
     "88ebd7309591b520cf9574dd0a5a11a436f2385c98ed2eece725db6885e651aa"},
    {"inventory.sync", R"({"types": ["scope_tag", "assignment_filter", "scope_tag"], "connection": 1.0})",
     R"({"connection":1,"types":["assignment_filter","scope_tag"]})",
     "00995a684c857fac716d52b6e6664c23734596349cd24df6b3757f660bbfb6e7"},
    {"provider.connection.check", R"({"connection": 1})", R"({"connection":1})",
     "687978ff42e40426d42d6de99554efd0918159b8ee5a44cd03f3379e9d972e89"},
};

}  // namespace ta::cli
