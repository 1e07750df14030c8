// This file holds the table of metrics and writes it in Prometheus' text format.
#include "util/metrics.hpp"

#include "util/request_record.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/resource.h>
#include <unistd.h>

namespace catalog::metrics {

namespace {

constexpr std::array<double, 14> duration_bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                 0.1,    0.25,  0.5,    1,     2.5,  5,     10};

std::string number(double amount) {
    std::array<char, 32> text{};
    // 0.0005 instead of 5e-04, which the shortest form would be.
    const bool plain = amount == 0 || (amount >= 1e-6 && amount < 1e15) || (amount > -1e15 && amount <= -1e-6);
    const auto end = plain ? std::to_chars(text.data(), text.data() + text.size(), amount, std::chars_format::fixed).ptr
                           : std::to_chars(text.data(), text.data() + text.size(), amount).ptr;
    return {text.data(), end};
}

std::vector<std::string_view> stages() {
    return {stage_names.begin(), stage_names.end()};
}

const std::vector<std::string_view> routes{"/v3/{project_id}/backups", "/v3/{project_id}/backups/{backup_id}",
                                           "/openapi.json", "/console", "other"};

} // namespace

histogram request_duration("backup_catalog_request_duration_seconds",
                           "Time from a request's last byte to its answer, before that is written; _count is the "
                           "number of requests, those that could not be read among them (route other)",
                           {{"route", routes},
                            {"status",
                             {"200", "400", "401", "403", "404", "405", "408", "413", "414", "429", "431", "500", "503",
                              "504", "other"}},
                            // of the page's rows (docs/architecture.md); none: a refusal, or no page
                            {"access_path",
                             {"none", "nothing", "id", "walk", "fetch_facet", "fetch_equality", "fetch_parent",
                              "fetch_range", "fetch_rare", "fetch_found", "apart", "scan", "several"}}});
histogram stage_duration("backup_catalog_stage_duration_seconds",
                         "Time of the requests' stages; wait is for a database connection", {{"stage", stages()}});
value response_rows("backup_catalog_response_backups_total", kind::counter, "Backups in answers", {{"route", routes}});
value response_bytes("backup_catalog_response_bytes_total", kind::counter, "Bytes of bodies of answers",
                     {{"route", routes}});
value requests_running("backup_catalog_requests_running", kind::gauge, "Requests that are being answered");
value answers_cut_off("backup_catalog_answers_cut_off_total", kind::counter,
                      "Answers that their clients did not take in time or at all");
value connections("backup_catalog_connections", kind::gauge, "Open client connections");
value connections_accepted("backup_catalog_connections_accepted_total", kind::counter, "Client connections accepted");
value identity_checks("backup_catalog_identity_checks_total", kind::counter, "Tokens that were checked",
                      {{"result", {"accepted", "refused", "away"}}});
value identity_cache_lookups("backup_catalog_identity_cache_lookups_total", kind::counter,
                             "identity=keystone: tokens looked up in the cache; a miss is validated, or waits for the "
                             "validation of the same token",
                             {{"result", {"hit", "miss"}}});
value identity_validations("backup_catalog_identity_validations_total", kind::counter,
                           "identity=keystone: questions about a token to the identity service, repeated ones among "
                           "them");
value identity_validations_failed("backup_catalog_identity_validations_failed_total", kind::counter,
                                  "identity=keystone: validations that ended without an answer (503)");
value identity_logins("backup_catalog_identity_logins_total", kind::counter,
                      "identity=keystone: tokens obtained for the service itself");
value database_jobs_refused(
    "backup_catalog_database_refusals_total", kind::counter, "Requests that got no database connection",
    {{"reason", {"queue_full", "waited_too_long", "too_late", "abandoned", "database_away", "stopping"}}});
value database_cancels("backup_catalog_database_cancels_total", kind::counter,
                       "Statements that were cancelled because their request's time was over or its client gone");
value database_connects("backup_catalog_database_connects_total", kind::counter, "Attempts to connect to the database",
                        {{"result", {"connected", "failed"}}});
value database_connections_lost("backup_catalog_database_connections_lost_total", kind::counter,
                                "Connections to the database that broke");
value prepared_statements("backup_catalog_prepared_statements_total", kind::counter,
                          "Statements run: hit = was prepared on its connection, miss = had to be, unnamed = with "
                          "prepared-statements=false",
                          {{"result", {"hit", "miss", "unnamed"}}});
