// This file describes the API in OpenAPI 3.1: the frame is openapi_template.json beside it, the list's parameters and
// the enumerations come from the tables that requests are checked against.
#pragma once

#include <string>

namespace catalog::api {

// The description as indented JSON, ending in a newline. docs/openapi.json is a copy, and a test compares the two.
// Pure; throws only if the template that was built in is not the one that this file knows.
std::string openapi_document();

} // namespace catalog::api
