#include "web/assets.h"

#include <stdexcept>

#include "base/digest.h"
#include "base/embedded.h"

namespace ta::embedded {
std::span<const File> assets();
}

namespace ta::web {
namespace {

std::string_view content_type(std::string_view name) {
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  return "image/svg+xml";
}

Asset make_asset(const embedded::File& file) {
  const std::string hash = sha256_hex(file.bytes).substr(0, 12);
  const auto dot = file.path.rfind('.');
  return {file.path,
          fmt::format("/assets/{}.{}{}", file.path.substr(0, dot), hash, file.path.substr(dot)),
          fmt::format("\"{}\"", hash),
          content_type(file.path),
          file.bytes,
          file.gzip};
}

std::vector<Asset> make_assets() {
  std::vector<Asset> list;
  for (const embedded::File& file : embedded::assets()) list.push_back(make_asset(file));
  return list;
}

const Asset* find(std::string_view url) {
  for (const Asset& asset : assets())
    if (asset.url == url) return &asset;
  return nullptr;
}

}  // namespace

std::span<const Asset> assets() {
  static const std::vector<Asset> list = make_assets();
  return list;
}

const std::string& asset_url(std::string_view name) {
  for (const Asset& asset : assets())
    if (asset.name == name) return asset.url;
  throw std::logic_error(fmt::format("no such asset: {}", name));
}

bool has_icon(std::string_view name) {
  for (const Asset& asset : assets())
    if (asset.name == "icons.svg") return asset.bytes.find(fmt::format("id=\"{}\"", name)) != std::string_view::npos;
  return false;
}

http::Response asset_response(const http::Request& request) {
  const Asset* asset = find(request.path);
  if (!asset) return http::text_response(404, "Nothing here.\n");
  http::Response response;
  response.headers.set("Cache-Control", "public, max-age=31536000, immutable");
  response.headers.set("Vary", "Accept-Encoding");
  response.headers.set("ETag", asset->etag);
  response.headers.set("X-Content-Type-Options", "nosniff");
  if (request.headers.get("If-None-Match") == asset->etag) {
    response.status = 304;
    return response;
  }
  response.headers.set("Content-Type", std::string(asset->content_type));
  const bool zipped = request.headers.get("Accept-Encoding").find("gzip") != std::string_view::npos;
  if (zipped) response.headers.set("Content-Encoding", "gzip");
  response.body = zipped ? asset->gzip : asset->bytes;
  return response;
}

}  // namespace ta::web
