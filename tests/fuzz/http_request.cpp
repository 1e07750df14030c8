// This file fuzzes the bytes of a connection through the reader that serves every request: however they are cut into
// pieces, the same requests come out, and nothing grows beyond its bound.
#include "http/request_reader.hpp"
#include "require.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace catalog::http;

namespace {

struct outcome {
    std::vector<std::string> requests;
    unsigned refused = 0;
    std::size_t waiting = 0; // bytes that it did not take at the end
};

outcome read_all(std::string_view bytes, std::size_t piece, const request_limits& limits) {
    request_reader reader(limits);
    outcome out;
    std::size_t begin = 0;
    std::size_t end = 0;
    for (;;) {
        std::size_t taken = 0;
        const auto progress = reader.read(bytes.substr(begin, end - begin), taken);
        REQUIRE(taken <= end - begin);
        begin += taken;
        reader.wants_continue();
        if (progress == request_reader::progress::refused) {
            out.refused = reader.refusal().status;
            REQUIRE(out.refused >= 400 && out.refused < 600);
            REQUIRE(!reader.refusal().message.empty());
            return out;
        }
        if (progress == request_reader::progress::complete) {
            const request_head& head = reader.head();
            REQUIRE(!head.method.empty() && head.method.size() <= 32);
            REQUIRE(!head.target.empty() && head.target.size() <= limits.max_target_bytes);
            REQUIRE(head.target.find_first_of(std::string_view("\0\r\n \t#", 6)) == std::string::npos);
            out.requests.push_back(std::string(head.method) + " " + std::string(head.target) + " " +
                                   std::string(head.token.value_or("-")) + (head.keep_alive ? "" : " close"));
            if (!head.keep_alive) return out;
            reader.reset();
            continue;
        }
        REQUIRE(end - begin <= reader.max_unread());
        out.waiting = end - begin;
        if (end == bytes.size()) return out;
        end = std::min(bytes.size(), end + piece);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    request_limits limits;
    limits.max_target_bytes = 256;
    limits.max_header_bytes = 1024;
    limits.max_header_fields = 8;
    limits.max_body_bytes = 64;
    const outcome whole = read_all(bytes, std::max<std::size_t>(1, bytes.size()), limits);
    const outcome pieces = read_all(bytes, 1 + data[0] % 64, limits);
    // Only which of several faults is seen first may depend on the pieces.
    REQUIRE(whole.requests == pieces.requests);
    // The reader waits for 5 bytes of a chunked body before it looks at them, in which a fault may hide.
    REQUIRE((whole.refused == 0) == (pieces.refused == 0) || (pieces.refused == 0 && pieces.waiting < 5));
    return 0;
}
