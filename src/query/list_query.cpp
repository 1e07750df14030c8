// This file writes the SQL of the list call.
#include "query/list_query.hpp"

#include "query/facet.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace catalog::query {

namespace {

using namespace std::string_view_literals;

struct key_column {
    std::string_view column; // of catalog.backups; not null, so that row comparison works
    std::string_view type;
};

constexpr key_column column_of(sort_key key) {
    switch (key) {
    case sort_key::created_at:
        return {"created_at", "timestamptz"};
    case sort_key::updated_at:
        return {"updated_order", "timestamptz"};
    case sort_key::protected_at:
        return {"protected_order", "timestamptz"};
    case sort_key::name:
        return {"name", "text"};
    case sort_key::status:
        return {"status", "text"};
    case sort_key::id:
        break;
    }
    return {"id", "uuid"};
}

const std::string& value_of(const marker_place& marker, sort_key key) {
    switch (key) {
    case sort_key::created_at:
        return marker.created_at;
    case sort_key::updated_at:
        return marker.updated_order;
    case sort_key::protected_at:
        return marker.protected_order;
    case sort_key::name:
        return marker.name;
    case sort_key::status:
        return marker.status;
    case sort_key::id:
        break;
    }
    return marker.id;
}

std::string number(std::uint64_t value) {
    return std::to_string(static_cast<std::int64_t>(value));
}

// Conditions on an expression that is a facet.
void write_facet_bits(db::statement& out, const facet_filter& filter, std::string_view facet) {
    if (filter.mask != 0) {
        out.sql(" AND (").sql(facet).sql(" & ").param(number(filter.mask), "bigint").sql(") = ");
        out.param(number(filter.value), "bigint");
    }
    if (filter.any != 0) out.sql(" AND (").sql(facet).sql(" & ").param(number(filter.any), "bigint").sql(") <> 0");
    if (filter.status_set != 0) {
        out.sql(" AND ((").param(number(filter.status_set), "bigint").sql(" >> (").sql(facet);
        out.sql(" & 7)::integer) & 1) = 1");
    }
    if (filter.resource_type_set != 0) {
        out.sql(" AND ((").param(number(filter.resource_type_set), "bigint").sql(" >> ((").sql(facet);
        out.sql(" >> 4) & 7)::integer) & 1) = 1");
    }
}

bool has_placement_filter(const scope& scope) {
    return scope.enterprise_projects.has_value() || !scope.request.resource_az.empty();
}

// Zone and enterprise project are hashed into the facet's upper bits; the counters know which hashes match.
std::string matching_placements(const row_counts& counts) {
    std::set<std::int64_t> placements;
    for (const auto& entry : counts.facets)
        placements.insert(entry.facet >> facet::placement_shift);
    std::vector<std::string> texts;
    texts.reserve(placements.size());
    for (const std::int64_t placement : placements)
        texts.push_back(std::to_string(placement));
    return db::array_literal(texts);
}

// Writes the parts of one statement that select rows of catalog.backups as b.
class row_writer {
public:
    row_writer(db::statement& out, const scope& scope, const row_counts& counts,
               const std::optional<marker_place>& marker)
        : out_(out)
        , scope_(scope)
        , request_(scope.request)
        , counts_(counts)
        , marker_(marker)
        , order_(total_order(request_.sort))
        , filter_(facet_filter_of(request_)) {}

    // `project_id = …` for one project or for the project of the enclosing LATERAL.
    void write_project(std::string_view alias) {
        out_.sql(alias).sql(".project_id = ");
        if (request_.all_tenants)
            out_.sql("p.project_id");
        else
            out_.param(scope_.project_id, "text");
    }

