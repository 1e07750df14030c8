// This file serves the files that were built in.
#include "api/pages.hpp"

#include "api/embedded.hpp"
#include "api/openapi.hpp"

namespace catalog::api {

namespace {

// Nothing inline, nothing from elsewhere, no frames; requests to this service alone.
constexpr std::string_view console_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

std::string_view type_of(std::string_view file) {
    if (file.ends_with(".html")) return "text/html; charset=utf-8";
    if (file.ends_with(".js")) return "text/javascript; charset=utf-8";
    if (file.ends_with(".css")) return "text/css; charset=utf-8";
    if (file.ends_with(".svg")) return "image/svg+xml";
    return "application/json";
}

response with_headers(std::string_view content, std::string_view file) {
    response out;
    out.body = content;
    out.headers.emplace_back("Content-Type", type_of(file));
    out.headers.emplace_back("Cache-Control", "no-cache"); // a newer program brings newer files
    return out;
}

} // namespace

std::optional<page> find_page(std::string_view target, bool console) {
    const std::string_view path = target.substr(0, target.find('?'));
    if (path == "/openapi.json") {
        static const std::string document = openapi_document();
        return page{"/openapi.json", with_headers(document, path)};
    }
    if (!console || (path != "/console" && !path.starts_with("/console/"))) return std::nullopt;
    const std::string_view file = path.size() <= std::string_view("/console/").size() ? "/console/index.html" : path;
    const auto content = find_embedded_file(file.substr(1));
    if (!content) return std::nullopt;
    page out{"/console", with_headers(*content, file)};
    out.content.headers.emplace_back("Content-Security-Policy", console_policy);
    out.content.headers.emplace_back("Referrer-Policy", "no-referrer");
    return out;
}

} // namespace catalog::api
