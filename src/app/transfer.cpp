// This file is the subcommands import and export: files, progress, messages.
#include "app/commands.hpp"
#include "app/startup.hpp"
#include "transfer/exporter.hpp"
#include "transfer/importer.hpp"
#include "util/text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sql/statements.hpp>
#include <unistd.h>

namespace catalog::app {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::string_view import_usage =
    "usage: backup-catalog import --database-url URL [--json] [FILE]...\n\n"
    "Loads NDJSON files (standard input where there is none, or for -) into the catalog: backups, vaults, members,\n"
    "enterprise-project grants, and saved list responses as they are. Records replace those with the same id. One run "
    "is\n"
    "one transaction: if any record is wrong, each is reported as FILE:LINE: member: what is wrong, and nothing "
    "changes. --json: the summary as JSON on standard output.\n";

constexpr std::string_view export_usage =
    "usage: backup-catalog export --database-url URL [--project ID]\n\n"
    "Writes the catalog, or one project's part, to standard output as NDJSON that import takes back unchanged.\n"
    "The role needs catalog_writer, which sees every project.\n";

// A bar on a terminal, a plain line every few seconds elsewhere; on standard error.
class progress_line {
public:
    explicit progress_line(std::string what)
        : what_(std::move(what))
        , terminal_(isatty(STDERR_FILENO) == 1) {}

    ~progress_line() { clear(); }
    progress_line(const progress_line&) = delete;
    progress_line& operator=(const progress_line&) = delete;

    // `part` of `whole` is done, in any unit; a whole of 0 is not known.
    void show(std::uint64_t rows, std::uint64_t part, std::uint64_t whole) {
        const auto now = clock::now();
        if (now - shown_ < (terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(5000))) return;
        shown_ = now;
        const double seconds = elapsed();
        const double rate = seconds > 0 ? static_cast<double>(rows) / seconds : 0;
        std::array<char, 160> text{};
        const int length = std::snprintf(text.data(), text.size(), "%s: %llu rows, %.0f rows/s", what_.c_str(),
                                         static_cast<unsigned long long>(rows), rate);
        if (whole > 0 && part > 0) {
            const double share = std::min(1.0, static_cast<double>(part) / static_cast<double>(whole));
            const auto filled = static_cast<std::size_t>(share * 20);
            const std::string bar = std::string(filled, '#') + std::string(20 - filled, '.');
            std::snprintf(text.data() + length, text.size() - static_cast<std::size_t>(length),
                          ", %3.0f %% [%s], %.0f s left", share * 100, bar.c_str(), seconds / share - seconds);
        }
        std::fprintf(stderr, terminal_ ? "\r\033[K%s" : "%s\n", text.data());
        dirty_ = terminal_;
    }

    double elapsed() const { return std::chrono::duration<double>(clock::now() - begun_).count(); }

    void clear() {
        if (dirty_) std::fputs("\r\033[K", stderr);
        dirty_ = false;
    }

private:
    std::string what_;
    bool terminal_;
    bool dirty_ = false;
    clock::time_point begun_ = clock::now();
    clock::time_point shown_ = clock::now();
};

// The session of a transfer, or a message on standard error and the exit status.
std::optional<db::session> open_session(const settings& s, std::string_view name, bool writes, int& status) {
    db::session_options options;
    options.url = s.database_url;
    options.fixed_plans = false;
    std::string fault;
    auto session = connect_checked(options, needed_role::any, fault, status);
    if (session) {
        const db::rows may = session->run_once(db::statement(sql::may_transfer));
        if (may.text(0, writes ? 1 : 0) != "t") {
            fault = "database-url: the role may not " + std::string(name) + "; grant it catalog_writer";
            status = 2;
            session.reset();
        } else if (may.text(0, 2) == "t") {
            fault = "database-url: the role is a catalog_reader too, which hides rows from it; use one that is only a "
                    "catalog_writer";
            status = 2;
            session.reset();
        }
    }
    if (!session) std::cerr << "backup-catalog " << name << ": " << fault << '\n';
    return session;
}

// Size of all files, 0 where it can't be known.
std::uint64_t size_of(const std::vector<std::string>& files) {
    std::uint64_t bytes = 0;
    for (const std::string& file : files) {
        std::error_code ec;
        const auto size = file == "-" ? 0 : std::filesystem::file_size(file, ec);
        if (ec || size == 0) return 0;
        bytes += size;
    }
    return bytes;
}

} // namespace

