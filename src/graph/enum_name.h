// The names of described enums: as JSON and the product's output spell them.
#pragma once
#include <boost/describe/enum_to_string.hpp>
#include <boost/describe/enumerators.hpp>
#include <string_view>

namespace ta::graph {

template <class T>
concept DescribedEnum = boost::describe::has_describe_enumerators<T>::value;

// A name that C++ keeps for itself ends with '_' there only: Method::delete_ is "delete".
template <DescribedEnum E>
std::string_view name(E value) {
  const std::string_view spelled = boost::describe::enum_to_string(value, "");
  return spelled.substr(0, spelled.size() - (spelled.ends_with('_') ? 1 : 0));
}

}  // namespace ta::graph
