"""Pairs of PostgreSQL servers, a primary and a synchronous standby, that a failover test kills and swaps."""

import ctypes
import glob
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

import libpq

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVER_USER = "postgres" if os.getuid() == 0 else None  # PostgreSQL refuses to run as root
CLEAN = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
COMMON = {  # what both kinds of pairs set; processes are killed here, never the machine, so that nothing needs fsync
    "fsync": "off",
    "full_page_writes": "on",
    "wal_keep_size": "1GB",
    "wal_retrieve_retry_interval": "100ms",  # a standby whose primary died notices a promotion only after this
    "shared_buffers": "64MB",
    "max_connections": "100",
    "hot_standby_feedback": "on",
}


class Failed(Exception):
    """The test could not do what it has to."""


def server_programs():
    return max(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2]))


def run(arguments, as_server=False, timeout=120):
    """Runs a command to its end; its standard output. Raises Failed with everything it wrote."""
    how = {"user": SERVER_USER, "group": SERVER_USER, "extra_groups": []} if as_server and SERVER_USER else {}
    done = subprocess.run(
        arguments, cwd="/", text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, **how
    )
    if done.returncode != 0:
        raise Failed(f"{' '.join(arguments)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def end_with_this_thread():
    """Between fork and exec: kill -9 of the test leaves nothing behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def start(arguments, log, as_server=False, **more):
    """Starts a command that runs on, its output in a file."""
    how = {"user": SERVER_USER, "group": SERVER_USER, "extra_groups": []} if as_server and SERVER_USER else {}
    with open(log, "ab") as output:
        return subprocess.Popen(
            arguments,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=end_with_this_thread,
            **how,
            **more,
        )


def give_to_server(path, mode=0o770):
    if SERVER_USER:
        shutil.chown(path, SERVER_USER)
    os.chmod(path, mode)


def wait_until(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except libpq.Error:
            pass
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def processes_in(directory):
    """PostgreSQL's processes work in their data directory."""
    found = []
    for link in glob.glob("/proc/[0-9]*/cwd"):
        try:
            if os.readlink(link) == directory:
                found.append(int(link.split("/")[2]))
        except OSError:
            pass
    return found


def kill_postgres(data, everything):
    """kill -9 of the postmaster, and of everything it has started if wanted; when it was done."""
    with open(os.path.join(data, "postmaster.pid"), encoding="ascii") as file:
        postmaster = int(file.readline())
    killed = [postmaster]
    if everything:
        killed += [pid for pid in processes_in(os.path.realpath(data)) if pid != postmaster]
    when = time.monotonic()
    for pid in killed:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return when


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Streaming:
    """Two servers on unix sockets (scripts/cluster); the test itself promotes."""

    title = "streaming replication, pg_ctl promote"
    names = ["a", "b"]
    password = None

    def __init__(self, folder):
        self.folder = folder
        self.primary, self.standby = self.names
        os.mkdir(os.path.join(folder, "b"))
        give_to_server(os.path.join(folder, "b"))
        self.start_server("a")
        run(
            [f"{server_programs()}/pg_basebackup", "-d", self.url_of("a", "postgres"), "-D", self.data_of("b"), "-R"]
            + ["-X", "stream", "-c", "fast"],
            as_server=True,
        )
        self.start_server("b")
        self.make_synchronous()

    def data_of(self, name):
        return os.path.join(self.folder, name, "data")

    def socket_of(self, name):
        return os.path.join(self.folder, name, "socket")

    def url_of(self, name, user):
        return f"host={self.socket_of(name)} dbname=catalog user={user} connect_timeout=2"

    def url(self, user):
        """Names both servers, and leaves to the client which it takes."""
        return f"host={self.socket_of('a')},{self.socket_of('b')} dbname=catalog user={user}"

    def start_server(self, name):
        settings = [f"--setting={key}={value}" for key, value in COMMON.items()]
        arguments = [part for one in settings for part in one.split("=", 1)]
        run([f"{ROOT}/scripts/cluster", "start", os.path.join(self.folder, name)] + arguments)

    def make_synchronous(self):
        """From here on nothing is acknowledged that the standby has not replayed."""
        # Once it is promoted it goes on alone, until there is a standby again.
        for sql in ("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"):
            libpq.ask(self.url_of(self.standby, "postgres"), sql)
        for sql in ("ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"):
            libpq.ask(self.url_of(self.primary, "postgres"), sql)
        self.wait_for_standby()

    def make_asynchronous(self):
        for sql in ("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"):
            libpq.ask(self.url_of(self.primary, "postgres"), sql)

    def wait_for_standby(self):
        url = self.url_of(self.primary, "postgres")
        end = libpq.ask(url, "SELECT pg_current_wal_lsn()")
        sql = f"SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync' AND replay_lsn >= '{end}'"
        wait_until(lambda: libpq.ask(url, sql) == "1", f"{self.standby} becomes the synchronous standby")

    def kill(self, number):
        """Kills the primary; when, and how."""
        everything = number % 2 == 1
        when = kill_postgres(self.data_of(self.primary), everything)
        return when, "kill -9 of all processes" if everything else "kill -9 of the postmaster"

    def stop_cleanly(self):
        when = time.monotonic()
        self.pg_ctl(self.primary, "stop", "--mode", "fast")
        return when, "clean switchover"

    def pg_ctl(self, name, command, *arguments):
        run([f"{server_programs()}/pg_ctl", command, "-s", "-w", "-D", self.data_of(name), *arguments], as_server=True)

    def promote(self):
        # Not --wait: whether it accepts transactions the probe tells.
        run([f"{server_programs()}/pg_ctl", "promote", "-s", "-W", "-D", self.data_of(self.standby)], as_server=True)
        self.primary, self.standby = self.standby, self.primary

    def revive_former_primary(self):
        """Whoever was killed is started as if nothing had happened: with old data, and no standby."""
        wait_until(lambda: not processes_in(os.path.realpath(self.data_of(self.standby))), "the killed processes end")
        self.start_server(self.standby)
        if libpq.ask(self.url_of(self.standby, "postgres"), "SELECT pg_is_in_recovery()") != "f":
            raise Failed(f"{self.standby} is no primary")

    def rejoin(self):
        """The one that was killed comes back as the standby of the other."""
        if processes_in(os.path.realpath(self.data_of(self.standby))):
            self.pg_ctl(self.standby, "stop", "--mode", "immediate")
        data = self.data_of(self.standby)
        wait_until(lambda: not processes_in(os.path.realpath(data)), f"{self.standby}'s processes end")
        source = self.url_of(self.primary, "postgres")
        libpq.ask(source, "CHECKPOINT")  # pg_rewind reads the new timeline from the control file
        run(
            [f"{server_programs()}/pg_rewind", "-D", data, "--source-server", source, "-R"],
            as_server=True,
        )
        self.start_server(self.standby)
        self.make_synchronous()

    def stop(self):
        for name in self.names:
            try:
                run([f"{ROOT}/scripts/cluster", "remove", os.path.join(self.folder, name)])
            except (Failed, subprocess.SubprocessError) as e:
                print(e)


class Patroni:
    """Two servers on loopback, each under a Patroni, which decide through an etcd who is the leader."""

    title = "Patroni and etcd"
    names = ["a", "b"]

    def __init__(self, folder):
        self.folder = folder
        self.password = secrets.token_hex(16)
        self.running = {}
        ports = free_ports(6)
        self.port = dict(zip(self.names, ports))
        self.api = dict(zip(self.names, ports[2:]))
        give_to_server(folder, 0o755)
        self.start_etcd(*ports[4:])
        for name in self.names:
            self.write_configuration(name, ports[4])
        self.start_patroni("a")
        wait_until(lambda: self.roles().get("a") == "leader", "a becomes the leader", 90)
        self.start_patroni("b")
        self.primary, self.standby = self.names
        self.wait_for_standby()
        libpq.ask(self.url_of("a", "postgres", "postgres"), "CREATE DATABASE catalog")

    def start_etcd(self, port, peers):
        log = os.path.join(self.folder, "etcd.log")
        data = os.path.join(self.folder, "etcd")
        os.mkdir(data)
        give_to_server(data, 0o700)
        at, to_peers = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peers}"
        self.running["etcd"] = start(
            ["etcd", "--data-dir", data, "--listen-client-urls", at, "--advertise-client-urls", at]
            + ["--listen-peer-urls", to_peers, "--initial-advertise-peer-urls", to_peers]
            + ["--initial-cluster", f"default={to_peers}"],
            log,
            as_server=True,
            env=CLEAN,
        )

    def write_configuration(self, name, etcd):
        home = os.path.join(self.folder, name)
        os.mkdir(home)
        give_to_server(home)
        login = {"username": "postgres", "password": self.password}
        at = f"127.0.0.1:{self.port[name]}"
        configuration = {
            "scope": "catalog",
            "name": name,
            "restapi": {"listen": f"127.0.0.1:{self.api[name]}", "connect_address": f"127.0.0.1:{self.api[name]}"},
            "etcd3": {"host": f"127.0.0.1:{etcd}"},
            "bootstrap": {
                "dcs": {
                    "ttl": 20,  # the least that Patroni takes: so long nobody follows a leader that is silent
                    "loop_wait": 1,
                    "retry_timeout": 5,
                    "synchronous_mode": True,
                    "postgresql": {"use_pg_rewind": True, "parameters": COMMON},
                },
                "initdb": ["data-checksums", {"encoding": "UTF8"}, {"locale": "C.UTF-8"}],
                "pg_hba": [
                    "host all all 127.0.0.1/32 scram-sha-256",
                    "host replication postgres 127.0.0.1/32 scram-sha-256",
                ],
            },
            "postgresql": {
                "listen": at,
                "connect_address": at,
                "data_dir": self.data_of(name),
                "bin_dir": server_programs(),
                "pgpass": os.path.join(home, "pgpass"),
                "authentication": {"superuser": login, "replication": login, "rewind": login},
                "parameters": {"unix_socket_directories": home},
                "remove_data_directory_on_rewind_failure": True,
            },
        }
        path = os.path.join(home, "patroni.yml")  # JSON is YAML
        with open(path, "w", encoding="utf-8") as file:
            json.dump(configuration, file)
        give_to_server(path, 0o600)

    def data_of(self, name):
        return os.path.join(self.folder, name, "data")

    def url_of(self, name, user, database="catalog"):
        return (
            f"host=127.0.0.1 port={self.port[name]} dbname={database} user={user} password={self.password} "
            "connect_timeout=2"
        )

    def url(self, user):
        ports = ",".join(str(self.port[name]) for name in self.names)
        return f"host=127.0.0.1,127.0.0.1 port={ports} dbname=catalog user={user} password={self.password}"

    def start_patroni(self, name):
        home = os.path.join(self.folder, name)
        self.running[name] = start(
            ["patroni", os.path.join(home, "patroni.yml")],
            os.path.join(self.folder, f"{name}.log"),
            as_server=True,
            env=CLEAN,
        )

    def roles(self):
        """What Patroni says of its members: leader, replica, sync_standby."""
        for name in self.names:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.api[name]}/cluster", timeout=5) as response:
                    return {one["name"]: one["role"] for one in json.load(response)["members"]}
            except (OSError, ValueError):
                continue
        return {}

    def wait_for_standby(self):
        expected = {self.primary: "leader", self.standby: "sync_standby"}
        wait_until(lambda: self.roles() == expected, f"{self.standby} becomes the synchronous standby", 120)

    def kill(self, number):
        patroni = self.running.pop(self.primary)
        patroni.kill()
        patroni.wait()
        return kill_postgres(self.data_of(self.primary), number % 2 == 1), "kill -9 of Patroni and " + (
            "all of its server" if number % 2 == 1 else "the postmaster"
        )

    def stop_cleanly(self):
        body = json.dumps({"leader": self.primary, "candidate": self.standby}).encode()
        when = time.monotonic()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.api[self.primary]}/switchover", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60):
            pass
        return when, "clean switchover"

    def promote(self):
        """Patroni does; this only remembers who will be who."""
        self.primary, self.standby = self.standby, self.primary

    def rejoin(self):
        if self.standby not in self.running:
            data = self.data_of(self.standby)
            wait_until(lambda: not processes_in(os.path.realpath(data)), f"{self.standby}'s processes end")
            self.start_patroni(self.standby)
        self.wait_for_standby()

    def stop(self):
        # Patroni stops its server when it is asked to end.
        for process in reversed(list(self.running.values())):
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for name in self.names:
            for pid in processes_in(os.path.realpath(self.data_of(name))):
                os.kill(pid, signal.SIGKILL)
