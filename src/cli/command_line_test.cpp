#include "cli/command_line.h"

#include <fstream>
#include <iostream>

#include "cli/cli_fixture_test.h"
#include "cli/settings.h"
#include "storage/database.h"
#include "testing/temp_dir.h"

namespace ta::cli {
namespace {

// A program of two commands that say what they were given.
Commands echo_commands() {
  const auto echo = [](const Invocation& call) {
    call.out() << call.text("--color") << "|" << call.number("--port") << "|" << call.flag("--loud") << "|";
    for (const std::string& tag : call.texts("--tag")) call.out() << tag << ",";
    call.out() << "|" << call.text("WORD");
    return kDone;
  };
  const auto fail = [](const Invocation&) -> int { throw CommandFailure("it broke: client_secret=abcdefgh12345"); };
  return {{"paint wall",
           "Paint a wall",
           {{.name = "WORD", .help = "What to write", .kind = Option::Kind::argument, .required = true},
            {.name = "--color", .help = "The color", .fallback = "white", .setting = true},
            {.name = "--port", .help = "A number", .fallback = "7", .kind = Option::Kind::number, .setting = true},
            {.name = "--loud", .help = "A flag", .kind = Option::Kind::flag, .setting = true},
            {.name = "--tag", .help = "Tags", .repeats = true}},
           echo},
          {"explode", "Fail", {{.name = "--now", .help = "Needed", .required = true, .setting = true}}, fail}};
}

class CommandLineTest : public ::testing::Test {
 protected:
  Said run(std::vector<std::string> words) { return terminal_.run(words, echo_commands()); }
  // With a settings file of this text.
  Said run_with_file(const std::string& text, std::vector<std::string> words) {
    std::ofstream(folder_.file("settings.toml")) << text;
    words.insert(words.end(), {"--config", folder_.file("settings.toml")});
    return run(words);
  }

