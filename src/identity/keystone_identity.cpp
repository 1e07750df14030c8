// This file implements identity=keystone: a cache in front, one validation a token however many wait for it, and a
// strand on which all talk with the identity service happens.
#include "identity/keystone_identity.hpp"

#include "identity/token_facts.hpp"
#include "identity/waiting_room.hpp"
#include "util/log.hpp"
#include "util/resumption.hpp"
#include "util/text.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace catalog::identity {

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

// Longer ones are no tokens: Fernet and JWS tokens have 200 to 1,000 bytes, and servers refuse longer headers in ways
// of their own.
constexpr std::size_t max_token_bytes = 2048;
constexpr std::size_t max_secret_bytes = 4096;
// Attempts of one validation; the time limit is another bound.
constexpr int max_attempts = 3;
constexpr auto pause_before_retry = 100ms; // twice as long before the next
// The service's own token is renewed this long before it ends (or in the middle of its life, if that is later).
constexpr auto renew_ahead = 5min;
// It is renewed now and then in any case; steady_clock's nanoseconds could not count to the year 2999.
constexpr std::chrono::microseconds longest_use_of_own_token = 24h;
// After refused credentials: identity services lock users who try wrong passwords too often.
constexpr auto pause_after_refused_login = 10s;
constexpr auto least_time_between_complaints = 10s;

constexpr std::string_view unknown_token = "the token is unknown or expired";

problem away() {
    return {errc::identity_away, "The identity service is not available; try again later."};
}

// A validation that can't be answered; the text is for the log.
struct failure : std::runtime_error {
    failure(const std::string& what, bool again)
        : std::runtime_error(what)
        , worth_a_retry(again) {}
    bool worth_a_retry;
};

// What can't be a header's value can't be a token either.
bool may_be_token(std::string_view token) {
    return token.size() <= max_token_bytes &&
           std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c <= '~'; });
}

system_time wall_now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

} // namespace

std::optional<std::string> secret::read() const {
    if (file.empty()) return text.empty() ? std::nullopt : std::optional(text);
    std::ifstream in(file, std::ios::binary);
    std::string content(max_secret_bytes + 2, '\0');
    in.read(content.data(), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(in.gcount()));
    while (content.ends_with('\n') || content.ends_with('\r'))
        content.pop_back();
    if (content.empty() || content.size() > max_secret_bytes) return std::nullopt;
    return content;
}

std::string login_body(const keystone_login& login, std::string_view secret) {
    if (login.user.empty())
        return json::serialize(
            json::object{{"auth",
                          {{"identity",
                            {{"methods", json::array{"application_credential"}},
                             {"application_credential", {{"id", login.credential_id}, {"secret", secret}}}}}}}});
    const auto domain = [](const std::string& name) { return json::object{{"name", name}}; };
    json::object scope;
    switch (login.scoped_to) {
    case keystone_login::scope::project:
        scope["project"] = json::object{{"name", login.project}, {"domain", domain(login.project_domain)}};
        break;
    case keystone_login::scope::domain:
        scope["domain"] = domain(login.project_domain);
        break;
    case keystone_login::scope::system:
        scope["system"] = json::object{{"all", true}};
        break;
    }
    return json::serialize(json::object{
        {"auth",
         {{"identity",
           {{"methods", json::array{"password"}},
            {"password",
             {{"user", {{"name", login.user}, {"domain", domain(login.user_domain)}, {"password", secret}}}}}}},
          {"scope", scope}}}});
}

class keystone_verifier::implementation : public std::enable_shared_from_this<implementation> {
public:
    using answer = result<principal>;
    using waiter = std::function<void(const answer&)>; // resumes a coroutine on its own executor

    implementation(const asio::any_io_executor& io, keystone_options options)
        : place_(asio::make_strand(io))
        , options_(std::move(options))
        , cache_(options_.cache)
        , client_(place_, options_.server)
        , turns_(place_)
        , logged_in_(place_) {}

    std::optional<answer> known(const token_hash& hash) {
        const std::lock_guard lock(mutex_);
        auto found = cache_.find(hash, steady_clock::now(), wall_now());
        if (found) ++numbers_.hits;
        return found;
    }

    // `wake` is called once, from this call or later.
    void ask(const token_hash& hash, const std::string& token, waiter wake) {
        std::optional<answer> now;
        {
            const std::lock_guard lock(mutex_);
            if ((now = cache_.find(hash, steady_clock::now(), wall_now()))) {
                ++numbers_.hits; // answered since it was looked for
            } else if (const auto flight = flights_.find(hash); flight != flights_.end()) {
                ++numbers_.misses;
                ++numbers_.joined;
                flight->second.push_back(std::move(wake));
                return;
            } else if (flights_.size() >= options_.max_validations + options_.max_waiting) {
                ++numbers_.misses;
                ++numbers_.overflows;
                now = problem{errc::identity_away, "Too many tokens are being validated; try again later."};
            } else {
                ++numbers_.misses;
                flights_[hash].push_back(wake);
            }
        }
        if (now) {
            wake(*now);
            return;
        }
        auto fly = [self = shared_from_this(), hash, token] { return self->fly(hash, token); };
        asio::co_spawn(place_, std::move(fly), asio::detached);
    }

