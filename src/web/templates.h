// HTML templates: src/<module>/templates/<name>.html, embedded, parsed once, rendered over typed views.
//
// Mustache, escaped by default. Added to it, and resolved when the templates are loaded:
//   {{> web/badge}}   the template src/web/templates/badge.html, in place
//   {{icon:clock}}    an icon of the sprite       {{asset:app.css}}   the address of an embedded file
// A string that is empty, null and false are all "no" in a section. Thread-safe.
#pragma once
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/json.h"

namespace ta::web {

// Parses every template. Throws std::logic_error that names the template which does not parse or refers to what is not
// there. Called at start so that a broken template never waits for its first reader.
void load_templates();
std::vector<std::string> template_names();
// The source with partials and icons in place, as parsed; for tests.
std::string template_source(std::string_view name);

// `name` is "module/template". An unknown name throws std::logic_error.
std::string render(std::string_view name, const json::value& data);

// A view is a struct described with BOOST_DESCRIBE_STRUCT.
template <class View>
  requires(!std::is_convertible_v<const View&, const json::value&>)
std::string render(std::string_view name, const View& view) {
  return render(name, json::value_from(view));
}

}  // namespace ta::web