    // The conditions of every filter. `driver` says which of them the planner may use to find rows; the others are
    // written so that no index fits, because a planner with two ways to choose from picks the wrong one for somebody.
    void write_filters(access driver, const std::optional<tie_class>& only) {
        if (driver == access::fetch_parent) {
            out_.sql(" AND b.parent_id = ").param(*request_.parent_id, "uuid").sql(" AND NOT b.inherited");
        } else if (driver == access::walk && branch_order(only).front().key == sort_key::id) {
            // The primary key covers the facet, whose child bit says the same as the partial indexes' condition.
            out_.sql(" AND (b.facet & 65536) = 0");
        } else {
            out_.sql(" AND b.parent_id IS NULL");
        }
        if (driver == access::fetch_facet) {
            out_.sql(" AND b.facet = m.facet"); // see write_found
        } else {
            facet_filter filter = filter_;
            if (only) {
                filter.mask |= only->mask;
                filter.value |= only->value;
            }
            write_facet_bits(out_, filter, "b.facet");
            if (has_placement_filter(scope_))
                out_.sql(" AND (b.facet >> 20) = ANY (").param(matching_placements(counts_), "bigint[]").sql(")");
        }
        if (only && only->mask != facet::status_mask && !only->ties)
            out_.sql(" AND b.").sql(column_of(order_.front().key).column).sql(" > '-infinity'"); // past the nulls
        if (scope_.vaults)
            out_.sql(" AND b.vault_id = ANY (").param(db::array_literal(*scope_.vaults), "uuid[]").sql(")");

        const bool range = driver == access::fetch_range ||
                           (driver == access::walk && branch_order(only).front().key == sort_key::created_at);
        if (request_.start_time) write_bound(*request_.start_time, range, ">=", "<");
        if (request_.end_time) write_bound(*request_.end_time, range, "<=", ">");

        if (request_.resource_id) out_.sql(" AND b.resource_id = ").param(*request_.resource_id, "uuid");
        if (request_.checkpoint_id) out_.sql(" AND b.checkpoint_id = ").param(*request_.checkpoint_id, "uuid");
        if (!request_.name.empty()) out_.sql(" AND strpos(b.name, ").param(request_.name, "text").sql(") > 0");
        if (!request_.resource_name.empty())
            out_.sql(" AND strpos(b.resource_name, ").param(request_.resource_name, "text").sql(") > 0");
    }

    // The order of a branch: without the first key where all its rows have the same.
    std::vector<sort_term> branch_order(const std::optional<tie_class>& only) const {
        return only && only->ties ? std::vector<sort_term>(order_.begin() + 1, order_.end()) : order_;
    }

    // The keyset condition: behind the marker in the branch's order.
    void write_keyset(const branch& branch, std::string_view alias) {
        if (!marker_ || !branch.after_marker) return;
        const std::vector<sort_term> order = branch_order(branch.only);
        const bool uniform = std::all_of(order.begin(), order.end(), [&](const sort_term& term) {
            return term.ascending == order.front().ascending;
        });
        if (uniform) {
            out_.sql(" AND (");
            for (std::size_t i = 0; i < order.size(); ++i)
                out_.sql(i == 0 ? "" : ", ").sql(alias).sql(".").sql(column_of(order[i].key).column);
            out_.sql(order.front().ascending ? ") > (" : ") < (");
            for (std::size_t i = 0; i < order.size(); ++i) {
                out_.sql(i == 0 ? "" : ", ");
                out_.param(value_of(*marker_, order[i].key), column_of(order[i].key).type);
            }
            out_.sql(")");
            return;
        }
        // The bound on the first key makes the index range; the expanded form decides among the ties.
        std::vector<std::size_t> values;
        out_.sql(" AND ");
        for (std::size_t i = 0; i < order.size(); ++i) {
            const key_column key = column_of(order[i].key);
            values.push_back(out_.add_param(value_of(*marker_, order[i].key)));
            if (i == 0) {
                out_.sql(alias).sql(".").sql(key.column).sql(order[i].ascending ? " >= " : " <= ");
                out_.placeholder(values[i], key.type).sql(" AND ");
            }
            const bool last = i + 1 == order.size();
            out_.sql(last ? "" : "(").sql(alias).sql(".").sql(key.column).sql(order[i].ascending ? " > " : " < ");
            out_.placeholder(values[i], key.type);
            if (!last) {
                out_.sql(" OR (").sql(alias).sql(".").sql(key.column).sql(" = ");
                out_.placeholder(values[i], key.type).sql(" AND ");
            }
        }
        for (std::size_t i = 0; i + 1 < order.size(); ++i)
            out_.sql("))");
    }

