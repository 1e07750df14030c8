// This file declares SQL injections: texts that change a statement which is put together from its parameters' text.
#pragma once

#include <string>
#include <vector>

namespace support {

// More than 1,000 different texts of at most 255 characters, the same in every run: every way out of a literal, an
// identifier, a comment, a list or a number, each followed by what an attacker would want.
std::vector<std::string> injections();

} // namespace support
