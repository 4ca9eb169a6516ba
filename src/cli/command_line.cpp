#include "cli/command_line.h"

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/failure.h"
#include "base/log.h"
#include "base/secrets.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/settings.h"

namespace ta::cli {
namespace {

constexpr std::string_view kDefaultConfig = "tenantatlas.toml";

const std::vector<Option>& shared_options() {
  static const std::vector<Option> options{
      {.name = "--config", .help = "Settings file (tenantatlas.toml here, when there is one)", .setting = true},
      {.name = "--log-level", .help = "debug, info, warn, error or off", .fallback = "info", .setting = true},
  };
  return options;
}

Commands with_shared_options(Commands commands) {
  for (Command& command : commands)
    command.options.insert(command.options.end(), shared_options().begin(), shared_options().end());
  return commands;
}

// The parser for all commands, and where it puts what it reads.
class Parser {
 public:
  Parser(const Commands& commands, const std::vector<CommandGroup>& groups)
      : commands_(commands), groups_(groups), values_(commands.size()) {
    root_.name("tenantatlas");
    root_.require_subcommand(1);
    for (std::size_t i = 0; i < commands.size(); ++i) add(i);
  }

  // The command that was asked for, with the values of its options. Throws CLI::ParseError, also for --help.
  std::pair<const Command*, Invocation::Values> parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());
    root_.parse(arguments);
    for (std::size_t i = 0; i < commands_.size(); ++i)
      if (apps_[i]->parsed() && apps_[i]->get_subcommands().empty()) return {&commands_[i], given(i)};
    throw CLI::CallForHelp();
  }

  std::string help() const { return root_.help(); }
  // "tenantatlas tenant create", as far as the words on the command line name a command.
  std::string asked_for() const {
    std::string words = root_.get_name();
    for (const CLI::App* app = &root_; !app->get_subcommands().empty();) {
      app = app->get_subcommands().front();
      words += " " + app->get_name();
    }
    return words;
  }

 private:
  void add(std::size_t index) {
    const Command& command = commands_[index];
    CLI::App* parent = &root_;
    std::string leaf = command.path;
    if (const std::size_t blank = leaf.find(' '); blank != leaf.npos) {
      parent = group(leaf.substr(0, blank));
      leaf = leaf.substr(blank + 1);
    }
    CLI::App* app = parent->add_subcommand(leaf, command.summary);
    for (const Option& option : command.options) add_option(*app, option, values_[index]);
    apps_.push_back(app);
  }

  CLI::App* group(const std::string& name) {
    CLI::App*& made = group_apps_[name];
    if (made) return made;
    made = root_.add_subcommand(name)->require_subcommand(1);
    for (const CommandGroup& group : groups_)
      if (group.name == name) made->description(group.summary);
    return made;
  }

  static std::string help_of(const Option& option) {
    std::string help(option.help);
    if (!option.fallback.empty()) help += fmt::format(" [{}]", option.fallback);
    if (option.setting) help += fmt::format(" (env {})", environment_name(option.name));
    return help;
  }

  // CLI11 takes a name without dashes as an argument.
  static void add_option(CLI::App& app, const Option& option, Invocation::Values& values) {
    const std::string name(option.name);
    if (option.kind == Option::Kind::flag) {
      app.add_flag_function(name, [&values, name](std::int64_t) { values[name] = {"true"}; }, help_of(option));
      return;
    }
    CLI::Option* added = option.repeats ? add_repeating(app, option, values) : add_single(app, option, values);
    added->option_text(option.kind == Option::Kind::number  ? "NUMBER"
                       : option.kind == Option::Kind::value ? "TEXT"
                                                            : " ");
    if (option.required && !option.setting) added->required();
  }

  static CLI::Option* add_single(CLI::App& app, const Option& option, Invocation::Values& values) {
    const std::string name(option.name);
    return app.add_option_function<std::string>(
        name, [&values, name](const std::string& value) { values[name] = {value}; }, help_of(option));
  }

  static CLI::Option* add_repeating(CLI::App& app, const Option& option, Invocation::Values& values) {
    const std::string name(option.name);
    CLI::Option* added = app.add_option_function<std::vector<std::string>>(
        name, [&values, name](const std::vector<std::string>& all) { values[name] = all; }, help_of(option));
    return added->allow_extra_args(false);  // `--tag a b`: b is the next argument, not a second tag
  }

