// This file writes the SQL of the list call.
#include "query/list_query.hpp"

#include "query/facet.hpp"
#include "query/weeks.hpp"

#include <algorithm>
#include <bit>
#include <set>
#include <string_view>

namespace catalog::query {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view type_of(sort_key key) {
    switch (key) {
    case sort_key::created_at:
    case sort_key::updated_at:
    case sort_key::protected_at:
        return "timestamptz";
    case sort_key::name:
        return "text";
    case sort_key::status:
        return "bigint";
    case sort_key::id:
        break;
    }
    return "uuid";
}

// Name of a sort key's column, which is not null, so that row comparison works.
constexpr std::string_view column_of(sort_key key) {
    switch (key) {
    case sort_key::created_at:
        return "created_at";
    case sort_key::updated_at:
        return "updated_order";
    case sort_key::protected_at:
        return "protected_order";
    case sort_key::name:
        return "name";
    case sort_key::status:
        return "status_order"; // no column of the table, see key_of
    case sort_key::id:
        break;
    }
    return "id";
}

// A sort key's value in a row of catalog.backups (alias b) or of a subquery that has write_columns'. Every index has
// the facet, whose lowest bits number the statuses in alphabetical order.
std::string key_of(std::string_view alias, sort_key key) {
    if (key == sort_key::status && alias == "b") return "(b.facet & 7)";
    return std::string(alias) + "." + std::string(column_of(key));
}

std::string value_of(const marker_place& marker, sort_key key) {
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
        return std::to_string(index_of(statuses, marker.status).value_or(0));
    case sort_key::id:
        break;
    }
    return marker.id;
}

// The statuses that the filter leaves, of which the class may be one; none if it leaves all.
std::vector<std::size_t> statuses_of(const list_request& request, const std::optional<tie_class>& only) {
    if (only && only->mask == facet::status_mask) return {only->value};
    return request.statuses;
}

// The condition of the indexes of backups that are apart.
constexpr std::string_view is_apart(sort_key key) {
    return key == sort_key::updated_at
               ? "(b.updated_at - b.created_at) NOT BETWEEN interval '-24 hours' AND interval '24 hours'"
               : "(b.protected_at - b.created_at) NOT BETWEEN interval '-24 hours' AND interval '24 hours'";
}

std::string number(std::uint64_t value) {
    return std::to_string(static_cast<std::int64_t>(value));
}

