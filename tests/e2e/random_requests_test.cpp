// This file asks the real program thousands of random questions and compares every answer with the model's.
// TEST_SEED=N runs one seed only; a failing seed leaves its catalog where the message says.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE random_requests
#include "comparison.hpp"
#include "model.hpp"
#include "postgres_cluster.hpp"
#include "random_catalog.hpp"
#include "random_requests.hpp"
#include "service.hpp"
#include "text.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <thread>

namespace {

using namespace support;

std::vector<token> all_tokens() {
    std::vector<token> out;
    for (const asker& one : askers())
        if (one.who.token_known) out.push_back({one.token, one.who.user_id, one.who.project_id, one.who.roles});
    return out;
}

// A random catalog, in the model and in a database of its own, with two services over it: one as it comes, and one
// configured as a dedicated cloud that ignores unknown parameters.
class laboratory {
public:
    explicit laboratory(std::uint64_t seed, const catalog_size& size = {})
        : seed_(seed)
        , catalog_(make_random_catalog(seed, size))
        , database_(postgres_cluster::instance().create_database()) {
        model_.load_lines(catalog_.lines);
        import_records(postgres_cluster::instance().url("test_writer", database_), catalog_.lines);
        const std::string url = postgres_cluster::instance().url("test_reader", database_);
        plain_.emplace(catalog_service::options{url, all_tokens()});
        dedicated_.emplace(catalog_service::options{
            url, all_tokens(), {"--dedicated-cloud", "true", "--unknown-parameters", "ignore"}});
    }

    ~laboratory() {
        if (failures_.count() == 0) return;
        const std::string file = "failed_catalog_" + std::to_string(seed_) + ".ndjson";
        write_file(file, catalog_.lines);
        BOOST_TEST_MESSAGE("the catalog of seed " << seed_ << " is in " << std::filesystem::absolute(file).string());
    }

    const random_catalog& catalog() const { return catalog_; }

    void ask(const std::vector<list_request>& requests) {
        in_threads(requests.size(), [&](std::size_t i, http_client& plain, http_client& dedicated) {
            const list_request& request = requests[i];
            const bool use_dedicated = i % 4 == 3;
            const model::deployment where{use_dedicated, use_dedicated};
            const model::answer wanted = model_.list(request.who->who, request.project_id, request.query, where);
            check(request.target, *request.who, use_dedicated ? dedicated : plain,
                  [&](const http_response& got) { return compare_list(wanted, got); });
        });
    }

    // Every backup, top-level or child, as everybody sees it.
    void show_everything() {
        std::vector<std::string> ids = catalog_.backups;
        ids.insert(ids.end(), catalog_.children.begin(), catalog_.children.end());
        ids.insert(ids.end(), {"00000000-0000-4000-8000-000000000000", "backup-1", "null", "B1C4AFD9", "备份", "%"});
        in_threads(ids.size(), [&](std::size_t i, http_client& plain, http_client&) {
            for (const asker& who : askers()) {
                const std::string project = who.who.project_id.empty() ? catalog_.projects[0] : who.who.project_id;
                const model::answer wanted = model_.show(who.who, project, ids[i]);
                check("/v3/" + project + "/backups/" + percent_encode(ids[i]), who, plain,
                      [&](const http_response& got) { return compare_show(wanted, got); });
            }
        });
    }

    std::size_t asked() const { return asked_; }

    void finish() {
        if (failures_.count() > 0) BOOST_ERROR("seed " << seed_ << ": " << failures_.text());
        plain_->stop();
        dedicated_->stop();
        plain_.reset();
        dedicated_.reset();
        postgres_cluster::instance().drop_database(database_);
    }

private:
    void in_threads(std::size_t count, const std::function<void(std::size_t, http_client&, http_client&)>& work) {
        std::atomic<std::size_t> next{0};
        std::vector<std::thread> threads;
        threads.reserve(3);
        for (int t = 0; t < 3; ++t)
            threads.emplace_back([&] {
                http_client plain(plain_->base_url());
                http_client dedicated(dedicated_->base_url());
                for (std::size_t i = next++; i < count && failures_.count() < 200; i = next++)
                    work(i, plain, dedicated);
            });
        for (std::thread& thread : threads)
            thread.join();
    }

    void check(const std::string& target, const asker& who, http_client& client,
               const std::function<std::string(const http_response&)>& compare) {
        ++asked_;
        std::string wrong;
        try {
            http_headers headers;
            if (!who.token.empty()) headers.emplace_back("X-Auth-Token", who.token);
            wrong = compare(client.request("GET", target, headers));
        } catch (const std::exception& failure) {
            wrong = failure.what();
        }
        if (!wrong.empty())
            failures_.add(who.name + ": " + curl_line("http://" + client.host(), target, who.token) + "\n" + wrong);
    }

    std::uint64_t seed_;
    random_catalog catalog_;
    model::catalog model_;
    std::string database_;
    std::optional<catalog_service> plain_;
    std::optional<catalog_service> dedicated_;
    failure_log failures_;
    std::atomic<std::size_t> asked_{0};
};

std::vector<std::uint64_t> seeds() {
    if (const char* const one = std::getenv("TEST_SEED")) return {std::strtoull(one, nullptr, 10)};
    return {1, 2, 3, 4, 5, 6};
}

} // namespace

BOOST_AUTO_TEST_CASE(every_value_class_of_every_parameter_alone) {
    const std::uint64_t seed = seeds().front();
    laboratory lab(seed);
    lab.ask(request_maker(seed, lab.catalog()).each_value_alone());
    BOOST_TEST_MESSAGE(lab.asked() << " requests with one parameter");
    lab.finish();
}

BOOST_AUTO_TEST_CASE(random_combinations) {
    std::size_t asked = 0;
    for (const std::uint64_t seed : seeds()) {
        laboratory lab(seed);
        request_maker maker(seed, lab.catalog());
        std::vector<list_request> requests;
        requests.reserve(1000);
        for (int i = 0; i < 1000; ++i)
            requests.push_back(maker.combination());
        lab.ask(requests);
        asked += lab.asked();
        lab.finish();
    }
    BOOST_TEST_MESSAGE(asked << " random requests");
    BOOST_TEST(asked >= 1000 * seeds().size());
}

// Enough backups that a service which chooses its way by what it costs chooses more than one.
BOOST_AUTO_TEST_CASE(random_combinations_in_a_larger_catalog) {
    const std::uint64_t seed = 1000 + seeds().front();
    laboratory lab(seed, {3000, 500, 50, true});
    request_maker maker(seed, lab.catalog());
    std::vector<list_request> requests;
    requests.reserve(600);
    for (int i = 0; i < 600; ++i)
        requests.push_back(maker.combination());
    lab.ask(requests);
    lab.finish();
}

BOOST_AUTO_TEST_CASE(every_backup_shown_to_everybody) {
    laboratory lab(seeds().back());
    lab.show_everything();
    BOOST_TEST_MESSAGE(lab.asked() << " backups shown");
    lab.finish();
}
