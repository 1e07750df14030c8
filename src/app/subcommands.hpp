// This file declares the subcommands once: help, man page and shell completion are made from the table.
#pragma once

#include "app/commands.hpp"

#include <span>
#include <string>
#include <string_view>

namespace catalog::app {

// A flag of one subcommand that is no setting.
struct option {
    std::string_view flag;  // with its dashes
    std::string_view value; // what it takes; empty: nothing
    std::string_view meaning;
};

struct subcommand {
    std::string_view name;
    std::string_view operands; // behind the options in the synopsis
    std::string_view meaning;
    unsigned settings; // the bit of `command` that its settings have; 0: it has none
    std::span<const option> options;
    int (*run)(arguments);
};

std::span<const subcommand> all_subcommands();

// The subcommand, or nullptr.
const subcommand* find_subcommand(std::string_view name);

// What `backup-catalog --help` prints.
std::string overview_text();

// The man page backup-catalog(1), in the man macros of groff_man(7).
std::string manual_page();

// The completion of bash, to be sourced or put into its completions folder.
std::string bash_completion();

} // namespace catalog::app
