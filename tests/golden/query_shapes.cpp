// This file implements the list of shapes: every filter, every order, both directions, mixed, with and without marker.
#include "query_shapes.hpp"

#include "api/list_parameters.hpp"

#include <stdexcept>

namespace shapes {

namespace query = catalog::query;

std::vector<shape> all() {
    std::vector<shape> list;
    const auto add = [&](std::string text, selectivity matches, bool marker = false, bool by_week = false) {
        list.push_back({std::move(text), matches, marker, by_week});
    };
    for (const char* key : {"created_at", "updated_at", "name", "status", "protected_at", "id"}) {
        for (const char* direction : {"asc", "desc"}) {
            const std::string sort = std::string("sort=") + key + ":" + direction;
            add(sort, selectivity::all);
            add(sort, selectivity::all, true);
            add(sort + "&image_type=replication", selectivity::common);
            add(sort + "&image_type=replication", selectivity::common, true);
            add(sort + "&status=error", selectivity::rare);
        }
    }
    add("resource_name=db&limit=50", selectivity::all);
    add("resource_name=db&limit=50", selectivity::all, true);
    for (const char* sort :
         {"protected_at:asc,created_at:desc", "status:asc,created_at:desc", "name:desc,updated_at:asc,id:desc",
          "status,name:asc,created_at", "updated_at:asc,name:asc"}) {
        add(std::string("sort=") + sort, selectivity::all);
        add(std::string("sort=") + sort, selectivity::all, true);
    }
    for (const char* filter :
         {"status=error&status=deleting", "resource_type=OS::Nova::Server&resource_type=OS::Sfs::Turbo",
          "incremental=true", "member_status=accepted", "own_type=shared", "own_type=all_granted", "resource_az=az1",
          "enterprise_project_id=0", "vault_id=cca85ea5-00a4-418d-9222-bd83985bc515", "show_replication=false",
          "limit=50&offset=150000"}) {
        add(filter, selectivity::common);
        add(filter, selectivity::rare, true);
    }
    for (const char* filter :
         {"resource_id=1a503932-ee8f-4dd5-8248-8dfb57e584c5", "checkpoint_id=1fced58b-2a31-4851-bcbb-96216f83ce99",
          "parent_id=b1c4afd9-e7a6-4888-9010-c2bac3aa7910", "name=prod", "resource_name=db",
          "start_time=2026-01-01T00:00:00Z", "start_time=2026-01-01T00:00:00&end_time=2026-02-01T00:00:00",
          "name=x&status=error&resource_az=az1"}) {
        for (const char* sort : {"created_at", "name:asc", "updated_at"}) {
            add(std::string(filter) + "&sort=" + sort, selectivity::common);
            add(std::string(filter) + "&sort=" + sort, selectivity::rare, true);
        }
    }
    for (const char* text :
         {"all_tenants=true", "all_tenants=true&own_type=shared", "all_tenants=true&status=error&sort=name:asc",
          "all_tenants=true&sort=status:asc,created_at", "all_tenants=true&name=x",
          "all_tenants=true&resource_id=1a503932-ee8f-4dd5-8248-8dfb57e584c5"}) {
        add(text, selectivity::common);
        add(text, selectivity::common, true);
    }
    for (const char* text :
         {"all_tenants=true&own_type=shared", "all_tenants=true&status=error&sort=name:asc",
          "own_type=all_granted&status=error", "own_type=shared&name=x", "own_type=shared&sort=id",
          "member_status=pending&sort=name", "start_time=2026-01-01T00:00:00Z&status=error&status=deleting"})
        add(text, selectivity::rare, true);
    // A range that begins before the marker, and one that begins behind it.
    for (const char* text :
         {"sort=created_at:asc&start_time=2026-02-01T00:00:00", "sort=created_at:asc&start_time=2026-04-01T00:00:00",
          "sort=created_at:desc&end_time=2026-04-01T00:00:00", "sort=created_at:desc&end_time=2026-02-01T00:00:00",
          "sort=created_at:asc,name:desc&start_time=2026-02-01T00:00:00",
          "resource_id=1a503932-ee8f-4dd5-8248-8dfb57e584c5&sort=created_at:asc&start_time=2026-02-01T00:00:00",
          "parent_id=b1c4afd9-e7a6-4888-9010-c2bac3aa7910&sort=created_at:desc&end_time=2026-02-01T00:00:00",
          "sort=updated_at:asc,created_at&end_time=2026-02-01T00:00:00&incremental=true"})
        add(text, selectivity::all, true, true);
    for (const char* text :
         {"status=error&status=deleting", "resource_az=az1", "vault_id=cca85ea5-00a4-418d-9222-bd83985bc515",
          "limit=50&offset=15000", "sort=created_at:asc&status=error&limit=50&offset=15000",
          "sort=name&limit=50&offset=15000", "start_time=2026-01-01T00:00:00Z",
          "end_time=2026-01-01T00:00:00Z&status=error",
          "start_time=2026-01-01T00:00:00&end_time=2026-02-01T00:00:00&resource_az=az1",
          "start_time=2026-01-05T00:00:00&end_time=2026-02-01T23:59:59.999999",
          "start_time=2026-01-01T00:00:00&end_time=2026-01-06T00:00:00",
          "start_time=2026-01-01T00:00:00&enterprise_project_id=0",
          "start_time=2026-01-01T00:00:00&vault_id=cca85ea5-00a4-418d-9222-bd83985bc515",
          "start_time=2026-01-01T00:00:00&resource_id=1a503932-ee8f-4dd5-8248-8dfb57e584c5"})
        add(text, selectivity::common, false, true);
    for (const char* text :
         {"status=error", "resource_type=OS::Sfs::Turbo", "own_type=shared&start_time=2026-01-05T00:00:00",
          "start_time=2026-01-01T00:00:00&enterprise_project_id=0",
          "start_time=2026-01-01T00:00:00&vault_id=cca85ea5-00a4-418d-9222-bd83985bc515", "resource_az=az1",
          "vault_id=cca85ea5-00a4-418d-9222-bd83985bc515", "name=x&resource_az=az1", "own_type=shared&resource_az=az1",
          "vault_id=cca85ea5-00a4-418d-9222-bd83985bc515&resource_az=az1&sort=name",
          "incremental=false&dec=true&sort=name:asc,created_at"})
        add(text, selectivity::rare, false, true);
    // The weeks of the whole list's facets, beside those of a part, and beside what has_every_facet tells.
    for (const char* text :
         {"enterprise_project_id=0&incremental=true&sort=created_at:asc", "resource_az=az1&image_type=replication",
          "vault_id=cca85ea5-00a4-418d-9222-bd83985bc515&status=error&status=deleting"})
        add(text, selectivity::common, false, true);
    // Over all projects a walk begins in the first week with a match.
    for (const char* text : {"all_tenants=true&image_type=replication&sort=created_at:asc",
                             "all_tenants=true&image_type=replication&status=error"})
        add(text, selectivity::common, false, true);
    // A range in the order of another time: the marker before it, within it and behind it.
    for (const char* range : {"start_time=2026-01-01T00:00:00&end_time=2026-02-01T00:00:00",
                              "start_time=2026-02-01T00:00:00&end_time=2026-03-01T00:00:00",
                              "start_time=2026-04-01T00:00:00&end_time=2026-05-01T00:00:00"})
        for (const char* sort : {"protected_at:asc", "protected_at:desc,name:asc"})
            add(std::string("sort=") + sort + "&" + range, selectivity::all, true, true);
    for (const char* text : {"sort=updated_at:desc&end_time=2026-02-01T00:00:00&resource_az=az1",
                             "sort=updated_at:asc&start_time=2026-02-01T00:00:00&status=error",
                             "sort=protected_at:asc&start_time=2026-02-01T00:00:00&all_tenants=true"})
        add(text, selectivity::all, false, true);
    return list;
}

query::scope scope_of(const shape& shape, const std::string& project) {
    auto parsed = catalog::api::parse_list_request(shape.query, {});
    if (parsed.has_error()) throw std::logic_error(shape.query + ": " + parsed.error().message);
    query::scope scope{*parsed, project, {}, {}};
    if (parsed->enterprise_project_id)
        scope.enterprise_projects = std::vector<std::string>{*parsed->enterprise_project_id};
    if (parsed->vault_id) scope.vaults = std::vector<std::string>{*parsed->vault_id};
    return scope;
}

query::row_counts counts_of(const shape& shape) {
    query::row_counts counts;
    counts.listed = 200'000;
    // Facets of status available and error, image type replication, in two placements.
    const std::uint64_t n = shape.matches == selectivity::all      ? 100'000
                            : shape.matches == selectivity::common ? 30'000
                                                                   : 20;
    counts.facets = {{(std::int64_t{5} << 20) | 8, n}, {(std::int64_t{-7} << 20) | 10, n}};
    counts.facet_matches = counts.total = 2 * n;
    counts.by_week = counts.by_part = counts.vaults_by_week = shape.by_week;
    if (shape.by_week) {
        const bool ascending = scope_of(shape, "p").request.sort.front().ascending;
        counts.begins_at = ascending ? "2025-03-03 00:00:00+00" : "2026-03-09 00:00:00+00";
        counts.indexed = counts.listed;
        if (query::counts_apart(scope_of(shape, "p"), counts)) {
            counts.apart = 10;
            counts.total /= 4;
        }
    }
    return counts;
}

std::optional<query::marker_place> marker_of(const shape& shape) {
    if (!shape.marker) return std::nullopt;
    return query::marker_place{
        "2026-03-01 10:20:30.123456+00",       "-infinity", "2026-03-01 10:20:31+00", "autobk_1f3a", "available",
        "b1c4afd9-e7a6-4888-9010-c2bac3aa7910"};
}

} // namespace shapes
