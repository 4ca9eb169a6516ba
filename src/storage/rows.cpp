#include <charconv>

#include "storage/connection.h"

namespace ta::storage {
namespace {

[[noreturn]] void misuse(std::string message) { throw StorageError(StorageError::Kind::misuse, std::move(message)); }

template <class T>
T parse_number(std::string_view column, const std::optional<std::string>& cell) {
  T value{};
  if (!cell) misuse(fmt::format("column {} is null", column));
  const auto [end, error] = std::from_chars(cell->data(), cell->data() + cell->size(), value);
  if (error != std::errc{} || end != cell->data() + cell->size()) misuse(fmt::format("column {} is no number", column));
  return value;
}

}  // namespace

const std::optional<std::string>& Row::cell(std::string_view column) const {
  const auto& columns = *rows_->columns_;
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i] == column) return rows_->cells_[index_ * columns.size() + i];
  misuse(fmt::format("no column {}", column));
}

bool Row::is_null(std::string_view column) const { return !cell(column); }

std::int64_t Row::get_int(std::string_view column) const { return parse_number<std::int64_t>(column, cell(column)); }

double Row::get_double(std::string_view column) const { return parse_number<double>(column, cell(column)); }

bool Row::get_bool(std::string_view column) const {
  const auto text = get_text(column);
  return text == "t" || text == "1";
}

std::string_view Row::get_text(std::string_view column) const {
  const auto& found = cell(column);
  if (!found) misuse(fmt::format("column {} is null", column));
  return *found;
}

Timestamp Row::get_time(std::string_view column) const {
  if (rows_->engine_ == Engine::sqlite) return from_unix_micros(get_int(column));
  const auto time = parse_rfc3339(get_text(column));
  if (!time) misuse(fmt::format("column {} is no timestamp", column));
  return *time;
}

json::value Row::get_json(std::string_view column) const {
  json::error_code error;
  json::value value = json::parse(get_text(column), error);
  if (error) misuse(fmt::format("column {} is no JSON", column));
  return value;
}

std::vector<const Value*> order_params(std::string_view query, const std::vector<std::string>& names,
                                       const Params& params) {
  std::vector<const Value*> ordered;
  for (const std::string& name : names) {
    const auto found = std::find_if(params.begin(), params.end(), [&](const Param& p) { return p.name == name; });
    if (found == params.end()) misuse(fmt::format("query {} misses parameter {}", query, name));
    ordered.push_back(&found->value);
  }
  for (const Param& param : params)
    if (std::find(names.begin(), names.end(), param.name) == names.end())
      misuse(fmt::format("query {} has no parameter {}", query, param.name));
  return ordered;
}

BatchOrder::BatchOrder(std::string_view query, const std::vector<std::string>& names, const Batch& batch,
                       const Params& shared)
    : batch_(batch) {
  const auto& columns = batch.columns();
  for (const std::string& name : names) {
    const auto column = std::find(columns.begin(), columns.end(), name);
    const auto value = std::find_if(shared.begin(), shared.end(), [&](const Param& p) { return p.name == name; });
    if (column != columns.end())
      sources_.push_back({static_cast<std::size_t>(column - columns.begin()), nullptr});
    else if (value != shared.end())
      sources_.push_back({0, &value->value});
    else
      misuse(fmt::format("query {} misses parameter {}", query, name));
  }
  if (sources_.size() != columns.size() + shared.size())
    misuse(fmt::format("query {} was given a parameter that it does not have", query));
}

std::vector<const Value*> BatchOrder::values(std::size_t row) const {
  std::vector<const Value*> values;
  for (const Source& source : sources_)
    values.push_back(source.shared ? source.shared : &batch_.at(row, source.column));
  return values;
}

}  // namespace ta::storage