    void write_order(const std::optional<tie_class>& only, std::string_view alias) {
        const std::vector<sort_term> order = branch_order(only);
        out_.sql(" ORDER BY ");
        for (std::size_t i = 0; i < order.size(); ++i) {
            out_.sql(i == 0 ? "" : ", ").sql(alias).sql(".").sql(column_of(order[i].key).column);
            out_.sql(order[i].ascending ? "" : " DESC");
        }
    }

    // project_id, id and, where something outside must sort or compare them, the sort columns.
    void write_columns(std::string_view alias, bool with_keys) {
        out_.sql(alias).sql(".project_id, ").sql(alias).sql(".id");
        if (!with_keys) return;
        for (const sort_term& term : order_)
            if (term.key != sort_key::id) out_.sql(", ").sql(alias).sql(".").sql(column_of(term.key).column);
    }

    // True if the index that finds the rows also has every column of the branch's order.
    bool keys_covered(access driver, const std::vector<sort_term>& order) const {
        const bool by_resource = driver == access::fetch_equality && request_.resource_id.has_value();
        return std::all_of(order.begin(), order.end(), [&](const sort_term& term) {
            switch (term.key) {
            case sort_key::id:
                return true;
            case sort_key::created_at:
                return driver != access::fetch_parent;
            case sort_key::name:
                return driver == access::scan_name || by_resource;
            case sort_key::updated_at:
            case sort_key::protected_at:
                return by_resource;
            case sort_key::status:
                break;
            }
            return false;
        });
    }

    // SELECT of one branch's rows of one project (the given one, or p's), in order.
    void write_branch_of_project(const branch& branch, bool with_keys) {
        const std::vector<sort_term> order = branch_order(branch.only);
        if (branch.access == access::walk) {
            out_.sql("SELECT ");
            write_columns("b", with_keys);
            out_.sql(" FROM catalog.backups b WHERE ");
            write_project("b");
            write_filters(branch.access, branch.only);
            write_keyset(branch, "b");
            write_order(branch.only, "b");
            return;
        }
        // The rows are found first and sorted then. OFFSET 0 keeps the planner from merging the two, which could make
        // it walk a sort index instead. Sort columns that the finding index lacks come by primary key.
        const bool covered = keys_covered(branch.access, order);
        out_.sql("SELECT ");
        write_columns("k", with_keys);
        out_.sql(" FROM (");
        write_found(branch, covered);
        if (covered) {
            out_.sql(") k WHERE true");
        } else {
            out_.sql(") f CROSS JOIN LATERAL (SELECT ");
            write_columns("b", true);
            out_.sql(
                " FROM catalog.backups b WHERE b.project_id = f.project_id AND b.id = f.id OFFSET 0) k WHERE true");
        }
        write_keyset(branch, "k");
        write_order(branch.only, "k");
    }

