// with_postgres COMMAND…: starts a PostgreSQL, runs the command with TENANTATLAS_TEST_POSTGRES set to its URL, stops it
// again and exits as the command did. The test command uses it so that not every test program starts a cluster of its
// own.
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

#include "testing/postgres.h"

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::fprintf(stderr, "usage: with_postgres COMMAND [ARGUMENTS]\n");
    return 2;
  }
  const ta::testing::PostgresCluster cluster(ta::testing::PostgresCluster::Durability::fast);
  setenv("TENANTATLAS_TEST_POSTGRES", cluster.url().c_str(), 1);
  pid_t child = 0;
  if (posix_spawnp(&child, argv[1], nullptr, nullptr, argv + 1, environ) != 0) {
    std::fprintf(stderr, "with_postgres: cannot start %s\n", argv[1]);
    return 127;
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "with_postgres: %s\n", error.what());
  return 1;
}
