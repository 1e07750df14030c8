// This file measures the worst case of the list call: every filter (common, middle, rare values, pairs, time ranges,
// substrings, shared backups, all tenants) times every order times the first page, a page 70 % deep by marker and a
// deep offset, times the page sizes. Runs requests as the service does, with the service's role; prints a table and
// what is over the bounds, writes one JSON line a cell.
#include "api/list_parameters.hpp"
#include "query/catalog_reader.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace {

namespace json = boost::json;
namespace query = catalog::query;
namespace db = catalog::db;

using milliseconds = std::chrono::duration<double, std::milli>;

// What a request for 50 backups may cost; times are of a machine that does nothing else.
constexpr int bounded_limit = 50;
constexpr double most_buffers = 1500; // page and count together, without a substring
constexpr double most_ms = 20;
constexpr double most_ms_p99 = 5;
constexpr double most_facet_count_ms = 1;
constexpr double most_count_ms = 30;
constexpr double most_substring_page_ms = 30;
constexpr double most_substring_count_ms = 100;

struct cell {
    std::string request;
    std::string depth; // first, marker, offset
    int limit = 0;
    bool substring = false;
    bool by_facet = false; // the filter is one that counters answer
    std::string path;
    std::uint64_t count = 0;
    std::size_t rows = 0;
    double page_buffers = 0, count_buffers = 0, other_buffers = 0;
    double visited = 0; // entries of indexes and rows of backups that page and count went through
    double page_ms = 0, count_ms = 0, all_ms = 0; // best of the runs
};

struct filter {
    std::string text; // query string, "" for none
    bool substring = false;
    bool walked_by_offset = false; // as old clients do
};

std::string escaped(std::string_view text) {
    static constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~:";
    std::string out;
    for (const char c : text) {
        if (plain.find(c) != std::string_view::npos) {
            out += c;
        } else {
            char code[4];
            std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned char>(c));
            out += code;
        }
    }
    return out;
}

class grid {
public:
    grid(db::session& session, std::string project, int runs)
        : session_(session)
        , caller_{std::move(project), "grid"}
        , runs_(runs) {}

    // Values of the catalog itself: the most frequent, one in the middle, and the rarest of each column.
    std::vector<filter> filters() {
        std::vector<filter> out{{"", false, true}};
        const auto add = [&](std::string text, bool substring = false) {
            const bool common = text == "status=available" || text.starts_with("image_type=backup") ||
                                text == "own_type=all_granted" || text == "all_tenants=true";
            out.push_back({std::move(text), substring, common});
        };
        for (const auto& [parameter, column] :
             std::vector<std::pair<std::string, std::string>>{{"status", "status"},
                                                              {"image_type", "image_type"},
                                                              {"resource_type", "resource_type"},
                                                              {"resource_az", "resource_az"},
                                                              {"enterprise_project_id", "enterprise_project_id"},
                                                              {"vault_id", "vault_id"},
                                                              {"resource_id", "resource_id"},
                                                              {"checkpoint_id", "checkpoint_id"},
                                                              {"incremental", "incremental"}}) {
            values_[parameter] = values_of(column);
            for (const std::string& value : values_[parameter])
                add(parameter + "=" + value);
        }
        const auto rarest = [&](const std::string& parameter) { return parameter + "=" + values_[parameter].back(); };
        const auto commonest = [&](const std::string& parameter) {
            return parameter + "=" + values_[parameter].front();
        };
        for (const char* text :
             {"member_status=accepted", "member_status=pending", "own_type=shared", "own_type=all_granted",
              "used_percent=1", "used_percent=80", "used_percent=100", "dec=false", "dec=true",
              "status=error&status=deleting", "resource_type=OS::Nova::Server&resource_type=OS::Cinder::Volume",
              "show_replication=false", "all_tenants=true", "all_tenants=true&own_type=shared",
              "all_tenants=true&own_type=all_granted&member_status=pending", "all_tenants=true&status=error",
              "all_tenants=true&image_type=replication&incremental=true"})
            add(text);
        for (const char* parameter : {"status", "resource_type", "resource_az", "enterprise_project_id", "vault_id",
                                      "resource_id", "checkpoint_id"})
            add("all_tenants=true&" + rarest(parameter));
        add("all_tenants=true&" + commonest("resource_az") + "&" + rarest("resource_type"));
        const std::vector<std::string> parents =
            column_values("SELECT parent_id FROM catalog.backups WHERE project_id = $1 AND parent_id IS NOT NULL "
                          "GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1");
        for (const std::string& parent : parents)
            add("parent_id=" + parent);
        for (const double share : {0.001, 0.01, 0.1, 0.5}) { // the newest, and the same span in the middle
            add("start_time=" + time_at(1.0 - share));
            add("end_time=" + time_at(share)); // the oldest
            add("start_time=" + time_at(0.5) + "&end_time=" + time_at(std::min(1.0, 0.5 + share)));
        }
        const std::string last_percent = "start_time=" + time_at(0.99);
        for (const std::string& pair :
             {rarest("status") + "&" + commonest("resource_type"), commonest("status") + "&" + rarest("resource_type"),
              "status=error&" + commonest("vault_id"), "status=error&" + commonest("resource_az"),
              "status=error&" + commonest("resource_id"), "image_type=replication&" + commonest("resource_az"),
              rarest("resource_az") + "&" + rarest("enterprise_project_id"), last_percent + "&status=error",
              last_percent + "&" + commonest("vault_id"), commonest("resource_id") + "&" + last_percent,
              std::string("own_type=all_granted&status=error"),
              std::string("own_type=all_granted&member_status=accepted"),
              "start_time=" + time_at(0.5) + "&status=error", "start_time=" + time_at(0.9) + "&" + commonest("status"),
              "start_time=" + time_at(0.9) + "&" + commonest("vault_id"), "all_tenants=true&" + last_percent,
              "incremental=true&" + commonest("enterprise_project_id")})
            add(pair);
        for (const char* column : {"name", "resource_name"}) {
            const std::string parameter(column);
            const std::string sample = text_at(column);
            add(parameter + "=" + escaped(sample), true);              // a whole value
            add(parameter + "=" + escaped(sample.substr(0, 3)), true); // many
            add(parameter + "=" + escaped(sample.substr(sample.size() > 2 ? sample.size() - 2 : 0)), true);
            add(parameter + "=no-such-text", true);
            add(parameter + "=" + escaped(sample.substr(0, 3)) + "&status=error", true);
        }
        return out;
    }

