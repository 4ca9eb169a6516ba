#include "cli/bench_raw.h"

#include "cli/bench.sql.h"

namespace ta::cli {
namespace {

using Steady = std::chrono::steady_clock;

class RawBench {
 public:
  explicit RawBench(storage::Database& database) : database_(database) {
    database_.write([](storage::Transaction& tx) {
      tx.run_script("DROP TABLE IF EXISTS bench_raw");
      tx.run_script("CREATE TABLE bench_raw (id BIGINT PRIMARY KEY, token TEXT, payload TEXT NOT NULL)");
      tx.run_script("CREATE INDEX bench_raw_free ON bench_raw (id) WHERE token IS NULL");
    });
  }
  ~RawBench() {
    database_.write([](storage::Transaction& tx) { tx.run_script("DROP TABLE bench_raw"); });
  }

  json::object measure() {
    json::object out;
    out["raw_single_insert_per_s"] = inserts(1, kSingle);
    out["raw_each_per_s"] = drain(1, kSingle);
    out["raw_bulk_insert_per_s"] = inserts(kBatch, kMany);
    out["raw_drain_per_s"] = drain(kBatch, kMany);
    return out;
  }

 private:
  static constexpr std::int64_t kSingle = 400, kBatch = 1'000, kMany = 10'000;

  double inserts(std::int64_t at_once, std::int64_t count) {
    const auto begin = Steady::now();
    for (std::int64_t done = 0; done < count; done += at_once) {
      storage::Batch rows({"id", "payload"});
      for (std::int64_t i = 0; i < at_once; ++i) rows.add(next_++, R"({"number":1})");
      database_.write([&](storage::Transaction& tx) { tx.run_each_later(sql::bench_raw_insert, rows); });
    }
    return per_second(count, begin);
  }

  double drain(std::int64_t at_once, std::int64_t count) {
    const auto begin = Steady::now();
    for (std::int64_t done = 0; done < count; done += at_once) {
      storage::Batch taken({"id"});
      database_.write([&](storage::Transaction& tx) {
        for (const storage::Row& row : tx.run(sql::bench_raw_claim, {{"token", "t"}, {"limit", at_once}}))
          taken.add(row.get<std::int64_t>("id"));
      });
      database_.write([&](storage::Transaction& tx) { tx.run_each_later(sql::bench_raw_delete, taken); });
    }
    return per_second(count, begin);
  }

  static double per_second(std::int64_t count, Steady::time_point since) {
    return std::round(static_cast<double>(count) / std::chrono::duration<double>(Steady::now() - since).count());
  }

  storage::Database& database_;
  std::int64_t next_ = 1;
};

}  // namespace

json::object bench_raw(storage::Database& database) { return RawBench(database).measure(); }

}  // namespace ta::cli
