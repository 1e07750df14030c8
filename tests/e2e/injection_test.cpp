// This file sends SQL injections to the real program, in every parameter, in paths and in headers: each is refused or
// means its own text and nothing else, and the database never sees a statement that it does not understand.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE injection
#include "comparison.hpp"
#include "http_client.hpp"
#include "injections.hpp"
#include "model.hpp"
#include "postgres_cluster.hpp"
#include "reference.hpp"
#include "service.hpp"
#include "sql_session.hpp"
#include "text.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <set>
#include <thread>

namespace {

using namespace support;
namespace json = boost::json;

const model::caller reader{true, "alice", project, {"reader"}};

bool has_control(const std::string& text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

// Backups that are named like the payloads, so that a filter which takes one literally finds something: the name, the
// resource's name and the zone of one backup are three different payloads.
std::string catalog_lines(const std::vector<std::string>& payloads) {
    std::string out;
    for (std::size_t i = 0; i < payloads.size(); ++i) {
        char id[64];
        std::snprintf(id, sizeof id, "00000000-0000-4000-8000-%012zu", i);
        json::object record{{"id", id},
                            {"project_id", i % 5 == 4 ? other_project : project},
                            {"checkpoint_id", id},
                            {"vault_id", id},
                            {"resource_id", id},
                            {"resource_type", "OS::Nova::Server"},
                            {"created_at", "2020-01-01T00:00:00.000000"},
                            {"name", payloads[i]},
                            {"resource_name", payloads[(i + 1) % payloads.size()]},
                            {"resource_az", payloads[(i + 2) % payloads.size()]}};
        out += json::serialize(record) + "\n";
    }
    return out;
}

class experiment {
public:
    experiment()
        : payloads_(injections())
        , database_(postgres_cluster::instance().create_database()) {
        const std::string lines = catalog_lines(payloads_);
        model_.load_lines(lines);
        import_records(postgres_cluster::instance().url("test_writer", database_), lines);
        service_.emplace(catalog_service::options{postgres_cluster::instance().url("test_reader", database_),
                                                  {{"reader-token", reader.user_id, project, reader.roles}},
                                                  {"--access-log", "off"}});
        log_before_ = postgres_cluster::instance().log().size();
    }

    const std::vector<std::string>& payloads() const { return payloads_; }
    const model::catalog& model() const { return model_; }

    // One request for each payload and each of `places`; what is wrong with an answer comes from `check`.
    using question = std::pair<std::string, http_headers>; // target and headers
    void ask(std::size_t places, const std::function<question(std::size_t, const std::string&)>& make,
             const std::function<std::string(std::size_t, const std::string&, const http_response&)>& check) {
        std::atomic<std::size_t> next{0};
        std::vector<std::thread> threads;
        threads.reserve(3);
        for (int t = 0; t < 3; ++t)
            threads.emplace_back([&] {
                http_client client(service_->base_url());
                for (std::size_t i = next++; i < places * payloads_.size() && failures_.count() < 50; i = next++) {
                    const std::string& payload = payloads_[i / places];
                    const auto [target, headers] = make(i % places, payload);
                    std::string wrong;
                    try {
                        wrong = check(i % places, payload, client.request("GET", target, headers));
                    } catch (const std::exception& failure) {
                        wrong = failure.what();
                    }
                    ++asked_;
                    if (!wrong.empty())
                        failures_.add(curl_line(service_->base_url(), target, "") + " (" + payload + ")\n" + wrong);
                }
            });
        for (std::thread& one : threads)
            one.join();
    }

    void finish() {
        if (failures_.count() > 0) BOOST_ERROR(failures_.text());
        BOOST_TEST_MESSAGE(asked_ << " requests with " << payloads_.size() << " payloads");
        // Everything is where it was.
        sql_session superuser(postgres_cluster::instance().superuser_url(database_));
        BOOST_TEST(superuser.value("SELECT count(*) FROM catalog.backups") == std::to_string(payloads_.size()));
        const std::string log = postgres_cluster::instance().log().substr(log_before_);
        for (const auto* word : {"syntax error", "ERROR:", "FATAL:", "PANIC:"})
            BOOST_TEST(log.find(word) == std::string::npos, log.substr(0, 2000));
        // And this is where one would be told.
        BOOST_CHECK_THROW(superuser.run("SELECT 'planted"), sql_error);
        BOOST_CHECK_THROW(superuser.run("SELEKT 1"), sql_error);
        BOOST_TEST(postgres_cluster::instance().log().find("syntax error at or near \"SELEKT\"", log_before_) !=
                   std::string::npos);
        service_->stop();
        BOOST_TEST(service_->process().errors().find("request_failed") == std::string::npos,
                   service_->process().errors());
    }

private:
    std::vector<std::string> payloads_;
    std::string database_;
    model::catalog model_;
    std::optional<catalog_service> service_;
    std::size_t log_before_ = 0;
    failure_log failures_;
    std::atomic<std::size_t> asked_{0};
};

const http_headers as_reader{{"X-Auth-Token", "reader-token"}};

std::string expect_status(const http_response& got, const std::set<unsigned>& wanted) {
    if (!wanted.contains(got.status)) return "status " + std::to_string(got.status) + ": " + got.body.substr(0, 300);
    return check_error_shape(got);
}

} // namespace

BOOST_AUTO_TEST_CASE(the_corpus) {
    const std::vector<std::string> payloads = injections();
    BOOST_TEST(payloads.size() >= 1000U);
    BOOST_TEST(std::set<std::string>(payloads.begin(), payloads.end()).size() == payloads.size());
    for (const std::string& one : payloads)
        BOOST_TEST(model::count_characters(one).value_or(1000) <= 255U, one);
}

BOOST_AUTO_TEST_CASE(every_payload_everywhere) {
    experiment lab;
    // As the value of each parameter: what the model makes of that text.
    const std::vector<std::string>& names = model::parameter_names();
    const auto query = [&](std::size_t place, const std::string& payload) {
        model::parameters out{{names[place], payload}};
        if (names[place] != "limit") out.emplace_back("limit", "3");
        return out;
    };
    std::atomic<std::size_t> found{0};
    lab.ask(
        names.size(),
        [&](std::size_t place, const std::string& payload) {
            return experiment::question(target_of(list_path, query(place, payload)), as_reader);
        },
        [&](std::size_t place, const std::string& payload, const http_response& got) {
            const model::answer wanted = lab.model().list(reader, project, query(place, payload));
            found += wanted.backups.size();
            return compare_list(wanted, got);
        });
    BOOST_TEST(found > lab.payloads().size()); // literal text is found

    // As a parameter's name, in paths, and as a path.
    lab.ask(
        4,
        [&](std::size_t place, const std::string& payload) {
            const std::string encoded = percent_encode(payload);
            const std::string targets[] = {list_path + "?" + encoded + "=1", "/v3/" + encoded + "/backups",
                                           list_path + "/" + encoded, "/v3/" + project + "/" + encoded};
            return experiment::question(targets[place], as_reader);
        },
        [&](std::size_t place, const std::string& payload, const http_response& got) {
            switch (place) {
            case 0:
                return expect_status(got, {400});
            case 1:
                return compare_list(lab.model().list(reader, payload, {}), got);
            case 2:
                return compare_show(lab.model().show(reader, project, payload), got);
            default:
                return expect_status(got, {404});
            }
        });

    // In headers: a token is unknown; others mean nothing. What can't be in a header is refused.
    const std::vector<std::string> headers{"X-Auth-Token",    "traceparent", "tracestate", "X-Request-Id",
                                           "X-Server-Timing", "User-Agent",  "Cookie",     "X-Forwarded-For"};
    const model::answer page = lab.model().list(reader, project, {{"limit", "1"}});
    lab.ask(
        headers.size(),
        [&](std::size_t place, const std::string& payload) {
            http_headers out = place == 0 ? http_headers{} : as_reader;
            std::string value = payload;
            std::erase_if(value, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
            out.emplace_back(headers[place], value);
            return experiment::question(list_path + "?limit=1", out);
        },
        [&](std::size_t place, const std::string& payload, const http_response& got) {
            if (has_control(payload) && got.status == 400) return check_error_shape(got);
            return place == 0 ? expect_status(got, {401}) : compare_list(page, got);
        });
    lab.finish();
}
