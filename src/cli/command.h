// A subcommand of the program, described once; the command line, its help, the environment and tenantatlas.toml follow
// from that. To add one: a file with a function that returns Commands, and a line in commands.cpp.
#pragma once
#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ta::cli {

// Exit codes: 0 done, 1 it failed, 2 it was not asked properly.
inline constexpr int kDone = 0, kFailed = 1, kUsage = 2;

// Ends a command with exit code 1; the message is for the person at the terminal.
struct CommandFailure : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// Ends it with exit code 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// "--port" takes a value, a flag does not, an argument is a word without dashes.
struct Option {
  enum class Kind { value, number, flag, argument };
  std::string_view name;  // "--time-zone", or "SLUG" for an argument
  std::string_view help;
  std::string fallback = {};  // used when it is given nowhere
  Kind kind = Kind::value;
  bool required = false;
  bool repeats = false;  // may be given several times
  bool setting = false;  // may also come from TENANTATLAS_TIME_ZONE or `time_zone = …` in tenantatlas.toml
};

// The process around a command. Tests bring their own.
struct Surroundings {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  std::map<std::string, std::string, std::less<>> environment;
  bool interactive = false;  // a person at a terminal may be asked
};

// One call of a command.
class Invocation {
 public:
  using Values = std::map<std::string, std::vector<std::string>, std::less<>>;
  Invocation(Surroundings& around, Values values) : around_(around), values_(std::move(values)) {}

  // The value of an option that the command declares; empty when it has none.
  std::string text(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;  // of a repeating one
  std::int64_t number(std::string_view name) const;
  bool flag(std::string_view name) const;  // also for settings: true/1/yes/on in the environment
  bool has(std::string_view name) const { return !text(name).empty(); }
  bool json() const { return flag("--json"); }

  std::istream& in() const { return around_.in; }
  std::ostream& out() const { return around_.out; }
  std::ostream& err() const { return around_.err; }
  bool interactive() const { return around_.interactive; }
  std::optional<std::string> environment(std::string_view name) const;

 private:
  Surroundings& around_;
  Values values_;
};

struct Command {
  std::string path;     // "tenant create"
  std::string summary;  // one line of help
  std::vector<Option> options;
  std::function<int(const Invocation&)> run;
};
using Commands = std::vector<Command>;

// A group of commands: "tenant", "Manage tenants".
struct CommandGroup {
  std::string name;
  std::string summary;
};

}  // namespace ta::cli
