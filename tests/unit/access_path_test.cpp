// This file tests which way to a page is chosen from the numbers of rows, and which branches it has.
#define BOOST_TEST_DYN_LINK
#include "query/access_path.hpp"
#include "query/facet.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

BOOST_AUTO_TEST_SUITE(access_paths)

using namespace catalog::query;
using catalog::query::access;

namespace {

constexpr std::uint64_t million = 1'000'000;

scope asking(list_request request = {}) {
    request.limit = request.limit == 1000 ? 50 : request.limit;
    return {std::move(request), "p", std::nullopt, std::nullopt};
}

list_request sorted_by(std::vector<sort_term> sort, std::uint32_t offset = 0) {
    list_request request;
    request.sort = std::move(sort);
    request.offset = offset;
    return request;
}

// Numbers of a list without facet filter.
row_counts unfiltered(std::uint64_t n) {
    return {{}, {}, n, n, n, n};
}

// Numbers of a list where `facets` match, which are all matches unless `total` says less.
row_counts matching(std::vector<row_counts::facet_count> facets, std::uint64_t listed,
                    std::optional<std::uint64_t> total = std::nullopt) {
    std::uint64_t matches = 0;
    for (const auto& facet : facets)
        matches += facet.n;
    return {std::move(facets), {}, listed, listed, matches, total.value_or(matches)};
}

// Rows of the statuses by their number in facet.hpp; some in a second facet of the same status.
row_counts by_status(const std::vector<std::uint64_t>& rows, std::uint64_t listed = 0) {
    std::vector<row_counts::facet_count> facets;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i] == 0) continue;
        const auto status = static_cast<std::int64_t>(i);
        const std::uint64_t second = rows[i] / 3;
        facets.push_back({status, rows[i] - second});
        if (second > 0) facets.push_back({status | std::int64_t{1} << 4U | std::int64_t{5} << 20U, second});
    }
    row_counts counts = matching(std::move(facets), listed);
    counts.listed = std::max(counts.listed, counts.facet_matches);
    return counts;
}

marker_place at_status(std::string status) {
    return {"2026-01-01 00:00:00+00", "-infinity", "-infinity", "n", std::move(status), "id"};
}

// "status:access>" in order: ">" where the branch begins behind the marker, "*" for a branch of all rows.
std::string branches(const access_path& path) {
    std::string out;
    for (const branch& b : path.branches)
        out += (out.empty() ? "" : " ") + (b.only ? std::string(b.only->name) : "*") + (b.after_marker ? ">" : "");
    return out;
}

access only_access(const scope& scope, const row_counts& counts,
                   const std::optional<marker_place>& marker = std::nullopt) {
    const access_path path = choose_access_path(scope, counts, marker);
    BOOST_REQUIRE(path.branches.size() == 1U);
    BOOST_TEST(!path.branches[0].only.has_value());
    BOOST_TEST(path.branches[0].after_marker);
    BOOST_TEST(path.reason.find(name_of(path.branches[0].access)) != std::string::npos, path.reason);
    return path.branches[0].access;
}

// The kind of a small project's rows.
std::optional<rare_kind> kind_of(const list_request& request, const std::optional<tie_class>& only) {
    const auto rare = rare_rows(asking(request), row_counts{}, only);
    return rare ? std::optional<rare_kind>(rare->kind) : std::nullopt;
}

bool one_stage(const scope& scope, const row_counts& counts) {
    return choose_access_path(scope, counts, std::nullopt).one_stage;
}

const std::string uuid = "5606aab5-2dc2-4498-8144-dc848d099af5";
const std::string all_ascending =
    "available deleting error protecting restoring waiting_delete waiting_protect waiting_restore";
const std::string all_descending =
    "waiting_restore waiting_protect waiting_delete restoring protecting error deleting available";

} // namespace

BOOST_AUTO_TEST_CASE(nothing_to_read) {
    for (const auto& sort : {std::vector<sort_term>{{sort_key::created_at, false}}, {{sort_key::status, true}}}) {
        for (const std::uint64_t total : {0U, 5U}) {
            list_request request = sorted_by(sort, static_cast<std::uint32_t>(total));
            const access_path path = choose_access_path(asking(request), by_status({total}), std::nullopt);
            BOOST_TEST(path.branches.empty());
            BOOST_TEST(!path.one_stage);
            BOOST_TEST(path.reason.find("nothing to read") != std::string::npos);
        }
        const access_path last = choose_access_path(asking(sorted_by(sort, 4)), by_status({5}), std::nullopt);
        BOOST_TEST(last.branches.size() == 1U);
    }
    const access_path beyond =
        choose_access_path(asking(sorted_by({{sort_key::name, true}}, 2147483647)), unfiltered(million), std::nullopt);
    BOOST_TEST(beyond.branches.empty());
}

