// ta_simulator_fuzz [libFuzzer's options] tests/fuzz/simulator_corpus
#include <cstddef>
#include <cstdint>

#include "fuzz/simulator_requests.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ta::fuzz::read_as_simulator({reinterpret_cast<const char*>(data), size});
  return 0;
}
