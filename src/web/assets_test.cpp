#include "web/assets.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <regex>

#include "web/templates.h"

namespace ta::web {
namespace {

http::Response get(std::string path, std::string encoding = "", std::string etag = "") {
  http::Request request;
  request.path = std::move(path);
  if (!encoding.empty()) request.headers.set("Accept-Encoding", encoding);
  if (!etag.empty()) request.headers.set("If-None-Match", etag);
  return asset_response(request);
}

std::string gunzip(const std::string& bytes) {
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  std::string out(2 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

TEST(Assets, AreNamedByTheirContentAndKeptForEver) {
  EXPECT_TRUE(std::regex_match(asset_url("app.css"), std::regex(R"(/assets/app\.[0-9a-f]{12}\.css)")));
  const http::Response response = get(asset_url("app.css"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get("Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(response.headers.get("Content-Type"), "text/css; charset=utf-8");
}

TEST(Assets, TheCompressedTwinIsTheSame) {
  const http::Response plain = get(asset_url("app.js")), zipped = get(asset_url("app.js"), "br, gzip");
  EXPECT_EQ(zipped.headers.get("Content-Encoding"), "gzip");
  EXPECT_FALSE(plain.headers.has("Content-Encoding"));
  EXPECT_EQ(gunzip(zipped.body), plain.body);
}

TEST(Assets, AKnownCopyIsNotSentAgain) {
  const http::Response first = get(asset_url("icons.svg"));
  const http::Response again = get(asset_url("icons.svg"), "", std::string(first.headers.get("ETag")));
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
}

TEST(Assets, AnotherHashIsNotFound) {
  EXPECT_EQ(get("/assets/app.000000000000.css").status, 404);
  EXPECT_EQ(get("/assets/../secrets").status, 404);
  EXPECT_THROW(asset_url("nothing.css"), std::logic_error);
}

TEST(Assets, StayWithinTheBudget) {
  std::size_t script = 0, style = 0;
  for (const Asset& asset : assets()) (asset.name.ends_with(".js") ? script : style) += asset.gzip.size();
  EXPECT_LE(script, 60u * 1024);
  EXPECT_LE(style, 92u * 1024);  // Tabler alone is 79 KB; the kit and the icons come on top
}

// What goes into attributes such as hx-on needs eval, which the policy forbids.
TEST(Assets, NoSourceMapsAndNoForeignAddresses) {
  for (const Asset& asset : assets()) {
    EXPECT_EQ(asset.bytes.find("sourceMappingURL"), std::string_view::npos) << asset.name;
    EXPECT_EQ(asset.bytes.find("@import"), std::string_view::npos) << asset.name;
  }
}

TEST(Assets, TheSpriteHasEveryIconThatTemplatesName) {
  const std::regex use(R"(icons\.[0-9a-f]+\.svg#([a-z0-9-]+)\")");
  for (const std::string& name : template_names()) {
    const std::string source = template_source(name);
    for (std::sregex_iterator it(source.begin(), source.end(), use), end; it != end; ++it)
      EXPECT_TRUE(has_icon((*it)[1].str())) << name << ": " << (*it)[1];
  }
  EXPECT_FALSE(has_icon("no-such-icon"));
}

}  // namespace
}  // namespace ta::web
