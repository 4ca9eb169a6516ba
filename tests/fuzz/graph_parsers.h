// Everything in the Graph client that reads what another machine wrote.
#pragma once
#include <string_view>

namespace ta::fuzz {

// Feeds `input` to the parser that its first byte names, and checks what must hold for any input. Throws
// std::logic_error when something does not; anything else that goes wrong shows by itself.
void read_as_graph(std::string_view input);

}  // namespace ta::fuzz
