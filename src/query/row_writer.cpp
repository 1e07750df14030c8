// This file writes the conditions and orders of rows.
#include "query/row_writer.hpp"

#include "query/facet.hpp"

#include <algorithm>
#include <set>

namespace catalog::query {

namespace {

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

} // namespace

std::string_view is_apart(sort_key key) {
    return key == sort_key::updated_at
               ? "(b.updated_at - b.created_at) NOT BETWEEN interval '-24 hours' AND interval '24 hours'"
               : "(b.protected_at - b.created_at) NOT BETWEEN interval '-24 hours' AND interval '24 hours'";
}

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

bool scans_by_time(const list_request& request, access driver) {
    return driver == access::scan && (!request.all_tenants || request.resource_name.empty());
}

row_writer::row_writer(db::statement& out, const scope& scope, const row_counts& counts,
                       const std::optional<marker_place>& marker, const std::optional<std::string>& begins_at)
    : out_(out)
    , scope_(scope)
    , request_(scope.request)
    , counts_(counts)
    , marker_(marker)
    , begins_at_(begins_at)
    , order_(total_order(request_.sort))
    , filter_(facet_filter_of(request_)) {}

void row_writer::write_rows(access driver, const std::optional<tie_class>& only) {
    write_rows(driver, only, {request_.start_time, request_.end_time});
}

void row_writer::write_rows(access driver, const std::optional<tie_class>& only, const time_range& times,
                            bool with_begin, bool in_order) {
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
    if (driver == access::count_range) out_.sql(" AND (b.facet & 65536) = 0"); // migrations/deploy/narrow_indexes.sql
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
        // It alone has the names of resources.
        const bool by_text = driver == access::scan || driver == access::fetch_range ||
                             (driver == access::walk && !request_.resource_name.empty() &&
                              branch_order(only).front().key == sort_key::created_at);
        const bool in_texts = request_.has_substring() && !request_.all_tenants && by_text;
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
            out_.sql(" AND (b.vault_id = ANY (").param(db::array_literal(*scope_.vaults), "uuid[]").sql(")) IS TRUE");
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
std::vector<sort_term> row_writer::branch_order(const std::optional<tie_class>& only) const {
    return only && only->ties ? std::vector<sort_term>(order_.begin() + 1, order_.end()) : order_;
}

void row_writer::write_keyset(const branch& branch, std::string_view alias) {
    if (!marker_ || !branch.after_marker) return;
    const std::vector<sort_term> order = branch_order(branch.only);
    const bool uniform = std::all_of(order.begin(), order.end(),
                                     [&](const sort_term& term) { return term.ascending == order.front().ascending; });
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
        if (i == 0) out_.sql(key).sql(order[i].ascending ? " >= " : " <= ").placeholder(values[i], type).sql(" AND ");
        const bool last = i + 1 == order.size();
        out_.sql(last ? "" : "(").sql(key).sql(order[i].ascending ? " > " : " < ").placeholder(values[i], type);
        if (!last) out_.sql(" OR (").sql(key).sql(" = ").placeholder(values[i], type).sql(" AND ");
    }
    for (std::size_t i = 0; i + 1 < order.size(); ++i)
        out_.sql("))");
}

void row_writer::write_order(const std::optional<tie_class>& only, std::string_view alias) {
    const std::vector<sort_term> order = branch_order(only);
    out_.sql(" ORDER BY ");
    for (std::size_t i = 0; i < order.size(); ++i) {
        out_.sql(i == 0 ? "" : ", ").sql(key_of(alias, order[i].key)).sql(order[i].ascending ? "" : " DESC");
    }
}

void row_writer::write_walk(const branch& branch) {
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

bool row_writer::finds_in_order(const branch& branch) const {
    if (branch.access == access::fetch_rare) return rare_in_order(scope_, counts_, branch.only);
    return has_times_behind_value(branch.access) && !request_.all_tenants && !branch.only && order_.size() == 2 &&
           order_[0].key == sort_key::created_at && order_[0].ascending == order_[1].ascending;
}

void row_writer::write_branch(const branch& branch) {
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

void row_writer::write_scan_order(access driver, const std::optional<tie_class>& only) {
    if (scans_by_time(request_, driver) ||
        (driver == access::fetch_rare && request_.all_tenants && !nulls_in_order(scope_, counts_, only)))
        out_.sql(" ORDER BY b.created_at");
}

void row_writer::write_found(const branch& branch) {
    if (branch.access == access::fetch_found) {
        out_.sql("SELECT r.* FROM unnest(").param(counts_.found->projects, "text[]").sql(", ");
        out_.param(counts_.found->ids, "uuid[]").sql(") AS m (project_id, id) CROSS JOIN LATERAL (SELECT ");
        write_columns();
        out_.sql(" FROM catalog.backups b WHERE b.project_id = m.project_id COLLATE \"C\" AND b.id = m.id OFFSET 0) r");
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
        out_.placeholder(project, "text").sql(" AND facet & 1048575 = ANY (").placeholder(bits, "bigint[]").sql(")");
        write_zone();
        out_.sql(") m");
    } else {
        out_.sql("(SELECT c.facet FROM (SELECT facet, resource_az FROM catalog.facet_counts UNION ALL SELECT facet, "
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

// True if the driver's index has the time behind the value that it looks for, and the project.
bool row_writer::has_times_behind_value(access driver) const {
    return driver == access::fetch_parent || (driver == access::fetch_equality && !request_.checkpoint_id);
}

bool row_writer::has_nulls_before(const std::optional<tie_class>& only) {
    return only && only->mask != facet::status_mask && !only->ties;
}

void row_writer::write_past_nulls() {
    out_.sql(" AND ").sql(key_of("b", order_.front().key)).sql(" > '-infinity'");
}

// True if the counters are asked which vaults have which facets: where there may be several vaults, or whole facets
// are not known.
bool row_writer::finds_vaults_with_facets() const {
    return scope_.vaults && (request_.all_tenants || scope_.vaults->size() != 1 || !has_whole_facets(scope_, counts_));
}

std::string row_writer::matching_facets(const branch& branch) const {
    std::vector<std::string> facets;
    for (const auto& entry : counts_.facets)
        if (!branch.only || branch.only->holds(entry.facet)) facets.push_back(std::to_string(entry.facet));
    return db::array_literal(facets);
}

// The values of the kind's column, each looked up for itself: for `= ANY` of an array the planner counts on ten
// searches, and takes another index instead. Empty for the kinds that have none.
std::vector<std::string> row_writer::rare_values(const std::optional<tie_class>& only) const {
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
void row_writer::write_rare(const std::optional<tie_class>& only, bool in_order) {
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
void row_writer::write_columns() {
    out_.sql("b.project_id, b.id");
    for (const sort_term& term : order_) {
        if (term.key == sort_key::id) continue;
        out_.sql(", ").sql(key_of("b", term.key));
        if (term.key == sort_key::status) out_.sql(" AS ").sql(column_of(term.key));
    }
}

// The request's filter on facets within a class.
facet_filter row_writer::filter_of(const std::optional<tie_class>& only) const {
    facet_filter filter = filter_;
    if (only) {
        filter.mask |= only->mask;
        filter.value |= only->value;
    }
    return filter;
}

// `has_zones`: the index has them in a column. `compared`: within the index of the order, see write_compared.
void row_writer::write_placements(bool has_zones, bool compared) {
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
void row_writer::write_compared(const std::optional<tie_class>& only, bool with_class) {
    write_span("status", statuses, statuses_of(request_, only));
    write_span("resource_type", resource_types, request_.resource_types);
    if (request_.image_type)
        out_.sql(" AND b.image_type = ").param(std::string(image_types[*request_.image_type]), "text");
    if (request_.incremental)
        out_.sql(" AND b.incremental = ").param(*request_.incremental ? "true" : "false", "boolean");
    if (request_.dedicated_cloud)
        out_.sql(" AND b.dedicated_cloud = ").param(*request_.dedicated_cloud ? "true" : "false", "boolean");
    write_member_states();
    if (is_timeless(only) && with_class) out_.sql(" AND ").sql(key_of("b", order_.front().key)).sql(" = '-infinity'");
}

// Sharing states are bits: those with the lowest bit that is asked for are no smaller. Most backups have none.
void row_writer::write_member_states() {
    const std::uint64_t wanted = (filter_.any | filter_.mask) & facet::member_any;
    if (wanted == 0) return;
    const std::uint64_t least = wanted >> facet::member_shift;
    out_.sql(" AND b.member_states >= ").param(number(filter_.any != 0 ? 1 : least), "smallint");
}

template <std::size_t N>
void row_writer::write_span(std::string_view column, const std::array<std::string_view, N>& names,
                            const std::vector<std::size_t>& chosen) {
    if (chosen.empty()) return;
    const name_span span = span_of(names, chosen);
    out_.sql(" AND b.").sql(column).sql(chosen.size() == 1 ? " = " : " >= ");
    out_.param(std::string(span.least), "text");
    if (chosen.size() > 1) out_.sql(" AND b.").sql(column).sql(" <= ").param(std::string(span.greatest), "text");
}

void row_writer::write_bound(const std::string& time, bool indexed, std::string_view comparison,
                             std::string_view opposite) {
    if (indexed) {
        out_.sql(" AND b.created_at ").sql(comparison).sql(" ").param(time + "Z", "timestamptz");
    } else {
        // The same condition (created_at is not null), in a form that no index matches.
        out_.sql(" AND (b.created_at ").sql(opposite).sql(" ").param(time + "Z", "timestamptz").sql(") IS NOT TRUE");
    }
}

} // namespace catalog::query