    static std::vector<std::string> orders() {
        std::vector<std::string> out;
        for (const char* key : {"created_at", "updated_at", "name", "status", "protected_at", "id"})
            for (const char* direction : {":desc", ":asc"})
                out.push_back(std::string(key) + direction);
        for (const char* mixed : {"protected_at:asc,created_at:desc", "status:asc,created_at:desc",
                                  "name:desc,updated_at:asc", "status:desc,name:asc", "updated_at:asc,name:desc"})
            out.emplace_back(mixed);
        return out;
    }

    // The id 70 % deep in the order, among the rows that the filter may see.
    std::optional<std::string> deep_marker(const std::string& order, bool all_tenants) {
        const auto key = std::make_pair(order, all_tenants);
        if (const auto known = markers_.find(key); known != markers_.end()) return known->second;
        const auto count_only = run("limit=1" + std::string(all_tenants ? "&all_tenants=true" : ""), nullptr);
        const auto offset = static_cast<std::uint64_t>(static_cast<double>(count_only.count) * 0.7);
        std::string id;
        run("limit=1&offset=" + std::to_string(offset) + "&sort=" + escaped(order) +
                (all_tenants ? "&all_tenants=true" : ""),
            &id);
        markers_[key] = id.empty() ? std::nullopt : std::optional<std::string>(id);
        return markers_[key];
    }

    cell measure(const std::string& request) {
        cell out;
        out.request = request;
        visit(request, out);
        const query::list_request parsed = parse(request);
        out.by_facet = query::counters_suffice({parsed, caller_.project_id, {}, {}}) && !parsed.used_percent;
        for (int i = 0; i < runs_; ++i) {
            const cell timed = run(request, nullptr);
            const auto best = [i](double& kept, double now) { kept = i == 0 ? now : std::min(kept, now); };
            best(out.page_ms, timed.page_ms);
            best(out.count_ms, timed.count_ms);
            best(out.all_ms, timed.all_ms);
        }
        return out;
    }

private:
    // Runs the request as the service does; the statements are timed one by one.
    cell run(const std::string& text, std::string* last_id) {
        cell out;
        const auto request = parse(text);
        const auto begun = std::chrono::steady_clock::now();
        std::string purpose;
        auto since = begun;
        const auto close = [&] {
            const double ms = milliseconds(std::chrono::steady_clock::now() - since).count();
            if (purpose == "read the page") out.page_ms += ms;
            if (purpose.starts_with("count")) out.count_ms += ms;
        };
        query::reading how;
        how.before_statement = [&](std::string_view next, const db::statement&) {
            close();
            purpose = next;
            since = std::chrono::steady_clock::now();
        };
        const auto page = query::read_page(session_, caller_, request, how);
        close();
        out.all_ms = milliseconds(std::chrono::steady_clock::now() - begun).count();
        if (page.has_error()) throw std::runtime_error(text + ": " + page.error().message);
        out.count = page->count;
        if (last_id && page->rows.size() > 0)
            *last_id =
                std::string(json::parse(std::string(page->rows.text(page->rows.size() - 1, 0))).at("id").as_string());
        return out;
    }

