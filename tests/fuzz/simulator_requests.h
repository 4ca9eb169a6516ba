// Everything in the simulator that reads what a client wrote.
#pragma once
#include <string_view>

namespace ta::fuzz {

// Feeds `input` to the reader that its first byte names, and checks what must hold for any input. Throws
// std::logic_error when something does not; anything else that goes wrong shows by itself.
//   F $filter · O query options · P a path · B a batch · T a form for the token endpoint
//   R "METHOD target\nName: value\n\nbody" · A "/_sim/path\nbody"
// "{id}" in a target becomes the first object of its set.
void read_as_simulator(std::string_view input);

}  // namespace ta::fuzz
