// This file is the subcommands import and export: files, progress, messages.
#include "app/commands.hpp"
#include "app/progress.hpp"
#include "app/startup.hpp"
#include "transfer/exporter.hpp"
#include "transfer/importer.hpp"
#include "util/text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <unistd.h>

namespace catalog::app {

namespace {

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
    auto parsed = start_settings(rest, command::import, "import", import_usage,
                                 {0, std::numeric_limits<std::size_t>::max(), ""}, status);
    if (!parsed) return status;
    std::vector<std::string> files = parsed->positional;
    if (files.empty()) files.emplace_back("-");
    for (const std::string& file : files) {
        if (file == "-") continue;
        // Not opened yet: who writes into a pipe would be gone when it is opened again.
        std::error_code ec;
        if (access(file.c_str(), R_OK) != 0 || std::filesystem::is_directory(file, ec)) {
            std::cerr << "backup-catalog import: " << file << ": cannot be read\n";
            status = 2;
        }
    }
    if (status != 0) return status;
    auto session = open_unrestricted(parsed->values, "import", true, status);
    if (!session) return status;
    std::ios::sync_with_stdio(false); // standard input would be read character by character

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
                if (!in) in.setstate(std::ios::badbit);
                importer.read(in, file);
            }
        }
        const bool done = importer.finish();
        line.clear();
        if (!done) {
            for (const std::string& fault : importer.faults())
                std::cerr << fault << '\n';
            const transfer::import_fault_counts wrong = importer.fault_counts();
            std::cerr << "backup-catalog import: " << wrong.faults << (wrong.faults == 1 ? " fault" : " faults")
                      << " in " << wrong.records << (wrong.records == 1 ? " record" : " records")
                      << (wrong.more ? ", and there are more" : "") << "; nothing was changed\n";
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
    const bool good = take_project(args, "export", rest, project);
    int status = 0;
    auto parsed =
        start_settings(rest, command::export_, "export", export_usage, {0, 0, "it writes to standard output"}, status);
    if (!parsed) return status;
    if (!good) return 2;
    auto session = open_unrestricted(parsed->values, "export", false, status);
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
