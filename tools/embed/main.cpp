// Turns files into C++ at build time.
//   ta_embed sql MODULE IN.sql OUT.h            named queries, as storage::Query constants in ta::MODULE::sql
//   ta_embed files[-gzip] SYMBOL ROOT LIST OUT  the files of LIST, as ta::embedded::SYMBOL(), optionally with gzip
//   twins
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void write_file(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

struct NamedQuery {
  std::string shared, sqlite, postgres;
};

// "-- name: run_claim @postgres" starts a query; without an engine the text serves both.
std::map<std::string, NamedQuery> parse_sql(const std::string& text, const fs::path& path) {
  static const std::regex header(R"(^--\s*name:\s*([a-z0-9_]+)\s*(@(sqlite|postgres))?\s*$)");
  std::map<std::string, NamedQuery> queries;
  std::string* current = nullptr;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    std::smatch match;
    if (std::regex_match(line, match, header)) {
      NamedQuery& query = queries[match[1]];
      current = match[3] == "sqlite" ? &query.sqlite : match[3] == "postgres" ? &query.postgres : &query.shared;
      if (!current->empty()) throw std::runtime_error(path.string() + ": query twice: " + match[1].str());
    } else if (current && !line.starts_with("--") && !line.empty()) {
      *current += line + "\n";
    }
  }
  return queries;
}

void embed_sql(const std::string& module, const fs::path& in, const fs::path& out) {
  std::ostringstream header;
  header << "// Made from " << in.filename().string() << "; edit that.\n#pragma once\n#include \"storage/query.h\"\n\n"
         << "namespace ta::" << module << "::sql {\n";
  for (const auto& [name, query] : parse_sql(read_file(in), in)) {
    const std::string& sqlite = query.sqlite.empty() ? query.shared : query.sqlite;
    const std::string& postgres = query.postgres.empty() ? query.shared : query.postgres;
    if (sqlite.empty() || postgres.empty()) throw std::runtime_error(in.string() + ": one engine lacks " + name);
    header << "inline constexpr storage::Query " << name << "{\"" << name << "\", R\"sql(" << sqlite
           << ")sql\", R\"sql(" << postgres << ")sql\"};\n";
  }
  header << "}  // namespace ta::" << module << "::sql\n";
  write_file(out, header.str());
}

std::string gzip(const std::string& bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK) throw std::runtime_error("zlib");
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("zlib");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string incbin(const std::string& label, const fs::path& file) {
  return "asm(\".section .rodata\\n.global " + label + "\\n.balign 16\\n" + label + ":\\n.incbin \\\"" + file.string() +
         "\\\"\\n.global " + label + "_end\\n" + label +
         "_end:\\n.byte 0\\n.previous\\n\");\nextern \"C\" const char " + label + "[], " + label + "_end[];\n";
}

void embed_files(bool with_gzip, const std::string& symbol, const fs::path& root, const fs::path& list,
                 const fs::path& out) {
  std::ostringstream labels, table;
  std::istringstream files(read_file(list));
  int count = 0;
  for (std::string file; std::getline(files, file);) {
    if (file.empty()) continue;
    const std::string label = "ta_embedded_" + symbol + "_" + std::to_string(count++);
    labels << incbin(label, fs::absolute(file));
    std::string zipped = "{}";
    if (with_gzip) {
      const fs::path gz = out.parent_path() / (symbol + "_" + std::to_string(count) + ".gz");
      write_file(gz, gzip(read_file(file)));
      labels << incbin(label + "_gz", fs::absolute(gz));
      zipped = "{" + label + "_gz, size_t(" + label + "_gz_end - " + label + "_gz)}";
    }
    table << "      {\"" << fs::relative(file, root).generic_string() << "\", {" << label << ", size_t(" << label
          << "_end - " << label << ")}, " << zipped << "},\n";
  }
  write_file(out, "#include \"base/embedded.h\"\n\n" + labels.str() +
                      "\nnamespace ta::embedded {\nstd::span<const File> " + symbol +
                      "() {\n  static const File files[] = {\n" + table.str() +
                      "      {},  // an array may not be empty\n  };\n  return {files, " + std::to_string(count) +
                      "};\n}\n}  // namespace ta::embedded\n");
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.size() == 4 && args[0] == "sql") {
    embed_sql(args[1], args[2], args[3]);
  } else if (args.size() == 5 && args[0].starts_with("files")) {
    embed_files(args[0] == "files-gzip", args[1], args[2], args[3], args[4]);
  } else {
    std::cerr << "usage: ta_embed sql MODULE IN OUT | files[-gzip] SYMBOL ROOT LIST OUT\n";
    return 2;
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << "ta_embed: " << error.what() << "\n";
  return 1;
}
