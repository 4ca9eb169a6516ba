#include "house/cpp_scanner.h"

#include <gtest/gtest.h>

namespace ta::house {
namespace {

std::vector<int> lengths(std::string_view text) {
  std::vector<int> all;
  for (const Function& function : functions(text)) all.push_back(function.length);
  return all;
}

TEST(CodeOnly, BlanksCommentsLiteralsAndDirectives) {
  EXPECT_EQ(code_only("a; // b {\nc;"), "a;       \nc;");
  EXPECT_EQ(code_only("a /* { \n } */ b"), "a      \n      b");
  EXPECT_EQ(code_only("f(\"{\\\"\", '{', 1'000);"), "f(     ,    , 1'000);");
  EXPECT_EQ(code_only("R\"x({ )\" )x\" + b"), std::string(13, ' ') + "+ b");
  EXPECT_EQ(code_only("#define X {\\\n {\nb"), std::string(12, ' ') + "\n  \nb");
}

TEST(Functions, FindsFreeAndMemberFunctions) {
  const auto found = functions(
      "namespace a {\nint f(int b) {\n  return b;\n}\nclass C {\n public:\n  int g() const { return 1; }\n};\n}");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].length, 3);
  EXPECT_EQ(found[0].line, 2);
  EXPECT_EQ(found[1].length, 1);
}

TEST(Functions, CountsALambdaWithTheFunctionAroundIt) {
  EXPECT_EQ(lengths("void f() {\n  g([] {\n    h();\n  });\n}\nint i() { return 0; }"), (std::vector{5, 1}));
}

TEST(Functions, IsNotFooledByInitialisers) {
  EXPECT_EQ(lengths("const int k[] = {\n1,\n2};\nconst auto x = [] { return 1; }();"), std::vector<int>{});
  EXPECT_EQ(lengths("C::C(int a) : a_{a}, b_{1} {\n  f();\n}\n"), std::vector<int>{3});
  EXPECT_EQ(lengths("enum class E {\n a,\n b };\nstruct S {\n int a = 0;\n int b{};\n};"), std::vector<int>{});
}

TEST(Functions, KnowsOperatorsTemplatesAndTrailingTypes) {
  EXPECT_EQ(lengths("template <class T>\nC& C::operator=(const C& o) {\n  return *this;\n}"), std::vector<int>{3});
  EXPECT_EQ(lengths("auto f(int a) -> std::vector<int> {\n  return {a};\n}"), std::vector<int>{3});
}

TEST(Functions, SeesAClassBehindAMacro) {
  EXPECT_EQ(lengths("DESCRIBE(A, (), (b, c))\n\nclass D {\n int e() { return 1; }\n int f();\n};\n"),
            std::vector<int>{1});
}

TEST(OwnIncludes, AreTheQuotedOnes) {
  EXPECT_EQ(own_includes("#include <vector>\n#include \"base/json.h\"\n// #include \"no/way.h\"\n#  include \"a/b.h\""),
            (std::vector<std::string>{"base/json.h", "a/b.h"}));
}

}  // namespace
}  // namespace ta::house
