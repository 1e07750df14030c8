-- For wrk: asks for the URL's page with the token of BENCH_TOKEN, or at random for the requests of the file BENCH_REQUESTS,
-- "TOKEN TARGET" a line (a command line could be read by everybody); sums up in one line.
local file = os.getenv("BENCH_REQUESTS") or ""

if file == "" then
    wrk.headers["X-Auth-Token"] = os.getenv("BENCH_TOKEN")
else
    local requests = {}

    function init()
        for line in io.lines(file) do
            local token, target = line:match("^(%S+) (%S+)$")
            wrk.headers["X-Auth-Token"] = token
            requests[#requests + 1] = wrk.format("GET", target)
        end
        math.randomseed(1)
    end

    function request()
        return requests[math.random(#requests)]
    end
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format("report %d %d %d %d %d %d %d %d\n", summary.requests, summary.duration, summary.bytes,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50), latency:percentile(99), latency.max))
end