    void start() {
        auto log_in = [self = shared_from_this()] { return self->log_in_early(); };
        asio::co_spawn(place_, std::move(log_in), asio::detached);
    }

    keystone_statistics statistics() const {
        const std::lock_guard lock(mutex_);
        return numbers_;
    }

private:
    struct own_token {
        std::string text;
        steady_clock::time_point renew_at;
        steady_clock::time_point ends_at;
    };

    // A validation's place among those that talk to the identity service; given to the next one at the end.
    class held_turn {
    public:
        explicit held_turn(implementation& of)
            : of_(of) {}
        ~held_turn() {
            if (!of_.turns_.wake_one()) --of_.talking_;
        }
        held_turn(const held_turn&) = delete;
        held_turn& operator=(const held_turn&) = delete;

    private:
        implementation& of_;
    };

    asio::awaitable<std::unique_ptr<held_turn>> take_turn(steady_clock::time_point deadline) {
        bool mine = talking_ < options_.max_validations;
        if (mine) ++talking_;
        // GCC 12 miscompiles a co_await in the condition of an "else if".
        if (!mine) mine = co_await turns_.wait(deadline);
        if (!mine) throw failure("too many validations are under way", false);
        co_return std::make_unique<held_turn>(*this);
    }

    // One validation from its first attempt to those who wait for it. On the strand; never throws.
    asio::awaitable<void> fly(token_hash hash, std::string token) {
        answer out = away();
        const auto began = steady_clock::now();
        try {
            out = co_await validate(hash, token, began + options_.timeout);
            note_success();
        } catch (const std::exception& e) {
            note_failure(e.what());
        }
        std::vector<waiter> waiters;
        {
            const std::lock_guard lock(mutex_);
            if (out.has_error() && out.error().code == errc::identity_away) ++numbers_.failures;
            const auto flight = flights_.find(hash);
            waiters = std::move(flight->second);
            flights_.erase(flight);
        }
        for (const waiter& wake : waiters)
            wake(out);
    }

    asio::awaitable<answer> validate(const token_hash& hash, const std::string& token,
                                     steady_clock::time_point deadline) {
        const auto turn = co_await take_turn(deadline);
        asio::steady_timer pause(place_);
        for (int attempt = 1;; ++attempt) {
            std::string reason;
            try {
                co_return co_await ask_once(hash, token, deadline);
            } catch (const failure& e) {
                if (!e.worth_a_retry) throw;
                reason = e.what();
            } catch (const boost::system::system_error& e) {
                reason = e.code().message();
            }
            const auto next = steady_clock::now() + pause_before_retry * attempt;
            if (attempt == max_attempts || next >= deadline) throw failure(reason, false);
            pause.expires_at(next);
            co_await pause.async_wait(asio::use_awaitable);
        }
    }

    asio::awaitable<answer> ask_once(const token_hash& hash, const std::string& token,
                                     steady_clock::time_point deadline) {
        const std::string own = co_await own_token_for(deadline);
        const auto asked = steady_clock::now();
        {
            const std::lock_guard lock(mutex_);
            ++numbers_.validations;
        }
        http_exchange question{
            "GET", "/auth/tokens?nocatalog", {{"X-Auth-Token", own}, {"X-Subject-Token", token}}, {}};
        const http_answer said = co_await client_.exchange(std::move(question), deadline);
        switch (said.status) {
        case 200: {
            auto facts = parse_token_facts(said.body, options_.roles);
            if (!facts) throw failure("the answer about a token is not what the API says", true);
            const std::lock_guard lock(mutex_);
            if (facts->expires_at <= wall_now()) { // our clocks disagree; the stricter one counts
                const problem expired{errc::unauthenticated, std::string(unknown_token)};
                cache_.keep_refused(hash, expired, asked);
                co_return expired;
            }
            cache_.keep_valid(hash, facts->who, asked, facts->expires_at);
            co_return std::move(facts->who);
        }
        case 404: {
            const problem unknown{errc::unauthenticated, std::string(unknown_token)};
            const std::lock_guard lock(mutex_);
            cache_.keep_refused(hash, unknown, asked);
            co_return unknown;
        }
        case 401: // our own token has ended before its time: revoked, or signed with keys that are gone
            if (own_ && own_->text == own) own_.reset();
            throw failure("the service's own token is not accepted", true);
        case 403:
            throw failure("the service's user may not validate tokens; give it the role that the identity service's "
                          "policy asks for (identity:validate_token)",
                          false);
        default:
            throw failure("status " + std::to_string(said.status), true);
        }
    }

