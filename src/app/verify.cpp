// This file is the subcommand verify: what is found, line by line, and what it sums up to.
#include "app/commands.hpp"
#include "app/progress.hpp"
#include "app/startup.hpp"
#include "transfer/verifier.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <sql/statements.hpp>

namespace catalog::app {

namespace {

constexpr std::string_view usage =
    "usage: backup-catalog verify --database-url URL [--repair] [--project ID] [--json]\n\n"
    "Checks that everything the catalog says twice is the same: counters, documents, facets, sharing states, copies "
    "in\n"
    "receivers' lists. Writers may go on. Each finding is a line on standard output: kind: key: is …, should be …; at "
    "most\n"
    "100 of them, all are counted. --repair: puts right what is wrong, then verifies again. --project: what is in "
    "this\n"
    "project's list, and whether what it shares is in the others'. --json: the result as one JSON object instead.\n"
    "The role needs catalog_writer, which sees every project. Exit status: 0 nothing is wrong (any more), 1 something "
    "is, or\n"
    "anything else, 2 bad usage, schema or role.\n";

constexpr std::size_t max_shown = 100; // findings; more are only counted

std::string counted(std::uint64_t n, std::string_view what) {
    return std::to_string(n) + " " + std::string(what) + (n == 1 ? "" : "s");
}

// For example "3 findings (document 1, facet_counts 2)"
std::string findings_of(const transfer::verify_counts& counts) {
    std::string out = counted(counts.all(), "finding");
    std::string kinds;
    for (const auto& [kind, n] : counts.found)
        kinds += (kinds.empty() ? "" : ", ") + kind + " " + std::to_string(n);
    return kinds.empty() ? out : out + " (" + kinds + ")";
}

boost::json::object by_kind(const transfer::verify_counts& counts) {
    boost::json::object out;
    for (const auto& [kind, n] : counts.found)
        out[kind] = n;
    return out;
}

} // namespace

int run_verify(arguments args) {
    std::vector<std::string_view> rest;
    std::optional<std::string> project;
    const bool good = take_project(args, "verify", rest, project);
    const bool as_json = std::erase(rest, std::string_view("--json")) > 0;
    const bool repair = std::erase(rest, std::string_view("--repair")) > 0;
    int status = 0;
    auto parsed = start_settings(rest, command::verify, "verify", usage,
                                 {0, 0, "allowed: --repair, --project ID, --json and settings"}, status);
    if (!parsed) return status;
    if (!good) return 2;
    auto session = open_unrestricted(parsed->values, "verify", repair, status);
    if (!session) return status;
    if (session->run_once(db::statement(sql::verify_ready)).text(0, 0) != "t") {
        std::cerr << "backup-catalog verify: database-url: the schema lacks a migration that verify needs; run: "
                     "scripts/migrate deploy --database-url URL\n";
        return 2;
    }

    progress_line line(repair ? "repair" : "verify");
    std::size_t shown = 0;
    const auto events_shown_by = [&](progress_line& on) {
        return transfer::verify_events{[&](const transfer::finding& f) {
                                           if (as_json || shown == max_shown) return;
                                           ++shown;
                                           on.clear();
                                           std::cout << f.kind << ": " << f.key << ": is " << f.is << ", should be "
                                                     << f.should_be << '\n';
                                       },
                                       [&](std::uint64_t rows, std::uint64_t of) { on.show(rows, rows, of); }};
    };
    try {
        transfer::verify_counts found;
        transfer::verify_counts left;
        if (repair) {
            found = transfer::repair_catalog(*session, project, events_shown_by(line));
            left = found;
            if (found.all() > 0) {
                line.clear();
                progress_line again("verify");
                left = transfer::verify_catalog(*session, project, events_shown_by(again));
            }
        } else {
            found = transfer::verify_catalog(*session, project, events_shown_by(line));
            left = found;
        }
        line.clear();
        if (as_json) {
            boost::json::object out{{"rows", found.rows},       {"projects", found.projects},
                                    {"findings", found.all()},  {"by_kind", by_kind(found)},
                                    {"left", left.all()},       {"left_by_kind", by_kind(left)},
                                    {"seconds", line.elapsed()}};
            std::cout << out << '\n';
        } else {
            std::array<char, 32> seconds{};
            std::snprintf(seconds.data(), seconds.size(), "%.1f s", line.elapsed());
            std::cerr << "verified " << counted(found.rows, "row") << " of " << counted(found.projects, "project")
                      << " in " << seconds.data() << ": " << findings_of(found);
            if (repair && found.all() > 0)
                std::cerr << (left.all() == 0 ? "; all are repaired" : "; left: " + findings_of(left));
            std::cerr << '\n';
        }
        return left.all() == 0 ? 0 : 1;
    } catch (const db::error& e) {
        line.clear();
        std::cerr << "backup-catalog verify: " << one_line(e.what())
                  << (e.kind() == db::failure::conflict ? " (a writer was in the way; run it again)" : "") << '\n';
        return 1;
    }
}

} // namespace catalog::app