  Invocation::Values given(std::size_t index) const { return values_[index]; }

  const Commands& commands_;
  const std::vector<CommandGroup>& groups_;
  CLI::App root_{"Microsoft 365 tenant configuration: inventory, versions, backup, drift, restore."};
  std::vector<Invocation::Values> values_;
  std::vector<CLI::App*> apps_;  // one per command
  std::map<std::string, CLI::App*> group_apps_;
};

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

SettingsFile read_settings(const Commands& commands, const Command& command, const Invocation::Values& given,
                           const Surroundings& around) {
  Invocation::Values values = given;
  add_settings(values, command, around, {});
  const auto named = values.find("--config");
  const std::string path = named == values.end() ? std::string(kDefaultConfig) : named->second.back();
  const auto text = read_file(path);
  if (!text && named != values.end()) throw UsageError(fmt::format("cannot read the settings file {}", path));
  return text ? SettingsFile::parse(*text, path, commands) : SettingsFile{};
}

void check_required(const Command& command, const Invocation::Values& values) {
  for (const Option& option : command.options)
    if (option.required && !values.contains(option.name)) throw UsageError(fmt::format("{} is required", option.name));
}

int run_command(const Commands& commands, const Command& command, Invocation::Values values, Surroundings& around) {
  add_settings(values, command, around, read_settings(commands, command, values, around));
  check_required(command, values);
  const Invocation invocation(around, std::move(values));
  for (const Option& option : command.options)
    if (option.kind == Option::Kind::number && invocation.has(option.name)) invocation.number(option.name);
  log::set_level(log::level_from(invocation.text("--log-level")));
  return command.run(invocation);
}

int report(Surroundings& around, int code, std::string_view message, const std::string& hint = {}) {
  around.err << "tenantatlas: " << redact(message) << "\n";
  if (!hint.empty()) around.err << "Try `" << hint << " --help`.\n";
  return code;
}

// An argument that is no text, as far as a terminal may see it.
std::string shown(std::string_view argument) {
  constexpr std::size_t kShownMax = 60;
  return without_control_characters(cut_utf8(clean_text(argument), kShownMax));
}

int run_parsed(const Commands& commands, Parser& parser, const std::vector<std::string>& arguments,
               Surroundings& around) {
  try {
    auto [command, values] = parser.parse(arguments);
    return run_command(commands, *command, std::move(values), around);
  } catch (const CLI::Success&) {  // --help
    around.out << parser.help();
    return kDone;
  } catch (const CLI::ParseError& error) {
    return report(around, kUsage, error.what(), parser.asked_for());
  } catch (const UsageError& error) {
    return report(around, kUsage, error.what(), parser.asked_for());
  }
}

}  // namespace

int run_command_line(const Commands& commands, const std::vector<CommandGroup>& groups,
                     const std::vector<std::string>& arguments, Surroundings& around) try {
  const Commands complete = with_shared_options(commands);
  Parser parser(complete, groups);
  for (const std::string& argument : arguments)
    if (const std::string problem = text_problem(argument, TextLines::many); !problem.empty())
      return report(around, kUsage, fmt::format("the argument \"{}\" {}", shown(argument), problem));
  return run_parsed(complete, parser, arguments, around);
} catch (const FailureError& error) {
  const FailureInfo& known = info(error.failure().code);
  if (error.says_more()) log::error("command.failed", {{"code", known.name}, {"error", error.what()}});
  const std::string& message = error.failure().message;
  return report(around, kFailed, fmt::format("{} ({})", message.empty() ? known.headline : message, known.name));
} catch (const std::exception& error) {
  return report(around, kFailed, error.what());
}

int run_process(int argc, char** argv) {
  ::umask(0077);  // databases and keys that this program makes are for their owner only
  Surroundings around{
      .in = std::cin, .out = std::cout, .err = std::cerr, .environment = {}, .interactive = isatty(0) == 1};
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view line(*entry);
    const std::size_t equals = line.find('=');
    if (line.starts_with("TENANTATLAS_") && equals != line.npos)
      around.environment.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return run_command_line(all_commands(), command_groups(), {argv + 1, argv + argc}, around);
}

}  // namespace ta::cli
