-- For wrk: sends the token of BENCH_TOKEN (a command line could be read by everybody) and sums up in one line.
wrk.headers["X-Auth-Token"] = os.getenv("BENCH_TOKEN")

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format("report %d %d %d %d %d %d %d %d\n", summary.requests, summary.duration, summary.bytes,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50), latency:percentile(99), latency.max))
end