    // Runs the request with EXPLAIN before each of its statements.
    void visit(const std::string& text, cell& out) {
        query::reading how;
        how.before_statement = [&](std::string_view purpose, const db::statement& statement) {
            if (purpose == "set the caller") return;
            const double buffers = explain(statement, out);
            (purpose == "read the page"     ? out.page_buffers
             : purpose.starts_with("count") ? out.count_buffers
                                            : out.other_buffers) += buffers;
        };
        how.path_chosen = [&](const std::string& reason) { out.path = reason; };
        const auto page = query::read_page(session_, caller_, parse(text), how);
        if (page.has_error()) throw std::runtime_error(text + ": " + page.error().message);
        out.count = page->count;
        out.rows = page->rows.size();
    }

    // Buffers of the statement; adds what it visits.
    double explain(const db::statement& statement, cell& out) {
        const db::rows rows = session_.explain(statement, "ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON");
        json::parse_options deep; // a branch for each status nests deeper than the 32 levels that are the default
        deep.max_depth = 1000;
        const json::value document = json::parse(std::string(rows.text(0, 0)), {}, deep);
        const json::object& plan = document.as_array().at(0).as_object().at("Plan").as_object();
        add_visited(plan, out);
        return plan.at("Shared Hit Blocks").to_number<double>() + plan.at("Shared Read Blocks").to_number<double>();
    }