value database_connections("backup_catalog_database_connections", kind::gauge,
                           "Connections to the database; absent = configured, but not connected",
                           {{"state", {"in_use", "idle", "absent"}}});
value database_queue("backup_catalog_database_queue", kind::gauge, "Requests that wait for a database connection");
value standby_requests("backup_catalog_standby_requests_total", kind::counter,
                       "Requests that went to a standby; passed_on = none answered, or it was too far behind, so that "
                       "database-url was asked",
                       {{"result", {"answered", "passed_on"}}});
value database_up("backup_catalog_database_up", kind::gauge,
                  "1 if the database answered the last probe, as /readyz says");
value build_info("backup_catalog_build_info", kind::gauge, "Always 1", {{"version", {BACKUP_CATALOG_VERSION}}});
value process_cpu_seconds("process_cpu_seconds_total", kind::counter, "User and system time of the process");
value process_resident_memory("process_resident_memory_bytes", kind::gauge, "Resident memory");
value process_virtual_memory("process_virtual_memory_bytes", kind::gauge, "Virtual memory");
value process_open_fds("process_open_fds", kind::gauge, "Open file descriptors");
value process_max_fds("process_max_fds", kind::gauge, "Limit of open file descriptors");
value process_start_time("process_start_time_seconds", kind::gauge, "Start of the process since the epoch");
value process_threads("process_threads", kind::gauge, "Threads of the process");

namespace {

const std::array<const family*, 30> table{&request_duration,
                                          &stage_duration,
                                          &response_rows,
                                          &response_bytes,
                                          &requests_running,
                                          &answers_cut_off,
                                          &connections,
                                          &connections_accepted,
                                          &identity_checks,
                                          &identity_cache_lookups,
                                          &identity_validations,
                                          &identity_validations_failed,
                                          &identity_logins,
                                          &database_jobs_refused,
                                          &database_cancels,
                                          &database_connects,
                                          &database_connections_lost,
                                          &prepared_statements,
                                          &database_connections,
                                          &database_queue,
                                          &standby_requests,
                                          &database_up,
                                          &build_info,
                                          &process_cpu_seconds,
                                          &process_resident_memory,
                                          &process_virtual_memory,
                                          &process_open_fds,
                                          &process_max_fds,
                                          &process_start_time,
                                          &process_threads};

std::string_view name_of(kind kind) {
    switch (kind) {
    case kind::counter:
        return "counter";
    case kind::gauge:
        return "gauge";
    case kind::histogram:
        break;
    }
    return "histogram";
}

} // namespace

family::family(std::string_view name, metrics::kind kind, std::string_view help, std::vector<label> labels)
    : name_(name)
    , kind_(kind)
    , help_(help)
    , labels_(std::move(labels)) {
    for (const label& one : labels_)
        cells_ *= one.values.size();
}

std::size_t family::cell_of(std::initializer_list<std::string_view> values) const {
    std::size_t cell = 0;
    const auto* given = values.begin();
    for (const label& one : labels_) {
        std::size_t place = 0;
        while (given != values.end() && place + 1 < one.values.size() && one.values[place] != *given)
            ++place;
        cell = cell * one.values.size() + place;
        if (given != values.end()) ++given;
    }
    return cell;
}

std::string family::labels_of(std::size_t cell, std::string_view more) const {
    std::string out;
    for (std::size_t i = labels_.size(); i-- > 0;) {
        const std::vector<std::string_view>& values = labels_[i].values;
        std::string one(labels_[i].name);
        one += "=\"";
        one += values[cell % values.size()];
        one += '"';
        cell /= values.size();
        out = out.empty() ? one : one + "," + out;
    }
    if (!more.empty()) out += (out.empty() ? "" : ",") + std::string(more);
    return out.empty() ? out : "{" + out + "}";
}

value::value(std::string_view name, metrics::kind kind, std::string_view help, std::vector<label> labels)
    : family(name, kind, help, std::move(labels))
    , cells_of_(std::make_unique<std::atomic<double>[]>(cells())) {}

void value::append_samples(std::string& out) const {
    for (std::size_t cell = 0; cell < cells(); ++cell) {
        out += name();
        out += labels_of(cell);
        out += ' ' + number(cells_of_[cell].load(std::memory_order_relaxed)) + '\n';
    }
}

