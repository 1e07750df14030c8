// This file verifies tokens against a file that lists them (setting identity=static).
#pragma once

#include "identity/identity.hpp"

#include <memory>
#include <string>

namespace catalog::identity {

// Reads an identity file (docs/operations.md shows one). On failure returns nothing and puts every fault, one a line
// and each with the file's name, into `faults`.
std::unique_ptr<verifier> load_static_identity(const std::string& file, std::string& faults);

} // namespace catalog::identity
