// This file finds the listening sockets that whoever started the program hands over: systemd's socket activation
// protocol (sd_listen_fds(3)), which other supervisors and scripts speak, too.
#pragma once

#include <optional>
#include <string>

namespace catalog::app {

struct inherited_sockets {
    std::optional<int> service; // instead of `listen`
    std::optional<int> admin;   // instead of `admin-listen`: the one named "admin" in LISTEN_FDNAMES
};

// Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES and takes them out of the environment; nothing if they are meant for
// another process. Returns nothing and the fault where there are more sockets than the program has a use for, or they
// are given wrongly. Call it before there are threads.
std::optional<inherited_sockets> take_inherited_sockets(std::string& fault);

} // namespace catalog::app