histogram::histogram(std::string_view name, std::string_view help, std::vector<label> labels)
    : family(name, kind::histogram, help, std::move(labels))
    , counts_(std::make_unique<std::atomic<std::uint64_t>[]>(cells() * (duration_bounds.size() + 1)))
    , sums_(std::make_unique<std::atomic<double>[]>(cells())) {}

std::span<const double> histogram::bounds() {
    return duration_bounds;
}

void histogram::observe(double seconds, std::initializer_list<std::string_view> label_values) {
    const std::size_t cell = cell_of(label_values);
    std::size_t bucket = 0;
    while (bucket < duration_bounds.size() && seconds > duration_bounds[bucket])
        ++bucket;
    counts_[cell * (duration_bounds.size() + 1) + bucket].fetch_add(1, std::memory_order_relaxed);
    sums_[cell].fetch_add(seconds, std::memory_order_relaxed);
}

void histogram::append_samples(std::string& out) const {
    constexpr std::size_t width = duration_bounds.size() + 1;
    for (std::size_t cell = 0; cell < cells(); ++cell) {
        std::array<std::uint64_t, width> cumulative{}; // from one reading, so that _count equals the last bucket
        std::uint64_t count = 0;
        for (std::size_t i = 0; i < width; ++i)
            cumulative[i] = count += counts_[cell * width + i].load(std::memory_order_relaxed);
        if (count == 0) continue;
        for (std::size_t i = 0; i < width; ++i) {
            const std::string bound = i + 1 < width ? number(duration_bounds[i]) : "+Inf";
            out += std::string(name()) + "_bucket" + labels_of(cell, "le=\"" + bound + "\"") + ' ' +
                   std::to_string(cumulative[i]) + '\n';
        }
        out += std::string(name()) + "_sum" + labels_of(cell) + ' ' +
               number(sums_[cell].load(std::memory_order_relaxed)) + '\n';
        out += std::string(name()) + "_count" + labels_of(cell) + ' ' + std::to_string(count) + '\n';
    }
}

std::span<const family* const> all() {
    return table;
}

void measure_process() {
    std::ifstream in("/proc/self/stat");
    std::string line;
    std::getline(in, line);
    // The name in parentheses may hold blanks; what follows it starts with field 3 (proc(5)).
    std::istringstream fields(line.substr(std::min(line.size(), line.rfind(')') + 1)));
    std::vector<std::string> field;
    for (std::string word; fields >> word;)
        field.push_back(word);
    if (field.size() > 21) {
        const auto at = [&](std::size_t number_in_manual) { return std::stod(field[number_in_manual - 3]); };
        const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
        process_cpu_seconds.set((at(14) + at(15)) / ticks);
        process_threads.set(at(20));
        process_virtual_memory.set(at(23));
        process_resident_memory.set(at(24) * static_cast<double>(sysconf(_SC_PAGESIZE)));
        std::ifstream system("/proc/stat");
        for (std::string word; system >> word;)
            if (double boot = 0; word == "btime" && system >> boot) process_start_time.set(boot + at(22) / ticks);
    }
    std::error_code ec;
    double open = 0;
    for (auto file = std::filesystem::directory_iterator("/proc/self/fd", ec);
         !ec && file != std::filesystem::directory_iterator(); file.increment(ec))
        ++open;
    process_open_fds.set(open - 1); // without the one that counted
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) process_max_fds.set(static_cast<double>(limit.rlim_cur));
}

std::string text() {
    std::string out;
    for (const family* one : table) {
        out += "# HELP " + std::string(one->name()) + ' ' + std::string(one->help()) + '\n';
        out += "# TYPE " + std::string(one->name()) + ' ' + std::string(name_of(one->kind())) + '\n';
        one->append_samples(out);
    }
    return out;
}

std::string markdown() {
    std::string out = "| metric | type | labels | meaning |\n|---|---|---|---|\n";
    for (const family* one : table) {
        std::string labels;
        for (const label& each : one->labels()) {
            if (!labels.empty()) labels += "; ";
            labels += "`" + std::string(each.name) + "`: ";
            const bool open = each.name == "version"; // changes with every release
            for (std::size_t i = 0; i < each.values.size(); ++i)
                labels += (i > 0 ? ", " : "") + std::string(open ? "the program's" : each.values[i]);
        }
        out += "| `" + std::string(one->name()) + "` | " + std::string(name_of(one->kind())) + " | " + labels + " | " +
               std::string(one->help()) + " |\n";
    }
    return out;
}

} // namespace catalog::metrics
