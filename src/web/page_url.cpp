#include "web/page_url.h"

#include <charconv>

namespace ta::web {

PageUrl PageUrl::with(std::string_view key, std::string_view value) const {
  if (value.empty()) return without(key);
  PageUrl copy = *this;
  const auto it = std::ranges::find(copy.params_, key, &std::pair<std::string, std::string>::first);
  if (it == copy.params_.end())
    copy.params_.emplace_back(key, value);
  else
    it->second = value;
  return copy;
}

PageUrl PageUrl::without(std::string_view key) const {
  PageUrl copy = *this;
  std::erase_if(copy.params_, [key](const auto& param) { return param.first == key; });
  return copy;
}

std::string PageUrl::str() const {
  std::string url = path_;
  char separator = '?';
  for (const auto& [key, value] : params_) {
    url += fmt::format("{}{}={}", separator, http::url_encode(key), http::url_encode(value));
    separator = '&';
  }
  return url;
}

std::optional<std::int64_t> id_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && value > 0 ? std::optional(value) : std::nullopt;
}

}  // namespace ta::web