    // SELECT of the rows that a driver finds, in no order.
    void write_found(const branch& branch, bool with_keys) {
        out_.sql("SELECT ");
        write_columns("b", with_keys);
        if (branch.access == access::fetch_facet) {
            // One look-up a facet: `= ANY` of an array may become a filter on the whole project's index range.
            std::vector<std::string> facets;
            for (const auto& entry : counts_.facets)
                if (!branch.only || branch.only->holds(entry.facet)) facets.push_back(std::to_string(entry.facet));
            const std::string matching = db::array_literal(facets);
            if (request_.all_tenants) {
                // Of all facets, those that the counters know in p: most projects have few of them, or none.
                const std::size_t array = out_.add_param(matching);
                out_.sql(" FROM (SELECT c.facet FROM catalog.facet_counts c WHERE c.project_id = p.project_id"
                         " AND c.facet = ANY (")
                    .placeholder(array, "bigint[]")
                    .sql(") UNION SELECT d.facet FROM catalog.count_deltas d WHERE d.project_id = p.project_id"
                         " AND d.facet = ANY (")
                    .placeholder(array, "bigint[]")
                    .sql(")) m");
            } else {
                out_.sql(" FROM unnest(").param(matching, "bigint[]").sql(") AS m (facet)");
            }
            out_.sql(" CROSS JOIN LATERAL (SELECT ");
            write_columns("b", with_keys);
        }
        out_.sql(" FROM catalog.backups b WHERE ");
        write_project("b");
        write_filters(branch.access, branch.only);
        out_.sql(branch.access == access::fetch_facet ? " OFFSET 0) b" : " OFFSET 0");
    }

    // SELECT of one branch's rows, in order. Over all projects, `need` (a parameter's number) bounds those of each.
    void write_branch(const branch& branch, std::size_t need) {
        if (!request_.all_tenants) {
            write_branch_of_project(branch, false);
            return;
        }
        out_.sql("SELECT ");
        write_columns("r", false);
        out_.sql(" FROM unnest(").param(db::array_literal(scope_.projects), "text[]");
        out_.sql(") AS p (project_id) CROSS JOIN LATERAL (");
        write_branch_of_project(branch, true);
        out_.sql(" LIMIT ").placeholder(need, "bigint").sql(") r");
        write_order(branch.only, "r");
    }

private:
    void write_bound(const std::string& time, bool indexed, std::string_view comparison, std::string_view opposite) {
        if (indexed) {
            out_.sql(" AND b.created_at ").sql(comparison).sql(" ").param(time + "Z", "timestamptz");
        } else {
            // The same condition (created_at is not null), in a form that no index matches.
            out_.sql(" AND (b.created_at ")
                .sql(opposite)
                .sql(" ")
                .param(time + "Z", "timestamptz")
                .sql(") IS NOT TRUE");
        }
    }

    db::statement& out_;
    const scope& scope_;
    const list_request& request_;
    const row_counts& counts_;
    const std::optional<marker_place>& marker_;
    std::vector<sort_term> order_;
    facet_filter filter_;
};

// The driver that count_statement uses: whichever index finds the fewest rows and covers the other filters.
access counting_access(const list_request& request) {
    if (request.parent_id) return access::fetch_parent;
    if (request.resource_id || request.checkpoint_id) return access::fetch_equality;
    if (!request.name.empty()) return access::scan_name;
    if (!request.resource_name.empty()) return access::scan_resource_name;
    return access::fetch_range;
}

} // namespace

facet_filter facet_filter_of(const list_request& request) {
    facet_filter filter;
    const auto require = [&](std::uint64_t mask, std::uint64_t value) {
        filter.mask |= mask;
        filter.value |= value;
    };
    if (request.all_tenants || request.own_type == own_type::own) require(facet::shared, 0);
    if (request.all_tenants && request.own_type == own_type::shared) filter.any = facet::member_any;
    if (!request.all_tenants && request.own_type == own_type::shared) require(facet::shared, facet::shared);
    if (request.image_type) require(1U << facet::image_type_shift, *request.image_type << facet::image_type_shift);
    if (request.dedicated_cloud) require(facet::dedicated_cloud, *request.dedicated_cloud ? facet::dedicated_cloud : 0);
    if (request.incremental)
        require(facet::incremental_mask, *request.incremental ? facet::incremental_true : facet::incremental_false);
    if (request.member_status) {
        const std::uint64_t bit = *request.member_status == member_status::pending    ? facet::member_pending
                                  : *request.member_status == member_status::accepted ? facet::member_accepted
                                                                                      : facet::member_rejected;
        require(bit, bit);
    }
    for (const std::size_t status : request.statuses)
        filter.status_set |= std::uint64_t{1} << status;
    for (const std::size_t type : request.resource_types)
        filter.resource_type_set |= std::uint64_t{1} << type;
    return filter;
}

