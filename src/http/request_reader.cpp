// This file reads requests with Beast's parser, behind a check of the head's lines that is stricter than Beast's.
#include "http/request_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <memory_resource>
#include <tuple>

namespace catalog::http {

namespace asio = boost::asio;
namespace bhttp = boost::beast::http;
using boost::system::error_code;
using progress = request_reader::progress;

namespace {

// A body that is thrown away while it arrives.
struct ignored_body {
    struct value_type {};
    class reader {
    public:
        template <bool IsRequest, class Fields>
        explicit reader(bhttp::header<IsRequest, Fields>&, value_type&) {}
        static void init(const boost::optional<std::uint64_t>&, error_code& ec) { ec = {}; }
        template <class Buffers>
        static std::size_t put(const Buffers& buffers, error_code& ec) {
            ec = {};
            return boost::beast::buffer_bytes(buffers);
        }
        static void finish(error_code& ec) { ec = {}; }
    };
};

// What a request line has besides its target: method, two blanks, version.
constexpr std::size_t max_method_bytes = 32;
constexpr std::size_t around_target_bytes = max_method_bytes + 2 + 8;
// A chunk's line with its extensions, and the trailer, must fit into what is unread (RFC 9112 section 7.1.1: bound it).
constexpr std::size_t min_unread_bytes = 4096;
constexpr std::size_t chunk_allowance = 1024; // for the lines of a small body's chunks

// RFC 9110 section 5.6.2.
constexpr std::array<bool, 256> token_characters = [] {
    std::array<bool, 256> out{};
    for (const char c :
         std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        out[static_cast<unsigned char>(c)] = true;
    return out;
}();

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](char c) { return token_characters[static_cast<unsigned char>(c)]; });
}

bool equal_ignoring_case(std::string_view a, std::string_view lower) {
    return boost::beast::iequals(a, lower);
}

// RFC 9110 section 7.2, RFC 3986 section 3.2.2: host[:port], perhaps empty, without user information.
bool is_host(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("-._~!$&'()*+,;=%:[]").find(c) != std::string_view::npos;
    });
}

} // namespace

class request_reader::implementation {
public:
    explicit implementation(const request_limits& limits)
        : limits_(limits) {
        reset();
    }

    progress read(std::string_view bytes, std::size_t& taken) {
        taken = 0;
        if (phase_ == phase::head) {
            const std::size_t length = scan_head(bytes);
            if (phase_ == phase::refused) return progress::refused;
            if (length == 0) return progress::needs_more;
            parse_head(bytes.substr(skipped_, length - skipped_));
            taken = length;
            if (phase_ == phase::refused) return progress::refused;
            bytes.remove_prefix(length);
        }
        if (phase_ == phase::body) taken += read_body(bytes);
        if (phase_ == phase::refused) return progress::refused;
        return phase_ == phase::complete ? progress::complete : progress::needs_more;
    }

    void reset() {
        phase_ = phase::head;
        scanned_ = skipped_ = line_begin_ = fields_ = body_bytes_ = chunks_ = 0;
        chunk_left_ = 0;
        has_request_line_ = has_head_ = wants_continue_ = false;
        head_ = {};
        parser_.reset();
        arena_.release();
        parser_.emplace(std::piecewise_construct, std::tuple<>(), std::make_tuple(allocator(&arena_)));
        parser_->header_limit(static_cast<std::uint32_t>(limits_.max_header_bytes + 2));
        parser_->body_limit(limits_.max_body_bytes);
    }

    bool is_fresh() const { return phase_ == phase::head && scanned_ == 0; }

    std::size_t max_unread() const { return std::max(limits_.max_header_bytes, min_unread_bytes) + 2; }
    bool take_wants_continue() { return std::exchange(wants_continue_, false); }
    const request_head& head() const { return head_; }
    bool has_head() const { return has_head_; }
    const refused_request& refusal() const { return refusal_; }

private:
    enum class phase { head, body, complete, refused };

    void refuse(unsigned status, std::string message) {
        phase_ = phase::refused;
        refusal_ = {status, std::move(message)};
    }

