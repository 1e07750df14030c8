// This file declares every metric of the service once: name, type, labels, meaning. /metrics, docs/metrics.md and the
// golden file of names are made from the table.
//
// Recording is a relaxed atomic operation on a cell whose place follows from the label values: no lock, no allocation,
// any thread. (prometheus-cpp was weighed and left: each of its histograms takes a mutex for every observation.)
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace catalog::metrics {

enum class kind { counter, gauge, histogram };

// A label's values are known from the start, so that there are never more series than cells. Any other value counts as
// the last one.
struct label {
    std::string_view name;
    std::vector<std::string_view> values;
};

// What all series of one name share.
class family {
public:
    family(std::string_view name, kind kind, std::string_view help, std::vector<label> labels);
    virtual ~family() = default;
    family(const family&) = delete;
    family& operator=(const family&) = delete;

    std::string_view name() const { return name_; }
    metrics::kind kind() const { return kind_; }
    std::string_view help() const { return help_; }
    const std::vector<label>& labels() const { return labels_; }

    // Appends a line for each series in Prometheus' text format. Any thread.
    virtual void append_samples(std::string& out) const = 0;

protected:
    // The cell of label values, in the order of the labels; as many as there are labels.
    std::size_t cell_of(std::initializer_list<std::string_view> values) const;
    std::size_t cells() const { return cells_; }
    // `{a="x",b="y"}` of a cell with `more` at its end; empty where there is nothing.
    std::string labels_of(std::size_t cell, std::string_view more = {}) const;

private:
    std::string_view name_;
    metrics::kind kind_;
    std::string_view help_;
    std::vector<label> labels_;
    std::size_t cells_ = 1;
};

// A counter or a gauge.
class value : public family {
public:
    value(std::string_view name, metrics::kind kind, std::string_view help, std::vector<label> labels = {});

    void add(double amount, std::initializer_list<std::string_view> label_values = {}) {
        cells_of_[cell_of(label_values)].fetch_add(amount, std::memory_order_relaxed);
    }
    // For what is measured elsewhere and only looked up when somebody asks.
    void set(double amount, std::initializer_list<std::string_view> label_values = {}) {
        cells_of_[cell_of(label_values)].store(amount, std::memory_order_relaxed);
    }
    void append_samples(std::string& out) const override;

private:
    std::unique_ptr<std::atomic<double>[]> cells_of_;
};

// Durations in buckets from 0.5 ms to 10 s.
class histogram : public family {
public:
    histogram(std::string_view name, std::string_view help, std::vector<label> labels);

    void observe(double seconds, std::initializer_list<std::string_view> label_values);
    void append_samples(std::string& out) const override;

    static std::span<const double> bounds();

private:
    std::unique_ptr<std::atomic<std::uint64_t>[]> counts_; // of each cell: one for each bound and one for the rest
    std::unique_ptr<std::atomic<double>[]> sums_;
};

// The table.
extern histogram request_duration; // route, status, access_path; its _count is the number of requests
extern histogram stage_duration;   // stage
extern value response_rows;        // route
extern value response_bytes;       // route
extern value requests_running;
extern value answers_cut_off;
extern value connections;
extern value connections_accepted;
extern value identity_checks;        // result
extern value identity_cache_lookups; // result; this and the next three with identity=keystone alone
extern value identity_validations;
extern value identity_validations_failed;
extern value identity_logins;
extern value database_jobs_refused; // reason
extern value database_cancels;
extern value database_connects; // result
extern value database_connections_lost;
extern value prepared_statements;  // result
extern value database_connections; // state
extern value database_queue;
extern value standby_requests; // result
extern value database_up;
extern value build_info; // version
extern value process_cpu_seconds;
extern value process_resident_memory;
extern value process_virtual_memory;
extern value process_open_fds;
extern value process_max_fds;
extern value process_start_time;
extern value process_threads;

// All of them, in the order of the documentation.
std::span<const family* const> all();

// Looks up what the system knows of this process (the process_… metrics), from /proc.
void measure_process();

// Everything in Prometheus' text format, version 0.0.4. Histograms that have seen nothing are left out: there are
// thousands of combinations, of which a deployment has dozens.
std::string text();

// Content-Type of text().
inline constexpr std::string_view text_type = "text/plain; version=0.0.4; charset=utf-8";

// The table in Markdown; docs/metrics.md contains it and a test compares the two.
std::string markdown();

} // namespace catalog::metrics
