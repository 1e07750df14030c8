// This file declares how an answer of the service is held against the model's.
#pragma once

#include "http_client.hpp"
#include "model.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace support {

// What is wrong with the answer to a list request; empty when nothing is.
std::string compare_list(const model::answer& wanted, const http_response& got);

// The same for one shown backup.
std::string compare_show(const model::answer& wanted, const http_response& got);

// What is wrong with the error body of the contract's section 5 and the headers of every answer; empty when nothing is.
std::string check_error_shape(const http_response& got);
std::string check_request_id(const http_response& got);

// The ids of a page.
std::vector<std::string> ids_of(const http_response& got);
std::vector<std::string> ids_of(const model::answer& wanted);

// Collects failures from several threads; the first few are enough to work with.
class failure_log {
public:
    void add(const std::string& text);
    std::size_t count() const;
    std::string text() const;

private:
    mutable std::mutex mutex_;
    std::size_t count_ = 0;
    std::string text_;
};

} // namespace support
