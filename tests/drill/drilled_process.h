// The process that the drill kills: a worker with a reaper that starts runs itself. Also what the drill starts them
// with, so that both mean the same.
#pragma once
#include <string>

#include "runs/process_fixture.h"

namespace ta::drill {

inline constexpr int kIdentities = 400;

// Leases and pauses of a second or less, so that thousands of kills take minutes.
runs::QueueOptions quick_leases();
runs::WorkerOptions quick_worker();
inline runs::MaintenanceOptions quick_maintenance() { return {.interval = std::chrono::milliseconds{100}}; }

inline runs::LeadershipOptions quick_leadership() { return {.lease = std::chrono::milliseconds{1'000}}; }

// "drill.again" may be tried again, however often; "drill.once" must not.
void add_operations(runs::Catalog& catalog);
// One of kIdentities wishes. Every fourth is of "drill.once", every fifth of the system.
runs::StartRequest wish(int number);

// Works and starts runs until it is killed. Each answered start is a line of the file `answers`: its run's number.
// The first line of standard output says that it is ready.
int run_drilled_process(const std::string& url, std::uint64_t seed, const std::string& answers);

// Works until SIGTERM, then stops as the program does. Knows one operation, "drill.unsafe", which must not be tried
// twice: it writes its run's number as a line of the file `beginnings` and lasts until it is asked to stop. The first
// line of standard output says that it is ready.
int run_worker_process(const std::string& url, const std::string& beginnings);
void add_unsafe_operation(runs::Catalog& catalog, const std::string& beginnings);

}  // namespace ta::drill