    static void add_visited(const json::object& node, cell& out) {
        const auto number = [&](const char* name) {
            return node.contains(name) ? node.at(name).to_number<double>() : 0.0;
        };
        if (node.contains("Relation Name") && node.at("Relation Name") == "backups")
            out.visited +=
                (number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck")) *
                number("Actual Loops");
        if (node.contains("Plans"))
            for (const json::value& child : node.at("Plans").as_array())
                add_visited(child.as_object(), out);
    }

    static query::list_request parse(const std::string& text) {
        const auto request = catalog::api::parse_list_request(text, {});
        if (request.has_error()) throw std::runtime_error(text + ": " + request.error().message);
        return *request;
    }

    // Asks as the project, outside the service's statements.
    db::rows ask(const std::string& sql, const std::vector<std::string>& params) {
        session_.begin(true);
        db::statement identify("SELECT catalog.begin_request($1, 'grid', false)");
        identify.add_param(caller_.project_id);
        session_.run_once(identify);
        session_.run_once(
            db::statement("SET LOCAL enable_sort = on; SET LOCAL enable_seqscan = on; SET LOCAL work_mem = "
                          "'256MB'; SET LOCAL statement_timeout = 0"));
        db::statement statement(sql);
        statement.add_param(caller_.project_id);
        for (const std::string& value : params)
            statement.add_param(value);
        db::rows rows = session_.run_once(statement);
        session_.commit();
        return rows;
    }

    std::vector<std::string> values_of(const std::string& column) {
        const db::rows rows = ask("SELECT " + column +
                                      ", count(*) FROM catalog.backups WHERE project_id = $1 AND parent_id IS "
                                      "NULL AND owner_project_id IS NULL AND " +
                                      column + " IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1",
                                  {});
        if (rows.empty()) throw std::runtime_error(column + ": the project has no value of it");
        std::vector<std::string> out;
        for (const std::size_t place : {std::size_t{0}, rows.size() / 2, rows.size() - 1}) {
            std::string value = column == "incremental" ? (rows.text(place, 0) == "t" ? "true" : "false")
                                                        : escaped(rows.text(place, 0));
            if (std::find(out.begin(), out.end(), value) == out.end()) out.push_back(std::move(value));
        }
        return out;
    }

    std::vector<std::string> column_values(const std::string& sql) {
        const db::rows rows = ask(sql, {});
        std::vector<std::string> out;
        for (std::size_t i = 0; i < rows.size(); ++i)
            out.emplace_back(rows.text(i, 0));
        return out;
    }

    // The time below which this share of the project's backups was created.
    std::string time_at(double share) {
        const db::rows rows =
            ask("SELECT to_char(percentile_disc($2::float8) WITHIN GROUP (ORDER BY created_at), "
                "'YYYY-MM-DD\"T\"HH24:MI:SS') FROM catalog.backups WHERE project_id = $1 AND parent_id IS NULL",
                {std::to_string(share)});
        return std::string(rows.text(0, 0));
    }

    std::string text_at(const std::string& column) {
        const db::rows rows =
            ask("SELECT " + column + " FROM catalog.backups WHERE project_id = $1 AND parent_id IS NULL AND length(" +
                    column + ") > 6 ORDER BY md5(id::text) LIMIT 1",
                {});
        return std::string(rows.text(0, 0));
    }

    db::session& session_;
    query::caller caller_;
    int runs_;
    std::map<std::string, std::vector<std::string>> values_;
    std::map<std::pair<std::string, bool>, std::optional<std::string>> markers_;
};

void write_json(std::ostream& out, const cell& c) {
    out << json::serialize(json::object{{"request", c.request},
                                        {"depth", c.depth},
                                        {"limit", c.limit},
                                        {"substring", c.substring},
                                        {"by_facet", c.by_facet},
                                        {"path", c.path},
                                        {"count", c.count},
                                        {"rows", c.rows},
                                        {"page_buffers", c.page_buffers},
                                        {"count_buffers", c.count_buffers},
                                        {"other_buffers", c.other_buffers},
                                        {"visited", c.visited},
                                        {"page_ms", c.page_ms},
                                        {"count_ms", c.count_ms},
                                        {"all_ms", c.all_ms}})
        << '\n';
}

double at(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

void print_spread(const char* title, const std::vector<cell>& cells, double cell::*figure) {
    std::vector<double> values;
    values.reserve(cells.size());
    for (const cell& c : cells)
        values.push_back(c.*figure);
    std::printf("%-34s %8zu %10.2f %10.2f %10.2f %10.2f\n", title, values.size(), at(values, 0.5), at(values, 0.95),
                at(values, 0.99), at(values, 1));
}

void print_worst(const char* title, std::vector<cell> cells, double cell::*figure, std::size_t most) {
    std::sort(cells.begin(), cells.end(), [&](const cell& a, const cell& b) { return a.*figure > b.*figure; });
    std::printf("\n%s\n", title);
    for (std::size_t i = 0; i < std::min(most, cells.size()); ++i)
        std::printf("%10.2f  %-6s  %s\n            %s\n", cells[i].*figure, cells[i].depth.c_str(),
                    cells[i].request.c_str(), cells[i].path.c_str());
}

// One bound: how many of the cells that it is about are over it, and which.
void print_bound(const std::string& title, const std::vector<cell>& cells, double bound,
                 const std::function<bool(const cell&)>& concerned, const std::function<double(const cell&)>& figure) {
    std::vector<std::pair<double, const cell*>> over;
    std::size_t all = 0;
    for (const cell& c : cells) {
        if (c.limit != bounded_limit || !concerned(c)) continue;
        ++all;
        if (figure(c) > bound) over.emplace_back(figure(c), &c);
    }
    std::printf("%-62s %6g: %zu of %zu over it\n", title.c_str(), bound, over.size(), all);
    std::sort(over.begin(), over.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    for (std::size_t i = 0; i < std::min<std::size_t>(over.size(), 25); ++i)
        std::printf("%10.2f  %-6s  %s\n", over[i].first, over[i].second->depth.c_str(),
                    over[i].second->request.c_str());
}

void print_bounds(const std::vector<cell>& cells) {
    std::printf("\nbounds, for pages of %d\n", bounded_limit);
    const auto plain = [](const cell& c) { return !c.substring; };
    const auto substring = [](const cell& c) { return c.substring; };
    print_bound("buffers of page and count, without a substring", cells, most_buffers, plain,
                [](const cell& c) { return c.page_buffers + c.count_buffers; });
    print_bound("ms of the whole request, without a substring", cells, most_ms, plain,
                [](const cell& c) { return c.all_ms; });
    std::vector<double> all;
    for (const cell& c : cells)
        if (c.limit == bounded_limit && !c.substring) all.push_back(c.all_ms);
    std::printf("%-62s %6g: %.2f\n", "99th percentile of it", most_ms_p99, at(all, 0.99));
    print_bound(
        "ms of the count, by facets", cells, most_facet_count_ms,
        [](const cell& c) { return !c.substring && c.by_facet; }, [](const cell& c) { return c.count_ms; });
    print_bound(
        "ms of the count, by anything else", cells, most_count_ms,
        [](const cell& c) { return !c.substring && !c.by_facet; }, [](const cell& c) { return c.count_ms; });
    print_bound("ms of the page, with a substring", cells, most_substring_page_ms, substring,
                [](const cell& c) { return c.page_ms; });
    print_bound("ms of the count, with a substring", cells, most_substring_count_ms, substring,
                [](const cell& c) { return c.count_ms; });
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 8) {
        std::fputs("usage: catalog-grid URL PROJECT RUNS FILE DEPTHS ONLY LIMIT...\n\n"
                   "Started by bench/grid, which makes the catalog. RUNS: how often each cell is timed, the best "
                   "counts. DEPTHS: "
                   "first, marker, offset, one or several with a comma between. ONLY: filters that contain it.\n",
                   stderr);
        return 2;
    }
    try {
        db::session_options options;
        options.url = argv[1];
        db::session session(options);
        grid grid(session, argv[2], std::stoi(argv[3]));
        std::ofstream file(argv[4]);
        const std::vector<int> limits = [&] {
            std::vector<int> out;
            for (int i = 7; i < argc; ++i)
                out.push_back(std::stoi(argv[i]));
            return out;
        }();
        const std::string depths = argv[5];
        const auto wanted = [&](std::string_view depth) { return depths.find(depth) != std::string::npos; };
        std::vector<filter> filters = grid.filters();
        const std::string only = argv[6];
        std::erase_if(filters, [&](const filter& f) { return f.text.find(only) == std::string::npos; });
        if (filters.empty()) throw std::runtime_error("no filter contains '" + only + "'");
        const std::vector<std::string> orders = grid::orders();
        std::vector<cell> cells;
        const std::size_t planned = filters.size() * orders.size() * 2 * limits.size();
        auto told = std::chrono::steady_clock::now();
        const auto take = [&](const std::string& request, const char* depth, int limit, const filter& f) {
            cell c = grid.measure("limit=" + std::to_string(limit) + request);
            c.depth = depth;
            c.limit = limit;
            c.substring = f.substring;
            write_json(file, c);
            cells.push_back(std::move(c));
            if (std::chrono::steady_clock::now() - told < std::chrono::seconds(10)) return;
            told = std::chrono::steady_clock::now();
            std::fprintf(stderr, "grid: %zu of about %zu cells\n", cells.size(), planned);
        };
        for (const int limit : limits) {
            for (const filter& f : filters) {
                const bool all_tenants = f.text.starts_with("all_tenants");
                for (const std::string& order : orders) {
                    const std::string request = "&sort=" + escaped(order) + (f.text.empty() ? "" : "&" + f.text);
                    take(request, "first", limit, f);
                    const std::uint64_t count = cells.back().count;
                    if (const auto marker = wanted("marker") ? grid.deep_marker(order, all_tenants) : std::nullopt)
                        take(request + "&marker=" + *marker, "marker", limit, f);
                    if (wanted("offset") && f.walked_by_offset)
                        take(request + "&offset=" + std::to_string(count / 2), "offset", limit, f);
                }
            }
        }
        std::printf("%-34s %8s %10s %10s %10s %10s\n", "", "cells", "p50", "p95", "p99", "max");
        for (const int limit : limits) {
            for (const bool substring : {false, true}) {
                std::vector<cell> some;
                std::copy_if(cells.begin(), cells.end(), std::back_inserter(some),
                             [&](const cell& c) { return c.limit == limit && c.substring == substring; });
                std::printf("pages of %d, %s\n", limit, substring ? "with a substring" : "without a substring");
                print_spread("  page, ms", some, &cell::page_ms);
                print_spread("  page, buffers", some, &cell::page_buffers);
                print_spread("  count, ms", some, &cell::count_ms);
                print_spread("  count, buffers", some, &cell::count_buffers);
                print_spread("  visited rows and entries", some, &cell::visited);
                print_spread("  whole request, ms", some, &cell::all_ms);
            }
        }
        std::vector<cell> plain;
        for (const cell& c : cells)
            if (!c.substring) plain.push_back(c);
        print_worst("most buffers for the page", plain, &cell::page_buffers, 15);
        print_worst("most buffers for the count", plain, &cell::count_buffers, 8);
        print_worst("most rows and entries visited", plain, &cell::visited, 8);
        print_worst("slowest requests", cells, &cell::all_ms, 12);
        print_bounds(cells);
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "catalog-grid: %s\n", e.what());
        return 1;
    }
}