    // The service's own token; one login at a time, however many wait for it.
    asio::awaitable<std::string> own_token_for(steady_clock::time_point deadline) {
        while (!own_ || steady_clock::now() >= own_->renew_at) {
            if (!logging_in_) {
                co_await log_in(deadline);
                break;
            }
            const bool ended = co_await logged_in_.wait(deadline);
            if (!ended) throw failure("the login takes too long", false);
            if (!own_) throw failure(login_fault_, true);
        }
        co_return own_->text;
    }

    asio::awaitable<void> log_in(steady_clock::time_point deadline) {
        if (steady_clock::now() < no_login_before_) throw failure(login_fault_, false);
        logging_in_ = true;
        std::exception_ptr fault;
        try {
            co_await log_in_once(deadline);
        } catch (const std::exception& e) {
            login_fault_ = e.what();
            const auto now = steady_clock::now();
            if (own_ && now < own_->ends_at) { // renewed ahead of need: there is time
                own_->renew_at = now + pause_after_refused_login;
            } else {
                own_.reset();
                fault = std::current_exception();
            }
        }
        logging_in_ = false;
        logged_in_.wake_all();
        if (fault) std::rethrow_exception(fault);
    }

    asio::awaitable<void> log_in_once(steady_clock::time_point deadline) {
        const keystone_login& login = options_.login;
        const auto password = (login.user.empty() ? login.credential_secret : login.password).read();
        if (!password) throw failure("login: the file of the secret can't be read", false);
        http_exchange question{"POST", "/auth/tokens?nocatalog", {}, login_body(login, *password)};
        const http_answer said = co_await client_.exchange(std::move(question), deadline);
        if (said.status == 401 || said.status == 403) {
            no_login_before_ = steady_clock::now() + pause_after_refused_login;
            throw failure("login: the identity service refuses the service's credentials", false);
        }
        if (said.status != 201) throw failure("login: status " + std::to_string(said.status), true);
        const auto expires_at = parse_token_expiry(said.body);
        if (!expires_at || said.subject_token.empty() || !may_be_token(said.subject_token))
            throw failure("login: the answer is not what the API says", true);
        const auto life =
            std::clamp<std::chrono::microseconds>(*expires_at - wall_now(), 0us, longest_use_of_own_token);
        const auto used = std::max<std::chrono::microseconds>(life - renew_ahead, life / 2);
        const auto now = steady_clock::now();
        own_ = own_token{said.subject_token, now + std::max<std::chrono::microseconds>(used, 1s), now + life};
        const std::lock_guard lock(mutex_);
        ++numbers_.logins;
    }

    asio::awaitable<void> log_in_early() {
        try {
            const auto deadline = steady_clock::now() + options_.timeout;
            const auto turn = co_await take_turn(deadline);
            co_await own_token_for(deadline);
        } catch (const std::exception& e) {
            note_failure(e.what());
        }
    }

    void note_failure(std::string_view reason) {
        is_away_ = true;
        const auto now = steady_clock::now();
        if (now < next_complaint_) {
            ++unsaid_;
            return;
        }
        log_event("error", "identity_away", {{"reason", reason}, {"not_logged_before", std::to_string(unsaid_)}});
        unsaid_ = 0;
        next_complaint_ = now + least_time_between_complaints;
    }

    void note_success() {
        if (!is_away_) return;
        is_away_ = false;
        next_complaint_ = {};
        log_event("info", "identity_back");
    }

    const asio::any_io_executor place_; // a strand
    const keystone_options options_;

    mutable std::mutex mutex_; // cache, flights and numbers; never held across a wait
    token_cache cache_;
    std::unordered_map<token_hash, std::vector<waiter>, hash_of_token_hash> flights_;
    keystone_statistics numbers_;

    // On the strand:
    http_client client_;
    waiting_room turns_;
    std::size_t talking_ = 0; // validations that have their turn
    std::optional<own_token> own_;
    waiting_room logged_in_;
    bool logging_in_ = false;
    std::string login_fault_;
    steady_clock::time_point no_login_before_;
    bool is_away_ = false;
    std::uint64_t unsaid_ = 0;
    steady_clock::time_point next_complaint_;
};

keystone_verifier::keystone_verifier(const asio::any_io_executor& io, keystone_options options)
    : implementation_(std::make_shared<implementation>(io, std::move(options))) {}

keystone_verifier::~keystone_verifier() = default;

void keystone_verifier::start() {
    implementation_->start();
}

keystone_statistics keystone_verifier::statistics() const {
    return implementation_->statistics();
}

asio::awaitable<result<principal>> keystone_verifier::verify(std::string token) {
    if (!may_be_token(token)) co_return problem{errc::unauthenticated, std::string(unknown_token)};
    const token_hash hash = hasher_(token);
    if (auto known = implementation_->known(hash)) co_return std::move(*known);
    auto initiate = [this, &hash, &token](auto handler) {
        implementation_->ask(hash, token, resumption<result<principal>>(std::move(handler)));
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(result<principal>)>(
        std::move(initiate), asio::use_awaitable);
}

} // namespace catalog::identity
