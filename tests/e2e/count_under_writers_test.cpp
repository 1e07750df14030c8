// This file checks that `count` is exact while sixteen writers insert, update and delete.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE count_under_writers
#include "comparison.hpp"
#include "model.hpp"
#include "postgres_cluster.hpp"
#include "random_catalog.hpp"
#include "service.hpp"
#include "sql_session.hpp"
#include "text.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace {

using namespace support;
namespace json = boost::json;

// The small project stays under 1,000 backups, so that one page shows all; the other one grows.
const std::string small_project = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
const std::string large_project = "1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a";
constexpr int writers = 16;
constexpr std::size_t small_share = 60; // backups of one writer in the small project

struct vocabulary {
    std::string project;
    std::vector<std::string> vaults; // of this project alone
    std::vector<std::string> resources;
    std::vector<std::string> names{"nightly", "nightly-2", "weekly", "备份", "100%", ""};
    std::vector<std::string> days{"2024-01-01", "2024-01-02", "2024-02-01", "2025-01-01"};
};

vocabulary make_vocabulary(const std::string& project) {
    chooser choose(project == small_project ? 7 : 8);
    vocabulary out;
    out.project = project;
    for (int i = 0; i < 4; ++i)
        out.vaults.push_back(choose.uuid());
    for (int i = 0; i < 10; ++i)
        out.resources.push_back(choose.uuid());
    return out;
}

struct filter {
    model::parameters query;
    std::string condition; // the same in SQL, for the brute force
};

std::vector<filter> filters(const vocabulary& words) {
    std::vector<filter> out{{{}, "true"}};
    for (const std::string& status : model::statuses())
        out.push_back({{{"status", status}}, "status = '" + status + "'"});
    out.push_back({{{"status", "error"}, {"status", "deleting"}}, "status IN ('error', 'deleting')"});
    for (const auto* type : {"OS::Nova::Server", "OS::Cinder::Volume", "OS::Sfs::Turbo"}) {
        out.push_back({{{"resource_type", type}}, "resource_type = '" + std::string(type) + "'"});
        out.push_back({{{"resource_type", type}, {"status", "available"}},
                       "resource_type = '" + std::string(type) + "' AND status = 'available'"});
    }
    for (const std::string& vault : words.vaults) {
        out.push_back({{{"vault_id", vault}}, "vault_id = '" + vault + "'"});
        out.push_back({{{"vault_id", vault}, {"status", "error"}}, "vault_id = '" + vault + "' AND status = 'error'"});
    }
    out.push_back({{{"resource_id", words.resources[0]}}, "resource_id = '" + words.resources[0] + "'"});
    out.push_back({{{"resource_id", words.resources[1]}, {"status", "available"}},
                   "resource_id = '" + words.resources[1] + "' AND status = 'available'"});
    out.push_back({{{"name", "nightly"}}, "strpos(name, 'nightly') > 0"});
    out.push_back({{{"name", "%"}, {"status", "available"}}, "strpos(name, '%') > 0 AND status = 'available'"});
    out.push_back({{{"image_type", "backup"}}, "true"});
    out.push_back({{{"image_type", "replication"}}, "false"});
    out.push_back({{{"enterprise_project_id", "0"}}, "true"});
    out.push_back({{{"own_type", "all_granted"}}, "true"});
    out.push_back({{{"own_type", "shared"}}, "false"});
    // The first vault is 90 % full, the second 50 %, the others aren't known.
    out.push_back({{{"used_percent", "90"}}, "vault_id = '" + words.vaults[0] + "'"});
    out.push_back({{{"used_percent", "50"}}, "vault_id IN ('" + words.vaults[0] + "', '" + words.vaults[1] + "')"});
    out.push_back({{{"start_time", "2024-01-02T00:00:00"}, {"end_time", "2024-02-01T11:30:00Z"}},
                   "created_at BETWEEN '2024-01-02T00:00:00Z' AND '2024-02-01T11:30:00Z'"});
    out.push_back({{{"end_time", "2024-01-31T23:59:59.999999"}}, "created_at < '2024-02-01Z'"});
    out.push_back({{{"start_time", "2024-01-01T12:00:00"}, {"end_time", "2025-01-01T11:00:00"}, {"status", "error"}},
                   "created_at BETWEEN '2024-01-01T12:00:00Z' AND '2025-01-01T11:00:00Z' AND status = 'error'"});
    out.push_back({{{"start_time", "2024-01-01T12:00:00"}, {"vault_id", words.vaults[1]}},
                   "created_at >= '2024-01-01T12:00:00Z' AND vault_id = '" + words.vaults[1] + "'"});
    out.push_back({{{"start_time", "2024-01-01T10:00:00"}, {"status", "available"}},
                   "created_at >= '2024-01-01T10:00:00Z' AND status = 'available'"});
    return out;
}

