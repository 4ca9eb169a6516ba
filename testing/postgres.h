// A real PostgreSQL for tests: a cluster in a temporary folder, reached over a socket in that folder.
//
// PostgreSQL refuses to run as root, so root starts it as the user `postgres`. The cluster ends with the process that
// started it, however that process ends (a shell holds the other end of a pipe), and takes its folder with it. A
// cluster that cannot be started is an exception, hence a failed test: PostgreSQL is never skipped.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace ta::testing {

class PostgresCluster {
 public:
  // `fast` gives up surviving a crash of the machine (fsync off); for suites that are not about durability.
  enum class Durability { fast, durable };

  explicit PostgresCluster(Durability durability);
  ~PostgresCluster();
  PostgresCluster(const PostgresCluster&) = delete;
  PostgresCluster& operator=(const PostgresCluster&) = delete;

  // postgresql://postgres@/DATABASE?host=FOLDER
  std::string url(std::string_view database = "postgres") const;

  // An outage: every connection breaks at once and new ones are refused, until start(). The data stay.
  void stop();
  void start();

 private:
  void launch();
  void wait_until_ready() const;
  void end_supervisor(bool keep_data);

  std::filesystem::path folder_;
  Durability durability_;
  int supervisor_ = 0;  // the shell that runs the server; 0 while stopped
  int orders_ = -1;     // our end of its standard input
};

// The server that all suites of this process share: TENANTATLAS_TEST_POSTGRES when set (the test command starts one
// cluster for all test programs), else a fast cluster of our own, started at the first call.
std::string shared_postgres_url(std::string_view database = "postgres");

// Runs one statement outside a transaction (CREATE DATABASE …); throws std::runtime_error with the server's words.
void postgres_execute(const std::string& url, const std::string& statement);

}  // namespace ta::testing
