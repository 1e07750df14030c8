// This file is the program's entry: it finds the subcommand.
#include "app/commands.hpp"
#include "app/settings.hpp"
#include "generate/command.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using catalog::app::arguments;

struct subcommand {
    std::string_view name;
    std::string_view meaning;
    int (*run)(arguments);
};

int run_generate(arguments args) {
    return catalog::generate::run(args, std::cout, std::cerr);
}

constexpr std::array<subcommand, 6> subcommands{{
    {"serve", "the HTTP service", catalog::app::run_serve},
    {"import", "loads NDJSON files (or standard input) into the catalog", catalog::app::run_import},
    {"export", "writes the catalog, or one project's part, as NDJSON", catalog::app::run_export},
    {"explain", "shows the SQL, parameters and plan that a request becomes", catalog::app::run_explain},
    {"generate", "makes a sample or benchmark catalog as NDJSON", run_generate},
    {"settings", "lists every setting: name, type, default, meaning", catalog::app::run_settings},
}};

void print_help(std::ostream& out) {
    out << "backup-catalog: answers \"which backups do I have?\" from PostgreSQL\n\nusage: backup-catalog SUBCOMMAND "
           "[--help]\n\n";
    for (const subcommand& s : subcommands)
        out << "  " << s.name << std::string(12 - s.name.size(), ' ') << s.meaning << '\n';
}

} // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN); // a reader that left is a failed write, not a death
    const std::vector<std::string> copies(argv + 1, argv + argc);
    catalog::app::hide_secrets(argc, argv);
    const std::vector<std::string_view> args(copies.begin(), copies.end());
    if (args.empty()) {
        print_help(std::cerr);
        return 2;
    }
    if (args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
        print_help(std::cout);
        return 0;
    }
    const auto* const found =
        std::find_if(subcommands.begin(), subcommands.end(), [&](const subcommand& s) { return s.name == args[0]; });
    if (found == subcommands.end()) {
        std::cerr << "backup-catalog: unknown subcommand '" << args[0]
                  << "'; allowed: serve, import, export, explain, generate, settings\n";
        return 2;
    }
    try {
        return found->run(arguments(args).subspan(1));
    } catch (const std::exception& e) {
        std::cerr << "backup-catalog " << found->name << ": " << e.what() << '\n';
        return 1;
    }
}
