// This file is the program's entry: it finds the subcommand.
#include "app/settings.hpp"
#include "app/subcommands.hpp"
#include "util/text.hpp"

#include <csignal>
#include <exception>
#include <fcntl.h>
#include <iostream>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace {

using catalog::app::all_subcommands;
using catalog::app::arguments;

int refuse_unknown(std::string_view name) {
    std::vector<std::string_view> known;
    std::cerr << "backup-catalog: unknown subcommand '" << name << "'; allowed:";
    for (const auto& s : all_subcommands()) {
        std::cerr << (known.empty() ? " " : ", ") << s.name;
        known.push_back(s.name);
    }
    if (const std::string_view meant = catalog::nearest_word(name, known); !meant.empty())
        std::cerr << "; did you mean " << meant << '?';
    std::cerr << '\n';
    return 2;
}

// What is opened next would take the place of a standard stream that the caller has closed: a connection to PostgreSQL,
// into which messages would be written. Reading from the first and writing to the others fails instead.
void open_standard_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) // a new descriptor is the lowest free one
        if (fcntl(stream, F_GETFD) == -1) [[maybe_unused]]
            const int opened = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

// Output that did not arrive is no success.
int after_output(std::string_view name, int status) {
    std::cout.flush();
    if (std::cout || status != 0) return status;
    std::cerr << "backup-catalog" << (name.empty() ? "" : " ") << name << ": cannot write the output\n";
    return 1;
}

} // namespace

int main(int argc, char** argv) {
    open_standard_streams();
    std::signal(SIGPIPE, SIG_IGN); // a reader that left is a failed write, not a death
    const std::vector<std::string> copies(argv + 1, argv + argc);
    catalog::app::hide_secrets(argc, argv);
    std::vector<std::string_view> args(copies.begin(), copies.end());
    if (args.empty()) {
        std::cerr << catalog::app::overview_text();
        return 2;
    }
    if (args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
        if (args[0] != "help" || args.size() == 1) {
            std::cout << catalog::app::overview_text();
            return after_output("", 0);
        }
        args = {args[1], "--help"}; // help SUBCOMMAND
    }
    if (args[0] == "--version") args[0] = "version";
    const auto* const found = catalog::app::find_subcommand(args[0]);
    if (!found) return refuse_unknown(args[0]);
    try {
        const int status = found->run(arguments(args).subspan(1));
        // The service's clients are elsewhere: who read its one line may be gone.
        return found->name == "serve" ? status : after_output(found->name, status);
    } catch (const std::exception& e) {
        std::cerr << "backup-catalog " << found->name << ": " << e.what() << '\n';
        return 1;
    }
}