// One writer with a connection of its own; nobody else touches its backups.
class writer {
public:
    writer(const std::string& url, const vocabulary& small, const vocabulary& large, std::uint64_t seed)
        : session_(url)
        , small_words_(small)
        , large_words_(large)
        , choose_(seed) {
        session_.run("SET timezone = 'UTC'");
    }

    void step() {
        const bool small = choose_.percent(50);
        std::vector<std::string>& mine = small ? small_ : large_;
        const vocabulary& words = small ? small_words_ : large_words_;
        const auto what = static_cast<unsigned>(choose_.below(100));
        const bool full = small && mine.size() + 5 > small_share;
        if (mine.size() < 20 || (what < 40 && !full))
            insert(words, mine, choose_.percent(20) ? 5 : 1);
        else if (what < 75)
            update(words, mine, choose_.percent(20));
        else if (what < 80)
            change_mind(words, mine);
        else
            remove(words, mine, choose_.percent(20) ? 5 : 1);
        ++steps_;
    }

    std::size_t steps() const { return steps_; }

private:
    void insert(const vocabulary& words, std::vector<std::string>& mine, int count) {
        std::string statement = "INSERT INTO catalog.backups (project_id, id, checkpoint_id, vault_id, resource_id, "
                                "resource_type, provider_id, name, created_at) VALUES ";
        std::vector<std::optional<std::string>> values;
        for (int i = 0; i < count; ++i) {
            statement += i == 0 ? "(" : ", (";
            for (const std::string& value :
                 {words.project, choose_.uuid(), choose_.uuid(), choose_.one_of(words.vaults),
                  choose_.one_of(words.resources),
                  choose_.one_of<std::string>({"OS::Nova::Server", "OS::Cinder::Volume", "OS::Sfs::Turbo"}),
                  choose_.uuid(), choose_.one_of(words.names),
                  choose_.one_of(words.days) + "T" + std::to_string(10 + choose_.below(4)) + ":00:00Z"}) {
                values.emplace_back(value);
                statement += (values.size() % 9 == 1 ? "$" : ", $") + std::to_string(values.size());
            }
            statement += ")";
            mine.push_back(*values[values.size() - 8]);
        }
        session_.run(statement, values);
    }

    void update(const vocabulary& words, const std::vector<std::string>& mine, bool several) {
        const std::string column = choose_.one_of<std::string>({"status", "vault_id", "name"});
        const std::string value = column == "status"     ? choose_.one_of(model::statuses())
                                  : column == "vault_id" ? choose_.one_of(words.vaults)
                                                         : choose_.one_of(words.names);
        session_.run("UPDATE catalog.backups SET " + column + " = $3 WHERE project_id = $1 AND id = ANY ($2::uuid[])",
                     {words.project, some_of(mine, several ? 5 : 1), value});
    }

    void remove(const vocabulary& words, std::vector<std::string>& mine, std::size_t count) {
        choose_.shuffle(mine);
        count = std::min(count, mine.size());
        const std::vector<std::string> gone(mine.end() - static_cast<std::ptrdiff_t>(count), mine.end());
        session_.run("DELETE FROM catalog.backups WHERE project_id = $1 AND id = ANY ($2::uuid[])",
                     {words.project, some_of(gone, count)});
        if (session_.affected() != static_cast<long>(count)) throw std::runtime_error("a delete missed a backup");
        mine.resize(mine.size() - count);
    }

    // What is rolled back must not count.
    void change_mind(const vocabulary& words, const std::vector<std::string>& mine) {
        session_.run("BEGIN");
        std::vector<std::string> copy = mine;
        if (choose_.percent(50))
            insert(words, copy, 3);
        else
            remove(words, copy, 3);
        session_.run("ROLLBACK");
    }

    std::string some_of(const std::vector<std::string>& ids, std::size_t count) {
        std::string out = "{";
        for (std::size_t i = 0; i < count; ++i) {
            if (i > 0) out += ",";
            out += count == ids.size() ? ids[i] : choose_.one_of(ids);
        }
        return out + "}";
    }

    sql_session session_;
    const vocabulary& small_words_;
    const vocabulary& large_words_;
    chooser choose_;
    std::vector<std::string> small_;
    std::vector<std::string> large_;
    std::size_t steps_ = 0;
};

std::string list_target(const std::string& project, const model::parameters& query, const char* limit) {
    model::parameters all = query;
    all.emplace_back("limit", limit);
    return target_of("/v3/" + project + "/backups", all);
}

