// Reads and writes structs that Boost.Describe knows as JSON, strictly: a member that the struct does not have is
// refused, and so is a value of the wrong kind. A member may be left out when its default says "nothing" (text, list,
// flag, optional, object); a plain enum may not. Include it in .cpp files only.
#pragma once
#include <boost/describe/members.hpp>
#include <boost/mp11.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/json.h"
#include "graph/enum_name.h"

namespace ta::graph {

template <class T>
concept DescribedStruct = boost::describe::has_describe_members<T>::value;

template <class T>
using MembersOf = boost::describe::describe_members<T, boost::describe::mod_public>;

// Fills structs and keeps the first thing that is wrong: `"list.top" must be a number.`
class RecordReader {
 public:
  template <DescribedStruct T>
  void read(const json::value& from, T& into, const std::string& at = {}) {
    if (!from.is_object()) return complain(at, "must be an object");
    std::size_t known = 0;
    boost::mp11::mp_for_each<MembersOf<T>>([&](auto member) {
      const json::value* const found = json_find(from, member.name);
      const std::string inner = at.empty() ? member.name : at + "." + member.name;
      if (found) {
        ++known;
        read(*found, into.*member.pointer, inner);
      } else if (std::is_enum_v<std::remove_reference_t<decltype(into.*member.pointer)>>) {
        complain(inner, "is missing");
      }
    });
    if (known != from.get_object().size()) refuse_unknown<T>(from.get_object(), at);
  }

  template <DescribedEnum E>
  void read(const json::value& from, E& into, const std::string& at) {
    std::string names;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto known) {
      if (from.is_string() && from.get_string() == name(known.value)) into = known.value, names = "-";
      if (names != "-") names += (names.empty() ? "" : ", ") + std::string(name(known.value));
    });
    if (names != "-") complain(at, "has an unknown value; it is one of " + names);
  }

  template <class T>
  void read(const json::value& from, std::optional<T>& into, const std::string& at) {
    read(from, into.emplace(), at);
  }

  template <class T>
  void read(const json::value& from, std::vector<T>& into, const std::string& at) {
    if (!from.is_array() || from.get_array().empty()) return complain(at, "must be a list that is not empty");
    for (const json::value& item : from.get_array())
      read(item, into.emplace_back(), at + "[" + std::to_string(into.size() - 1) + "]");
  }

  void read(const json::value& from, std::string& into, const std::string& at) {
    if (!from.is_string()) return complain(at, "must be a text");
    into = std::string(from.get_string());
  }

  void read(const json::value& from, bool& into, const std::string& at) {
    if (!from.is_bool()) return complain(at, "must be true or false");
    into = from.get_bool();
  }

  void read(const json::value& from, int& into, const std::string& at) {
    if (!from.is_int64() || from.get_int64() < 0 || from.get_int64() > 100'000)
      return complain(at, "must be a whole number from 0 to 100000");
    into = static_cast<int>(from.get_int64());
  }

  const std::string& complaint() const { return complaint_; }  // empty: all is well

 private:
  template <class T>
  void refuse_unknown(const json::object& from, const std::string& at) {
    for (const auto& [key, value] : from) {
      bool known = false;
      boost::mp11::mp_for_each<MembersOf<T>>([&](auto member) { known = known || key == member.name; });
      if (!known) complain(at.empty() ? std::string(key) : at + "." + std::string(key), "is not a known member");
    }
  }

  void complain(const std::string& at, const std::string& what) {
    if (complaint_.empty()) complaint_ = "\"" + at + "\" " + what + ".";
  }

  std::string complaint_;
};

// What RecordReader would read back: members in the struct's order, without those that hold their default.
template <DescribedEnum E>
json::value to_record(E value) {
  return json::value(name(value));
}
inline json::value to_record(const std::string& text) { return text.empty() ? json::value() : json::value(text); }
inline json::value to_record(int number) { return number; }
inline json::value to_record(bool flag) { return flag ? json::value(true) : json::value(); }
template <DescribedStruct T>
json::value to_record(const T& value);

template <class T>
json::value to_record(const std::optional<T>& value) {
  if (!value) return {};
  if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, int>)
    return json::value(*value);
  else
    return to_record(*value);
}

template <class T>
json::value to_record(const std::vector<T>& values) {
  json::array out;
  for (const T& value : values)
    if constexpr (std::is_same_v<T, std::string>)
      out.emplace_back(value);
    else
      out.push_back(to_record(value));
  return out.empty() ? json::value() : json::value(std::move(out));
}

template <DescribedStruct T>
json::value to_record(const T& value) {
  json::object out;
  boost::mp11::mp_for_each<MembersOf<T>>([&](auto member) {
    json::value inner = to_record(value.*member.pointer);
    if (!inner.is_null()) out.emplace(member.name, std::move(inner));
  });
  return out.empty() ? json::value() : json::value(std::move(out));
}

}  // namespace ta::graph
