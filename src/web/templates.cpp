#include "web/templates.h"

#include <kainjow/mustache.hpp>
#include <stdexcept>

#include "base/embedded.h"
#include "web/assets.h"

namespace ta::embedded {
std::span<const File> templates();
}

namespace ta::web {
namespace {

namespace ms = kainjow::mustache;

constexpr int kPartialDepthMax = 8;

[[noreturn]] void refuse(std::string_view name, std::string_view why) {
  throw std::logic_error(fmt::format("template {}: {}", name, why));
}

// "monitoring/templates/list.html" is the template "monitoring/list".
std::string template_name(std::string_view path) {
  std::string name(path.substr(0, path.size() - std::string_view(".html").size()));
  const std::string_view folder = "/templates/";
  return name.replace(name.find(folder), folder.size(), "/");
}

std::map<std::string, std::string_view, std::less<>> read_sources() {
  std::map<std::string, std::string_view, std::less<>> sources;
  for (const embedded::File& file : embedded::templates()) sources.emplace(template_name(file.path), file.bytes);
  return sources;
}

// Indentation is for the author; browsers and the parser are spared it.
std::string without_indentation(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
    const auto start = text.substr(0, end).find_first_not_of(" \t\n");
    if (start != std::string_view::npos) out += text.substr(start, end - start);
    text.remove_prefix(end);
  }
  return out;
}

class Expander {
 public:
  explicit Expander(const std::map<std::string, std::string_view, std::less<>>& sources) : sources_(sources) {}

  std::string expand(std::string_view name, int depth = 0) const {
    const auto it = sources_.find(name);
    if (it == sources_.end()) refuse(name, "there is no such template");
    if (depth > kPartialDepthMax) refuse(name, "partials that contain each other");
    std::string out;
    std::string_view rest = it->second;
    for (auto open = rest.find("{{"); open != std::string_view::npos; open = rest.find("{{")) {
      const auto close = rest.find("}}", open);
      if (close == std::string_view::npos) refuse(name, "a tag that does not end");
      out += rest.substr(0, open);
      out += replacement(name, rest.substr(open, close + 2 - open), depth);
      rest.remove_prefix(close + 2);
    }
    out += rest;
    return depth == 0 ? without_indentation(out) : out;
  }

 private:
  std::string replacement(std::string_view name, std::string_view tag, int depth) const {
    const std::string_view inner = tag.substr(2, tag.size() - 4);
    if (inner.starts_with("> ")) return expand(inner.substr(2), depth + 1);
    if (inner.starts_with("icon:")) return icon(name, inner.substr(5));
    if (inner.starts_with("asset:")) return asset_url(inner.substr(6));
    return std::string(tag);
  }

  static std::string icon(std::string_view name, std::string_view icon) {
    if (!has_icon(icon)) refuse(name, fmt::format("there is no icon {}", icon));
    return fmt::format(R"(<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>)", asset_url("icons.svg"),
                       icon);
  }

  const std::map<std::string, std::string_view, std::less<>>& sources_;
};

struct Template {
  std::string source;
  ms::mustache parsed;
};

std::map<std::string, Template, std::less<>> parse_all() {
  const auto sources = read_sources();
  const Expander expander(sources);
  std::map<std::string, Template, std::less<>> parsed;
  for (const auto& [name, text] : sources) {
    std::string source = expander.expand(name);
    ms::mustache tree(source);
    if (!tree.is_valid()) refuse(name, tree.error_message());
    parsed.emplace(name, Template{std::move(source), std::move(tree)});
  }
  return parsed;
}

// Rendering walks the parsed tree without changing it (no template has lambdas or parse errors), so threads share it.
std::map<std::string, Template, std::less<>>& all_templates() {
  static auto parsed = parse_all();
  return parsed;
}

Template& find(std::string_view name) {
  const auto it = all_templates().find(name);
  if (it == all_templates().end()) refuse(name, "there is no such template");
  return it->second;
}

ms::data to_data(const json::value& value);

ms::data to_data(const json::array& array) {
  ms::data list(ms::data::type::list);
  auto& items = const_cast<ms::list&>(list.list_value());  // push_back would copy every row deeply
  items.reserve(array.size());
  for (const json::value& item : array) items.push_back(to_data(item));
  return list;
}

ms::data to_data(const json::object& object) {
  ms::data data;
  for (const auto& [key, value] : object) data[std::string(key)] = to_data(value);
  return data;
}

ms::data to_data(const json::string& text) {
  return text.empty() ? ms::data(false) : ms::data(std::string(text.data(), text.size()));
}

ms::data to_data(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return ms::data(false);
    case json::kind::bool_: return ms::data(value.get_bool());
    case json::kind::int64: return ms::data(fmt::to_string(value.get_int64()));
    case json::kind::uint64: return ms::data(fmt::to_string(value.get_uint64()));
    case json::kind::double_: return ms::data(fmt::to_string(value.get_double()));
    case json::kind::string: return to_data(value.get_string());
    case json::kind::array: return to_data(value.get_array());
    case json::kind::object: return to_data(value.get_object());
  }
  return ms::data(false);
}

}  // namespace

void load_templates() { all_templates(); }

std::vector<std::string> template_names() {
  std::vector<std::string> names;
  for (const auto& [name, parsed] : all_templates()) names.push_back(name);
  return names;
}

std::string template_source(std::string_view name) { return find(name).source; }

std::string render(std::string_view name, const json::value& data) {
  std::string out;
  out.reserve(16 * 1024);
  find(name).parsed.render(to_data(data), [&out](const std::string& text) { out += text; });
  return out;
}

}  // namespace ta::web