int run_import(arguments args) {
    int status = 0;
    std::vector<std::string_view> rest(args.begin(), args.end());
    const bool as_json = std::erase(rest, std::string_view("--json")) > 0;
    auto parsed = start_settings(rest, command::import, "import", import_usage, status);
    if (!parsed) return status;
    std::vector<std::string> files = parsed->positional;
    if (files.empty()) files.emplace_back("-");
    for (const std::string& file : files) {
        if (file == "-") continue;
        if (const std::ifstream probe(file); !probe || std::filesystem::is_directory(file)) {
            std::cerr << "backup-catalog import: " << file << ": cannot be read\n";
            status = 2;
        }
    }
    if (status != 0) return status;
    auto session = open_session(parsed->values, "import", true, status);
    if (!session) return status;

    try {
        progress_line line("import");
        const std::uint64_t bytes = size_of(files);
        transfer::importer importer(
            *session, [&](const transfer::import_progress& p) { line.show(p.staged.all(), p.bytes, bytes); });
        for (const std::string& file : files) {
            if (file == "-") {
                importer.read(std::cin, "stdin");
            } else {
                std::ifstream in(file);
                importer.read(in, file);
            }
        }
        const bool done = importer.finish();
        line.clear();
        if (!done) {
            for (const std::string& fault : importer.faults())
                std::cerr << fault << '\n';
            std::cerr << "backup-catalog import: " << importer.fault_count()
                      << (importer.fault_count() == 1 ? " fault" : " faults")
                      << (importer.fault_count() >= transfer::importer::max_faults ? " or more" : "")
                      << "; nothing was changed\n";
            return 2;
        }
        const transfer::import_counts& n = importer.counts();
        if (as_json) {
            std::cout << boost::json::object{{"backups", n.backups},
                                             {"vaults", n.vaults},
                                             {"members", n.members},
                                             {"enterprise_project_grants", n.grants},
                                             {"seconds", line.elapsed()}}
                      << '\n';
            return 0;
        }
        std::array<char, 200> summary{};
        std::snprintf(summary.data(), summary.size(),
                      "imported %llu backups, %llu vaults, %llu members, %llu grants in %.1f s (%.0f rows/s)\n",
                      static_cast<unsigned long long>(n.backups), static_cast<unsigned long long>(n.vaults),
                      static_cast<unsigned long long>(n.members), static_cast<unsigned long long>(n.grants),
                      line.elapsed(), static_cast<double>(n.all()) / std::max(0.001, line.elapsed()));
        std::cerr << summary.data();
        return 0;
    } catch (const db::error& e) {
        std::cerr << "\nbackup-catalog import: the database refused: " << one_line(e.what()) << "; nothing was changed"
                  << (e.kind() == db::failure::conflict ? " (another writer changed the same records; run it again)"
                                                        : "")
                  << '\n';
        return 1;
    }
}

int run_export(arguments args) {
    std::vector<std::string_view> rest;
    std::optional<std::string> project;
    for (std::size_t i = 0; i < args.size(); ++i) {
        constexpr std::string_view flag = "--project";
        std::optional<std::string_view> value;
        if (args[i] == flag)
            value = i + 1 < args.size() ? args[++i] : std::string_view{};
        else if (args[i].starts_with("--project="))
            value = args[i].substr(flag.size() + 1);
        if (!value) {
            rest.push_back(args[i]);
            continue;
        }
        if (!is_project_id(*value)) {
            std::cerr << "backup-catalog export: --project: '" << shorten(*value)
                      << "' is not a project id; allowed: 1 to 64 letters, digits, '_' and '-'\n";
            return 2;
        }
        project = *value;
    }
    int status = 0;
    auto parsed = start_settings(rest, command::export_, "export", export_usage, status);
    if (!parsed) return status;
    if (!parsed->positional.empty()) {
        std::cerr << "backup-catalog export: '" << parsed->positional.front()
                  << "': unexpected argument; it writes to standard output\n";
        return 2;
    }
    auto session = open_session(parsed->values, "export", false, status);
    if (!session) return status;
    std::ios::sync_with_stdio(false);
    progress_line line("export");
    try {
        const std::uint64_t written = transfer::export_catalog(
            *session, project, std::cout, [&](std::uint64_t n, std::uint64_t of) { line.show(n, n, of); });
        line.clear();
        std::cerr << "exported " << written << " records\n";
        return 0;
    } catch (const std::exception& e) {
        line.clear();
        std::cerr << "backup-catalog export: " << one_line(e.what()) << '\n';
        return 1;
    }
}

} // namespace catalog::app
