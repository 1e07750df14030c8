// This file declares the subcommands; each returns the program's exit status: 0 done, 2 bad usage or bad input, 1
// anything else. Messages go to standard error, results to standard output.
#pragma once

#include <span>
#include <string_view>

namespace catalog::app {

using arguments = std::span<const std::string_view>; // what follows the subcommand's name

int run_serve(arguments args);
int run_import(arguments args);
int run_export(arguments args);
int run_verify(arguments args); // 1 also if something is wrong with the catalog
int run_explain(arguments args);
int run_settings(arguments args);

} // namespace catalog::app