  testing::TempDir folder_;
  Terminal terminal_;
};

TEST_F(CommandLineTest, ArgumentsThatAreNoTextAreRefused) {
  for (const auto& [word, problem] : std::map<std::string, std::string>{
           {"caf\xE9", "is not UTF-8"}, {"a\x1b[2J", "U+001B"}, {std::string("a\0b", 3), "U+0000"}}) {
    const Said said = run({"paint", "wall", word});
    EXPECT_EQ(said.code, kUsage);
    EXPECT_EQ(said.out, "");
    EXPECT_NE(said.err.find(problem), std::string::npos) << said.err;
    EXPECT_EQ(said.err.find('\x1b'), std::string::npos);
  }
  EXPECT_EQ(run({"paint", "wall", "two\nlines\tand Grüße"}).code, kDone);
}

TEST_F(CommandLineTest, ARawDatabaseErrorReachesTheLogAlone) {
  const Commands commands{{"query", "Ask", {}, [](const Invocation&) -> int {
                             throw storage::StorageError(storage::StorageError::Kind::misuse, "users: syntax at x");
                           }}};
  ::testing::internal::CaptureStderr();
  const Said said = terminal_.run({"query"}, commands);
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(said.code, kFailed);
  EXPECT_EQ(said.err.find("syntax at x"), std::string::npos) << said.err;
  EXPECT_NE(said.err.find("internal.error"), std::string::npos) << said.err;
  EXPECT_NE(log.find("syntax at x"), std::string::npos) << log;
}

TEST_F(CommandLineTest, OptionsReachTheCommand) {
  EXPECT_EQ(run({"paint", "wall", "hi"}).out, "white|7|0||hi");
  const Said said = run({"paint", "wall", "hi", "--color=red", "--port", "80", "--loud", "--tag", "a", "--tag", "b"});
  EXPECT_EQ(said.out, "red|80|1|a,b,|hi");
  EXPECT_EQ(said.code, kDone);
  EXPECT_TRUE(said.err.empty());
}

TEST_F(CommandLineTest, FlagsBeatTheEnvironmentWhichBeatsTheFileWhichBeatsTheFallback) {
  const std::string file = "color = \"file\"\n[paint]\nport = 1\n";
  EXPECT_EQ(run_with_file(file, {"paint", "wall", "hi"}).out, "file|1|0||hi");
  terminal_.environment = {{"TENANTATLAS_COLOR", "env"}, {"TENANTATLAS_LOUD", "yes"}};
  EXPECT_EQ(run_with_file(file, {"paint", "wall", "hi"}).out, "env|1|1||hi");
  EXPECT_EQ(run_with_file(file, {"paint", "wall", "hi", "--color", "flag"}).out, "flag|1|1||hi");
  EXPECT_EQ(run_with_file("color = \"top\"\n[paint]\ncolor = \"table\"\n", {"paint", "wall", "hi", "--port", "2"}).out,
            "env|2|1||hi");
  terminal_.environment.clear();
  EXPECT_EQ(run_with_file("color = \"top\"\n[paint]\ncolor = \"table\"\n", {"paint", "wall", "hi"}).out,
            "table|7|0||hi");
}

TEST_F(CommandLineTest, TheSettingsFileMayBeNamedInTheEnvironment) {
  std::ofstream(folder_.file("other.toml")) << "color = \"other\"";
  terminal_.environment = {{"TENANTATLAS_CONFIG", folder_.file("other.toml")}};
  EXPECT_EQ(run({"paint", "wall", "hi"}).out, "other|7|0||hi");
  terminal_.environment = {{"TENANTATLAS_CONFIG", folder_.file("missing.toml")}};
  EXPECT_EQ(run({"paint", "wall", "hi"}).code, kUsage);
}

TEST_F(CommandLineTest, BadSettingsFilesSayWhere) {
  const auto complaint = [&](const std::string& text) {
    const Said said = run_with_file(text, {"paint", "wall", "hi"});
    EXPECT_EQ(said.code, kUsage) << text;
    EXPECT_TRUE(said.out.empty()) << text;
    return said.err;
  };
  EXPECT_NE(complaint("\ncolour = \"red\"").find("line 2: there is no setting colour"), std::string::npos);
  EXPECT_NE(complaint("[walls]\ncolor = \"red\"").find("there is no setting walls.color"), std::string::npos);
  EXPECT_NE(complaint("color = [").find("line 1"), std::string::npos);
  EXPECT_NE(complaint("color = [1, 2]").find("a setting is a text"), std::string::npos);
  EXPECT_NE(complaint("master_key = \"abcd\"").find("is a secret"), std::string::npos);
  EXPECT_NE(complaint("port = \"eighty\"").find("whole number"), std::string::npos);
}

TEST_F(CommandLineTest, WrongUseIsTwoAndPointsToTheHelp) {
  const std::vector<std::vector<std::string>> wrongs{{},
                                                     {"paint"},
                                                     {"nonsense"},
                                                     {"paint", "wall"},
                                                     {"paint", "wall", "hi", "more"},
                                                     {"paint", "wall", "hi", "--wrong"},
                                                     {"paint", "wall", "hi", "--color"},
                                                     {"paint", "wall", "hi", "--port", "x"},
                                                     {"explode"},
                                                     {"paint", "floor"}};
  for (const auto& words : wrongs) {
    const Said said = run(words);
    EXPECT_EQ(said.code, kUsage) << ::testing::PrintToString(words);
    EXPECT_NE(said.err.find("--help`"), std::string::npos) << said.err;
    EXPECT_TRUE(said.out.empty());
  }
  EXPECT_NE(run({"paint", "wall", "hi", "--wrong"}).err.find("`tenantatlas paint wall --help`"), std::string::npos);
}

TEST_F(CommandLineTest, FailuresAreOneAndWithoutSecrets) {
  const Said said = run({"explode", "--now", "1"});
  EXPECT_EQ(said.code, kFailed);
  EXPECT_NE(said.err.find("it broke"), std::string::npos);
  EXPECT_EQ(said.err.find("abcdefgh12345"), std::string::npos);
}

TEST_F(CommandLineTest, HelpIsEverywhere) {
  EXPECT_NE(run({"--help"}).out.find("explode"), std::string::npos);
  EXPECT_NE(run({"paint", "--help"}).out.find("Paint a wall"), std::string::npos);
  const Said said = run({"paint", "wall", "--help"});
  EXPECT_EQ(said.code, kDone);
  for (const char* part : {"The color", "[white]", "TENANTATLAS_COLOR", "--port", "WORD", "--log-level"})
    EXPECT_NE(said.out.find(part), std::string::npos) << part << "\n" << said.out;
}

// The real program's commands, each with its help.
TEST_F(CommandLineTest, EveryRealCommandExplainsItself) {
  std::set<std::string> paths;
  for (const Command& command : all_commands()) {
    EXPECT_TRUE(paths.insert(command.path).second) << command.path;
    EXPECT_FALSE(command.summary.empty()) << command.path;
    std::vector<std::string> words;
    std::istringstream path(command.path);
    for (std::string word; path >> word;) words.push_back(word);
    words.push_back("--help");
    const Said said = terminal_.run(words);
    EXPECT_EQ(said.code, kDone) << command.path;
    for (const Option& option : command.options)
      EXPECT_NE(said.out.find(option.name), std::string::npos) << command.path << " " << option.name;
  }
}

TEST(Settings, NamesFollowFromTheOption) {
  EXPECT_EQ(setting_key("--time-zone"), "time_zone");
  EXPECT_EQ(environment_name("--time-zone"), "TENANTATLAS_TIME_ZONE");
}

}  // namespace
}  // namespace ta::cli