    // Checks the lines of the head as far as they are there. Returns the length of the whole head once its empty line
    // is there, or 0. Goes on where it stopped when there is more.
    std::size_t scan_head(std::string_view bytes) {
        for (; scanned_ < bytes.size(); ++scanned_) {
            const char c = bytes[scanned_];
            if (c == '\r') {
                if (scanned_ + 1 == bytes.size()) break;
                if (bytes[scanned_ + 1] != '\n') {
                    refuse(400, "A carriage return stands alone; allowed: lines that end with CR LF");
                    return 0;
                }
                ++scanned_;
                if (scanned_ + 1 > limits_.max_header_bytes + skipped_) return too_much();
                const std::string_view line = bytes.substr(line_begin_, scanned_ - 1 - line_begin_);
                const bool end = line.empty() && has_request_line_;
                line_begin_ = scanned_ + 1;
                if (end) return ++scanned_;
                if (!take_line(line)) return 0;
            } else if (static_cast<unsigned char>(c) < 0x20 ? c != '\t' : c == 0x7f) {
                refuse(400, c == '\n' ? "A line feed stands alone; allowed: lines that end with CR LF"
                                      : "The request has a control character in its head");
                return 0;
            }
        }
        if (bytes.size() > limits_.max_header_bytes + skipped_) return too_much();
        if (!has_request_line_ && bytes.size() - line_begin_ > limits_.max_target_bytes + around_target_bytes)
            return too_long_line();
        return 0;
    }

    std::size_t too_much() {
        if (!has_request_line_) return too_long_line();
        refuse(431, "The request's headers are too large; allowed: " + std::to_string(limits_.max_header_bytes) +
                        " bytes with the request line");
        return 0;
    }

    std::size_t too_long_line() {
        refuse(414, "The request target is too long; allowed: " +
                        std::to_string(std::min(limits_.max_target_bytes, limits_.max_header_bytes)) + " bytes");
        return 0;
    }

    bool take_line(std::string_view line) {
        if (has_request_line_) return take_field(line);
        if (line.empty()) { // RFC 9112 section 2.2: an empty line before the request line is ignored, one is enough
            if (skipped_ > 0) {
                refuse(400, "The request begins with empty lines; allowed: at most one");
                return false;
            }
            skipped_ = 2;
            return true;
        }
        has_request_line_ = true;
        return take_request_line(line);
    }

    // RFC 9112 section 3: method SP target SP version.
    bool take_request_line(std::string_view line) {
        const auto faulty = [&](const char* fault) {
            refuse(400, std::string("The request line is not valid: ") + fault +
                            "; allowed: METHOD TARGET HTTP/1.1 with one blank between");
            return false;
        };
        const std::size_t first = line.find(' ');
        const std::size_t last = line.rfind(' ');
        if (first == std::string_view::npos || first == last) return faulty("it does not have three parts");
        const std::string_view method = line.substr(0, first);
        const std::string_view target = line.substr(first + 1, last - first - 1);
        const std::string_view version = line.substr(last + 1);
        if (!is_token(method) || method.size() > max_method_bytes) return faulty("the method is not a token");
        if (target.empty() || target.find_first_of(" \t#") != std::string_view::npos)
            return faulty("the target is empty or holds a blank or '#'");
        if (target.size() > limits_.max_target_bytes) return too_long_line(), false;
        if (version != "HTTP/1.1" && version != "HTTP/1.0") {
            const bool other = version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.' &&
                               version[5] >= '0' && version[5] <= '9' && version[7] >= '0' && version[7] <= '9';
            if (!other) return faulty("the version is not HTTP/1.1");
            refuse(505, "The HTTP version is not supported; allowed: HTTP/1.1, HTTP/1.0");
            return false;
        }
        return take_target(method, target);
    }

    // RFC 9112 section 3.2: origin-form, absolute-form, authority-form with CONNECT, asterisk-form with OPTIONS.
    bool take_target(std::string_view method, std::string_view target) {
        if (target.front() == '/') return true;
        if (target == "*" && method == "OPTIONS") return true;
        if (method == "CONNECT" && is_host(target) && target.find(':') != std::string_view::npos) return true;
        for (const std::string_view scheme : {"http://", "https://"}) {
            if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
            const std::string_view rest = target.substr(scheme.size());
            const std::string_view host = rest.substr(0, rest.find_first_of("/?"));
            if (!host.empty() && is_host(host)) return true;
            refuse(400, "The request target names no valid host");
            return false;
        }
        refuse(400, "The request target is neither a path nor an http URL");
        return false;
    }