BOOST_AUTO_TEST_CASE(a_list_without_filter_is_walked) {
    for (const sort_key key :
         {sort_key::created_at, sort_key::name, sort_key::updated_at, sort_key::protected_at, sort_key::id}) {
        for (const std::uint64_t n : {std::uint64_t{1}, std::uint64_t{1000}, million}) {
            const scope scope = asking(sorted_by({{key, false}}));
            BOOST_TEST((only_access(scope, unfiltered(n)) == access::walk));
            BOOST_TEST(one_stage(scope, unfiltered(n)));
        }
    }
    const access_path path =
        choose_access_path(asking(sorted_by({{sort_key::name, true}}, 7)), unfiltered(100), std::nullopt);
    BOOST_TEST(path.offset == 7U);
}

BOOST_AUTO_TEST_CASE(documents_straight_from_the_walk) {
    list_request request;
    BOOST_TEST(one_stage(asking(request), unfiltered(million)));
    request.offset = 100;
    BOOST_TEST(one_stage(asking(request), unfiltered(million)));
    request.offset = 101; // the documents of what is skipped would be read
    BOOST_TEST(!one_stage(asking(request), unfiltered(million)));
    request.offset = 0;
    // With a filter that is not compared within the index and half of the rows pass, but not with one that fewer pass,
    // or that leaves out many.
    request.statuses = {0, 2};
    BOOST_TEST(one_stage(asking(request), matching({{0, 5'000}}, 10'000)));
    BOOST_TEST(!one_stage(asking(request), matching({{0, 4'999}}, 10'000)));
    BOOST_TEST(one_stage(asking(request), matching({{0, million - 5'000}}, million)));
    BOOST_TEST(!one_stage(asking(request), matching({{0, million - 5'001}}, million)));
    request.statuses = {2, 1}; // neighbours in the alphabet: the walk reads no others
    BOOST_TEST(one_stage(asking(request), matching({{0, 50'000}}, million)));
    request.resource_types = {1, 2}; // OS::Nova::Server, OS::Sfs::Turbo
    BOOST_TEST(one_stage(asking(request), matching({{0, 50'000}}, million)));
    request.resource_types = {0, 1}; // OS::Ironic::BareMetalServer and OS::Native::Server are between
    BOOST_TEST(!one_stage(asking(request), matching({{0, 50'000}}, million)));
    request.resource_types.clear();
    request.sort.push_back({sort_key::name, true}); // ties are sorted
    BOOST_TEST(!one_stage(asking(request), matching({{0, 50'000}}, million)));
    request = {};
    request.all_tenants = true;
    BOOST_TEST(one_stage(asking(request), unfiltered(million)));
    // Shared backups, few among many own ones, have their own index.
    request = {};
    request.own_type = own_type::shared;
    row_counts shared = unfiltered(1000);
    shared.indexed = million;
    BOOST_TEST(one_stage(asking(request), shared));
    // A time range lies anywhere in the order of another time, and is compared within its index.
    request = sorted_by({{sort_key::updated_at, true}});
    request.start_time = "2026-01-01T00:00:00.000000";
    BOOST_TEST(one_stage(asking(request), matching({{0, million}}, million, 600'000)));
    request.statuses = {0, 2};
    BOOST_TEST(!one_stage(asking(request), matching({{0, million}}, million, 600'000)));
    request.sort = {{sort_key::created_at, true}};
    BOOST_TEST(one_stage(asking(request), matching({{0, million}}, million, 600'000)));
}

BOOST_AUTO_TEST_CASE(few_matches_are_found_once_and_not_class_by_class) {
    list_request request = sorted_by({{sort_key::status, true}});
    request.resource_id = uuid;
    const row_counts counts = matching({{0, 900'000}, {1, 50'000}, {2, 50'000}}, million, 10'000);
    BOOST_TEST((only_access(asking(request), counts) == access::fetch_equality));
}

BOOST_AUTO_TEST_CASE(a_rare_facet_is_fetched_and_a_common_one_walked) {
    list_request request;
    request.resource_types = {4};
    BOOST_TEST((only_access(asking(request), matching({{64, 10}}, million)) == access::fetch_facet));
    BOOST_TEST((only_access(asking(request), matching({{64, 1}}, 2 * million)) == access::fetch_facet));
    BOOST_TEST(!one_stage(asking(request), matching({{64, 10}}, million)));
    BOOST_TEST((only_access(asking(request), matching({{64, 900'000}}, million)) == access::walk));
    // The more rows match, the less is fetched: there is one turning point.
    bool walked = false;
    for (std::uint64_t n = 1; n <= million; n *= 2) {
        const bool walks = only_access(asking(request), matching({{64, n}}, million)) == access::walk;
        BOOST_TEST((walks || !walked), n);
        walked = walks;
    }
    BOOST_TEST(walked);
    // A deep page by offset makes a walk dearer, never a fetch.
    const row_counts some = matching({{64, 20'000}}, million);
    BOOST_TEST((only_access(asking(request), some) == access::walk));
    request.offset = 19'000;
    BOOST_TEST((only_access(asking(request), some) == access::fetch_facet));
}

BOOST_AUTO_TEST_CASE(what_few_backups_are_is_found_by_its_index) {
    const auto way = [](const list_request& request, std::uint64_t n, std::size_t in_facets = 1) {
        std::vector<row_counts::facet_count> facets;
        for (std::size_t i = 0; i < in_facets; ++i)
            facets.push_back({static_cast<std::int64_t>(i << 20U | 2), n / in_facets});
        row_counts counts = matching(facets, million);
        if (request.own_type == own_type::shared) {
            counts.listed = n;
            counts.indexed = million;
        }
        return only_access(asking(request), counts);
    };
    list_request error;
    error.statuses = {2};
    list_request pending;
    pending.member_status = member_status::pending;
    for (list_request request : {error, pending}) {
        for (const bool all_tenants : {false, true}) {
            request.all_tenants = all_tenants;
            BOOST_TEST((way(request, 10) == access::fetch_rare));
            BOOST_TEST((way(request, 1000, 200) == access::fetch_rare));
            // The index of a status is in the order of created_at, however many have it; one of several values is not.
            BOOST_TEST((way(request, 500'000) == (request.statuses.empty() ? access::walk : access::fetch_rare)));
            request.statuses.resize(request.statuses.size() * 2, 4);
            BOOST_TEST((way(request, 500'000) == access::walk));
            request.statuses.resize(request.statuses.size() / 2);
            request.sort = {{sort_key::name, true}};
            BOOST_TEST((way(request, 500'000) == access::walk));
            request.sort = {{sort_key::created_at, false}};
        }
    }
    error.name = "x";
    BOOST_TEST((way(error, 10) == access::fetch_rare));
    // Backups of others have every order in indexes of their own: what is left of them by a filter is found there, too.
    list_request shared;
    shared.own_type = own_type::shared;
    BOOST_TEST((way(shared, 10) == access::walk));
    BOOST_TEST((way(shared, 500'000) == access::walk));
    shared.image_type = 1;
    shared.sort = {{sort_key::name, true}};
    std::vector<row_counts::facet_count> scattered;
    for (std::int64_t i = 0; i < 100; ++i)
        scattered.push_back({i << 20 | 32776, 1});
    row_counts few = matching(scattered, 1000);
    few.indexed = million;
    BOOST_TEST((only_access(asking(shared), few) == access::fetch_rare));
    shared.image_type.reset();
    shared.sort = {{sort_key::created_at, false}};
    // Without a time: found at once where nothing else is asked for.
    for (const auto key : {sort_key::updated_at, sort_key::protected_at}) {
        const list_request timeless = sorted_by({{key, true}, {sort_key::name, false}});
        const auto null = tie_classes(total_order(timeless.sort))[0];
        BOOST_TEST((kind_of(timeless, null) ==
                    (key == sort_key::updated_at ? rare_kind::no_updated_at : rare_kind::no_protected_at)));
        BOOST_TEST(!kind_of(timeless, tie_classes(total_order(timeless.sort))[1]).has_value());
        const auto bit = static_cast<std::int64_t>(null.mask);
        std::vector<row_counts::facet_count> nulls{{0, million}};
        for (std::int64_t i = 1; i <= 300; ++i)
            nulls.push_back({i << 20 | bit, 10});
        const access_path path = choose_access_path(asking(timeless), matching(nulls, million), std::nullopt);
        BOOST_TEST((path.branches.front().access == access::fetch_rare), path.reason);
        list_request typed = timeless;
        typed.image_type = 1;
        BOOST_TEST(!kind_of(typed, null).has_value());
        // In a large project the number of those without a time is known, whatever else is asked for.
        const std::vector<row_counts::facet_count> every{{0, million}, {8, 50'000}, {bit, 900}, {bit | 8, 100}};
        row_counts sized = matching({{8, 50'000}, {bit | 8, 100}}, million);
        sized.every = every;
        const auto without = rare_rows(asking(typed), sized, null);
        BOOST_REQUIRE(without.has_value());
        BOOST_TEST(without->rows == 1000U);
        // A status that fewer have is the better one.
        sized.every.push_back({bit | 10, 7});
        typed.statuses = {2};
        const auto fewer = rare_rows(asking(typed), sized, null);
        BOOST_REQUIRE(fewer.has_value());
        BOOST_TEST((fewer->kind == rare_kind::status));
        BOOST_TEST(fewer->rows == 7U);
    }
    // Available ones are not few, and what else is asked for may leave fewer than are of the kind.
    const auto kind = [](const list_request& request) { return kind_of(request, std::nullopt); };
    list_request available;
    BOOST_TEST(!kind(available).has_value());
    available.statuses = {0};
    BOOST_TEST(!kind(available).has_value());
    available.statuses = {2, 0};
    BOOST_TEST(!kind(available).has_value());
    for (list_request request : {error, pending}) {
        BOOST_TEST(kind(request).has_value());
        request.own_type = own_type::all_granted;
        BOOST_TEST(kind(request).has_value() != request.member_status.has_value());
        request.own_type = own_type::own;
        request.image_type = 1;
        BOOST_TEST(!kind(request).has_value());
        request.image_type.reset();
        request.resource_types = {1};
        BOOST_TEST(!kind(request).has_value());
        request.resource_types.clear();
        request.resource_id = uuid;
        BOOST_TEST(!kind(request).has_value());
    }
    error.member_status = member_status::pending;
    BOOST_TEST(!kind(error).has_value());
    shared.image_type = 1; // the number of shared ones is known
    BOOST_TEST((kind(shared) == rare_kind::shared));
    shared.all_tenants = true; // own ones that are shared with somebody
    BOOST_TEST(!kind(shared).has_value());
    shared.image_type.reset();
    BOOST_TEST((kind(shared) == rare_kind::members));
    // In the order of status each class is of one.
    list_request by_status = sorted_by({{sort_key::status, true}});
    BOOST_TEST(!kind(by_status).has_value());
    const auto classes = tie_classes(total_order(by_status.sort));
    BOOST_TEST(!kind_of(by_status, classes[0]).has_value());
    BOOST_TEST((kind_of(by_status, classes[1]) == rare_kind::status));
    by_status.member_status = member_status::accepted;
    for (const tie_class& one : classes)
        BOOST_TEST((kind_of(by_status, one) == rare_kind::members), one.name);
    // A vault, a zone or an enterprise project leaves fewer.
    scope in_vault = asking(error);
    in_vault.request.member_status.reset();
    BOOST_TEST(rare_rows(in_vault, row_counts{}, std::nullopt).has_value());
    in_vault.vaults = std::vector<std::string>{uuid};
    BOOST_TEST(!rare_rows(in_vault, row_counts{}, std::nullopt).has_value());
}

BOOST_AUTO_TEST_CASE(facets_are_sought_in_each_vault) {
    std::vector<row_counts::facet_count> facets;
    for (std::int64_t i = 0; i < 500; ++i)
        facets.push_back({i << 20, 2});
    scope of_vaults = asking(sorted_by({{sort_key::name, true}}));
    of_vaults.vaults = std::vector<std::string>(1, uuid);
    BOOST_TEST((only_access(of_vaults, matching(facets, million)) == access::fetch_facet));
    of_vaults.vaults = std::vector<std::string>(200, uuid);
    BOOST_TEST((only_access(of_vaults, matching(facets, million)) == access::walk));
}

BOOST_AUTO_TEST_CASE(ids_and_parents_are_looked_up) {
    for (const std::uint64_t n : {std::uint64_t{1}, std::uint64_t{500'000}}) {
        list_request request;
        request.resource_id = uuid;
        BOOST_TEST((only_access(asking(request), matching({{0, million}}, million, n)) == access::fetch_equality));
        request.name = "x";
        BOOST_TEST((only_access(asking(request), matching({{0, million}}, million, n)) == access::fetch_equality));
        request.parent_id = uuid;
        BOOST_TEST((only_access(asking(request), matching({{65536, million}}, million, n)) == access::fetch_parent));
        list_request point;
        point.checkpoint_id = uuid;
        BOOST_TEST((only_access(asking(point), matching({{0, million}}, million, n)) == access::fetch_equality));
    }
    // Children are not read class by class: their parent finds them all.
    list_request request = sorted_by({{sort_key::status, true}});
    request.parent_id = uuid;
    BOOST_TEST((only_access(asking(request), matching({{65536, 10}, {65537, 10}}, 20, 2)) == access::fetch_parent));
}

BOOST_AUTO_TEST_CASE(a_short_time_range_is_not_walked_in_other_orders) {
    list_request request = sorted_by({{sort_key::name, true}});
    request.start_time = "2026-01-01T00:00:00.000000";
    BOOST_TEST((only_access(asking(request), matching({{0, million}}, million, 20)) == access::fetch_range));
    BOOST_TEST((only_access(asking(request), matching({{0, million}}, million, 990'000)) == access::walk));
    // In the order of time the walk is the range.
    request.sort = {{sort_key::created_at, true}};
    BOOST_TEST((only_access(asking(request), matching({{0, million}}, million, 20)) == access::walk));
    BOOST_TEST((only_access(asking(request), matching({{0, million}}, million, million)) == access::walk));
}

BOOST_AUTO_TEST_CASE(a_rare_substring_is_scanned_for) {
    list_request request = sorted_by({{sort_key::id, true}});
    request.name = "needle";
    BOOST_TEST((only_access(asking(request), matching({{0, million}}, million, 3)) == access::scan));
    BOOST_TEST((only_access(asking(request), matching({{0, million}}, million, million)) == access::walk));
    request.sort = {{sort_key::name, true}};
    BOOST_TEST((only_access(asking(request), matching({{0, million}}, million, 3)) == access::walk));
    list_request resource;
    resource.resource_name = "needle";
    BOOST_TEST((only_access(asking(resource), matching({{0, million}}, million, 3)) == access::walk));
    resource.sort = {{sort_key::name, true}};
    BOOST_TEST((only_access(asking(resource), matching({{0, million}}, million, 3)) == access::scan));
    resource.name = "both";
    BOOST_TEST((only_access(asking(resource), matching({{0, million}}, million, 3)) == access::scan));
    // Among few rows of a facet it is found there.
    request.sort = {{sort_key::created_at, true}};
    request.resource_types = {4};
    BOOST_TEST((only_access(asking(request), matching({{64, 100}}, million, 3)) == access::fetch_facet));
}

BOOST_AUTO_TEST_CASE(an_order_by_status_is_read_status_by_status) {
    const row_counts ten_each = by_status({10, 10, 10, 10, 10, 10, 10, 10});
    list_request request = sorted_by({{sort_key::status, true}});
    request.limit = 999;
    std::string wanted = all_ascending;
    BOOST_TEST(branches(choose_access_path(asking(request), ten_each, std::nullopt)) == wanted);
    request.sort = {{sort_key::status, false}, {sort_key::name, true}};
    BOOST_TEST(branches(choose_access_path(asking(request), ten_each, std::nullopt)) == all_descending);
    for (const branch& b : choose_access_path(asking(request), ten_each, std::nullopt).branches) {
        BOOST_REQUIRE(b.only.has_value());
        BOOST_TEST(b.only->ties);
        BOOST_TEST(b.only->mask == facet::status_mask);
        BOOST_TEST(statuses.at(b.only->value) == b.only->name);
    }
    BOOST_TEST(!choose_access_path(asking(request), ten_each, std::nullopt).one_stage);
    // Statuses without rows have no branch.
    request.sort = {{sort_key::status, true}};
    BOOST_TEST(branches(choose_access_path(asking(request), by_status({0, 10, 0, 10}), std::nullopt)) ==
               "deleting protecting");
    // Only the first key makes branches.
    request.sort = {{sort_key::name, true}, {sort_key::status, true}};
    BOOST_TEST(branches(choose_access_path(asking(request), ten_each, std::nullopt)) == "*>");
}

BOOST_AUTO_TEST_CASE(branches_end_where_the_page_is_full) {
    const row_counts counts = by_status({30, 0, 20, 10, 5});
    const auto path = [&](std::uint32_t limit, std::uint32_t offset) {
        list_request request = sorted_by({{sort_key::status, true}}, offset);
        request.limit = limit;
        const access_path chosen = choose_access_path(asking(request), counts, std::nullopt);
        return branches(chosen) + " +" + std::to_string(chosen.offset);
    };
    BOOST_TEST(path(1, 0) == "available +0");
    BOOST_TEST(path(30, 0) == "available +0");
    BOOST_TEST(path(31, 0) == "available error +0");
    BOOST_TEST(path(50, 0) == "available error +0");
    BOOST_TEST(path(51, 0) == "available error protecting +0");
    BOOST_TEST(path(999, 0) == "available error protecting restoring +0");
    // An offset skips whole branches; what is left of it counts from the first that is read.
    BOOST_TEST(path(1, 29) == "available +29");
    BOOST_TEST(path(2, 29) == "available error +29");
    BOOST_TEST(path(1, 30) == "error +0");
    BOOST_TEST(path(1, 31) == "error +1");
    BOOST_TEST(path(20, 30) == "error +0");
    BOOST_TEST(path(20, 31) == "error protecting +1");
    BOOST_TEST(path(1, 50) == "protecting +0");
    BOOST_TEST(path(1, 64) == "restoring +4");
    BOOST_TEST(path(999, 64) == "restoring +4");
    BOOST_TEST(path(999, 65) == " +65");
}

BOOST_AUTO_TEST_CASE(nothing_is_skipped_where_the_counters_do_not_say_where_rows_are) {
    list_request request = sorted_by({{sort_key::status, true}}, 35);
    request.limit = 1;
    request.name = "x";                                         // 40 of the 65 rows match, in statuses unknown
    row_counts counts = by_status({30, 0, 20, 10, 5}, million); // too many to be scanned
    counts.total = 40;
    const access_path path = choose_access_path(asking(request), counts, std::nullopt);
    BOOST_TEST(branches(path) == "available error protecting restoring");
    BOOST_TEST(path.offset == 35U);
}

BOOST_AUTO_TEST_CASE(a_marker_drops_the_branches_before_it) {
    const row_counts counts = by_status({30, 10, 20, 10, 5, 5, 5, 5});
    const auto path = [&](bool ascending, std::string_view status, std::uint32_t limit = 1, std::uint32_t offset = 0) {
        list_request request = sorted_by({{sort_key::status, ascending}}, offset);
        request.limit = limit;
        const access_path chosen = choose_access_path(asking(request), counts, at_status(std::string(status)));
        BOOST_TEST(chosen.offset == offset); // counted from the marker, so it skips no branch
        return branches(chosen);
    };
    // How many rows of the marker's own branch lie behind it is unknown, so later ones are needed whatever the limit
    // is.
    BOOST_TEST(path(true, "available") ==
               "available> deleting error protecting restoring waiting_delete waiting_protect waiting_restore");
    BOOST_TEST(path(true, "restoring") == "restoring> waiting_delete waiting_protect waiting_restore");
    BOOST_TEST(path(true, "waiting_restore") == "waiting_restore>");
    BOOST_TEST(path(false, "error") == "error> deleting available");
    BOOST_TEST(path(false, "available") == "available>");
    BOOST_TEST(path(true, "waiting_protect", 1, 15) == "waiting_protect> waiting_restore");
}

BOOST_AUTO_TEST_CASE(a_marker_whose_status_has_no_rows) {
    // It need not match the filters any more.
    list_request request = sorted_by({{sort_key::status, true}});
    const row_counts counts = by_status({30, 0, 20});
    BOOST_TEST(branches(choose_access_path(asking(request), counts, at_status("deleting"))) == "error");
    BOOST_TEST(branches(choose_access_path(asking(request), counts, at_status("protecting"))).empty());
    request.sort = {{sort_key::status, false}};
    BOOST_TEST(branches(choose_access_path(asking(request), counts, at_status("deleting"))) == "available");
}

BOOST_AUTO_TEST_CASE(times_that_are_null_are_a_class) {
    const auto flag = [](std::uint64_t bits) { return static_cast<std::int64_t>(bits); };
    struct time_key {
        sort_key key;
        std::uint64_t null_bit;
    };
    for (const time_key row : {time_key{sort_key::updated_at, facet::no_updated_at},
                               time_key{sort_key::protected_at, facet::no_protected_at}}) {
        const row_counts counts = matching({{flag(0), 10}, {flag(row.null_bit), 15}, {flag(row.null_bit | 3U), 5}}, 30);
        const auto path = [&](bool ascending, std::uint32_t offset, const std::optional<marker_place>& marker) {
            list_request request = sorted_by({{row.key, ascending}, {sort_key::name, true}}, offset);
            const access_path chosen = choose_access_path(asking(request), counts, marker);
            return branches(chosen) + " +" + std::to_string(chosen.offset);
        };
        BOOST_TEST(path(true, 0, std::nullopt) == "null not null +0"); // null is earlier than every time
        BOOST_TEST(path(false, 0, std::nullopt) == "not null null +0");
        BOOST_TEST(path(true, 20, std::nullopt) == "not null +0");
        BOOST_TEST(path(false, 12, std::nullopt) == "null +2");
        marker_place null = at_status("available");
        marker_place time = at_status("available");
        // The other time of the marker says nothing.
        (row.key == sort_key::updated_at ? null.protected_order : null.updated_order) = "2026-01-01 00:00:00+00";
        (row.key == sort_key::updated_at ? time.updated_order : time.protected_order) = "2026-01-01 00:00:00+00";
        BOOST_TEST(path(true, 0, null) == "null> not null +0");
        BOOST_TEST(path(true, 0, time) == "not null> +0");
        BOOST_TEST(path(false, 0, time) == "not null> null +0");
        BOOST_TEST(path(false, 0, null) == "null> +0");
        for (const branch& b :
             choose_access_path(asking(sorted_by({{row.key, true}, {sort_key::name, true}})), counts, std::nullopt)
                 .branches)
            BOOST_TEST(b.only->ties == (b.only->name == "null")); // times differ, nulls tie
        // With the id alone behind it, the index of the time has the whole order.
        BOOST_TEST(branches(choose_access_path(asking(sorted_by({{row.key, true}})), counts, std::nullopt)) == "*>");
    }
}

BOOST_AUTO_TEST_CASE(each_branch_has_its_own_access) {
    list_request request = sorted_by({{sort_key::status, true}, {sort_key::created_at, false}});
    request.limit = 100;
    const access_path path = choose_access_path(asking(request), by_status({999'990, 0, 10}), std::nullopt);
    BOOST_REQUIRE(path.branches.size() == 1U); // the first fills the page
    BOOST_TEST((path.branches[0].access == access::walk));
    request.sort[0].ascending = false;
    const access_path back = choose_access_path(asking(request), by_status({999'990, 0, 10}), std::nullopt);
    BOOST_REQUIRE(back.branches.size() == 2U);
    BOOST_TEST((back.branches[0].access == access::fetch_rare));
    BOOST_TEST((back.branches[1].access == access::walk));
    BOOST_TEST(back.reason.find("error fetch_rare") != std::string::npos, back.reason);
    BOOST_TEST(back.reason.find("available walk") != std::string::npos, back.reason);
}

// However numbers, orders, offsets and limits are mixed: what is chosen covers the page and no more than it needs.
BOOST_AUTO_TEST_CASE(branches_always_cover_the_page) {
    const std::vector<std::vector<std::uint64_t>> rows{
        {1}, {0, 1}, {3, 0, 0, 4}, {1, 1, 1, 1, 1, 1, 1, 1}, {0, 9, 0, 9, 0, 0, 0, 2}};
    for (const auto& of_status : rows) {
        for (const bool ascending : {true, false}) {
            std::uint64_t total = 0;
            for (const std::uint64_t n : of_status)
                total += n;
            for (std::uint32_t offset = 0; offset < total; ++offset) {
                for (std::uint32_t limit = 1; limit <= total + 1; ++limit) {
                    list_request request = sorted_by({{sort_key::status, ascending}}, offset);
                    request.limit = limit;
                    const access_path path = choose_access_path(asking(request), by_status(of_status), std::nullopt);
                    std::uint64_t before = 0; // rows of the branches that were skipped
                    std::uint64_t taken = 0;
                    std::uint64_t last = 0;
                    for (std::size_t i = 0; i < of_status.size(); ++i) {
                        const std::size_t status = ascending ? i : of_status.size() - 1 - i;
                        const bool there =
                            std::any_of(path.branches.begin(), path.branches.end(),
                                        [&](const branch& b) { return b.only && b.only->value == status; });
                        if (there) {
                            last = of_status[status];
                            BOOST_REQUIRE(last > 0);
                            taken += last;
                        } else if (taken == 0) {
                            before += of_status[status];
                        }
                    }
                    BOOST_REQUIRE(before + path.offset == offset);
                    BOOST_REQUIRE(taken >= std::min<std::uint64_t>(path.offset + limit, total - before));
                    BOOST_REQUIRE(taken - last < path.offset + limit); // without the last one it would not do
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(names) {
    BOOST_TEST(name_of(access::walk) == "walk");
    BOOST_TEST(name_of(access::fetch_facet) == "fetch_facet");
    BOOST_TEST(name_of(access::fetch_equality) == "fetch_equality");
    BOOST_TEST(name_of(access::fetch_parent) == "fetch_parent");
    BOOST_TEST(name_of(access::fetch_range) == "fetch_range");
    BOOST_TEST(name_of(access::scan) == "scan");
}

BOOST_AUTO_TEST_CASE(whole_facets_where_parts_do_not_tell) {
    row_counts counts;
    counts.by_week = true;
    const auto whole = [&](const list_request& request, bool in_vault = false) {
        scope scope = asking(request);
        if (in_vault) scope.vaults = std::vector<std::string>{uuid};
        return has_whole_facets(scope, counts);
    };
    list_request zone;
    zone.resource_az = "a";
    BOOST_TEST(!whole({}));
    BOOST_TEST(whole(zone)); // parts are not counted
    BOOST_TEST(whole({}, true));
    counts.by_part = true;
    BOOST_TEST(!whole(zone));
    BOOST_TEST(!whole({}, true));
    BOOST_TEST(whole(zone, true)); // parts do not combine
    list_request range;
    range.start_time = "2026-01-01T00:00:00.000000";
    BOOST_TEST(whole(range, true)); // facets of a vault are sought within the range
    range.resource_az = "a";
    BOOST_TEST(!whole(range));
    zone.resource_id = uuid;
    BOOST_TEST(whole(zone)); // by placement
    zone.resource_id.reset();
    zone.own_type = own_type::shared;
    BOOST_TEST(whole(zone));
    zone.own_type = own_type::own;
    zone.parent_id = uuid; // children are in no part
    BOOST_TEST(whole(zone));
}

BOOST_AUTO_TEST_CASE(what_is_found_by_value_is_counted_with_the_page) {
    list_request request;
    BOOST_TEST(!can_count_with_page(asking(request)));
    request.parent_id = uuid;
    BOOST_TEST(can_count_with_page(asking(request)));
    row_counts counts;
    counts.with_page = true;
    request.offset = 1000; // how many there are is not known
    BOOST_TEST((only_access(asking(request), counts) == access::fetch_parent));
    request.parent_id.reset();
    request.checkpoint_id = uuid;
    BOOST_TEST((only_access(asking(request), counts) == access::fetch_equality));
    request.sort = {{sort_key::status, true}}; // one branch for all classes
    BOOST_TEST((only_access(asking(request), counts) == access::fetch_equality));
    request.resource_az = "a"; // by placement, which the counters tell
    BOOST_TEST(!can_count_with_page(asking(request)));
}

// A range in the order of another time: what is apart before it, near it and behind it; what is before the marker is
// not read.
BOOST_AUTO_TEST_CASE(a_range_in_the_order_of_another_time_is_walked_near_it) {
    row_counts counts = matching({{0, 900'000}, {facet::no_updated_at, 100'000}}, million, 50'000);
    counts.apart = most_apart - 1;
    list_request request = sorted_by({{sort_key::updated_at, false}});
    request.start_time = "2026-01-10T00:00:00.000000";
    request.end_time = "2026-01-20T00:00:00.000000";
    const auto parts = [&](const std::optional<std::string>& marker) {
        const std::optional<marker_place> place =
            marker ? std::optional<marker_place>({"2026-01-01 00:00:00+00", *marker, "-infinity", "n", "error", "id"})
                   : std::nullopt;
        std::string out;
        for (const branch& b : choose_access_path(asking(request), counts, place).branches) {
            out += out.empty() ? "" : ", ";
            out += std::string(b.only ? b.only->name : "*") + " " + std::string(name_of(b.access));
            if (b.window) out += " " + b.window->from.value_or("") + ".." + b.window->to.value_or("");
            if (b.after_marker) out += " behind the marker";
        }
        return out;
    };
    const std::string above = "not null apart 2026-01-21T00:00:00.000001..";
    const std::string near = "not null walk 2026-01-09T00:00:00.000000..2026-01-21T00:00:00.000000";
    const std::string below = "not null apart ..2026-01-08T23:59:59.999999";
    const std::string null = "null fetch_rare"; // by its index, within the range
    BOOST_TEST(parts(std::nullopt) == above + ", " + near + ", " + below + ", " + null);
    BOOST_TEST(parts("2026-02-01 00:00:00+00") == above + " behind the marker, " + near + ", " + below + ", " + null);
    BOOST_TEST(parts("2026-01-21 00:00:00+00") == near + " behind the marker, " + below + ", " + null);
    BOOST_TEST(parts("2026-01-09 00:00:00+00") == near + " behind the marker, " + below + ", " + null);
    BOOST_TEST(parts("2026-01-08 23:59:59.999999+00") == below + " behind the marker, " + null);
    BOOST_TEST(parts("-infinity") == null + " behind the marker");
    request.sort = {{sort_key::updated_at, true}};
    BOOST_TEST(parts("-infinity") == null + " behind the marker, " + below + ", " + near + ", " + above);
    BOOST_TEST(parts("2026-01-09 00:00:00+00") == near + " behind the marker, " + above);
    request.start_time.reset();
    BOOST_TEST(parts("2026-01-09 00:00:00+00") ==
               "not null walk ..2026-01-21T00:00:00.000000 behind the marker, " + above);
    request.end_time = "9999-12-31T12:00:00.000000"; // nothing can be a day behind it
    BOOST_TEST(parts("2026-01-09 00:00:00+00") == "not null walk .. behind the marker");
    // Where many are apart, the whole order is walked, or the range sorted.
    request.end_time = "2026-01-20T00:00:00.000000";
    counts.apart = most_apart;
    BOOST_TEST(parts("2026-01-09 00:00:00+00").find("apart") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
