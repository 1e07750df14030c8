// This file walks lists page by page, as clients do: by marker and by offset, in every order, over ties and nulls, on
// sets that stand still and on sets that change under the walk.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE walk
#include "comparison.hpp"
#include "model.hpp"
#include "postgres_cluster.hpp"
#include "random_catalog.hpp"
#include "random_requests.hpp"
#include "service.hpp"
#include "sql_session.hpp"
#include "text.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <map>
#include <set>
#include <thread>

namespace {

using namespace support;
namespace json = boost::json;

const asker& asker_named(std::string_view name) {
    for (const asker& one : askers())
        if (one.name == name) return one;
    throw std::runtime_error("no asker " + std::string(name));
}

std::vector<token> all_tokens() {
    std::vector<token> out;
    for (const asker& one : askers())
        if (one.who.token_known) out.push_back({one.token, one.who.user_id, one.who.project_id, one.who.roles});
    return out;
}

std::string writer_url_of(const std::string& database) {
    return postgres_cluster::instance().url("test_writer", database);
}

std::string database_with(const random_catalog& catalog) {
    std::string database = postgres_cluster::instance().create_database();
    import_records(writer_url_of(database), catalog.lines);
    return database;
}

// A random catalog in a database of its own, a service in front of it, and the model of both.
struct served_catalog {
    served_catalog(std::uint64_t seed, const catalog_size& size)
        : catalog(make_random_catalog(seed, size))
        , database(database_with(catalog))
        , service({postgres_cluster::instance().url("test_reader", database), all_tokens()}) {
        reference.load_lines(catalog.lines);
    }

    const random_catalog catalog;
    const std::string database;
    model::catalog reference;
    catalog_service service;
};

// Each key in both directions, and orders of several keys in equal and in mixed directions.
std::vector<std::string> orders() {
    std::vector<std::string> out{""};
    for (const auto* key : {"created_at", "updated_at", "name", "status", "protected_at", "id"})
        for (const auto* direction : {":asc", ":desc"})
            out.push_back(std::string(key) + direction);
    for (const auto* more :
         {"status:asc,created_at:desc", "status:desc,created_at:asc", "protected_at:asc,created_at:desc",
          "protected_at:desc,updated_at:asc", "updated_at:asc,protected_at:asc,name:asc", "name:asc,id:desc",
          "name:desc,status:asc,protected_at:desc", "created_at:desc,id:asc", "created_at:asc,id:desc",
          "status:asc,protected_at:desc,updated_at:asc,name:desc,created_at:asc,id:desc"})
        out.emplace_back(more);
    return out;
}

struct walk {
    const asker* who = nullptr;
    model::parameters filters; // repeated on every page, without limit, offset and marker
    std::size_t page = 7;
    bool by_marker = true;

    std::string describe() const {
        std::string out = by_marker ? "by marker" : "by offset";
        out += ", page size " + std::to_string(page) + ", " + who->name + ":";
        for (const auto& [name, value] : filters)
            out += " " + name + "=" + value;
        return out;
    }