// The pattern of LIKE for texts that contain this one (chapter 9.7.1); it takes half of strpos' time.
std::string containing(std::string_view text) {
    std::string pattern = "%";
    for (const char c : text) {
        if (c == '%' || c == '_' || c == '\\') pattern += '\\';
        pattern += c;
    }
    return pattern + '%';
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

bool is_timeless(rare_kind kind) {
    return kind == rare_kind::no_updated_at || kind == rare_kind::no_protected_at;
}

// True if the class is that of backups without the time that sorts.
bool is_timeless(const std::optional<tie_class>& only) {
    return only && only->ties && only->mask != facet::status_mask;
}

bool has_placement_filter(const scope& scope) {
    return scope.enterprise_projects.has_value() || !scope.request.resource_az.empty();
}

// True if the counters of weeks tell the request's matches from the others.
bool weeks_suffice(const scope& scope, const row_counts& counts) {
    const list_request& request = scope.request;
    const bool counted = scope.vaults ? counts.vaults_by_week && scope.vaults->size() == 1 : counts.by_week;
    return counted && !(request.all_tenants && scope.vaults) && !has_placement_filter(scope) &&
           !request.is_found_by_value() && !request.has_substring();
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

// True if the driver goes through all rows in the order of created_at, which is about that of the rows in the table: so
// the visibility map is read page by page. Over all projects no index has the names of resources.
bool scans_by_time(const list_request& request, access driver) {
    return driver == access::scan && (!request.all_tenants || request.resource_name.empty());
}

// Writes the parts of one statement that select rows of catalog.backups as b.
class row_writer {
public:
    row_writer(db::statement& out, const scope& scope, const row_counts& counts,
               const std::optional<marker_place>& marker, const std::optional<std::string>& begins_at)
        : out_(out)
        , scope_(scope)
        , request_(scope.request)
        , counts_(counts)
        , marker_(marker)
        , begins_at_(begins_at)
        , order_(total_order(request_.sort))
        , filter_(facet_filter_of(request_)) {}

    // FROM and the conditions of every filter. `driver` says which of them the planner may use to find rows; the others
    // are written so that no index fits, because a planner with two ways to choose from picks the wrong one for
    // somebody.
    void write_rows(access driver, const std::optional<tie_class>& only) {
        write_rows(driver, only, {request_.start_time, request_.end_time});
    }

    // The same within other times than the request's. `with_begin`: from where the path begins. `in_order`: not those
    // of each value in turn that fetch_rare looks for, see write_found, but of the only one.
    void write_rows(access driver, const std::optional<tie_class>& only, const time_range& times,
                    bool with_begin = true, bool in_order = false) {
        out_.sql(" FROM catalog.backups b WHERE ");
        const bool shared_alone = driver == access::walk && has_orders_of_others(scope_);
        const bool nulls = driver == access::fetch_rare && nulls_in_order(scope_, counts_, only);
        const bool in_order_index = driver == access::walk
                                        ? !has_orders_of_others(scope_)
                                        : driver == access::fetch_range || driver == access::scan || nulls;
        if (!request_.all_tenants) {
            out_.sql("b.project_id = ").param(scope_.project_id, "text").sql(" AND ");
        } else if (driver == access::walk || driver == access::walk_apart || driver == access::fetch_range ||
                   driver == access::count_range || driver == access::fetch_rare ||
                   (driver == access::scan && request_.resource_name.empty())) {
            out_.sql("b.owner_project_id IS NULL AND "); // the indexes over all projects; elsewhere the facet says it
        }
        if (driver == access::fetch_parent) {
            out_.sql("b.parent_id = ").param(*request_.parent_id, "uuid").sql(" AND NOT b.inherited");
        } else {
            out_.sql("b.parent_id IS NULL");
        }
        if ((driver == access::fetch_rare && !nulls) || shared_alone) write_rare(only, in_order);
        if (driver == access::walk_apart) out_.sql(" AND ").sql(is_apart(order_.front().key));
        if (driver == access::count_range)
            out_.sql(" AND (b.facet & 65536) = 0"); // migrations/deploy/narrow_indexes.sql
        if (driver == access::fetch_facet) {
            out_.sql(" AND b.facet = m.facet"); // see write_found
            if (finds_vaults_with_facets()) {
                out_.sql(" AND b.vault_id = m.vault_id");
                if (request_.all_tenants) out_.sql(" AND b.project_id = m.project_id");
            } else if (scope_.vaults) {
                out_.sql(" AND b.vault_id = ").param(scope_.vaults->front(), "uuid");
            }
        } else {
            // The index of texts is without what is compared (migrations/deploy/texts.sql).
            const bool in_texts = request_.has_substring() && !request_.all_tenants &&
                                  (driver == access::scan || driver == access::fetch_range);
            const bool compared = in_order_index && !in_texts;
            write_facet_bits(out_, filter_of(only), "b.facet");
            write_placements(in_order_index || driver == access::fetch_rare, compared);
            if (compared)
                write_compared(only,
                               driver != access::walk || compares_class(scope_, only, branch_order(only).front().key));
        }
        const bool walked = driver == access::walk || driver == access::walk_apart;
        if (!walked && has_nulls_before(only)) write_past_nulls();
        if (scope_.vaults && driver != access::fetch_facet) {
            if (scope_.vaults->size() == 1)
                out_.sql(" AND b.vault_id = ").param(scope_.vaults->front(), "uuid");
            else // IS TRUE: an index would be gone through once for each of them
                out_.sql(" AND (b.vault_id = ANY (")
                    .param(db::array_literal(*scope_.vaults), "uuid[]")
                    .sql(")) IS TRUE");
        }

        // In the index of facets the time comes behind the vault, in those of what few backups are, of resources and of
        // parents behind the project or the kind. (Beside a resource an index of the project's times fits, too; it is
        // no match where plans are made for large projects: migrations/deploy/large_projects.sql.)
        const bool range =
            driver == access::fetch_range || driver == access::count_range ||
            (driver == access::fetch_facet && scope_.vaults) || (driver == access::fetch_rare && !nulls) ||
            has_times_behind_value(driver) ||
            (driver == access::walk && (in_order_index || branch_order(only).front().key == sort_key::created_at));
        if (times.from) write_bound(*times.from, range, ">=", "<");
        if (times.to) write_bound(*times.to, range, "<=", ">");
        if (begins_at_ && with_begin)
            out_.sql(order_.front().ascending ? " AND b.created_at >= " : " AND b.created_at < ")
                .param(*begins_at_, "timestamptz");

        if (request_.resource_id) out_.sql(" AND b.resource_id = ").param(*request_.resource_id, "uuid");
        if (request_.checkpoint_id) out_.sql(" AND b.checkpoint_id = ").param(*request_.checkpoint_id, "uuid");
        if (!request_.name.empty()) out_.sql(" AND b.name LIKE ").param(containing(request_.name), "text");
        if (!request_.resource_name.empty())
            out_.sql(" AND b.resource_name LIKE ").param(containing(request_.resource_name), "text");
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
                out_.sql(i == 0 ? "" : ", ").sql(key_of(alias, order[i].key));
            out_.sql(order.front().ascending ? ") > (" : ") < (");
            for (std::size_t i = 0; i < order.size(); ++i) {
                out_.sql(i == 0 ? "" : ", ");
                out_.param(value_of(*marker_, order[i].key), type_of(order[i].key));
            }
            out_.sql(")");
            return;
        }
        // The bound on the first key makes the index range; the expanded form decides among the ties.
        std::vector<std::size_t> values;
        out_.sql(" AND ");
        for (std::size_t i = 0; i < order.size(); ++i) {
            const std::string key = key_of(alias, order[i].key);
            const std::string_view type = type_of(order[i].key);
            values.push_back(out_.add_param(value_of(*marker_, order[i].key)));
            if (i == 0)
                out_.sql(key).sql(order[i].ascending ? " >= " : " <= ").placeholder(values[i], type).sql(" AND ");
            const bool last = i + 1 == order.size();
            out_.sql(last ? "" : "(").sql(key).sql(order[i].ascending ? " > " : " < ").placeholder(values[i], type);
            if (!last) out_.sql(" OR (").sql(key).sql(" = ").placeholder(values[i], type).sql(" AND ");
        }
        for (std::size_t i = 0; i + 1 < order.size(); ++i)
            out_.sql("))");
    }

    void write_order(const std::optional<tie_class>& only, std::string_view alias) {
        const std::vector<sort_term> order = branch_order(only);
        out_.sql(" ORDER BY ");
        for (std::size_t i = 0; i < order.size(); ++i) {
            out_.sql(i == 0 ? "" : ", ").sql(key_of(alias, order[i].key)).sql(order[i].ascending ? "" : " DESC");
        }
    }

    // FROM, conditions and order of a branch that is walked, or whose rows are found in order. Of two conditions on
    // where it begins, PostgreSQL 15 may take either for the place in the index (nbtsearch.c: _bt_first): so only the
    // farther one is written.
    void write_walk(const branch& branch) {
        time_range times{request_.start_time, request_.end_time};
        time_range window = branch.window.value_or(time_range{});
        const sort_term first = branch_order(branch.only).front();
        time_range& sorted = first.key == sort_key::created_at ? times : window; // ranges of the first key
        std::optional<std::string>& bound = first.ascending ? sorted.from : sorted.to;
        bool keyset = true;
        bool begin = true;
        if (marker_ && branch.after_marker && type_of(first.key) == "timestamptz") {
            const std::string place = comparable(value_of(*marker_, first.key));
            const auto is_farther = [&](const std::optional<std::string>& time) {
                return time && (first.ascending ? comparable(*time) > place : comparable(*time) < place);
            };
            keyset = !is_farther(bound) && !is_farther(begins_at_);
            begin = !keyset;
            if (keyset) bound.reset();
        }
        write_rows(branch.access, branch.only, times, begin, branch.access == access::fetch_rare);
        keyset = keyset && marker_ && branch.after_marker;
        const bool marker_is_past_nulls = keyset && first.ascending && value_of(*marker_, first.key) != "-infinity";
        if (has_nulls_before(branch.only) && !window.from && !marker_is_past_nulls) write_past_nulls();
        const std::string key = key_of("b", first.key);
        if (window.from) out_.sql(" AND ").sql(key).sql(" >= ").param(*window.from + "Z", "timestamptz");
        if (window.to) out_.sql(" AND ").sql(key).sql(" <= ").param(*window.to + "Z", "timestamptz");
        if (keyset) write_keyset(branch, "b");
        write_order(branch.only, "b");
    }

    // True if the index that finds the rows has them in the branch's order. Those of resources and parents are in the
    // order of created_at, within a project, those of what few backups are also over all.
    bool finds_in_order(const branch& branch) const {
        if (branch.access == access::fetch_rare) return rare_in_order(scope_, counts_, branch.only);
        return has_times_behind_value(branch.access) && !request_.all_tenants && !branch.only && order_.size() == 2 &&
               order_[0].key == sort_key::created_at && order_[0].ascending == order_[1].ascending;
    }

    // SELECT of one branch's rows, in order. Columns: project_id, id.
    void write_branch(const branch& branch) {
        if (branch.access == access::walk || branch.access == access::walk_apart || finds_in_order(branch)) {
            out_.sql("SELECT b.project_id, b.id");
            write_walk(branch);
            return;
        }
        // The rows are found first and sorted then. OFFSET 0 keeps the planner from merging the two, which could make
        // it walk a sort index instead.
        out_.sql("SELECT k.project_id, k.id FROM (");
        write_found(branch);
        out_.sql(") k WHERE true");
        write_keyset(branch, "k");
        write_order(branch.only, "k");
    }

    // So that the planner takes the index that is in the order of created_at, without a project before it over all.
    void write_scan_order(access driver, const std::optional<tie_class>& only = std::nullopt) {
        if (scans_by_time(request_, driver) ||
            (driver == access::fetch_rare && request_.all_tenants && !nulls_in_order(scope_, counts_, only)))
            out_.sql(" ORDER BY b.created_at");
    }

    // The rows that a driver finds, in no order, with all that sorts them.
    void write_found(const branch& branch) {
        if (branch.access == access::fetch_found) {
            out_.sql("SELECT r.* FROM unnest(").param(counts_.found->projects, "text[]").sql(", ");
            out_.param(counts_.found->ids, "uuid[]").sql(") AS m (project_id, id) CROSS JOIN LATERAL (SELECT ");
            write_columns();
            out_.sql(
                " FROM catalog.backups b WHERE b.project_id = m.project_id COLLATE \"C\" AND b.id = m.id OFFSET 0) r");
            return;
        }
        if (branch.access != access::fetch_facet) {
            std::vector<std::string> values;
            if (branch.access == access::fetch_rare) values = rare_values(branch.only);
            if (!values.empty())
                out_.sql("SELECT r.* FROM unnest(")
                    .param(db::array_literal(values), "text[]")
                    .sql(") AS m (value) CROSS JOIN LATERAL (");
            out_.sql("SELECT ");
            write_columns();
            write_rows(branch.access, branch.only);
            write_scan_order(branch.access, branch.only);
            out_.sql(values.empty() ? " OFFSET 0" : " OFFSET 0) r");
            return;
        }
        // One look-up a facet and vault: `= ANY` of an array may become a filter on all that the rest of the index
        // finds.
        out_.sql("SELECT r.* FROM ");
        if (finds_vaults_with_facets()) {
            // A vault's project, too: other projects may have the same facets.
            const std::size_t vaults = out_.add_param(db::array_literal(*scope_.vaults));
            const auto write_source = [&](std::string_view table) {
                out_.sql("SELECT project_id, vault_id, facet FROM ").sql(table).sql(" WHERE vault_id = ANY (");
                out_.placeholder(vaults, "uuid[]").sql(")");
                if (!request_.all_tenants)
                    out_.sql(" AND (project_id = ").param(scope_.project_id, "text").sql(") IS TRUE");
            };
            out_.sql("(SELECT c.project_id, c.vault_id, c.facet FROM (");
            write_source("catalog.vault_counts");
            out_.sql(" UNION ALL ");
            write_source("catalog.count_deltas");
            out_.sql(has_whole_facets(scope_, counts_) ? ") c WHERE c.facet = ANY ("
                                                       : ") c WHERE c.facet & 1048575 = ANY (")
                .param(matching_facets(branch), "bigint[]")
                .sql(") GROUP BY 1, 2, 3) m");
        } else if (has_whole_facets(scope_, counts_)) {
            out_.sql("unnest(").param(matching_facets(branch), "bigint[]").sql(") AS m (facet)");
        } else if (!request_.all_tenants) {
            const std::size_t bits = out_.add_param(matching_facets(branch));
            const std::size_t project = out_.add_param(scope_.project_id);
            const std::size_t zone = request_.resource_az.empty() ? 0 : out_.add_param(request_.resource_az);
            const auto write_zone = [&] {
                if (zone != 0) out_.sql(" AND resource_az = ").placeholder(zone, "text");
            };
            out_.sql("(SELECT f.facet FROM unnest(").placeholder(bits, "bigint[]");
            out_.sql(") AS w (bits) CROSS JOIN LATERAL (SELECT facet FROM catalog.facets_by_bits WHERE project_id = ");
            out_.placeholder(project, "text").sql(" AND bits = w.bits::integer");
            write_zone();
            out_.sql(" OFFSET 0) f UNION SELECT facet FROM catalog.count_deltas WHERE project_id = ");
            out_.placeholder(project, "text")
                .sql(" AND facet & 1048575 = ANY (")
                .placeholder(bits, "bigint[]")
                .sql(")");
            write_zone();
            out_.sql(") m");
        } else {
            out_.sql(
                "(SELECT c.facet FROM (SELECT facet, resource_az FROM catalog.facet_counts UNION ALL SELECT facet, "
                "resource_az FROM catalog.count_deltas) c WHERE (c.facet & 65536) = 0");
            write_facet_bits(out_, filter_of(branch.only), "c.facet");
            if (!request_.resource_az.empty()) out_.sql(" AND c.resource_az = ").param(request_.resource_az, "text");
            out_.sql(" GROUP BY c.facet) m");
        }
        out_.sql(" CROSS JOIN LATERAL (SELECT ");
        write_columns();
        write_rows(branch.access, branch.only);
        out_.sql(" OFFSET 0) r");
    }

private:
    // True if the driver's index has the time behind the value that it looks for, and the project.
    bool has_times_behind_value(access driver) const {
        return driver == access::fetch_parent || (driver == access::fetch_equality && !request_.checkpoint_id);
    }

    static bool has_nulls_before(const std::optional<tie_class>& only) {
        return only && only->mask != facet::status_mask && !only->ties;
    }

    void write_past_nulls() { out_.sql(" AND ").sql(key_of("b", order_.front().key)).sql(" > '-infinity'"); }

    // True if the counters are asked which vaults have which facets: where there may be several vaults, or whole facets
    // are not known.
    bool finds_vaults_with_facets() const {
        return scope_.vaults &&
               (request_.all_tenants || scope_.vaults->size() != 1 || !has_whole_facets(scope_, counts_));
    }

    std::string matching_facets(const branch& branch) const {
        std::vector<std::string> facets;
        for (const auto& entry : counts_.facets)
            if (!branch.only || branch.only->holds(entry.facet)) facets.push_back(std::to_string(entry.facet));
        return db::array_literal(facets);
    }

    // The values of the kind's column, each looked up for itself: for `= ANY` of an array the planner counts on ten
    // searches, and takes another index instead. Empty for the kinds that have none.
    std::vector<std::string> rare_values(const std::optional<tie_class>& only) const {
        std::vector<std::string> values;
        const rare_kind kind = rare_rows(scope_, counts_, only).value().kind;
        if (kind == rare_kind::status)
            for (const std::size_t status : statuses_of(request_, only)) // a request may name one twice
                if (std::find(values.begin(), values.end(), statuses[status]) == values.end())
                    values.emplace_back(statuses[status]);
        if (kind == rare_kind::members) {
            const std::uint64_t wanted = (filter_.any != 0 ? filter_.any : filter_.mask) >> facet::member_shift;
            for (std::uint64_t states = 1; states <= facet::member_any >> facet::member_shift; ++states)
                if (filter_.any != 0 || (states & wanted) == (wanted & facet::member_any >> facet::member_shift))
                    values.push_back(std::to_string(states));
        }
        return values;
    }

    // The condition of the partial index, and what finds the rows in it: the only value, or m.value, see write_found.
    void write_rare(const std::optional<tie_class>& only, bool in_order) {
        switch (rare_rows(scope_, counts_, only).value().kind) {
        case rare_kind::status:
            out_.sql(" AND b.status <> 'available' AND b.status = ");
            if (in_order)
                out_.param(rare_values(only).front(), "text");
            else
                out_.sql("m.value COLLATE \"C\"");
            break;
        case rare_kind::members:
            out_.sql(request_.all_tenants ? "" : " AND b.owner_project_id IS NULL");
            out_.sql(" AND b.member_states <> 0 AND b.member_states = m.value::smallint");
            break;
        case rare_kind::shared:
            out_.sql(" AND b.owner_project_id IS NOT NULL");
            break;
        case rare_kind::no_updated_at:
            out_.sql(" AND b.updated_at IS NULL");
            break;
        case rare_kind::no_protected_at:
            out_.sql(" AND b.protected_at IS NULL");
        }
    }

    // project_id, id and the sort columns.
    void write_columns() {
        out_.sql("b.project_id, b.id");
        for (const sort_term& term : order_) {
            if (term.key == sort_key::id) continue;
            out_.sql(", ").sql(key_of("b", term.key));
            if (term.key == sort_key::status) out_.sql(" AS ").sql(column_of(term.key));
        }
    }

    // The request's filter on facets within a class.
    facet_filter filter_of(const std::optional<tie_class>& only) const {
        facet_filter filter = filter_;
        if (only) {
            filter.mask |= only->mask;
            filter.value |= only->value;
        }
        return filter;
    }

    // `has_zones`: the index has them in a column. `compared`: within the index of the order, see write_compared.
    void write_placements(bool has_zones, bool compared) {
        if (!has_placement_filter(scope_)) return;
        // The placements of zones are known to those alone who ask for all projects.
        const bool by_column = has_zones || (!request_.all_tenants && !has_whole_facets(scope_, counts_));
        if (by_column && !request_.resource_az.empty())
            out_.sql(" AND b.resource_az = ").param(request_.resource_az, "text");
        if (by_column && !scope_.enterprise_projects) return;
        if (compared && scope_.enterprise_projects->size() == 1) {
            out_.sql(" AND b.enterprise_project_id = ").param(scope_.enterprise_projects->front(), "text");
            return;
        }
        if (has_whole_facets(scope_, counts_)) {
            out_.sql(" AND (b.facet >> 20) = ANY (").param(matching_placements(counts_), "bigint[]").sql(")");
            return;
        }
        // Thousands over all projects: IS TRUE keeps the subquery from becoming a join, and so it is hashed once.
        const std::size_t zone = out_.add_param(request_.resource_az);
        out_.sql(" AND ((b.facet >> 20) IN (SELECT placement FROM catalog.zone_placements WHERE resource_az = ")
            .placeholder(zone, "text")
            .sql(" UNION ALL SELECT facet >> 20 FROM catalog.count_deltas WHERE resource_az = ")
            .placeholder(zone, "text")
            .sql(")) IS TRUE");
    }

    // What the facet says, in columns that PostgreSQL compares within the indexes of orders (migrations/deploy/
    // enterprise_orders.sql): an entry that is left out costs no look at the table or its visibility map. Of several
    // values the first and the last, because an array would take the order from the index (PostgreSQL 15 and 16).
    // `with_class`: and what makes the class.
    void write_compared(const std::optional<tie_class>& only, bool with_class) {
        write_span("status", statuses, statuses_of(request_, only));
        write_span("resource_type", resource_types, request_.resource_types);
        if (request_.image_type)
            out_.sql(" AND b.image_type = ").param(std::string(image_types[*request_.image_type]), "text");
        if (request_.incremental)
            out_.sql(" AND b.incremental = ").param(*request_.incremental ? "true" : "false", "boolean");
        if (request_.dedicated_cloud)
            out_.sql(" AND b.dedicated_cloud = ").param(*request_.dedicated_cloud ? "true" : "false", "boolean");
        write_member_states();
        if (is_timeless(only) && with_class)
            out_.sql(" AND ").sql(key_of("b", order_.front().key)).sql(" = '-infinity'");
    }

    // Sharing states are bits: those with the lowest bit that is asked for are no smaller. Most backups have none.
    void write_member_states() {
        const std::uint64_t wanted = (filter_.any | filter_.mask) & facet::member_any;
        if (wanted == 0) return;
        const std::uint64_t least = wanted >> facet::member_shift;
        out_.sql(" AND b.member_states >= ").param(number(filter_.any != 0 ? 1 : least), "smallint");
    }

    template <std::size_t N>
    void write_span(std::string_view column, const std::array<std::string_view, N>& names,
                    const std::vector<std::size_t>& chosen) {
        if (chosen.empty()) return;
        const name_span span = span_of(names, chosen);
        out_.sql(" AND b.").sql(column).sql(chosen.size() == 1 ? " = " : " >= ");
        out_.param(std::string(span.least), "text");
        if (chosen.size() > 1) out_.sql(" AND b.").sql(column).sql(" <= ").param(std::string(span.greatest), "text");
    }

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
    const std::optional<std::string>& begins_at_;
    std::vector<sort_term> order_;
    facet_filter filter_;
};

// Facets are looked up one by one, five pages each.
constexpr std::size_t most_facets_sought = 300;
// Rows of facets that are looked through for a time range, where the range itself may hold more of the list or fewer.
constexpr std::uint64_t most_facet_rows = 10'000;

// Rows of a kind that are looked through for a time range or a substring.
constexpr std::uint64_t most_rare_rows = 20'000;

// Where whole weeks are counted already, the rest of a range is about a week.
bool has_few_rare_rows(const scope& scope, const row_counts& counts) {
    const auto rare = rare_rows(scope, counts, std::nullopt);
    return rare && rare->rows <= (weeks_suffice(scope, counts) ? counts.listed / 100 : most_rare_rows);
}

// True if a vault's backups are soon looked at, all of them; the ends of a range hold about two hundredths of the
// project's.
bool is_small_vault(const scope& scope, const row_counts& counts) {
    return scope.vaults && counts.facet_matches <= counts.listed / 100;
}

// By created_at; over all tenants where facets tell the matches, as for weeks, in an index of little else.
access ranging_access(const scope& scope, const row_counts& counts) {
    return scope.request.all_tenants && weeks_suffice(scope, counts) ? access::count_range : access::fetch_range;
}

// The driver that count_statement uses: whichever index finds the fewest rows and covers the other filters.
access counting_access(const scope& scope, const row_counts& counts) {
    const list_request& request = scope.request;
    if (request.parent_id) return access::fetch_parent;
    if (request.resource_id || request.checkpoint_id) return access::fetch_equality;
    const bool substring = request.has_substring();
    const bool few = counts.facet_matches <= most_facet_rows && counts.facet_matches * 5 < counts.listed;
    const bool by_facet = scope.vaults ? !weeks_suffice(scope, counts) || is_small_vault(scope, counts)
                                       : few && has_whole_facets(scope, counts);
    if (request.has_range() && !substring && by_facet && !counts.facets.empty() &&
        counts.facets.size() <= most_facets_sought)
        return access::fetch_facet;
    if (has_few_rare_rows(scope, counts)) return access::fetch_rare;
    if (request.has_range() && (!substring || !request.all_tenants)) return ranging_access(scope, counts);
    return access::scan;
}

// True if no filter but own_type looks at the facet.
bool all_facets_match(const facet_filter& filter) {
    return filter.any == 0 && filter.status_set == 0 && filter.resource_type_set == 0 &&
           (filter.mask & ~facet::shared) == 0;
}

// True if the facets are those of a large project's whole list, by their lower bits: of the row of all its weeks.
bool counts_list_by_bits(const scope& scope, const row_counts& counts) {
    return !scope.request.all_tenants && !scope.vaults && scope.request.resource_az.empty() &&
           !has_whole_facets(scope, counts);
}

// How many backups are apart, as one more column; the number is looked at alone, and so not all of them are counted.
void write_number_apart(db::statement& out, const scope& scope) {
    out.sql(", (SELECT count(*) FROM (SELECT FROM catalog.backups b WHERE b.parent_id IS NULL");
    if (scope.request.all_tenants)
        out.sql(" AND b.owner_project_id IS NULL");
    else
        out.sql(" AND b.project_id = ").param(scope.project_id, "text");
    out.sql(" AND ").sql(is_apart(scope.request.sort.front().key)).sql(" LIMIT ");
    out.param(std::to_string(most_apart), "bigint").sql(") a) AS apart");
}

// FROM and conditions of the counters of the weeks of the project, of its vault, or of all projects, as c. Columns:
// week, n. `whole` says which; nothing: all.
void write_weeks(db::statement& out, const scope& scope, const divided_range* whole) {
    const bool all = scope.request.all_tenants;
    const std::size_t project = all ? 0 : out.add_param(scope.project_id);
    const auto number_of = [&](const std::optional<std::string>& time) {
        return time ? out.add_param(*time + "Z") : 0;
    };
    const std::size_t first = whole ? number_of(whole->first_week) : 0; // 0: no such parameter
    const std::size_t behind = whole ? number_of(whole->behind_last) : 0;
    const facet_filter filter = facet_filter_of(scope.request);
    const auto write_bounds = [&] {
        if (first != 0) out.sql(" AND week >= ").placeholder(first, "timestamptz");
        if (behind != 0) out.sql(" AND week < ").placeholder(behind, "timestamptz");
    };
    if (scope.vaults) { // the days of its parts' names sort as text; those without end before ':'
        constexpr std::size_t day = 10;
        const std::string part = "vault " + scope.vaults->front() + " ";
        out.sql(" FROM (SELECT (right(part, 10) || 'Z')::timestamptz AS week, facet, n FROM catalog.part_counts WHERE "
                "project_id = ")
            .placeholder(project, "text");
        out.sql(" AND part >= ").param(part + (first != 0 ? whole->first_week->substr(0, day) : "0"), "text");
        out.sql(" AND part < ").param(part + (behind != 0 ? whole->behind_last->substr(0, day) : ":"), "text");
        out.sql(" UNION ALL SELECT week, facet, n FROM catalog.count_deltas WHERE vault_id = ")
            .param(scope.vaults->front(), "uuid")
            .sql(" AND project_id = ")
            .placeholder(project, "text")
            .sql(" AND week > '-infinity'");
        write_bounds();
    } else {
        const auto write_conditions = [&] {
            out.sql(" WHERE week > '-infinity'");
            if (!all) out.sql(" AND project_id = ").placeholder(project, "text");
            write_bounds();
        };
        out.sql(" FROM (SELECT week, facet, n FROM ");
        // Two numbers a week instead of some hundred.
        if (all_facets_match(filter))
            out.sql(all ? "catalog.all_weeks w CROSS JOIN LATERAL (VALUES (0::bigint, w.own)) s (facet, n)"
                        : "catalog.week_facets w CROSS JOIN LATERAL (VALUES (0::bigint, w.own), (32768, w.shared)) s "
                          "(facet, n)");
        else
            out.sql(all ? "catalog.all_week_counts" : "catalog.week_counts");
        write_conditions();
        out.sql(" UNION ALL SELECT week, facet, n FROM catalog.count_deltas");
        write_conditions();
    }
    out.sql(") c WHERE true");
    write_facet_bits(out, filter, "c.facet");
}

// What is filtered by often comes and goes with time; a project's facets_statement tells its first week.
bool may_seek_week(const scope& scope) {
    const list_request& request = scope.request;
    return request.all_tenants && request.sort.front().key == sort_key::created_at && !request.has_range() &&
           !all_facets_match(facet_filter_of(request));
}

// The array of a facet's weeks in catalog.week_facets whose edges decide where a list by created_at begins.
std::string_view edge_of_facet(const scope& scope) {
    return scope.request.sort.front().ascending ? "firsts" : "lasts";
}

// Of these weeks the first, or the last in a descending order.
std::string edge_of_list(const scope& scope, const std::string& week) {
    return (scope.request.sort.front().ascending ? "min(" : "max(") + week + ")";
}

// Behind the week that has a list's first row by created_at: from the week's begin to where the list begins.
std::string_view to_begin_of_list(const scope& scope) {
    return scope.request.sort.front().ascending ? "" : " + interval '168 hours'";
}

// Of a large project's whole list: the arrays as they are stored, and those of the latest changes. To take a thousand
// elements out of arrays, to filter them, and to make arrays of them again takes PostgreSQL longer than the page.
db::statement stored_facets_statement(const scope& scope, const row_counts& counts) {
    const bool weeks = knows_weeks(scope, counts);
    const std::string_view every = has_every_facet(scope, counts) ? ", NULL::bigint[] AS every" : "";
    const facet_filter filter = facet_filter_of(scope.request);
    db::statement out;
    const std::size_t project = out.add_param(scope.project_id);
    if (weeks) {
        out.sql("SELECT s.facets, s.numbers").sql(every).sql(", ").sql(edge_of_list(scope, "s.week")).sql(" OVER ()");
        out.sql(to_begin_of_list(scope)).sql(" AS begins_at FROM (");
    }
    out.sql("SELECT w.bits AS facets, w.ns AS numbers").sql(every);
    if (weeks) { // one match in the list's own first week is enough, and soon found; or else all are looked through
        const auto write_weeks = [&] {
            out.sql(" FROM (SELECT unnest(w.bits) AS facet, unnest(w.").sql(edge_of_facet(scope));
            out.sql(") AS week) u WHERE true");
            write_facet_bits(out, filter, "u.facet");
        };
        out.sql(", (SELECT coalesce((SELECT e.week");
        write_weeks();
        out.sql(" AND u.week = e.week LIMIT 1), (SELECT ").sql(edge_of_list(scope, "u.week"));
        write_weeks();
        out.sql(")) FROM (SELECT week FROM catalog.week_facets WHERE project_id = ").placeholder(project, "text");
        out.sql(" AND week > '-infinity' ORDER BY week").sql(scope.request.sort.front().ascending ? "" : " DESC");
        out.sql(" LIMIT 1) e) AS week");
    }
    out.sql(" FROM catalog.week_facets w WHERE w.project_id = ").placeholder(project, "text");
    out.sql(" AND w.week = '-infinity' UNION ALL SELECT array_agg((d.facet & 1048575)::integer), array_agg(d.n)");
    out.sql(every.empty() ? "" : ", NULL");
    if (weeks) {
        out.sql(", ").sql(edge_of_list(scope, "d.week")).sql(" FILTER (WHERE true");
        write_facet_bits(out, filter, "d.facet");
        out.sql(")");
    }
    out.sql(" FROM catalog.count_deltas d WHERE d.project_id = ").placeholder(project, "text");
    out.sql(" AND (d.facet & 65536) = 0").sql(weeks ? ") s" : "");
    return out;
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

bool facet_filter::holds(std::int64_t facet) const {
    const auto bits = static_cast<std::uint64_t>(facet);
    return (bits & mask) == value && (any == 0 || (bits & any) != 0) &&
           (status_set == 0 || (status_set >> (bits & facet::status_mask) & 1U) != 0) &&
           (resource_type_set == 0 ||
            (resource_type_set >> (bits >> facet::resource_type_shift & facet::resource_type_mask) & 1U) != 0);
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

std::optional<tie_class> not_null(sort_key key) {
    if (key == sort_key::updated_at) return tie_class{facet::no_updated_at, 0, false, "not null"};
    if (key == sort_key::protected_at) return tie_class{facet::no_protected_at, 0, false, "not null"};
    return std::nullopt;
}

std::vector<tie_class> tie_classes(const std::vector<sort_term>& order) {
    const sort_term& first = order.front();
    std::vector<tie_class> classes;
    if (first.key == sort_key::status) {
        for (std::size_t i = 0; i < statuses.size(); ++i)
            classes.push_back({facet::status_mask, i, true, statuses[i]});
        if (!first.ascending) std::reverse(classes.begin(), classes.end());
    } else if (not_null(first.key) && order[1].key != sort_key::id) {
        classes = null_classes(first);
    }
    return classes;
}

std::vector<tie_class> null_classes(const sort_term& first) {
    const tie_class timed = not_null(first.key).value();
    const tie_class timeless{timed.mask, timed.mask, true, "null"};
    return first.ascending ? std::vector{timeless, timed} : std::vector{timed, timeless};
}

bool counters_suffice(const scope& scope) {
    return !scope.request.is_found_by_value() && !scope.request.has_range() && !scope.request.has_substring();
}

bool has_whole_facets(const scope& scope, const row_counts& counts) {
    const list_request& request = scope.request;
    if (scope.enterprise_projects) return true;
    if (request.all_tenants) return scope.vaults.has_value();
    if (!counts.by_week || request.parent_id) return true; // children are in no week and no part
    const bool by_zone = !request.resource_az.empty();
    if (!by_zone && !scope.vaults) return false;
    if (!counts.by_part || (by_zone && scope.vaults)) return true;
    // Within a time range the facets of a vault are sought one by one. Where the index has no zones they are found by
    // their placements, which whole facets have.
    return by_zone ? request.is_found_by_value() || request.own_type == own_type::shared
                   : !counters_suffice(scope) && !weeks_suffice(scope, counts);
}

bool has_every_facet(const scope& scope, const row_counts& counts) {
    const list_request& request = scope.request;
    if (!(request.all_tenants || counts.by_week) || request.is_found_by_value()) return false;
    if (counts_list_by_bits(scope, counts) && knows_weeks(scope, counts))
        return false; // which serve the order of created_at better
    const facet_filter filter = facet_filter_of(request);
    const bool by_members = filter.any != 0 || (filter.mask & facet::member_any) != 0;
    return by_members || filter.status_set != 0 || !tie_classes(total_order(request.sort)).empty() ||
           counts_apart(scope, counts);
}

bool knows_weeks(const scope& scope, const row_counts& counts) {
    constexpr std::uint64_t available = 1;
    const facet_filter filter = facet_filter_of(scope.request);
    // One rare status has an index in this order: rare_in_order.
    const bool one_rare = std::has_single_bit(filter.status_set) && filter.status_set != available && filter.any == 0 &&
                          (filter.mask & facet::member_any) == 0 && !has_orders_of_others(scope);
    if (one_rare || !counts.by_part || scope.request.all_tenants) return false;
    if (scope.request.sort.front().key != sort_key::created_at) return false;
    // Those of the whole list are around those of a part of it.
    return counts_list_by_bits(scope, counts) || (!scope.request.is_found_by_value() && !all_facets_match(filter));
}

bool has_orders_of_others(const scope& scope) {
    const list_request& request = scope.request;
    return request.own_type == own_type::shared && !request.all_tenants && !has_placement_filter(scope) &&
           !scope.vaults && !request.is_found_by_value();
}

bool compares_filters(const scope& scope) {
    return !has_orders_of_others(scope) && !(scope.enterprise_projects && scope.enterprise_projects->size() != 1) &&
           !(scope.vaults && scope.vaults->size() != 1);
}

bool compares_class(const scope& scope, const std::optional<tie_class>& only, sort_key first_key) {
    return !is_timeless(only) || !scope.request.all_tenants || first_key == sort_key::created_at;
}

bool nulls_in_order(const scope& scope, const row_counts& counts, const std::optional<tie_class>& only) {
    if (!is_timeless(only) || scope.request.has_range() || !compares_filters(scope)) return false;
    const auto found = rare_rows(scope, counts, only);
    if (!found || !is_timeless(found->kind) || rare_in_order(scope, counts, only)) return false;
    if (counts.every.empty()) return true; // nothing tells more
    // In the order of created_at thirty entries, filter and all, take the pages of one match here, which is in the
    // order of ids and looks at another page of the visibility map.
    constexpr std::uint64_t entries_for_match = 30;
    return rows_of(counts.facets, *only) * entries_for_match < rows_of(counts.every, *only);
}

std::optional<rare> rare_rows(const scope& scope, const row_counts& counts, const std::optional<tie_class>& only) {
    const list_request& request = scope.request;
    if (has_orders_of_others(scope)) return rare{rare_kind::shared, counts.listed};
    if (request.is_found_by_value()) return std::nullopt;
    if ((has_placement_filter(scope) || scope.vaults) && counts.every.empty()) return std::nullopt;

    const facet_filter filter = facet_filter_of(request);
    const std::uint64_t member_bits = filter.mask & facet::member_any;
    const std::vector<std::size_t> left = statuses_of(request, only);
    std::optional<rare> fewest;
    // `wanted`: what is in the kind's index of that which is asked for; `alone`: nothing else is asked for.
    const auto offer = [&](rare_kind kind, const facet_filter& wanted, bool alone) {
        if (counts.every.empty() && !alone) return;
        const std::uint64_t rows = rows_of(counts.every.empty() ? counts.facets : counts.every, wanted);
        if (!fewest || rows < fewest->rows) fewest = rare{kind, rows};
    };
    const bool no_bits = (filter.mask & ~facet::shared) == 0 && filter.any == 0 && filter.resource_type_set == 0;
    if (!left.empty() && std::find(left.begin(), left.end(), 0) == left.end()) { // 0: available
        facet_filter wanted;
        for (const std::size_t status : left)
            wanted.status_set |= std::uint64_t{1} << status;
        offer(rare_kind::status, wanted, no_bits);
    }
    if ((request.own_type == own_type::own || request.all_tenants) && (filter.any != 0 || member_bits != 0)) {
        facet_filter wanted;
        wanted.mask = member_bits | facet::shared;
        wanted.value = member_bits;
        wanted.any = filter.any;
        offer(rare_kind::members, wanted,
              request.statuses.empty() && filter.resource_type_set == 0 &&
                  (filter.mask & ~(facet::member_any | facet::shared)) == 0);
    }
    if (is_timeless(only)) {
        facet_filter wanted;
        wanted.mask = only->mask;
        wanted.value = only->value;
        offer(only->mask == facet::no_updated_at ? rare_kind::no_updated_at : rare_kind::no_protected_at, wanted,
              no_bits && left.empty());
    }
    return fewest;
}

bool rare_in_order(const scope& scope, const row_counts& counts, const std::optional<tie_class>& only) {
    const std::vector<sort_term> order = total_order(scope.request.sort);
    const std::size_t first = only && only->ties ? 1 : 0; // a class of ties is in the order of the other keys
    if (order[first].key != sort_key::created_at) return false;
    const auto found = rare_rows(scope, counts, only);
    if (!found) return false;
    if (found->kind == rare_kind::status) { // each status is a range of its index
        const std::vector<std::size_t> left = statuses_of(scope.request, only);
        return std::all_of(left.begin(), left.end(), [&](std::size_t status) { return status == left.front(); });
    }
    return is_timeless(found->kind);
}

// Entries of an index, 0.2 ms, that weeks are skipped for.
constexpr std::uint32_t worth_a_statement = 2'000;

bool can_skip_weeks(const scope& scope, const row_counts& counts, const std::optional<marker_place>& marker) {
    return scope.request.offset >= worth_a_statement && !marker && !scope.request.has_range() &&
           weeks_suffice(scope, counts) && scope.request.sort.front().key == sort_key::created_at;
}

bool can_seek_week(const scope& scope, const row_counts& counts, const std::optional<marker_place>& marker) {
    return may_seek_week(scope) && !marker && weeks_suffice(scope, counts) && counts.listed >= worth_a_statement;
}

bool can_count_with_page(const scope& scope) {
    return scope.request.is_found_by_value() && !has_placement_filter(scope);
}

bool is_unfiltered(const scope& scope) {
    return counters_suffice(scope) && !has_placement_filter(scope) && !scope.vaults &&
           all_facets_match(facet_filter_of(scope.request));
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
    facet_filter shared_only;
    shared_only.mask = filter.mask & facet::shared;
    shared_only.value = filter.value & facet::shared;
    db::statement out("SELECT coalesce(sum(c.n) FILTER (WHERE true");
    write_facet_bits(out, shared_only, "c.facet");
    out.sql("), 0)::bigint AS n, coalesce(sum(c.n), 0)::bigint AS indexed, ");
    if (scope.request.all_tenants &&
        (scope.request.has_range() || scope.request.offset >= worth_a_statement || may_seek_week(scope)))
        // Not the table, which a schema may have no longer: of the function the snapshot knows
        // (migrations/deploy/all_weeks.sql).
        out.sql(
            "EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace s ON s.oid = p.pronamespace WHERE "
            "s.nspname = 'catalog' AND p.proname = 'count_all_weeks') OR ");
    out.sql(
        "coalesce(bool_or((c.row ->> 'by_week')::boolean), false) AS by_week, coalesce(bool_or((c.row ->> "
        "'by_part')::boolean), false) AS "
        "by_part, coalesce(bool_or((c.row ->> 'vaults_by_week')::boolean), false) AS vaults_by_week FROM (SELECT n, ");
    if (scope.request.all_tenants)
        out.sql("facet, NULL::json AS row FROM catalog.zone_counts UNION ALL SELECT n, facet, NULL FROM "
                "catalog.count_deltas");
    else // flags out of the row as JSON: null in a schema that has no such column yet, or no longer
        out.sql("CASE WHEN shared THEN 32768 ELSE 0 END::bigint AS facet, to_json(p) AS row "
                "FROM catalog.project_counts p WHERE project_id = ")
            .param(scope.project_id, "text")
            .sql(" UNION ALL SELECT n, facet, NULL FROM catalog.count_deltas WHERE project_id = ")
            .param(scope.project_id, "text");
    out.sql(") c WHERE (c.facet & 65536) = 0");
    return out;
}

db::statement facets_statement(const scope& scope, const row_counts& counts) {
    if (counts_list_by_bits(scope, counts)) return stored_facets_statement(scope, counts);
    const bool weeks = knows_weeks(scope, counts);
    const bool every = has_every_facet(scope, counts);
    // The same rows tell both; or else those of the whole list are added.
    const bool at_once =
        every && scope.request.all_tenants && !has_whole_facets(scope, counts) && scope.request.resource_az.empty();
    const bool added = every && !at_once;
    // Facets come once and again, as they are counted in several places: the reader sums them up in less time. Those of
    // vaults, and of the projects of an enterprise project, are too many rows for that.
    const bool summed = has_whole_facets(scope, counts) && (scope.vaults || scope.request.all_tenants);
    db::statement out("SELECT array_agg(t.facet) AS facets, array_agg(t.n) AS numbers");
    if (every) out.sql(added ? ", array_agg(t.every) AS every" : ", NULL::bigint[] AS every");
    if (weeks) out.sql(", ").sql(edge_of_list(scope, "t.week")).sql(to_begin_of_list(scope)).sql(" AS begins_at");
    out.sql(" FROM (SELECT c.facet, ").sql(summed ? "sum(c.n)::bigint AS n" : "c.n");
    out.sql(added ? ", 0::bigint AS every" : "");
    if (weeks) out.sql(", NULL::timestamptz AS week");
    out.sql(" FROM (SELECT ");
    const auto write_source = [&](std::string_view table) {
        out.sql("resource_az, enterprise_project_id, n FROM ").sql(table).sql(" WHERE true");
        // A vault's counters are found by the vault, not all of the project's looked through.
        const bool by_vault = table == "catalog.vault_counts";
        if (!scope.request.all_tenants)
            out.sql(by_vault ? " AND (project_id = " : " AND project_id = ")
                .param(scope.project_id, "text")
                .sql(by_vault ? ") IS TRUE" : "");
        if (scope.vaults) out.sql(" AND vault_id = ANY (").param(db::array_literal(*scope.vaults), "uuid[]").sql(")");
    };
    if (has_whole_facets(scope, counts)) {
        out.sql("facet, ");
        write_source(scope.vaults ? "catalog.vault_counts" : "catalog.facet_counts");
        out.sql(" UNION ALL SELECT facet, ");
        write_source("catalog.count_deltas");
    } else if (!scope.request.all_tenants) {
        const std::string& zone = scope.request.resource_az;
        const std::size_t project = out.add_param(scope.project_id);
        out.sql("facet, n FROM catalog.part_counts WHERE project_id = ").placeholder(project, "text");
        std::vector<std::string> parts; // of a zone, or of vaults: those of both are whole facets
        if (scope.vaults)
            for (const std::string& vault : *scope.vaults)
                parts.push_back("vault " + vault);
        else
            parts.push_back("zone " + zone);
        out.sql(" AND part = ANY (").param(db::array_literal(parts), "text[]").sql(")");
        out.sql(" UNION ALL SELECT facet & 1048575, n FROM catalog.count_deltas WHERE project_id = ")
            .placeholder(project, "text")
            .sql(" AND (facet & 65536) = 0");
        if (scope.vaults)
            out.sql(" AND vault_id = ANY (").param(db::array_literal(*scope.vaults), "uuid[]").sql(")");
        else
            out.sql(" AND resource_az = ").param(zone, "text");
    } else {
        out.sql("facet, resource_az, n FROM catalog.zone_counts UNION ALL SELECT facet & 1048575, resource_az, n FROM "
                "catalog.count_deltas");
    }
    out.sql(scope.request.parent_id ? ") c WHERE (c.facet & 65536) <> 0" : ") c WHERE (c.facet & 65536) = 0");
    if (!at_once) write_facet_bits(out, facet_filter_of(scope.request), "c.facet");
    if (!scope.request.resource_az.empty() && (scope.request.all_tenants || has_whole_facets(scope, counts)))
        out.sql(" AND c.resource_az = ").param(scope.request.resource_az, "text");
    if (scope.enterprise_projects)
        out.sql(" AND c.enterprise_project_id = ANY (")
            .param(db::array_literal(*scope.enterprise_projects), "text[]")
            .sql(")");
    if (summed) out.sql(" GROUP BY c.facet");
    if (added) {
        const auto write_list = [&](std::string_view facet, std::string_view table, std::string_view more) {
            out.sql(" UNION ALL SELECT ").sql(facet).sql(", 0, n").sql(weeks ? ", NULL" : "");
            out.sql(" FROM ").sql(table);
            out.sql(" WHERE (facet & 65536) = 0").sql(more);
            if (!scope.request.all_tenants) out.sql(" AND project_id = ").param(scope.project_id, "text");
        };
        if (scope.request.all_tenants)
            write_list("facet", "catalog.zone_counts", "");
        else
            write_list("facet", "catalog.week_counts", " AND week = '-infinity'");
        write_list("facet & 1048575", "catalog.count_deltas", "");
    }
    if (weeks) { // of two arrays: the view week_counts takes five apart
        const std::size_t project = out.add_param(scope.project_id);
        out.sql(" UNION ALL SELECT 0, 0").sql(added ? ", 0" : "").sql(", ").sql(edge_of_list(scope, "c.week"));
        out.sql(" FROM (SELECT unnest(bits) AS facet, unnest(").sql(edge_of_facet(scope));
        out.sql(") AS week FROM catalog.week_facets");
        out.sql(" WHERE project_id = ").placeholder(project, "text");
        out.sql(" AND week = '-infinity' UNION ALL SELECT facet, week FROM catalog.count_deltas WHERE project_id = ");
        out.placeholder(project, "text").sql(" AND (facet & 65536) = 0) c WHERE true");
        write_facet_bits(out, facet_filter_of(scope.request), "c.facet");
    }
    return std::move(out.sql(") t"));
}

bool finds_while_counting(const scope& scope) {
    const list_request& request = scope.request;
    // Without an order to go on in, what is found would be looked for twice where it is more.
    const bool ordered = !request.all_tenants || request.resource_name.empty();
    return request.has_substring() && !request.is_found_by_value() && ordered;
}

bool counts_apart(const scope& scope, const row_counts& counts) {
    constexpr std::uint64_t large = 20'000; // backups of the list: fewer are soon walked
    const list_request& request = scope.request;
    return request.has_range() && not_null(request.sort.front().key) && !request.is_found_by_value() &&
           !has_orders_of_others(scope) && counts.indexed >= large;
}

db::statement count_statement(const scope& scope, const row_counts& counts) {
    db::statement out;
    const std::optional<marker_place> no_marker;
    const std::optional<std::string> from_the_beginning;
    row_writer rows(out, scope, counts, no_marker, from_the_beginning);
    const list_request& request = scope.request;
    const auto whole =
        weeks_suffice(scope, counts) && !has_few_rare_rows(scope, counts) && !is_small_vault(scope, counts)
            ? divide_by_weeks({request.start_time, request.end_time})
            : std::nullopt;
    if (whole) {
        out.sql("SELECT ((SELECT coalesce(sum(c.n), 0)");
        write_weeks(out, scope, &*whole);
        out.sql(")");
        for (const auto& part : {whole->before, whole->behind}) {
            if (!part) continue;
            out.sql(" + (SELECT count(*) FROM (SELECT");
            rows.write_rows(ranging_access(scope, counts), std::nullopt, *part);
            out.sql(" OFFSET 0) r)");
        }
        out.sql(")::bigint AS n");
        if (counts_apart(scope, counts)) write_number_apart(out, scope);
        return out;
    }
    const access driver = counting_access(scope, counts);
    if (finds_while_counting(scope)) {
        const std::size_t most = out.add_param(std::to_string(most_found));
        // In the order of created_at, counting goes on behind the last one that was found.
        const bool ordered = driver == access::fetch_range || scans_by_time(request, driver);
        out.sql("WITH found AS MATERIALIZED (");
        if (ordered) {
            out.sql("SELECT b.project_id, b.id, b.created_at");
            rows.write_rows(driver, std::nullopt);
            out.sql(" ORDER BY b.created_at, b.id");
        } else {
            out.sql("SELECT r.project_id, r.id, NULL::timestamptz AS created_at FROM (");
            rows.write_found({std::nullopt, driver, false});
            out.sql(") r");
        }
        out.sql(" LIMIT ").placeholder(most, "bigint");
        out.sql(") SELECT CASE WHEN f.n < ").placeholder(most, "bigint");
        out.sql(" THEN f.n ELSE ").sql(ordered ? "f.n + " : "").sql("(SELECT count(*) FROM (");
        if (ordered) {
            out.sql("SELECT");
            rows.write_rows(driver, std::nullopt, {std::nullopt, request.end_time});
            out.sql(" AND (b.created_at, b.id) > (f.created_at, f.id) ORDER BY b.created_at OFFSET 0");
        } else {
            rows.write_found({std::nullopt, driver, false});
        }
        out.sql(") r) END AS n");
        if (counts_apart(scope, counts)) write_number_apart(out, scope);
        for (const char* column : {"projects", "ids"})
            out.sql(", CASE WHEN f.n < ")
                .placeholder(most, "bigint")
                .sql(" THEN f.")
                .sql(column)
                .sql(" END AS ")
                .sql(column);
        out.sql(" FROM (SELECT count(*) AS n, array_agg(project_id) AS projects, array_agg(id) AS ids, "
                "(array_agg(created_at))[")
            .placeholder(most, "bigint");
        out.sql("] AS created_at, (array_agg(id))[").placeholder(most, "bigint");
        return std::move(out.sql("] AS id FROM found) f"));
    }
    out.sql("SELECT count(*) AS n");
    if (counts_apart(scope, counts)) write_number_apart(out, scope);
    out.sql(" FROM (");
    if (driver == access::fetch_facet || driver == access::fetch_rare) {
        rows.write_found({std::nullopt, driver, false});
    } else {
        out.sql("SELECT");
        rows.write_rows(driver, std::nullopt);
        rows.write_scan_order(driver);
        out.sql(" OFFSET 0");
    }
    out.sql(") r");
    return out;
}

db::statement weeks_statement(const scope& scope) {
    const bool ascending = scope.request.sort.front().ascending;
    db::statement out("SELECT ");
    out.sql("l.week").sql(to_begin_of_list(scope)).sql(" AS begins_at, ");
    if (scope.request.offset < worth_a_statement) { // read up to the first week with a match, not all of them
        const facet_filter filter = facet_filter_of(scope.request);
        out.sql("0 AS skipped FROM (SELECT ").sql(ascending ? "least" : "greatest");
        out.sql("((SELECT a.week FROM catalog.all_weeks a WHERE a.week > '-infinity' AND EXISTS (SELECT FROM "
                "unnest(a.bits) c (facet) WHERE true");
        write_facet_bits(out, filter, "c.facet");
        out.sql(") ORDER BY a.week").sql(ascending ? "" : " DESC").sql(" LIMIT 1), (SELECT ");
        out.sql(ascending ? "min" : "max").sql("(d.week) FROM catalog.count_deltas d WHERE d.week > '-infinity'");
        write_facet_bits(out, filter, "d.facet");
        return std::move(out.sql(")) AS week) l WHERE l.week IS NOT NULL"));
    }
    out.sql("l.skipped FROM (SELECT w.week, (sum(w.n) OVER (ORDER BY w.week");
    out.sql(ascending ? "" : " DESC").sql(") - w.n)::bigint AS skipped FROM (SELECT c.week, sum(c.n) AS n");
    write_weeks(out, scope, nullptr);
    out.sql(" GROUP BY c.week) w) l WHERE l.skipped <= ").param(std::to_string(scope.request.offset), "bigint");
    out.sql(" ORDER BY l.week").sql(ascending ? " DESC" : "").sql(" LIMIT 1");
    return out;
}

db::statement page_statement(const scope& scope, const row_counts& counts, const access_path& path,
                             const std::optional<marker_place>& marker) {
    db::statement out;
    row_writer rows(out, scope, counts, marker, path.begins_at);
    const std::size_t limit = out.add_param(std::to_string(scope.request.limit));
    const std::size_t offset = out.add_param(std::to_string(path.offset));
    const std::string_view documents =
        scope.request.show_replication ? "b.document, b.replication_document" : "b.document";

    if (path.one_stage) {
        const branch& only = path.branches.front();
        out.sql("SELECT ").sql(documents);
        rows.write_walk(only);
        out.sql(" LIMIT ").placeholder(limit, "bigint").sql(" OFFSET ").placeholder(offset, "bigint");
        return out;
    }

    // Where the page's statement counts, all that is sorted is found once, for both; where the page is read in order,
    // the total has a look of its own.
    const branch& first = path.branches.front();
    const bool found_first = counts.with_page && !rows.finds_in_order(first);
    out.sql("WITH ");
    if (found_first) {
        out.sql("found AS MATERIALIZED (");
        rows.write_found(first);
        out.sql("), ");
    }
    out.sql("page AS MATERIALIZED (SELECT q.project_id, q.id, row_number() OVER () AS place FROM (");
    if (found_first) {
        out.sql("SELECT k.project_id, k.id FROM found k WHERE true");
        rows.write_keyset(first, "k");
        rows.write_order(std::nullopt, "k");
    } else if (path.branches.size() > 1) {
        const std::size_t need = out.add_param(std::to_string(path.offset + scope.request.limit));
        // PostgreSQL runs the branches of UNION ALL one after another and stops when the page is full.
        out.sql("SELECT u.project_id, u.id FROM (");
        for (std::size_t i = 0; i < path.branches.size(); ++i) {
            out.sql(i == 0 ? "(" : " UNION ALL (");
            rows.write_branch(path.branches[i]);
            out.sql(" LIMIT ").placeholder(need, "bigint").sql(")");
        }
        out.sql(") u");
    } else {
        rows.write_branch(first);
    }
    out.sql(" LIMIT ").placeholder(limit, "bigint").sql(" OFFSET ").placeholder(offset, "bigint");
    out.sql(") q) SELECT ").sql(scope.request.show_replication ? "d.document, d.replication_document" : "d.document");
    if (counts.with_page) { // the total comes with an empty page, too
        out.sql(", t.n FROM (SELECT count(*) AS n FROM ");
        if (found_first) {
            out.sql("found");
        } else {
            out.sql("(SELECT");
            rows.write_rows(first.access, std::nullopt);
            out.sql(" OFFSET 0) c");
        }
        out.sql(") t LEFT JOIN (page");
    } else {
        out.sql(" FROM page");
    }
    out.sql(" CROSS JOIN LATERAL (SELECT ").sql(documents);
    out.sql(" FROM catalog.backups b WHERE b.project_id = page.project_id AND b.id = page.id OFFSET 0) d");
    out.sql(counts.with_page ? ") ON true" : "").sql(" ORDER BY page.place");
    return out;
}

} // namespace catalog::query