void ask_while_writers_write(unsigned by_week_from) {
    postgres_cluster& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    cluster.count_by_week_from(database, by_week_from);
    const std::string writer_url = cluster.url("test_writer", database);
    const vocabulary small_words = make_vocabulary(small_project);
    const vocabulary large_words = make_vocabulary(large_project);
    std::string lines;
    for (const vocabulary* words : {&small_words, &large_words})
        for (std::size_t i = 0; i < 2; ++i)
            lines += json::serialize(json::object{{"kind", "vault"},
                                                  {"id", words->vaults[i]},
                                                  {"project_id", words->project},
                                                  {"name", "v"},
                                                  {"size", 100},
                                                  {"used", i == 0 ? 92160 : 51200}}) +
                     "\n";
    import_records(writer_url, lines);
    catalog_service service({cluster.url("test_reader", database),
                             {{"small", "u1", small_project, {"reader"}}, {"large", "u2", large_project, {"reader"}}}});

    const std::vector<filter> small_filters = filters(small_words);
    const std::vector<filter> large_filters = filters(large_words);
    failure_log failures;
    std::atomic<bool> stop{false};
    std::atomic<std::size_t> steps{0};
    std::atomic<std::size_t> answers{0};
    std::vector<std::thread> threads;
    threads.reserve(writers);
    for (int w = 0; w < writers; ++w)
        threads.emplace_back([&, w] {
            try {
                writer one(writer_url, small_words, large_words, 1000 + static_cast<std::uint64_t>(w));
                while (!stop)
                    one.step();
                steps += one.steps();
            } catch (const std::exception& failure) {
                failures.add(std::string("writer ") + std::to_string(w) + ": " + failure.what());
            }
        });
    for (int r = 0; r < 3; ++r)
        threads.emplace_back([&, r] {
            chooser choose(2000 + static_cast<std::uint64_t>(r));
            http_client client(service.base_url());
            while (!stop && failures.count() < 20) {
                const bool small = choose.percent(75);
                const filter& one = choose.one_of(small ? small_filters : large_filters);
                const std::string target =
                    small ? list_target(small_project, one.query, "1000") : list_target(large_project, one.query, "1");
                try {
                    const http_response got = client.get(target, small ? "small" : "large");
                    ++answers;
                    const std::int64_t count = got.status == 200 ? got.json().at("count").as_int64() : -1;
                    const std::size_t rows = got.status == 200 ? ids_of(got).size() : 0;
                    const bool good = small ? count == static_cast<std::int64_t>(rows)
                                            : count >= static_cast<std::int64_t>(rows) && (rows == 1 || count == 0);
                    if (!good)
                        failures.add(curl_line(service.base_url(), target, small ? "small" : "large") + "\nstatus " +
                                     std::to_string(got.status) + ", count " + std::to_string(count) + " but " +
                                     std::to_string(rows) + " rows in the same answer");
                } catch (const std::exception& failure) {
                    failures.add(target + ": " + failure.what());
                }
            }
        });
    const char* const seconds = std::getenv("TEST_SECONDS");
    std::this_thread::sleep_for(std::chrono::seconds(seconds == nullptr ? 10 : std::atoi(seconds)));
    stop = true;
    for (std::thread& thread : threads)
        thread.join();
    BOOST_TEST_MESSAGE(steps << " statements written, " << answers << " answers read");

    // Quiet again: each filter's count is what counting the rows one by one gives.
    sql_session superuser(cluster.superuser_url(database));
    http_client client(service.base_url());
    for (const std::string& project : {small_project, large_project})
        for (const filter& one : project == small_project ? small_filters : large_filters) {
            const std::string wanted = superuser.value(
                "SELECT count(*) FROM catalog.backups WHERE project_id = $1 AND (" + one.condition + ")", {project});
            const std::string target = list_target(project, one.query, "1");
            const std::string token = project == small_project ? "small" : "large";
            const http_response got = client.get(target, token);
            const std::string count = got.status == 200 ? json::serialize(got.json().at("count")) : got.body;
            if (count != wanted)
                failures.add(curl_line(service.base_url(), target, token) + "\ncount is " + count + " but there are " +
                             wanted);
        }
    if (failures.count() > 0) BOOST_ERROR(failures.text());
    BOOST_TEST((superuser.value("SELECT count(*) > 0 FROM catalog.week_facets") == "t") == (by_week_from == 1));
    BOOST_TEST(steps.load() > 500u);
    BOOST_TEST(answers.load() > 100u);
    service.stop();
}

} // namespace

BOOST_AUTO_TEST_CASE(count_is_exact_while_sixteen_writers_write) {
    ask_while_writers_write(20'000);
}

BOOST_AUTO_TEST_CASE(count_by_week_is_exact_while_sixteen_writers_write) {
    ask_while_writers_write(1);
}
