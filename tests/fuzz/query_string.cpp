// This file fuzzes query strings up to the SQL that they become: no value ever gets into a statement's text, and a
// refusal says something.
#include "api/list_parameters.hpp"
#include "query/access_path.hpp"
#include "query/count_query.hpp"
#include "query/page_query.hpp"
#include "require.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <set>
#include <string>

using namespace catalog;

namespace {

void check_statement(const db::statement& statement) {
    // Statements are written of fixed pieces: ASCII, without quotes but those around the pieces' own words.
    REQUIRE(std::all_of(statement.text().begin(), statement.text().end(),
                        [](unsigned char c) { return c == '\n' || (c >= 0x20 && c < 0x7f); }));
    REQUIRE(statement.text().size() < 200'000);
    for (const auto& value : statement.params())
        REQUIRE(!value || is_clean_utf8(*value));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view query(reinterpret_cast<const char*>(data), size);
    const std::string names = api::given_parameters(query);
    REQUIRE(names.size() < 1000);
    api::parse_options options;
    options.dedicated_cloud = size % 2 == 0;
    options.ignore_unknown = size % 3 == 0;
    const auto parsed = api::parse_list_request(query, options);
    if (parsed.has_error()) {
        REQUIRE(!parsed.error().message.empty());
        REQUIRE(is_clean_utf8(parsed.error().message));
        return 0;
    }
    const query::list_request& request = *parsed;
    REQUIRE(request.limit >= 1 && request.limit <= 1000);

    query::scope scope{request, "0605767b5780d5762fc5c0118072a564", {}, {}};
    if (request.enterprise_project_id)
        scope.enterprise_projects = std::vector<std::string>{*request.enterprise_project_id};
    if (request.vault_id || request.used_percent)
        scope.vaults = std::vector<std::string>{"00000000-0000-4000-8000-000000000000"};
    std::optional<query::marker_place> marker;
    if (request.marker)
        marker = query::marker_place{"2020-01-01 00:00:00", "-infinity", "n", "error", "-infinity", *request.marker};
    query::row_counts counts;
    counts.listed = 1000;
    counts.total = counts.facet_matches = size % 200;
    counts.facets = {{1, counts.total}};
    counts.by_week = size % 2 == 0;
    check_statement(query::vaults_statement(scope));
    check_statement(query::listed_statement(scope));
    check_statement(query::facets_statement(scope, counts));
    check_statement(query::count_statement(scope, counts));
    if (query::can_skip_weeks(scope, counts, marker) || query::can_seek_week(scope, counts, marker))
        check_statement(query::weeks_statement(scope));
    const query::access_path path = query::choose_access_path(scope, counts, marker);
    if (!path.branches.empty()) check_statement(query::page_statement(scope, counts, path, marker));
    return 0;
}
