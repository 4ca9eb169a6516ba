#include "storage/named_sql.h"

#include <gtest/gtest.h>

namespace ta::storage {
namespace {

std::string postgres(std::string_view sql) { return parse_named_sql(sql, Engine::postgres).text; }

TEST(NamedSql, NumbersByFirstAppearanceAndReusesNumbers) {
  const NamedSql named = parse_named_sql("UPDATE t SET a = :b, c = :d WHERE b = :b", Engine::postgres);
  EXPECT_EQ(named.text, "UPDATE t SET a = $1, c = $2 WHERE b = $1");
  EXPECT_EQ(named.params, (std::vector<std::string>{"b", "d"}));
  EXPECT_EQ(parse_named_sql("SELECT :a, :b, :a", Engine::sqlite).text, "SELECT ?1, ?2, ?1");
}

TEST(NamedSql, NumbersMoreParametersThanAVectorFirstHolds) {
  std::string sql, wanted;
  for (int i = 1; i <= 40; ++i) {
    sql += fmt::format(":p{} ", i);
    wanted += fmt::format("${} ", i);
  }
  EXPECT_EQ(postgres(sql), wanted);
}

TEST(NamedSql, LeavesLiteralsNamesCommentsAndCastsAlone) {
  EXPECT_EQ(postgres("SELECT ':a', \":b\", x::text -- :c\n, :d /* :e */"),
            "SELECT ':a', \":b\", x::text -- :c\n, $1 /* :e */");
  EXPECT_EQ(postgres("SELECT :a::bigint"), "SELECT $1::bigint");
  EXPECT_EQ(postgres("SELECT 'it''s :a', :b"), "SELECT 'it''s :a', $1");
  EXPECT_EQ(postgres("'open :a"), "'open :a");
}

TEST(NamedSql, ALoneColonIsNoParameter) { EXPECT_EQ(postgres("a : b [1:2]"), "a : b [1$1]"); }

}  // namespace
}  // namespace ta::storage
