// This file compares the SQL of every shape with the golden file, so that a change of SQL is seen in review.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE golden
#include "query_shapes.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace {

namespace query = catalog::query;

void print(std::ostream& out, const char* purpose, const catalog::db::statement& statement) {
    out << purpose << ": " << statement.text() << '\n';
    for (std::size_t i = 0; i < statement.params().size(); ++i)
        out << "    $" << i + 1 << " = " << statement.params()[i].value_or("null") << '\n';
}

std::string text_of(const shapes::shape& shape) {
    std::ostringstream out;
    const query::scope scope = shapes::scope_of(shape, "p0");
    const query::row_counts counts = shapes::counts_of(shape);
    const auto marker = shapes::marker_of(shape);
    query::access_path path = query::choose_access_path(scope, counts, marker);
    out << "## " << shape.query << (shape.marker ? " (marker)" : "") << (shape.by_week ? " (by week)" : "") << '\n'
        << path.reason << '\n';
    if (query::is_unfiltered(scope))
        print(out, "listed", query::listed_statement(scope));
    else
        print(out, "facets", query::facets_statement(scope, counts));
    if (!query::counters_suffice(scope)) print(out, "count", query::count_statement(scope, counts));
    if (path.skips_weeks) {
        print(out, "weeks", query::weeks_statement(scope));
        path.begins_at = "2026-03-02 00:00:00+00";
    }
    if (!path.branches.empty()) print(out, "page", query::page_statement(scope, counts, path, marker));
    if (query::can_count_with_page(scope)) {
        query::row_counts none;
        none.with_page = true;
        const query::access_path counting = query::choose_access_path(scope, none, marker);
        out << counting.reason << '\n';
        print(out, "page, counted", query::page_statement(scope, none, counting, marker));
    }
    return out.str() + "\n";
}

} // namespace

BOOST_AUTO_TEST_CASE(sql_of_every_shape) {
    const std::string file = std::string(GOLDEN_FOLDER) + "/list_query.golden";
    std::string now;
    for (const shapes::shape& shape : shapes::all())
        now += text_of(shape);
    if (std::getenv("GOLDEN_UPDATE")) std::ofstream(file) << now;
    std::ifstream in(file);
    std::stringstream golden;
    golden << in.rdbuf();
    BOOST_REQUIRE_MESSAGE(in, "cannot read " << file);
    std::istringstream expected(golden.str());
    std::istringstream actual(now);
    std::string expected_line;
    std::string actual_line;
    std::size_t number = 0;
    while (std::getline(actual, actual_line)) {
        ++number;
        BOOST_REQUIRE_MESSAGE(std::getline(expected, expected_line), "line " << number << " is new: " << actual_line);
        BOOST_REQUIRE_MESSAGE(actual_line == expected_line,
                              "line " << number << "\n  golden: " << expected_line << "\n  now:    " << actual_line);
    }
    BOOST_REQUIRE_MESSAGE(!std::getline(expected, expected_line),
                          "line " << number + 1 << " is gone: " << expected_line);
}

// A statement's text is a prepared statement's name: it must not depend on values.
BOOST_AUTO_TEST_CASE(text_does_not_depend_on_values) {
    const shapes::shape one{"status=error&resource_az=a&name=x&sort=name&limit=7&offset=3", shapes::selectivity::common,
                            true};
    const shapes::shape other{"status=available&resource_az=b&name=y'z&sort=name&limit=9&offset=1",
                              shapes::selectivity::common, true};
    const auto text = [](const shapes::shape& shape) {
        const query::scope scope = shapes::scope_of(shape, "p");
        const query::row_counts counts = shapes::counts_of(shape);
        const auto marker = shapes::marker_of(shape);
        return query::facets_statement(scope, counts).text() + query::count_statement(scope, counts).text() +
               query::page_statement(scope, counts, query::choose_access_path(scope, counts, marker), marker).text();
    };
    BOOST_TEST(text(one) == text(other));
}