std::vector<sort_term> total_order(const std::vector<sort_term>& sort) {
    std::vector<sort_term> order;
    for (const sort_term& term : sort) {
        order.push_back(term);
        if (term.key == sort_key::id) return order; // ids are unique: what follows can't matter
    }
    order.push_back({sort_key::id, order.front().ascending});
    return order;
}

std::vector<tie_class> tie_classes(const std::vector<sort_term>& order) {
    const sort_term& first = order.front();
    std::vector<tie_class> classes;
    if (first.key == sort_key::status) {
        for (std::size_t i = 0; i < statuses.size(); ++i)
            classes.push_back({facet::status_mask, i, true, statuses[i]});
    } else if ((first.key == sort_key::updated_at || first.key == sort_key::protected_at) &&
               order[1].key != sort_key::id) {
        const std::uint64_t null = first.key == sort_key::updated_at ? facet::no_updated_at : facet::no_protected_at;
        classes = {{null, null, true, "null"}, {null, 0, false, "not null"}};
    }
    if (!first.ascending) std::reverse(classes.begin(), classes.end());
    return classes;
}

bool counters_suffice(const scope& scope) {
    const list_request& r = scope.request;
    return !r.checkpoint_id && !r.resource_id && !r.parent_id && !r.start_time && !r.end_time && r.name.empty() &&
           r.resource_name.empty();
}

bool is_unfiltered(const scope& scope) {
    const facet_filter filter = facet_filter_of(scope.request);
    return counters_suffice(scope) && !has_placement_filter(scope) && !scope.vaults && filter.any == 0 &&
           filter.status_set == 0 && filter.resource_type_set == 0 && (filter.mask & ~facet::shared) == 0;
}

db::statement vaults_statement(const scope& scope) {
    db::statement out("SELECT v.id FROM catalog.vaults v WHERE v.size > 0 AND v.used * 100 >= v.size * 1024 * ");
    out.param(std::to_string(*scope.request.used_percent), "bigint");
    if (!scope.request.all_tenants) out.sql(" AND v.project_id = ").param(scope.project_id, "text");
    if (scope.request.vault_id) out.sql(" AND v.id = ").param(*scope.request.vault_id, "uuid");
    out.sql(" ORDER BY v.id");
    return out;
}

db::statement listed_statement(const scope& scope) {
    const facet_filter filter = facet_filter_of(scope.request);
    db::statement out(
        "SELECT coalesce(sum(c.n), 0)::bigint AS n FROM (SELECT n, project_id, CASE WHEN shared THEN 32768 "
        "ELSE 0 END::bigint AS facet FROM catalog.project_counts UNION ALL SELECT n, project_id, facet FROM "
        "catalog.count_deltas) c WHERE (c.facet & 65536) = 0");
    if (!scope.request.all_tenants) out.sql(" AND c.project_id = ").param(scope.project_id, "text");
    facet_filter shared_only;
    shared_only.mask = filter.mask & facet::shared;
    shared_only.value = filter.value & facet::shared;
    write_facet_bits(out, shared_only, "c.facet");
    return out;
}

