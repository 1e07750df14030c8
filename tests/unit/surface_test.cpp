// This file tests what the service shows of itself: metrics, Server-Timing, the API's description, pages, and the texts
// made from the table of subcommands.
#define BOOST_TEST_DYN_LINK
#include "api/list_parameters.hpp"
#include "api/observed.hpp"
#include "api/openapi.hpp"
#include "api/pages.hpp"
#include "app/settings.hpp"
#include "app/subcommands.hpp"
#include "util/json_text.hpp"
#include "util/metrics.hpp"
#include "util/text.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <set>
#include <string>
#include <thread>

BOOST_AUTO_TEST_SUITE(surface)

namespace json = boost::json;
using namespace catalog;

namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

template <class Family>
std::string samples(const Family& family) {
    std::string out;
    family.append_samples(out);
    return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(values_of_metrics) {
    metrics::value plain("a", metrics::kind::gauge, "help");
    BOOST_TEST(samples(plain) == "a 0\n");
    plain.add(2);
    plain.add(-0.5);
    BOOST_TEST(samples(plain) == "a 1.5\n");
    plain.set(1e9);
    BOOST_TEST(samples(plain) == "a 1000000000\n");
    metrics::value labelled("b_total", metrics::kind::counter, "help", {{"x", {"1", "2"}}, {"y", {"p", "other"}}});
    labelled.add(1, {"2", "p"});
    labelled.add(1, {"2", "unheard of"}); // counts as the last value, so that there is never a new series
    labelled.add(1, {"2", "neither"});
    BOOST_TEST(samples(labelled) == "b_total{x=\"1\",y=\"p\"} 0\nb_total{x=\"1\",y=\"other\"} 0\n"
                                    "b_total{x=\"2\",y=\"p\"} 1\nb_total{x=\"2\",y=\"other\"} 2\n");
}

BOOST_AUTO_TEST_CASE(histograms) {
    metrics::histogram h("h", "help", {{"x", {"1", "2"}}});
    BOOST_TEST(samples(h) == ""); // nothing seen
    h.observe(0.0005, {"2"});     // a bound belongs to its bucket
    h.observe(0.3, {"2"});
    h.observe(11, {"2"});
    const std::string text = samples(h);
    BOOST_TEST(!contains(text, "x=\"1\""));
    BOOST_TEST(text.starts_with("h_bucket{x=\"2\",le=\"0.0005\"} 1\n"));
    BOOST_TEST(contains(text, "h_bucket{x=\"2\",le=\"0.25\"} 1\n"));
    BOOST_TEST(contains(text, "h_bucket{x=\"2\",le=\"0.5\"} 2\n"));
    BOOST_TEST(contains(text, "h_bucket{x=\"2\",le=\"10\"} 2\n"));
    BOOST_TEST(contains(text, "h_bucket{x=\"2\",le=\"+Inf\"} 3\nh_sum{x=\"2\"} 11.3005\nh_count{x=\"2\"} 3\n"));
}

BOOST_AUTO_TEST_CASE(metrics_count_from_several_threads) {
    metrics::value v("v", metrics::kind::gauge, "help");
    metrics::histogram h("h", "help", {});
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 10000; ++i) {
                v.add(1);
                h.observe(0.5, {});
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    BOOST_TEST(samples(v) == "v 40000\n");
    BOOST_TEST(contains(samples(h), "h_sum 20000\nh_count 40000\n"));
}

BOOST_AUTO_TEST_CASE(the_table_of_metrics) {
    metrics::measure_process();
    const std::string text = metrics::text();
    std::set<std::string_view> names;
    for (const metrics::family* family : metrics::all()) {
        BOOST_TEST(names.insert(family->name()).second, family->name());
        BOOST_TEST(family->name().ends_with("_total") == (family->kind() == metrics::kind::counter), family->name());
        BOOST_TEST(contains(text, "# HELP " + std::string(family->name()) + " "));
        BOOST_TEST(contains(metrics::markdown(), "| `" + std::string(family->name()) + "` |"));
    }
    BOOST_TEST(!contains(text, "process_open_fds 0\n"));
    BOOST_TEST(!contains(text, "process_resident_memory_bytes 0\n"));
    BOOST_TEST(!contains(text, "process_start_time_seconds 0\n"));
}

BOOST_AUTO_TEST_CASE(server_timing_names_the_stages_that_took_time) {
    request_record record;
    BOOST_TEST(api::server_timing(record) == "");
    record.time(stage::identity) = std::chrono::microseconds(1500);
    record.time(stage::rows) = std::chrono::milliseconds(12);
    BOOST_TEST(api::server_timing(record) == "identity;dur=1.500, rows;dur=12.000");
}

BOOST_AUTO_TEST_CASE(traceparents) {
    const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    BOOST_TEST(is_traceparent(good));
    request_record record;
    BOOST_TEST(record.trace_id() == "");
    record.traceparent = good;
    BOOST_TEST(record.trace_id() == "4bf92f3577b34da6a3ce929d0e0e4736");
    for (const std::string_view bad : {"", "00", "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                       "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                                       "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                                       "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                                       "00-4bf92f3577b34da6a3ce929d0e0e473600f067aa0ba902b7--01",
                                       "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
                                       "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0\n"})
        BOOST_TEST(!is_traceparent(bad), bad);
}

BOOST_AUTO_TEST_CASE(the_description_has_every_parameter_with_an_example_that_is_allowed) {
    const json::value document = json::parse(api::openapi_document());
    const json::array& described =
        document.at("paths").at("/v3/{project_id}/backups").at("get").at("parameters").as_array();
    std::size_t found = 0;
    for (const json::value& one : described) {
        if (const auto* in = one.as_object().if_contains("in"); !in || in->as_string() != "query") continue;
        const api::parameter& parameter = api::list_parameters()[found++];
        BOOST_TEST(one.at("name").as_string() == parameter.name);
        BOOST_TEST(!parameter.example.empty(), parameter.name);
        const auto parsed = api::parse_list_request(std::string(parameter.name) + "=" + std::string(parameter.example),
                                                    api::parse_options{});
        BOOST_TEST(parsed.has_value(), parameter.name);
    }
    BOOST_TEST(found == api::list_parameters().size());
    BOOST_TEST(document.at("info").at("version").as_string() == BACKUP_CATALOG_VERSION);
}

BOOST_AUTO_TEST_CASE(pages_of_the_program) {
    BOOST_TEST(api::find_page("/openapi.json", false).has_value());
    BOOST_TEST(api::find_page("/openapi.json?x=1", false).has_value());
    BOOST_REQUIRE(api::find_page("/console", true).has_value());
    BOOST_TEST(api::find_page("/console/", true)->content.body == api::find_page("/console", true)->content.body);
    BOOST_TEST(api::find_page("/console?name=x", true).has_value());
    BOOST_TEST(api::find_page("/console/console.js", true).has_value());
    BOOST_TEST(!api::find_page("/console", false).has_value());
    for (const std::string_view nowhere :
         {"/", "", "/consoles", "/console/nothing.js", "/console/../openapi_template.json", "/openapi_template.json",
          "/console/%2e%2e/openapi_template.json", "/openapi.json/"})
        BOOST_TEST(!api::find_page(nowhere, true).has_value(), nowhere);
}

BOOST_AUTO_TEST_CASE(indented_json) {
    BOOST_TEST(indented(json::parse(R"({"a":[1,{"b":"\u0001é"}],"c":{},"d":[],"e":null})")) ==
               "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"\\u0001é\"\n    }\n  ],\n  \"c\": {},\n  \"d\": [],\n  "
               "\"e\": null\n}");
}

BOOST_AUTO_TEST_CASE(words_that_were_meant) {
    constexpr std::array<std::string_view, 4> words{"listen", "limit", "identity-file", "log"};
    BOOST_TEST(nearest_word("lisen", words) == "listen");
    BOOST_TEST(nearest_word("listne", words) == "listen");
    BOOST_TEST(nearest_word("identity", words) == "identity-file"); // its beginning
    BOOST_TEST(nearest_word("lgo", words) == "");                   // two edits are too many for three letters
    BOOST_TEST(nearest_word("lo", words) == "log");
    BOOST_TEST(nearest_word("", words) == "");
    BOOST_TEST(nearest_word("colour", words) == "");
    BOOST_TEST(nearest_word(std::string(100, 'l'), words) == "");
}

BOOST_AUTO_TEST_CASE(texts_made_from_the_tables) {
    const std::string page = app::manual_page();
    const std::string completion = app::bash_completion();
    for (const app::subcommand& s : app::all_subcommands()) {
        BOOST_TEST(contains(app::overview_text(), "\n  " + std::string(s.name) + " "));
        BOOST_TEST(contains(page, "\n.B " + std::string(s.name) + "\n"));
        BOOST_TEST(contains(completion, "        " + std::string(s.name) + ") flags='--help"));
        BOOST_TEST(app::find_subcommand(s.name) == &s);
    }
    for (const app::setting& each : app::all_settings())
        BOOST_TEST(contains(completion, " --" + std::string(each.name)), each.name);
    const json::value settings = json::parse(app::settings_json());
    BOOST_TEST(settings.as_array().size() == app::all_settings().size());
    BOOST_TEST(settings.at(0).at("name").as_string() == "database-url");
    BOOST_TEST(settings.at(0).at("environment").as_string() == "BACKUP_CATALOG_DATABASE_URL");
    BOOST_TEST(settings.at(0).at("default").is_null());
    BOOST_TEST(settings.at(0).at("subcommands").as_array().size() == 5U);
}

BOOST_AUTO_TEST_SUITE_END()
