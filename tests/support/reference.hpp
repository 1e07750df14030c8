// This file names what the reference's example response holds (tests/data/reference_example.json), and a project that
// owns nothing of it.
#pragma once

#include <string>

namespace support {

inline const std::string project = "0605767b5780d5762fc5c0118072a564";
inline const std::string other_project = "1715767b5780d5762fc5c0118072a565";
inline const std::string list_path = "/v3/" + project + "/backups";
inline const std::string known_id = "b1c4afd9-e7a6-4888-9010-c2bac3aa7910"; // one of the project's backups

} // namespace support
