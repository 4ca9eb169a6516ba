#include "testing/postgres.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "testing/eventually.h"

namespace ta::testing {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

// Runs the server until the pipe says "keep" (stop, keep the data) or breaks (stop and remove everything).
constexpr const char* kSupervise = R"(
folder=$1; shift
"$@" </dev/null >>"$folder/log" 2>&1 &
server=$!
read -r order || order=remove
kill -QUIT $server
wait $server
[ "$order" = keep ] || rm -rf "$folder"
)";

std::string program(const std::string& name) {
  for (const char* version : {"15", "16", "17", "18"}) {
    const fs::path path = fs::path("/usr/lib/postgresql") / version / "bin" / name;
    if (fs::exists(path)) return path.string();
  }
  return name;  // whatever PATH has
}

// The command, run as the user `postgres` when we are root.
Arguments unprivileged(Arguments command) {
  if (geteuid() != 0) return command;
  Arguments all{"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"};
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

fs::path make_folder() {
  std::string name = (fs::temp_directory_path() / "tenantatlas-pg-XXXXXX").string();
  if (!mkdtemp(name.data())) throw std::runtime_error("No folder for PostgreSQL: " + name);
  if (geteuid() == 0) {
    const passwd* user = getpwnam("postgres");
    if (!user || chown(name.c_str(), user->pw_uid, user->pw_gid) != 0)
      throw std::runtime_error("PostgreSQL cannot run as root and there is no user `postgres`; run `./dev setup`.");
  }
  return name;
}

// Starts a program in a process group of its own, so that Ctrl-C reaches us and not it.
pid_t spawn(const Arguments& command, int standard_input, const fs::path& log) {
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, standard_input, 0);
  posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, argv[0], &files, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0)
    throw std::runtime_error(fmt::format("Cannot start {}: error {}. Run `./dev setup`.", argv[0], error));
  return pid;
}

std::string read_log(const fs::path& folder) {
  std::ostringstream text;
  text << std::ifstream(folder / "log").rdbuf();
  return text.str();
}

void initialise(const fs::path& folder) {
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const pid_t pid =
      spawn(unprivileged({program("initdb"), "--pgdata=" + (folder / "data").string(), "--username=postgres",
                          "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"}),
            nothing, folder / "log");
  close(nothing);
  int status = 0;
  waitpid(pid, &status, 0);
  if (status != 0) throw std::runtime_error("PostgreSQL's initdb failed:\n" + read_log(folder));
}

Arguments server_command(const fs::path& folder, PostgresCluster::Durability durability) {
  Arguments command{program("postgres"), "-D", (folder / "data").string(), "-k", folder.string(),       "-c",
                    "listen_addresses=", "-c", "max_connections=200",      "-c", "shared_buffers=64MB", "-c",
                    "timezone=UTC"};
  if (durability == PostgresCluster::Durability::fast)
    for (const char* setting : {"fsync=off", "synchronous_commit=off", "full_page_writes=off"})
      command.insert(command.end(), {"-c", setting});
  return command;
}

}  // namespace

PostgresCluster::PostgresCluster(Durability durability) : folder_(make_folder()), durability_(durability) {
  try {
    initialise(folder_);
    start();
  } catch (...) {
    end_supervisor(false);
    fs::remove_all(folder_);
    throw;
  }
}

PostgresCluster::~PostgresCluster() {
  end_supervisor(false);
  std::error_code ignored;
  fs::remove_all(folder_, ignored);  // when it was stopped
}

std::string PostgresCluster::url(std::string_view database) const {
  return fmt::format("postgresql://postgres@/{}?host={}", database, folder_.string());
}

void PostgresCluster::stop() { end_supervisor(true); }

void PostgresCluster::start() {
  if (supervisor_ != 0) return;
  launch();
  wait_until_ready();
}

void PostgresCluster::launch() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("No pipe for PostgreSQL");
  Arguments command{"/bin/sh", "-c", kSupervise, "sh", folder_.string()};
  for (std::string& word : unprivileged(server_command(folder_, durability_))) command.push_back(std::move(word));
  supervisor_ = spawn(command, ends[0], folder_ / "log");
  close(ends[0]);
  orders_ = ends[1];
}

void PostgresCluster::wait_until_ready() const {
  const std::string address = url();
  if (!eventually([&] { return PQping(address.c_str()) == PQPING_OK; }, std::chrono::seconds{60}))
    throw std::runtime_error("PostgreSQL did not start:\n" + read_log(folder_));
}

void PostgresCluster::end_supervisor(bool keep_data) {
  if (supervisor_ == 0) return;
  // A supervisor that is gone already gives SIGPIPE's errno at worst: the data then went with it.
  if (keep_data && write(orders_, "keep\n", 5) != 5) throw std::runtime_error("PostgreSQL's supervisor is gone");
  close(orders_);
  waitpid(supervisor_, nullptr, 0);
  supervisor_ = 0;
}

std::string shared_postgres_url(std::string_view database) {
  if (const char* given = getenv("TENANTATLAS_TEST_POSTGRES")) {
    std::string url(given);
    const std::size_t path = url.find('/', url.find("://") + 3);
    const std::size_t query = url.find('?');
    if (path == url.npos) throw std::runtime_error("TENANTATLAS_TEST_POSTGRES names no database");
    return url.substr(0, path + 1) + std::string(database) + (query == url.npos ? "" : url.substr(query));
  }
  static PostgresCluster cluster(PostgresCluster::Durability::fast);
  return cluster.url(database);
}

void postgres_execute(const std::string& url, const std::string& statement) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()), &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection.get()));
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), statement.c_str()), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw std::runtime_error(statement + ": " + PQerrorMessage(connection.get()));
}

}  // namespace ta::testing
