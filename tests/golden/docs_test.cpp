// This file holds the tables of the documentation against the tables in the program that they are made from.
#define BOOST_TEST_DYN_LINK
#include "api/list_parameters.hpp"
#include "api/openapi.hpp"
#include "app/settings.hpp"
#include "util/metrics.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace {

// Compares (or, for GOLDEN_UPDATE, rewrites) what stands between `<!-- table: NAME -->` and `<!-- end -->`.
void check_table(const std::string& file, const std::string& name, const std::string& table) {
    const std::string path = std::string(DOCS_FOLDER) + "/" + file;
    std::stringstream content;
    content << std::ifstream(path).rdbuf();
    std::string text = content.str();
    const std::string begin_mark = "<!-- table: " + name + " -->\n";
    const std::size_t begin = text.find(begin_mark);
    BOOST_REQUIRE_MESSAGE(begin != std::string::npos, path << " has no table " << name);
    const std::size_t from = begin + begin_mark.size();
    const std::size_t end = text.find("<!-- end -->", from);
    BOOST_REQUIRE_MESSAGE(end != std::string::npos, path << ": table " << name << " has no end");
    if (std::getenv("GOLDEN_UPDATE")) {
        text.replace(from, end - from, table);
        std::ofstream(path) << text;
        return;
    }
    BOOST_TEST((text.substr(from, end - from) == table),
               path << ": table " << name << " is stale; run GOLDEN_UPDATE=1 golden_test");
}

} // namespace

BOOST_AUTO_TEST_CASE(parameters_in_the_api_page) {
    check_table("api.md", "parameters", catalog::api::parameter_table());
}

BOOST_AUTO_TEST_CASE(settings_in_the_operations_page) {
    check_table("operations.md", "settings", catalog::app::settings_markdown());
}

// Renaming a metric breaks dashboards and alerts: the table in the documentation pins names and labels.
BOOST_AUTO_TEST_CASE(metrics_in_their_page) {
    check_table("metrics.md", "metrics", catalog::metrics::markdown());
}

BOOST_AUTO_TEST_CASE(the_committed_description_of_the_api) {
    const std::string path = std::string(DOCS_FOLDER) + "/openapi.json";
    const std::string now = catalog::api::openapi_document();
    if (std::getenv("GOLDEN_UPDATE")) std::ofstream(path) << now;
    std::stringstream content;
    content << std::ifstream(path).rdbuf();
    BOOST_TEST((content.str() == now), path << " is stale; run GOLDEN_UPDATE=1 golden_test");
}
