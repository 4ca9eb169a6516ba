// Both engines, migrated from empty, must hold the same tables, columns, nullability, keys and indexes.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "storage/database.h"
#include "testing/database.h"

namespace ta::storage {
namespace {

using ta::testing::TestDatabase;
using Facts = std::set<std::string>;

// One line per fact, so that a difference reads as a sentence. Every query has one column, "fact".
Facts facts(const TestDatabase& database, std::string_view sql) {
  return database->read([&](Transaction& tx) {
    Facts all;
    for (const Row row : tx.run_text("parity", sql)) all.insert(row.get<std::string>("fact"));
    return all;
  });
}

void expect_same(std::string_view what, std::string_view sqlite_sql, std::string_view postgres_sql) {
  const TestDatabase sqlite(Engine::sqlite), postgres(Engine::postgres);
  const Facts left = facts(sqlite, sqlite_sql), right = facts(postgres, postgres_sql);
  EXPECT_FALSE(left.empty()) << "no " << what << " found: the query is wrong";
  for (const std::string& fact : left) EXPECT_TRUE(right.contains(fact)) << "only on SQLite: " << what << " " << fact;
  for (const std::string& fact : right)
    EXPECT_TRUE(left.contains(fact)) << "only on PostgreSQL: " << what << " " << fact;
}

TEST(Parity, Columns) {
  expect_same(
      "column",
      R"(SELECT t.name || '.' || c.name || CASE WHEN c."notnull" OR c.pk THEN ' NOT NULL' ELSE '' END AS fact
                   FROM sqlite_schema t JOIN pragma_table_info(t.name) c
                  WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%')",
      R"(SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END AS fact
                   FROM information_schema.columns WHERE table_schema = 'public')");
}

TEST(Parity, PrimaryKeys) {
  expect_same("key",
              R"(SELECT k.of || ' (' || group_concat(k.col, ',') || ')' AS fact
                   FROM (SELECT t.name AS of, i.name AS col FROM sqlite_schema t JOIN pragma_table_info(t.name) i
                          WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND i.pk > 0
                          ORDER BY t.name, i.pk) k
                  GROUP BY k.of)",
              R"(SELECT i.indrelid::regclass || ' (' || string_agg(a.attname, ',' ORDER BY k.at) || ')' AS fact
                   FROM pg_index i
                   JOIN pg_namespace n ON n.nspname = 'public'
                   JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = n.oid
                   CROSS JOIN LATERAL unnest(i.indkey::int[]) WITH ORDINALITY AS k(attnum, at)
                   JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                  WHERE i.indisprimary GROUP BY i.indexrelid, i.indrelid)");
}

TEST(Parity, Indexes) {
  expect_same(
      "index",
      R"(SELECT s.of || ' (' || group_concat(s.col, ',') || ')' || s.tail AS fact
                   FROM (SELECT t.name AS of, l.name AS index_name, coalesce(i.name, 'expression') AS col,
                                CASE l."unique" WHEN 1 THEN ' UNIQUE' ELSE '' END ||
                                CASE l.partial WHEN 1 THEN ' PARTIAL' ELSE '' END AS tail
                           FROM sqlite_schema t JOIN pragma_index_list(t.name) l JOIN pragma_index_info(l.name) i
                          WHERE t.type = 'table' AND l.origin <> 'pk' ORDER BY l.name, i.seqno) s
                  GROUP BY s.index_name)",
      R"(SELECT i.indrelid::regclass || ' (' || string_agg(coalesce(a.attname, 'expression'), ',' ORDER BY k.at) || ')'
                        || CASE WHEN i.indisunique THEN ' UNIQUE' ELSE '' END
                        || CASE WHEN i.indpred IS NOT NULL THEN ' PARTIAL' ELSE '' END AS fact
                   FROM pg_index i
                   JOIN pg_namespace n ON n.nspname = 'public'
                   JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = n.oid
                   CROSS JOIN LATERAL unnest(i.indkey::int[]) WITH ORDINALITY AS k(attnum, at)
                   LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum > 0
                  WHERE NOT i.indisprimary GROUP BY i.indexrelid, i.indrelid, i.indisunique, i.indpred)");
}

}  // namespace
}  // namespace ta::storage
