// This file asks the real program thousands of random questions and compares every answer with the model's.
// TEST_SEED=N runs one seed only; a failing seed leaves its catalog where the message says. The case random_callers has
// a long run, which `scripts/test callers` starts: with the argument "long", or TEST_COUNT=N requests.
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

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

namespace {

using namespace support;

std::vector<token> tokens_of(const std::vector<asker>& callers) {
    std::vector<token> out;
    for (const asker& one : callers)
        if (one.who.token_known || !one.expires_at.empty())
            out.push_back({one.token, one.who.user_id, one.who.project_id, one.who.roles, one.expires_at});
    return out;
}

// A random catalog, in the model and in a database of its own, with two services over it: one as it comes, and one
// configured as a dedicated cloud that ignores unknown parameters.
class laboratory {
public:
    explicit laboratory(std::uint64_t seed, const catalog_size& size = {}, std::size_t callers = 0)
        : seed_(seed)
        , catalog_(make_random_catalog(seed, size))
        , callers_(callers == 0 ? askers() : random_callers(seed, catalog_, callers))
        , database_(postgres_cluster::instance().create_database()) {
        model_.load_lines(catalog_.lines);
        read_rights();
        if (seed % 2 == 0) postgres_cluster::instance().count_by_week_from(database_, 1);
        import_records(postgres_cluster::instance().url("test_writer", database_), catalog_.lines);
        const std::string url = postgres_cluster::instance().url("test_reader", database_);
        // What is compared is what answers hold, not how soon a busy machine gives them.
        plain_.emplace(catalog_service::options{
            url, tokens_of(callers_), {"--access-log", "off", "--request-timeout", "25s", "--database-wait", "25s"}});
        // Few database connections: one caller's request soon follows another's on each.
        dedicated_.emplace(catalog_service::options{url,
                                                    tokens_of(callers_),
                                                    {"--dedicated-cloud", "true", "--unknown-parameters", "ignore",
                                                     "--database-connections", "2", "--access-log", "off",
                                                     "--request-timeout", "25s", "--database-wait", "25s"}});
    }

    ~laboratory() {
        if (failures_.count() == 0) return;
        const std::string file = "failed_catalog_" + std::to_string(seed_) + ".ndjson";
        write_file(file, catalog_.lines);
        BOOST_TEST_MESSAGE("the catalog of seed " << seed_ << " is in " << std::filesystem::absolute(file).string());
    }

    const random_catalog& catalog() const { return catalog_; }
    const std::vector<asker>& callers() const { return callers_; }

