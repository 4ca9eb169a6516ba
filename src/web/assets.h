// The files of the pages: embedded, named by their content, cached for ever by browsers.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "http/message.h"

namespace ta::web {

struct Asset {
  std::string_view name;  // "app.css"
  std::string url;        // "/assets/app.3f2a91c0.css"
  std::string etag;       // quoted
  std::string_view content_type;
  std::string_view bytes;
  std::string_view gzip;
};

std::span<const Asset> assets();

// The address of an embedded file. A name that does not exist is a programmer's error: throws std::logic_error.
const std::string& asset_url(std::string_view name);

// True when the icon sprite has this icon.
bool has_icon(std::string_view name);

// Answers GET and HEAD /assets/…; an address whose hash is not today's is a 404, never other bytes.
http::Response asset_response(const http::Request& request);

}  // namespace ta::web
