// This file interrupts bench/fill and calls it again: the catalog is the one that a single import makes.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE fill
#include "postgres_cluster.hpp"
#include "service.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <sstream>
#include <thread>

namespace {

using namespace support;
using std::chrono::seconds;

struct empty_catalog {
    std::string name = postgres_cluster::instance().create_database();
    std::string url = postgres_cluster::instance().url("test_writer", name);

    // Every record, in an order that does not depend on how it came there.
    [[nodiscard]] std::vector<std::string> records() const {
        const finished end = run_catalog({"export", "--database-url", url});
        BOOST_REQUIRE_MESSAGE(end.status == 0, end.errors);
        std::vector<std::string> lines;
        std::istringstream text(end.output);
        for (std::string line; std::getline(text, line);)
            lines.push_back(line);
        std::sort(lines.begin(), lines.end());
        return lines;
    }
};

command fill(const empty_catalog& catalog, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{source_folder() + "/bench/fill",
                                       "--binary",
                                       catalog_binary(),
                                       "--database-url",
                                       catalog.url,
                                       "--piece",
                                       "400",
                                       "--backups"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return {.arguments = arguments};
}

std::string generated(const std::vector<std::string>& options) {
    std::vector<std::string> arguments{"generate"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const finished end = run_catalog(arguments);
    BOOST_REQUIRE_MESSAGE(end.status == 0, end.errors);
    return end.output;
}

} // namespace

BOOST_AUTO_TEST_CASE(an_interrupted_fill_goes_on_and_doubles_nothing) {
    const empty_catalog filled;
    const empty_catalog at_once;
    {
        child_process first(fill(filled, {"4000", "--jobs", "2"}));
        const auto limit = std::chrono::steady_clock::now() + seconds(60);
        while (first.errors().find("800 of 4000 backups") == std::string::npos) {
            BOOST_REQUIRE_MESSAGE(first.is_running() && std::chrono::steady_clock::now() < limit, first.errors());
            std::this_thread::sleep_for(milliseconds(5));
        }
        first.send_signal(SIGTERM);
        BOOST_TEST(first.wait(seconds(30)) == 143);
    }
    const std::size_t before = filled.records().size();
    import_records(at_once.url, generated({"--backups", "4000"}));
    const std::vector<std::string> all = at_once.records();
    BOOST_TEST(before < all.size());

    // A piece of which only the beginning is there, as a generator that was killed leaves it.
    import_records(filled.url, generated({"--backups", "4000", "--first", "800", "--last", "850"}));
    const finished second = run(fill(filled, {"4000"}), seconds(120));
    BOOST_TEST(second.status == 0, second.errors);
    BOOST_TEST(second.errors.find("of 4000 backups are there already") != std::string::npos, second.errors);
    BOOST_TEST(filled.records() == all, boost::test_tools::per_element());

    const finished third = run(fill(filled, {"4000"}), seconds(60));
    BOOST_TEST(third.status == 0, third.errors);
    BOOST_TEST(third.errors.find("4000 of 4000 backups are there already") != std::string::npos, third.errors);
}

BOOST_AUTO_TEST_CASE(a_catalog_made_with_other_options_is_left_alone) {
    const empty_catalog catalog;
    import_records(catalog.url, generated({"--backups", "1000"}));
    const std::vector<std::string> before = catalog.records();
    const finished end = run(fill(catalog, {"1000", "--", "--zipf", "0.5"}), seconds(60));
    BOOST_TEST(end.status == 1, end.errors);
    BOOST_TEST(end.errors.find("made with other options") != std::string::npos, end.errors);
    BOOST_TEST(catalog.records() == before, boost::test_tools::per_element());
}

// The second piece is right, and imported while the first one fails: it must not come without it, or the next call,
// which finds it there, would pass the first one over.
BOOST_AUTO_TEST_CASE(a_piece_never_comes_without_the_one_before) {
    const empty_catalog catalog;
    const std::string first = generated({"--backups", "800", "--first", "0", "--last", "1"});
    const std::string key = R"({"kind":"backup","id":")";
    const std::size_t at = first.find(key);
    BOOST_REQUIRE(at != std::string::npos);
    const std::string id = first.substr(at + key.size(), 36);
    import_records(catalog.url, R"({"id":")" + id + R"(","name":"of somebody else","project_id":"another",)" +
                                    R"("checkpoint_id":"00000000-0000-4000-8000-000000000001",)" +
                                    R"("vault_id":"00000000-0000-4000-8000-000000000002",)" +
                                    R"("resource_id":"00000000-0000-4000-8000-000000000003",)" +
                                    R"("resource_type":"OS::Cinder::Volume","created_at":"2026-01-01T00:00:00"})" +
                                    "\n");
    const std::vector<std::string> before = catalog.records();
    const finished end = run(fill(catalog, {"800", "--jobs", "2"}), seconds(60));
    BOOST_TEST(end.status == 1, end.errors);
    BOOST_TEST(end.errors.find("id: is the id of a backup of another project") != std::string::npos, end.errors);
    BOOST_TEST(end.errors.find("a piece before this one, or generate, failed") == std::string::npos, end.errors);
    BOOST_TEST(catalog.records() == before, boost::test_tools::per_element());
}