    // RFC 9112 section 5: name ":" value, no blank before the colon, no folding.
    bool take_field(std::string_view line) {
        if (line.front() == ' ' || line.front() == '\t') {
            refuse(400, "A header is folded over several lines; allowed: one line for each");
            return false;
        }
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
            refuse(400, "A header is not of the form Name: value");
            return false;
        }
        if (++fields_ > limits_.max_header_fields) {
            refuse(431, "The request has too many headers; allowed: " + std::to_string(limits_.max_header_fields));
            return false;
        }
        return true;
    }

    void parse_head(std::string_view bytes) {
        error_code ec;
        const std::size_t used = parser_->put(asio::buffer(bytes), ec);
        if (ec == bhttp::error::need_more) ec = {};
        if (ec == bhttp::error::body_limit) return refuse_body();
        if (ec) return refuse(400, "The request is not valid HTTP/1.1: " + ec.message());
        if (used != bytes.size() || !parser_->is_header_done())
            return refuse(400, "The request's head is not valid HTTP/1.1");
        if (!check_fields()) return;
        const auto& message = parser_->get();
        head_.method = message.method_string();
        head_.target = message.target();
        if (const auto token = message.find("X-Auth-Token"); token != message.end()) head_.token = token->value();
        if (const auto trace = message.find("traceparent"); trace != message.end()) head_.traceparent = trace->value();
        if (message.version() == 11)
            for (auto [field, end] = message.equal_range(bhttp::field::accept); field != end; ++field)
                head_.accept.append(head_.accept.empty() ? "" : ",").append(field->value());
        head_.wants_timing = message.find("X-Server-Timing") != message.end();
        // After CONNECT the client may speak another protocol.
        head_.keep_alive = parser_->keep_alive() && message.method() != bhttp::verb::connect;
        has_head_ = true;
        if (parser_->is_done()) {
            phase_ = phase::complete;
            return;
        }
        phase_ = phase::body;
        if (parser_->chunked()) {
            parser_->on_chunk_header(chunk_begins_);
            parser_->on_chunk_body(chunk_goes_on_);
        } else {
            parser_->eager(true);
        }
    }

    bool check_fields() {
        const auto& message = parser_->get();
        std::size_t hosts = 0, lengths = 0, encodings = 0, tokens = 0;
        bool expects = false;
        for (const auto& field : message) {
            switch (field.name()) {
            case bhttp::field::host:
                ++hosts;
                if (!is_host(field.value())) return refuse(400, "Host: is not a host with an optional port"), false;
                break;
            case bhttp::field::content_length:
                ++lengths;
                break;
            case bhttp::field::transfer_encoding:
                ++encodings;
                if (!equal_ignoring_case(field.value(), "chunked"))
                    return refuse(400, "Transfer-Encoding: is not supported; allowed: chunked"), false;
                break;
            case bhttp::field::expect:
                if (!equal_ignoring_case(field.value(), "100-continue"))
                    return refuse(417, "Expect: is not supported; allowed: 100-continue"), false;
                expects = true;
                break;
            default:
                if (equal_ignoring_case(field.name_string(), "x-auth-token")) ++tokens;
            }
        }
        const bool old = message.version() < 11;
        // RFC 9112 section 3.2: exactly one Host; HTTP/1.0 knew none.
        if (hosts > 1) return refuse(400, "Host: is given more than once"), false;
        if (hosts == 0 && !old) return refuse(400, "Host: is missing"), false;
        // RFC 9112 section 6.3: whoever disagrees about the end of a message can be made to take a part of it for
        // another.
        if (lengths > 1) return refuse(400, "Content-Length: is given more than once"), false;
        if (encodings > 1) return refuse(400, "Transfer-Encoding: is given more than once"), false;
        if (lengths > 0 && encodings > 0)
            return refuse(400, "Content-Length and Transfer-Encoding are given both; allowed: one of them"), false;
        if (encodings > 0 && old) return refuse(400, "Transfer-Encoding: is not known to HTTP/1.0"), false;
        if (lengths > 0 &&
            message[bhttp::field::content_length].find_first_not_of("0123456789") != std::string_view::npos)
            return refuse(400, "Content-Length: is not a number"), false;
        if (tokens > 1) return refuse(400, "X-Auth-Token: is given more than once"), false;
        if (const auto length = parser_->content_length(); length && *length > limits_.max_body_bytes)
            return refuse_body(), false;
        wants_continue_ = expects && !old && !parser_->is_done();
        return true;
    }

    void refuse_body() {
        refuse(413, "The request's body is too large; allowed: " + std::to_string(limits_.max_body_bytes) + " bytes");
    }

    // True if the next bytes of a chunked body are for Beast. A chunk's line is so only as a whole, and if its quoted
    // strings end on it: Boost 1.81 looks for their end behind the line, and whenever it is not there yet takes the
    // chunk's size off the body's limit once more.
    bool check_chunk_line(std::string_view unread) {
        if (chunk_left_ > 0) return true;
        const std::size_t begin = chunks_ > 0 ? 2 : 0; // behind the line end of the chunk before
        const std::size_t end = unread.find("\r\n", begin);
        if (end == std::string_view::npos) return false;
        bool quoted = false;
        for (std::size_t i = begin; i < end; ++i) {
            if (quoted && unread[i] == '\\')
                ++i; // RFC 9110 section 5.6.4: what follows stands for itself
            else if (unread[i] == '"')
                quoted = !quoted;
        }
        if (quoted) refuse(400, "The request's body is not valid HTTP/1.1: a quoted string does not end on its line");
        return !quoted;
    }

    // Returns how many bytes it took.
    std::size_t read_body(std::string_view bytes) {
        std::size_t taken = 0;
        // The end of a chunked body has 5 bytes ("0", two line ends); with fewer, Boost 1.81 fails an assertion.
        const std::size_t least = parser_->chunked() ? 5 : 1;
        while (!parser_->is_done() && bytes.size() - taken >= least) {
            if (parser_->chunked() && !check_chunk_line(bytes.substr(taken))) break;
            error_code ec;
            const std::size_t used = parser_->put(asio::buffer(bytes.substr(taken)), ec);
            taken += used;
            body_bytes_ += used;
            if (ec == bhttp::error::body_limit || body_bytes_ > 2 * limits_.max_body_bytes + chunk_allowance) {
                refuse_body();
                return taken;
            }
            if (ec == bhttp::error::need_more) break;
            if (ec) {
                refuse(400, "The request's body is not valid HTTP/1.1: " + ec.message());
                return taken;
            }
            if (used == 0) break;
        }
        if (phase_ == phase::refused) return taken;
        if (parser_->is_done())
            phase_ = phase::complete;
        else if (bytes.size() - taken >= std::max(limits_.max_header_bytes, min_unread_bytes))
            refuse(413, "The lines of the request's body are too long");
        if (taken > 0) wants_continue_ = false; // the body comes without being asked for
        return taken;
    }

    const request_limits limits_;
    bool has_head_ = false;
    bool wants_continue_ = false;
    request_head head_;
    refused_request refusal_{};
    phase phase_ = phase::head;
    std::size_t scanned_ = 0;    // bytes of the head that were looked at
    std::size_t skipped_ = 0;    // an empty line before it
    std::size_t line_begin_ = 0; // where the line begins that is looked at
    std::size_t fields_ = 0;
    std::size_t body_bytes_ = 0;   // with the lines around chunks
    std::size_t chunks_ = 0;       // whose line was read
    std::uint64_t chunk_left_ = 0; // bytes of the chunk under way that did not come yet
    // Beast keeps references to these.
    std::function<void(std::uint64_t, std::string_view, error_code&)> chunk_begins_ =
        [this](std::uint64_t size, std::string_view, error_code&) {
            ++chunks_;
            chunk_left_ = size;
        };
    std::function<std::size_t(std::uint64_t, std::string_view, error_code&)> chunk_goes_on_ =
        [this](std::uint64_t left, std::string_view content, error_code&) {
            chunk_left_ = left - content.size();
            return content.size();
        };
    bool has_request_line_ = false;
    // The head lies in one block, of the reader's own where it is of usual size.
    using allocator = std::pmr::polymorphic_allocator<char>;
    std::array<char, 1024> memory_{};
    std::pmr::monotonic_buffer_resource arena_{memory_.data(), memory_.size()};
    std::optional<bhttp::request_parser<ignored_body, allocator>> parser_;
};

request_reader::request_reader(const request_limits& limits)
    : implementation_(std::make_unique<implementation>(limits)) {}
request_reader::~request_reader() = default;

progress request_reader::read(std::string_view bytes, std::size_t& taken) {
    return implementation_->read(bytes, taken);
}
std::size_t request_reader::max_unread() const {
    return implementation_->max_unread();
}
bool request_reader::wants_continue() {
    return implementation_->take_wants_continue();
}
const request_head& request_reader::head() const {
    return implementation_->head();
}
bool request_reader::has_head() const {
    return implementation_->has_head();
}
const refused_request& request_reader::refusal() const {
    return implementation_->refusal();
}
bool request_reader::is_fresh() const {
    return implementation_->is_fresh();
}
void request_reader::reset() {
    implementation_->reset();
}

} // namespace catalog::http
