// This file declares the command `backup-catalog generate`.
#pragma once

#include <ostream>
#include <span>
#include <string_view>

namespace catalog::generate {

/// Runs `backup-catalog generate` with the arguments after `generate`: NDJSON or help to `out`, everything else to
/// `err`. A progress line is shown only where `err` is std::cerr and standard error is a terminal.
/// Returns the exit status: 0 done, 2 bad usage, 1 anything else, which includes an `out` that takes no more (the
/// reader went away): that one says nothing. SIGPIPE is ignored meanwhile.
int run(std::span<std::string_view const> args, std::ostream& out, std::ostream& err);

} // namespace catalog::generate
