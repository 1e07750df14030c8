// This file keeps the real program busy for long, with every kind of client and every kind of fault in turn: no wrong
// answer, no error that no fault explains, and as much memory and as many descriptors at the end as at the beginning.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE soak
#include "scene.hpp"
#include "text.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <functional>
#include <utility>

using namespace faults;

namespace {

struct size_of_process {
    std::size_t resident_kb = 0;
    std::size_t descriptors = 0;
    std::size_t threads = 0;
};

size_of_process measure(const scene& where) {
    const std::string folder = "/proc/" + std::to_string(where.service->process().pid());
    const std::string status = read_file(folder + "/status");
    const auto number = [&](const char* name) {
        return std::stoul(status.substr(status.find(name) + std::string_view(name).size()));
    };
    const std::filesystem::directory_iterator files(folder + "/fd");
    return {number("VmRSS:"), static_cast<std::size_t>(std::distance(begin(files), end(files))), number("Threads:")};
}

std::string request_text(const question& one, const std::string& more = {}) {
    return "GET " + one.target + " HTTP/1.1\r\nHost: x\r\nX-Auth-Token: " + one.token + "\r\n" + more + "\r\n";
}

// What clients do that is no fault of the database: nothing of it may be an error for the others.
void clients_leave(const scene& where) {
    for (int i = 0; i < 50; ++i) {
        http_client client(where.service->base_url());
        client.connect();
        client.send(request_text(where.questions[static_cast<std::size_t>(i) % where.questions.size()]));
    }
}

void clients_are_idle(const scene& where) {
    std::vector<std::unique_ptr<http_client>> idle;
    for (int i = 0; i < 300; ++i) {
        idle.push_back(std::make_unique<http_client>(where.service->base_url()));
        idle.back()->connect();
        if (i % 3 == 0) idle.back()->send("GET /v3/");
    }
    std::this_thread::sleep_for(milliseconds(500));
}

void clients_are_wrong(const scene& where) {
    for (const char* const target :
         {"?limit=0", "?limitt=1", "?marker=77777777-0000-4000-8000-000000000001", "?sort=x", "?name=%zz"})
        for (int i = 0; i < 20; ++i) {
            http_client client(where.service->base_url());
            BOOST_TEST(client.get(list_path + target, "reader-token").status == 400U);
            BOOST_TEST(client.get(list_path, "unknown-token").status == 401U);
        }
}

void exports_run(const scene& where) {
    for (int i = 0; i < 5; ++i) {
        http_client client(where.service->base_url());
        const http_response got =
            client.request("GET", list_path, {{"X-Auth-Token", "reader-token"}, {"Accept", "application/x-ndjson"}});
        BOOST_TEST(got.status == 200U);
        BOOST_TEST(lines_of(got.body).size() == 300U);
    }
}

void files_are_read_again(const scene& where) {
    for (int i = 0; i < 5; ++i) {
        where.service->process().send_signal(SIGHUP);
        std::this_thread::sleep_for(milliseconds(100));
    }
}

// What happens to the database.
void table_is_locked(const scene& where) {
    held_table held(where);
    std::this_thread::sleep_for(seconds(3));
    held.release();
}

void connections_are_killed(const scene& where) {
    sql_session admin(where.url_of_superuser());
    for (int i = 0; i < 20; ++i) {
        admin.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'test_reader' "
                  "ORDER BY random() LIMIT 2");
        std::this_thread::sleep_for(milliseconds(50));
    }
}

void database_is_killed(const scene&) {
    postgres_cluster::instance().kill();
    std::this_thread::sleep_for(milliseconds(500));
    postgres_cluster::instance().start_again();
}

void statements_are_cancelled(const scene& where) {
    sql_session admin(where.url_of_superuser());
    for (int i = 0; i < 100; ++i) {
        admin.run(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = 'test_reader' AND state = 'active'");
        std::this_thread::sleep_for(milliseconds(10));
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(flat_and_right) {
    const int length = rounds(600); // seconds
    scene where(
        {"--request-timeout", "2s", "--database-wait", "1s", "--receive-timeout", "2s", "--idle-timeout", "5s"});
    const std::vector<std::pair<bool, std::function<void(const scene&)>>> events{
        {false, clients_leave},       {true, connections_are_killed},
        {false, clients_are_wrong},   {true, table_is_locked},
        {false, exports_run},         {true, database_is_killed},
        {false, clients_are_idle},    {true, statements_are_cancelled},
        {false, files_are_read_again}};
    std::atomic<bool> explained{false};
    load clients(where, 12, &explained);
    const auto start = steady::now();
    std::vector<size_of_process> sizes;
    std::size_t happened = 0;
    for (; ms_since(start) < length * 1000L; ++happened) {
        const auto& [is_fault, happen] = events[happened % events.size()];
        if (is_fault) explained = true;
        happen(where);
        if (is_fault) {
            BOOST_TEST(clients.next_success(seconds(5)) >= 0);
            std::this_thread::sleep_for(seconds(3)); // request-timeout, and what began before
            explained = false;
        }
        std::this_thread::sleep_for(seconds(1));
        if (happened % events.size() == events.size() - 1) sizes.push_back(measure(where));
    }
    const tally total = clients.finish();
    report(std::to_string(happened) + " events in " + std::to_string(length) + " s", total);
    for (const size_of_process& one : sizes)
        BOOST_TEST_MESSAGE("resident " << one.resident_kb << " kB, " << one.descriptors << " descriptors, "
                                       << one.threads << " threads");
    BOOST_REQUIRE(!sizes.empty());
    // The first rounds fill what is kept: buffers of the allocator, prepared statements.
    [[maybe_unused]] const std::size_t settled = std::min(sizes.size() - 1, sizes.size() / 4 + 1);
#ifndef SANITIZED
    BOOST_TEST(sizes.back().resident_kb <= sizes[settled].resident_kb + 3072);
#endif
    BOOST_TEST(sizes.back().descriptors <= sizes.front().descriptors + 2);
    BOOST_TEST(sizes.back().threads == sizes.front().threads);
    BOOST_TEST(where.recovers_within(seconds(10)));
    where.check_all();
}
