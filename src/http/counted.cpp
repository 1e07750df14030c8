// This file implements the counting of exchanges.
#include "http/counted.hpp"

#include "util/metrics.hpp"

namespace catalog::http {

namespace {

double seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

} // namespace

void count_exchange(const exchange& exchange) {
    const request_record& record = *exchange.record;
    const std::string status = std::to_string(exchange.status);
    const std::string_view path = record.access_path.empty() ? std::string_view("none") : record.access_path;
    metrics::request_duration.observe(seconds(exchange.total - exchange.writing), {record.route, status, path});
    for (std::size_t i = 0; i < stage_names.size(); ++i)
        if (record.times[i].count() > 0) metrics::stage_duration.observe(seconds(record.times[i]), {stage_names[i]});
    if (record.rows) metrics::response_rows.add(static_cast<double>(*record.rows), {record.route});
    metrics::response_bytes.add(static_cast<double>(exchange.bytes), {record.route});
    if (!exchange.complete) metrics::answers_cut_off.add(1);
    if (record.time(stage::identity).count() > 0) {
        const bool known = !record.project_id.empty();
        metrics::identity_checks.add(1, {known ? "accepted" : exchange.status == 503 ? "away" : "refused"});
    }
}

} // namespace catalog::http
