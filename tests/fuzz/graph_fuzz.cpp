// ta_graph_fuzz [libFuzzer's options] tests/fuzz/graph_corpus
#include <cstddef>
#include <cstdint>

#include "fuzz/graph_parsers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ta::fuzz::read_as_graph({reinterpret_cast<const char*>(data), size});
  return 0;
}
