#include "cli/password_input.h"

#include <termios.h>
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "base/random.h"
#include "base/secrets.h"
#include "cli/workspace.h"

namespace ta::cli {
namespace {

std::string first_line(std::istream& in) {
  std::string line;
  std::getline(in, line);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

// The terminal does not show what is typed while this lives.
class HiddenTyping {
 public:
  HiddenTyping() {
    changed_ = tcgetattr(STDIN_FILENO, &before_) == 0;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (changed_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  ~HiddenTyping() {
    if (changed_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  HiddenTyping(const HiddenTyping&) = delete;
  HiddenTyping& operator=(const HiddenTyping&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

std::string ask(const Invocation& call) {
  call.err() << "Password (at least " << access::kPasswordLengthMin << " characters): " << std::flush;
  const HiddenTyping hidden;
  std::string typed = first_line(call.in());
  call.err() << "\n";
  return typed;
}

std::string from_file(const Invocation& call, const std::string& path) {
  if (path == "-") return first_line(call.in());
  std::ifstream in(path);
  if (!in) throw CommandFailure(fmt::format("Cannot read the password file {}.", path));
  return first_line(in);
}

std::string find_password(const Invocation& call) {
  if (call.has("--password-file")) return from_file(call, call.text("--password-file"));
  if (const auto set = call.environment("TENANTATLAS_PASSWORD")) return *set;
  if (call.flag("--generate-password")) return SecureRandom().token().substr(0, 24);
  if (call.interactive()) return ask(call);
  throw UsageError("a password is needed: --password-file, --generate-password or TENANTATLAS_PASSWORD");
}

}  // namespace

Option password_file_option() {
  return {.name = "--password-file", .help = "Read the password from the first line of this file; - is standard input"};
}

Option generate_password_option() {
  return {.name = "--generate-password", .help = "Make a password and print it once", .kind = Option::Kind::flag};
}

std::string read_new_password(const Invocation& call, const std::string& email) {
  std::string password = find_password(call);
  remember_secret(password);
  must(access::check_new_password(password, email));
  return password;
}

std::string hash_password(const std::string& password) { return must(access::PasswordHasher().hash(password)); }

}  // namespace ta::cli