db::statement facets_statement(const scope& scope) {
    db::statement out(
        "SELECT c.facet, sum(c.n)::bigint AS n FROM (SELECT facet, resource_az, enterprise_project_id, n FROM ");
    const auto write_source = [&](std::string_view table, bool vaults) {
        out.sql(table).sql(" WHERE true");
        if (!scope.request.all_tenants) out.sql(" AND project_id = ").param(scope.project_id, "text");
        if (vaults) out.sql(" AND vault_id = ANY (").param(db::array_literal(*scope.vaults), "uuid[]").sql(")");
    };
    write_source(scope.vaults ? "catalog.vault_counts" : "catalog.facet_counts", scope.vaults.has_value());
    out.sql(" UNION ALL SELECT facet, resource_az, enterprise_project_id, n FROM ");
    write_source("catalog.count_deltas", scope.vaults.has_value());
    out.sql(scope.request.parent_id ? ") c WHERE (c.facet & 65536) <> 0" : ") c WHERE (c.facet & 65536) = 0");
    write_facet_bits(out, facet_filter_of(scope.request), "c.facet");
    if (!scope.request.resource_az.empty()) out.sql(" AND c.resource_az = ").param(scope.request.resource_az, "text");
    if (scope.enterprise_projects)
        out.sql(" AND c.enterprise_project_id = ANY (")
            .param(db::array_literal(*scope.enterprise_projects), "text[]")
            .sql(")");
    out.sql(" GROUP BY c.facet HAVING sum(c.n) > 0 ORDER BY c.facet");
    return out;
}

db::statement count_statement(const scope& scope, const row_counts& counts) {
    db::statement out;
    const std::optional<marker_place> no_marker;
    row_writer rows(out, scope, counts, no_marker);
    const auto count_project = [&] {
        out.sql("SELECT count(*) AS n FROM catalog.backups b WHERE ");
        rows.write_project("b");
        rows.write_filters(counting_access(scope.request), std::nullopt);
    };
    if (!scope.request.all_tenants) {
        count_project();
        return out;
    }
    out.sql("SELECT coalesce(sum(r.n), 0)::bigint AS n FROM unnest(")
        .param(db::array_literal(scope.projects), "text[]");
    out.sql(") AS p (project_id) CROSS JOIN LATERAL (");
    count_project();
    out.sql(") r");
    return out;
}

db::statement page_statement(const scope& scope, const row_counts& counts, const access_path& path,
                             const std::optional<marker_place>& marker) {
    db::statement out;
    row_writer rows(out, scope, counts, marker);
    const std::size_t limit = out.add_param(std::to_string(scope.request.limit));
    const std::size_t offset = out.add_param(std::to_string(path.offset));
    const std::string_view documents =
        scope.request.show_replication ? "b.document, b.replication_document" : "b.document";

    if (path.one_stage) {
        const branch& only = path.branches.front();
        out.sql("SELECT ").sql(documents).sql(" FROM catalog.backups b WHERE ");
        rows.write_project("b");
        rows.write_filters(only.access, only.only);
        rows.write_keyset(only, "b");
        rows.write_order(only.only, "b");
        out.sql(" LIMIT ").placeholder(limit, "bigint").sql(" OFFSET ").placeholder(offset, "bigint");
        return out;
    }

    out.sql("WITH page AS MATERIALIZED (SELECT q.project_id, q.id, row_number() OVER () AS place FROM (");
    const bool several = path.branches.size() > 1;
    const std::size_t need =
        several || scope.request.all_tenants ? out.add_param(std::to_string(path.offset + scope.request.limit)) : limit;
    if (several) {
        // PostgreSQL runs the branches of UNION ALL one after another and stops when the page is full.
        out.sql("SELECT u.project_id, u.id FROM (");
        for (std::size_t i = 0; i < path.branches.size(); ++i) {
            out.sql(i == 0 ? "(" : " UNION ALL (");
            rows.write_branch(path.branches[i], need);
            out.sql(" LIMIT ").placeholder(need, "bigint").sql(")");
        }
        out.sql(") u");
    } else {
        rows.write_branch(path.branches.front(), need);
    }
    out.sql(" LIMIT ").placeholder(limit, "bigint").sql(" OFFSET ").placeholder(offset, "bigint");
    out.sql(") q) SELECT ").sql(scope.request.show_replication ? "d.document, d.replication_document" : "d.document");
    out.sql(" FROM page CROSS JOIN LATERAL (SELECT ").sql(documents);
    out.sql(" FROM catalog.backups b WHERE b.project_id = page.project_id AND b.id = page.id OFFSET 0) d ORDER BY "
            "page.place");
    return out;
}

} // namespace catalog::query
