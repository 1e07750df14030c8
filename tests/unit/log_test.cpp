// This file tests the log's writer (bounds, order, moved files) and the lines of the access log.
#define BOOST_TEST_DYN_LINK
#include "files.hpp"
#include "http/access_log.hpp"
#include "util/log.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

BOOST_AUTO_TEST_SUITE(logs)

using namespace catalog;
namespace json = boost::json;

namespace {

std::string content_of(const std::string& path) {
    std::ifstream in(path);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
}

} // namespace

BOOST_AUTO_TEST_CASE(lines_of_several_threads_stay_whole_and_in_order) {
    const unit::temporary_file file("kept\n");
    {
        line_writer writer(file.path());
        std::vector<std::thread> threads;
        threads.reserve(4);
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&writer, t] {
                for (int i = 0; i < 1000; ++i)
                    writer.write(std::to_string(t) + " " + std::to_string(i) + "\n");
            });
        for (std::thread& thread : threads)
            thread.join();
        writer.flush();
        BOOST_TEST(content_of(file.path()).size() > 4000U);
    }
    std::istringstream in(content_of(file.path()));
    std::string first;
    std::getline(in, first);
    BOOST_TEST(first == "kept");
    std::vector<int> next(4, 0);
    std::size_t t = 0;
    int i = 0;
    while (in >> t >> i)
        BOOST_TEST(i == next.at(t)++);
    BOOST_TEST(next == std::vector<int>(4, 1000), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_file_that_was_moved_away_is_begun_anew) {
    const unit::temporary_file file("");
    const std::string moved = file.path() + ".1";
    line_writer writer(file.path());
    writer.write("old\n");
    writer.flush();
    BOOST_REQUIRE(std::rename(file.path().c_str(), moved.c_str()) == 0);
    writer.write("still old\n");
    writer.flush();
    BOOST_TEST(!writer.reopen().has_value());
    writer.write("new\n");
    writer.flush();
    BOOST_TEST(content_of(moved) == "old\nstill old\n");
    BOOST_TEST(content_of(file.path()) == "new\n");
    struct stat made {};
    BOOST_REQUIRE(::stat(file.path().c_str(), &made) == 0);
    BOOST_TEST((made.st_mode & 0027) == 0U); // not for everybody
    std::remove(moved.c_str());
}

BOOST_AUTO_TEST_CASE(a_path_that_cannot_be) {
    BOOST_CHECK_THROW(line_writer("/nowhere/access.log"), std::system_error);
}

// Nobody reads the pipe: who logs goes on, lines beyond the bound are dropped, and told of once there is room.
BOOST_AUTO_TEST_CASE(a_reader_that_stopped_holds_up_nobody) {
    const std::string path = "/tmp/backup-catalog-log-test." + std::to_string(::getpid());
    BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
    BOOST_REQUIRE(reader >= 0);
    {
        line_writer writer(path);
        const std::string line = std::string(99, 'x') + "\n";
        const auto begun = std::chrono::steady_clock::now();
        for (int i = 0; i < 100'000; ++i) // 10 MB into a pipe of 64 KB
            writer.write(line);
        BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds(5)));
        std::string all;
        char block[65536];
        for (int i = 0; i < 500 && all.find("log_lines_dropped") == std::string::npos; ++i) {
            const ssize_t got = ::read(reader, block, sizeof block);
            if (got > 0)
                all.append(block, static_cast<std::size_t>(got));
            else
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
            if (all.size() % 100 == 0 && i % 50 == 49) writer.write(line);
        }
        BOOST_TEST(all.find("log_lines_dropped") != std::string::npos);
        BOOST_TEST(all.size() < 9'000'000U);
        for (int i = 0; i < 100'000; ++i)
            writer.write(line);
    } // and the end is not held up either
    ::close(reader);
    std::remove(path.c_str());
}

BOOST_AUTO_TEST_CASE(an_access_line_has_everything_and_no_value) {
    request_record record;
    record.route = "/v3/{project_id}/backups";
    record.parameters = "limit,name,?";
    record.project_id = "p";
    record.user_id = "al\"ice";
    record.access_path = "walk";
    record.rows = 7;
    record.time(stage::identity) = std::chrono::microseconds(1500);
    http::exchange exchange{
        "0123456789abcdef0123456789abcdef", "127.0.0.1", "GET", 200, 1234, true, std::chrono::microseconds(12'005),
        std::chrono::microseconds(7),       &record};
    const std::string line = http::access_line(exchange);
    BOOST_TEST(line.back() == '\n');
    const json::object got = json::parse(line).as_object();
    BOOST_TEST(got.at("time").as_string().size() == 27U);
    BOOST_TEST(got.at("event").as_string() == "request");
    BOOST_TEST(got.at("request_id").as_string() == "0123456789abcdef0123456789abcdef");
    BOOST_TEST(got.at("client").as_string() == "127.0.0.1");
    BOOST_TEST(got.at("project_id").as_string() == "p");
    BOOST_TEST(got.at("user_id").as_string() == "al\"ice");
    BOOST_TEST(got.at("method").as_string() == "GET");
    BOOST_TEST(got.at("path").as_string() == "/v3/{project_id}/backups");
    BOOST_TEST(got.at("parameters").as_string() == "limit,name,?");
    BOOST_TEST(got.at("status").as_int64() == 200);
    BOOST_TEST(got.at("rows").as_int64() == 7);
    BOOST_TEST(got.at("bytes").as_int64() == 1234);
    BOOST_TEST(got.at("access_path").as_string() == "walk");
    BOOST_TEST(got.at("ms").at("total").as_double() == 12.005);
    BOOST_TEST(got.at("ms").at("identity").as_double() == 1.5);
    BOOST_TEST(got.at("ms").at("write").as_double() == 0.007);
    BOOST_TEST(!got.contains("complete"));

    const request_record nothing;
    exchange.record = &nothing;
    exchange.method = "S3CRET";
    exchange.complete = false;
    const json::object other = json::parse(http::access_line(exchange)).as_object();
    BOOST_TEST(other.at("method").as_string() == "other");
    BOOST_TEST(other.at("complete").as_bool() == false);
    BOOST_TEST(!other.contains("rows"));
    BOOST_TEST(!other.contains("project_id"));
}

BOOST_AUTO_TEST_SUITE_END()