    void ask(const std::vector<list_request>& requests) {
        in_threads(requests.size(), [&](std::size_t i, http_client& plain, http_client& dedicated) {
            const list_request& request = requests[i];
            const bool use_dedicated = i % 4 == 3;
            http_client& client = use_dedicated ? dedicated : plain;
            if (!request.backup_id.empty()) {
                const model::answer wanted = model_.show(request.who->who, request.project_id, request.backup_id);
                check(request.target, *request.who, client, [&](const http_response& got) {
                    note(wanted, wanted.status == 200 ? 1 : 0);
                    return too_much(request, got) + compare_show(wanted, got);
                });
                return;
            }
            const model::deployment where{use_dedicated, use_dedicated};
            const model::answer wanted = model_.list(request.who->who, request.project_id, request.query, where);
            check(request.target, *request.who, client, [&](const http_response& got) {
                note(wanted, wanted.backups.size());
                return too_much(request, got) + compare_list(wanted, got);
            });
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

    // How many answers of which status, and rows, were as the model has them.
    struct figures {
        std::map<int, std::size_t> statuses;
        std::size_t rows = 0;
    };
    figures counted() const {
        const std::lock_guard lock(mutex_);
        return figures_;
    }

    bool is_good() const { return failures_.count() == 0; }

    void finish() {
        if (failures_.count() > 0) BOOST_ERROR("seed " << seed_ << ": " << failures_.text());
        plain_->stop();
        dedicated_->stop();
        plain_.reset();
        dedicated_.reset();
        postgres_cluster::instance().drop_database(database_);
    }

private:
    void note(const model::answer& wanted, std::size_t rows) {
        const std::lock_guard lock(mutex_);
        ++figures_.statuses[wanted.status];
        figures_.rows += rows;
    }

    // What an answer shows that its caller must not see, whatever was asked: a second opinion beside the model's list,
    // from who owns, shares and grants what alone. Empty if there is nothing.
    std::string too_much(const list_request& request, const http_response& got) const {
        if (got.status != 200) return {};
        const model::caller& who = request.who->who;
        if (!who.token_known || who.project_id != request.project_id) return "an answer for a stranger\n";
        const bool reads = std::find(who.roles.begin(), who.roles.end(), "reader") != who.roles.end();
        const bool administrates = std::find(who.roles.begin(), who.roles.end(), "admin") != who.roles.end();
        if (!reads && !administrates) return "an answer without a role\n";
        std::string out;
        const auto grants = grants_.find(who.user_id);
        const auto look = [&](const boost::json::value& row) {
            const std::string id(row.at("id").as_string());
            const model::backup& is = model_.backups().at(id);
            if (grants != grants_.end() && !grants->second.contains(is.enterprise_project_id))
                out += "a row outside the grants: " + id + "\n";
            // Only all_tenants, which only administrators have, shows what is neither one's own nor shared with one.
            bool mine = is.project_id == who.project_id || shares_.contains({id, who.project_id});
            if (is.parent_id) mine = mine || shares_.contains({*is.parent_id, who.project_id});
            if (!mine && (!administrates || !request.backup_id.empty() || !asks_for_all(request.query)))
                out += "another tenant's row: " + id + "\n";
        };
        const boost::json::value body = got.json();
        if (request.backup_id.empty()) {
            for (const boost::json::value& row : body.at("backups").as_array())
                look(row);
        } else {
            look(body.at("backup"));
            for (const boost::json::value& row : body.at("backup").at("children").as_array())
                look(row);
        }
        return out;
    }

    void read_rights() {
        for (const auto& [id, record] : model_.members())
            shares_.insert({record.backup_id, record.dest_project_id});
        std::istringstream lines(catalog_.lines);
        for (std::string line; std::getline(lines, line);) {
            const boost::json::value record = boost::json::parse(line);
            const auto* const kind = record.as_object().if_contains("kind");
            if (kind != nullptr && kind->as_string() == "enterprise_project_grant")
                grants_[std::string(record.at("user_id").as_string())].insert(
                    std::string(record.at("enterprise_project_id").as_string()));
        }
    }

    static bool asks_for_all(const model::parameters& query) {
        return std::any_of(query.begin(), query.end(), [](const auto& one) { return one.first == "all_tenants"; });
    }

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
    std::vector<asker> callers_;
    model::catalog model_;
    std::map<std::string, std::set<std::string>> grants_;  // enterprise projects by user
    std::set<std::pair<std::string, std::string>> shares_; // backup and receiver
    mutable std::mutex mutex_;
    figures figures_;
    std::string database_;
    std::optional<catalog_service> plain_;
    std::optional<catalog_service> dedicated_;
    failure_log failures_;
    std::atomic<std::size_t> asked_{0};
};

std::size_t requests_by_callers() {
    if (const char* const count = std::getenv("TEST_COUNT")) return std::strtoull(count, nullptr, 10);
    const auto& suite = boost::unit_test::framework::master_test_suite();
    return suite.argc > 1 && std::string_view(suite.argv[1]) == "long" ? 100'000 : 4'000;
}

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

// Readers, administrators, restricted users, wrong roles, strangers and tokens that are none, each in random company on
// the same connections: not one row too many, and none too few.
BOOST_AUTO_TEST_CASE(random_callers_see_what_is_theirs) {
    constexpr std::size_t per_catalog = 10'000;
    const std::size_t count = requests_by_callers();
    std::uint64_t seed = 2000 + seeds().front();
    laboratory::figures all;
    std::size_t asked = 0;
    for (; asked < count; ++seed) {
        laboratory lab(seed, {150, 90, 40, true, 6, 12}, 120);
        request_maker maker(seed, lab.catalog());
        std::vector<list_request> requests(std::min(per_catalog, count - asked));
        for (list_request& one : requests)
            one = maker.by_anybody(lab.callers());
        lab.ask(requests);
        asked += lab.asked();
        for (const auto& [status, times] : lab.counted().statuses)
            all.statuses[status] += times;
        all.rows += lab.counted().rows;
        const bool good = lab.is_good();
        lab.finish();
        if (!good) break;
    }
    std::string line = std::to_string(asked) + " requests by random callers";
    for (const auto& [status, times] : all.statuses)
        line += ", " + std::to_string(times) + " answered " + std::to_string(status);
    BOOST_TEST_MESSAGE(line << ", " << all.rows << " rows");
    BOOST_TEST(asked == count);
    // It was no run among refusals alone.
    BOOST_TEST(all.statuses[200] > count / 3);
    for (const int status : {400, 401, 403, 404})
        BOOST_TEST(all.statuses[status] > count / 200, status);
    BOOST_TEST(all.rows > count);
}

BOOST_AUTO_TEST_CASE(every_backup_shown_to_everybody) {
    laboratory lab(seeds().back());
    lab.show_everything();
    BOOST_TEST_MESSAGE(lab.asked() << " backups shown");
    lab.finish();
}