    std::string target(const std::string& marker, std::size_t offset) const {
        model::parameters query = filters;
        query.emplace_back("limit", std::to_string(page));
        if (by_marker && !marker.empty()) query.emplace_back("marker", marker);
        if (!by_marker && offset > 0) query.emplace_back("offset", std::to_string(offset));
        return target_of("/v3/" + who->who.project_id + "/backups", query);
    }
};

std::string last_request(const http_client& client, const walk& how, const std::string& target) {
    return how.describe() + "\n" + curl_line("http://" + client.host(), target, how.who->token) + "\n";
}

// Walks a set that stands still until an empty page. Returns what is wrong, or nothing.
std::string walk_still(http_client& client, const walk& how, const std::vector<std::string>& wanted) {
    std::vector<std::string> seen;
    bool short_page_seen = false;
    for (;;) {
        const std::string target = how.target(seen.empty() ? "" : seen.back(), seen.size());
        const http_response got = client.get(target, how.who->token);
        if (got.status != 200) return last_request(client, how, target) + std::to_string(got.status) + " " + got.body;
        const std::vector<std::string> ids = ids_of(got);
        const json::value count = got.json().at("count");
        if (count != json::value(static_cast<std::int64_t>(wanted.size())))
            return last_request(client, how, target) + "count is " + json::serialize(count) + ", wanted " +
                   std::to_string(wanted.size());
        if (ids.empty()) break;
        if (short_page_seen) return last_request(client, how, target) + "a page followed a short one";
        if (ids.size() > how.page) return last_request(client, how, target) + "the page is longer than limit";
        short_page_seen = ids.size() < how.page;
        for (const std::string& id : ids) {
            if (seen.size() >= wanted.size() || wanted[seen.size()] != id)
                return last_request(client, how, target) + "at place " + std::to_string(seen.size()) + " wanted " +
                       (seen.size() < wanted.size() ? wanted[seen.size()] : "the end") + " but got " + id;
            seen.push_back(id);
        }
    }
    if (seen.size() != wanted.size())
        return how.describe() + ": ended after " + std::to_string(seen.size()) + " of " + std::to_string(wanted.size());
    return {};
}

// Walks by marker while others insert and delete. Returns every id in the order of the pages.
//
// A marker that was deleted since its page is refused, as the contract says; then the walk goes on from the last backup
// that nobody deletes, and what it saw after that one is forgotten.
std::vector<std::string> walk_moving(http_client& client, const walk& how, const std::set<std::string>& stable,
                                     std::size_t& deleted_markers) {
    std::vector<std::string> seen;
    for (;;) {
        const std::string target = how.target(seen.empty() ? "" : seen.back(), 0);
        const http_response got = client.get(target, how.who->token);
        if (got.status == 400 && !seen.empty() && got.body.find("marker") != std::string::npos) {
            ++deleted_markers;
            if (stable.contains(seen.back())) throw std::runtime_error("a marker that exists is refused: " + target);
            while (!seen.empty() && !stable.contains(seen.back()))
                seen.pop_back();
            continue;
        }
        if (got.status != 200)
            throw std::runtime_error(last_request(client, how, target) + std::to_string(got.status) + " " + got.body);
        const std::vector<std::string> ids = ids_of(got);
        if (ids.empty()) return seen;
        seen.insert(seen.end(), ids.begin(), ids.end());
    }
}

json::object plain_backup(chooser& choose, const random_catalog& catalog, const std::string& id) {
    json::object out{{"id", id},
                     {"name", choose.one_of(catalog.names)},
                     {"project_id", catalog.projects[0]},
                     {"checkpoint_id", choose.one_of(catalog.checkpoints)},
                     {"vault_id", choose.one_of(catalog.vaults)},
                     {"resource_id", choose.one_of(catalog.resources)},
                     {"resource_type", "OS::Nova::Server"},
                     {"status", choose.one_of(model::statuses())},
                     {"created_at", choose.one_of(catalog.created_at)}};
    if (choose.percent(60)) out["updated_at"] = choose.one_of(catalog.created_at);
    if (choose.percent(40)) out["protected_at"] = choose.one_of(catalog.created_at);
    return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(sets_that_stand_still) {
    served_catalog served(101, {130, 50, 10, true});
    const random_catalog& catalog = served.catalog;
    const model::catalog& reference = served.reference;
    catalog_service& service = served.service;

    std::vector<walk> walks;
    const auto add = [&](const char* who, const model::parameters& filters, const std::vector<std::size_t>& pages) {
        for (const std::string& order : orders())
            for (const std::size_t page : pages)
                for (const bool by_marker : {true, false}) {
                    walk one{&asker_named(who), filters, page, by_marker};
                    if (!order.empty()) one.filters.emplace_back("sort", order);
                    walks.push_back(one);
                }
    };
    add("reader", {}, {1, 7, 50});
    add("reader", {{"status", "available"}}, {7});
    add("reader", {{"name", "a"}}, {7});
    add("reader", {{"status", "error"}, {"status", "available"}, {"resource_type", "OS::Nova::Server"}}, {1});
    add("restricted reader", {}, {7});
    add("reader of the second project", {{"own_type", "all_granted"}}, {1, 7, 50});
    add("reader of the second project", {{"own_type", "shared"}}, {1, 7});
    add("reader of the second project", {{"own_type", "shared"}, {"member_status", "accepted"}}, {3});
    add("admin", {{"all_tenants", "true"}}, {7, 50});
    add("admin", {{"all_tenants", "true"}, {"own_type", "shared"}}, {7});
    add("restricted admin of the second project", {{"all_tenants", "true"}}, {7});
    add("reader", {{"parent_id", catalog.parents.front()}}, {1});

    failure_log failures;
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> threads;
    threads.reserve(3);
    for (int t = 0; t < 3; ++t)
        threads.emplace_back([&] {
            http_client client(service.base_url());
            for (std::size_t i = next++; i < walks.size(); i = next++) {
                const walk& one = walks[i];
                std::string wrong;
                try {
                    wrong = walk_still(client, one,
                                       ids_of(reference.list(one.who->who, one.who->who.project_id, one.filters)));
                } catch (const std::exception& failure) {
                    wrong = one.describe() + ": " + failure.what();
                }
                if (!wrong.empty()) failures.add(wrong);
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    BOOST_TEST_MESSAGE(walks.size() << " walks");
    if (failures.count() > 0) BOOST_ERROR(failures.text());
    service.stop();
}

// What the oldest clients do: no limit, offset grows by what came, until an empty page.
BOOST_AUTO_TEST_CASE(offset_without_limit) {
    served_catalog served(102, {1130, 5, 5, false});
    const model::catalog& reference = served.reference;
    catalog_service& service = served.service;
    http_client client(service.base_url());
    const asker& who = asker_named("reader");

    std::vector<std::string> seen;
    std::vector<std::size_t> pages;
    for (;;) {
        const http_response got =
            client.get("/v3/" + who.who.project_id + "/backups?offset=" + std::to_string(seen.size()), who.token);
        BOOST_REQUIRE_MESSAGE(got.status == 200, got.body);
        const std::vector<std::string> ids = ids_of(got);
        BOOST_TEST(got.json().at("count").as_int64() == 1130);
        pages.push_back(ids.size());
        if (ids.empty()) break;
        seen.insert(seen.end(), ids.begin(), ids.end());
    }
    const std::vector<std::size_t> wanted_pages{1000, 130, 0};
    BOOST_TEST(pages == wanted_pages, boost::test_tools::per_element());
    std::vector<std::string> wanted;
    for (const auto* offset : {"0", "1000"})
        for (const std::string& id : ids_of(reference.list(who.who, who.who.project_id, {{"offset", offset}})))
            wanted.push_back(id);
    BOOST_TEST((seen == wanted));
    service.stop();
}

BOOST_AUTO_TEST_CASE(sets_that_change_under_the_walk) {
    served_catalog served(103, {300, 10, 10, false});
    const random_catalog& catalog = served.catalog;
    const std::string writer_url = writer_url_of(served.database);
    const model::catalog& reference = served.reference;
    catalog_service& service = served.service;
    const std::set<std::string> stable(catalog.backups.begin(), catalog.backups.begin() + 300);
    const asker& who = asker_named("reader");
    const std::string project = catalog.projects[0];

    failure_log failures;
    std::atomic<bool> stop{false};
    std::atomic<std::size_t> inserted{0};
    std::atomic<std::size_t> deleted{0};
    std::thread churn([&] {
        try {
            chooser choose(104);
            sql_session writer(writer_url);
            std::vector<std::string> living;
            while (!stop) {
                std::string lines;
                for (int i = 0; i < 40; ++i) {
                    living.push_back(choose.uuid());
                    lines += json::serialize(plain_backup(choose, catalog, living.back())) + "\n";
                }
                import_records(writer_url, lines);
                inserted += 40;
                choose.shuffle(living);
                while (living.size() > 120 && !stop) {
                    writer.run("DELETE FROM catalog.backups WHERE project_id = $1 AND id = $2",
                               {project, living.back()});
                    if (writer.affected() != 1) throw std::runtime_error("nothing was deleted of " + living.back());
                    living.pop_back();
                    ++deleted;
                    // A change that moves nothing.
                    writer.run("UPDATE catalog.backups SET vault_id = $3 WHERE project_id = $1 AND id = $2",
                               {project, choose.one_of(catalog.backups), choose.one_of(catalog.vaults)});
                }
            }
        } catch (const std::exception& failure) {
            failures.add(std::string("the writer failed: ") + failure.what());
        }
    });

    http_client client(service.base_url());
    std::size_t deleted_markers = 0;
    std::size_t walks = 0;
    // Every order at least twice, and on until the set has really changed under the walks.
    for (int round = 0; (round < 2 || (deleted < 400 && round < 20)) && failures.count() < 5; ++round)
        for (const std::string& order : orders()) {
            walk one{&who, {}, round % 2 == 0 ? std::size_t{7} : std::size_t{50}, true};
            if (!order.empty()) one.filters.emplace_back("sort", order);
            ++walks;
            try {
                const std::vector<std::string> seen = walk_moving(client, one, stable, deleted_markers);
                const std::set<std::string> unique(seen.begin(), seen.end());
                if (unique.size() != seen.size()) failures.add(one.describe() + ": a backup came twice");
                // Those that were there throughout came all, and in their order.
                std::vector<std::string> seen_stable;
                for (const std::string& id : seen)
                    if (stable.contains(id)) seen_stable.push_back(id);
                model::parameters whole = one.filters;
                if (seen_stable != ids_of(reference.list(who.who, project, whole)))
                    failures.add(one.describe() + ": of 300 backups that existed throughout " +
                                 std::to_string(seen_stable.size()) + " came, or not in order");
            } catch (const std::exception& failure) {
                failures.add(one.describe() + ": " + failure.what());
            }
        }
    stop = true;
    churn.join();
    BOOST_TEST_MESSAGE(walks << " walks, " << inserted << " inserted, " << deleted << " deleted, " << deleted_markers
                             << " markers deleted");
    if (failures.count() > 0) BOOST_ERROR(failures.text());
    BOOST_TEST(deleted.load() > 0u);
    service.stop();
}

// All backups at once, as lines: what a walk would bring, in every order.
BOOST_AUTO_TEST_CASE(in_one_go) {
    served_catalog served(105, {2300, 1200, 10, true});
    const model::catalog& reference = served.reference;
    catalog_service& service = served.service;
    http_client client(service.base_url());

    const auto check = [&](const char* name, const model::parameters& filters, std::size_t offset, std::size_t limit) {
        const asker& who = asker_named(name);
        std::vector<json::value> wanted;
        std::int64_t count = 0;
        for (std::size_t at = offset; wanted.size() < limit; at += 1000) {
            model::parameters page = filters;
            page.emplace_back("offset", std::to_string(at));
            const model::answer answer = reference.list(who.who, who.who.project_id, page);
            count = answer.count;
            const json::array& backups = answer.backups;
            if (backups.empty()) break;
            wanted.insert(wanted.end(), backups.begin(), backups.end());
        }
        if (wanted.size() > limit) wanted.resize(limit);
        model::parameters query = filters;
        if (offset > 0) query.emplace_back("offset", std::to_string(offset));
        if (limit < 1'000'000) query.emplace_back("limit", std::to_string(limit));
        const std::string target = target_of("/v3/" + who.who.project_id + "/backups", query);
        const http_response got =
            client.request("GET", target, {{"X-Auth-Token", who.token}, {"Accept", "application/x-ndjson, */*;q=0.1"}});
        BOOST_REQUIRE_MESSAGE(got.status == 200, target << ": " << got.status << " " << got.body.substr(0, 300));
        BOOST_TEST(got.header("Content-Type").value_or("none") == "application/x-ndjson");
        BOOST_TEST(got.header("X-Total-Count").value_or("none") == std::to_string(count));
        const std::vector<std::string> lines = lines_of(got.body);
        BOOST_TEST(lines.size() == wanted.size(), target << ": " << lines.size() << " lines of " << wanted.size());
        for (std::size_t i = 0; i < std::min(lines.size(), wanted.size()); ++i) {
            const std::string differs = difference(wanted[i], json::parse(lines[i]));
            BOOST_REQUIRE_MESSAGE(differs.empty(), target << " line " << i << ":\n" << differs);
        }
    };
    constexpr std::size_t all = 1'000'000;
    const auto check_orders = [&](const char* name, const model::parameters& filters) {
        for (const std::string& order : orders()) {
            model::parameters ordered = filters;
            if (!order.empty()) ordered.emplace_back("sort", order);
            check(name, ordered, 0, all);
        }
    };
    check_orders("reader", {});
    check_orders("reader of the second project", {{"own_type", "all_granted"}});
    check_orders("admin", {{"all_tenants", "true"}, {"show_replication", "false"}});
    check_orders("restricted reader", {{"name", "a"}});
    for (const std::size_t offset : {std::size_t{1}, std::size_t{999}, std::size_t{1500}, std::size_t{5000}})
        for (const std::size_t limit : {std::size_t{1}, std::size_t{1000}, std::size_t{1001}, all})
            check("reader", {{"sort", "status:asc,name:desc"}}, offset, limit);
    service.stop();
}
