#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""postgres - a PostgreSQL server of one's own for tests: a temporary directory, a unix socket, gone afterwards.

  tools/postgres.py run [--durable] -- COMMAND...     BREAKWATER_TEST_POSTGRES is its socket's folder

Without --durable the server does not wait for the disk, and lies in memory where there is room: what it
acknowledged is lost with the machine, and not when a process is killed, which is all that most tests do.
Everybody on the socket is let in; the folder is the server's user's own, so that is this user and root.
Databases are made by who needs them: url(NAME), create(NAME).

A keeper process ends the server and removes the folder as soon as the one who started it has ended, however that
was: a test that runs into its time limit is killed and cannot clean up.
"""
import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

USER = "breakwater"
SETTINGS = {"listen_addresses": "", "max_connections": "200", "shared_buffers": "64MB", "max_wal_size": "512MB",
            "autovacuum_naptime": "10s", "logging_collector": "off", "log_min_messages": "warning",
            "unix_socket_permissions": "0777", "timezone": "Asia/Hong_Kong"}
HASTY = {"fsync": "off", "full_page_writes": "off"}
MEMORY, MEMORY_BYTES = "/dev/shm", 6 << 30  # tests make hundreds of databases of 8 MB, some hundred files each


def programs():
    """The folder of Debian's newest server, or None."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[4]))
    return found[-1] if found else None


def url(name, folder=None):
    return "postgresql:///%s?host=%s&user=%s" % (name, folder or os.environ["BREAKWATER_TEST_POSTGRES"], USER)


def sql(text, database="postgres", folder=None):
    """Runs statements one by one as the superuser; the rows of the last as lines of text."""
    where = folder or os.environ["BREAKWATER_TEST_POSTGRES"]
    r = subprocess.run([programs() + "/psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", where, "-U", USER, "-d", database],
                       input=text, capture_output=True, text=True, timeout=120, check=False)
    if r.returncode != 0:
        raise RuntimeError("psql: " + r.stderr)
    return r.stdout.strip()


def create(name, folder=None, template="template0"):
    sql('CREATE DATABASE "%s" TEMPLATE "%s"' % (name, template), folder=folder)


def drop(name, folder=None):
    sql('DROP DATABASE IF EXISTS "%s" WITH (FORCE)' % name, folder=folder)


def place(durable):
    """Making a database takes 40 ms in memory, and up to a second on a disk that others use too (both measured)."""
    if durable or not os.path.isdir(MEMORY) or shutil.disk_usage(MEMORY).free < MEMORY_BYTES:
        return None
    with open("/proc/meminfo", encoding="utf-8") as f:
        free = {line.split(":")[0]: int(line.split()[1]) << 10 for line in f}
    return MEMORY if free["MemAvailable"] > MEMORY_BYTES else None


def processes():
    """(number, parent, state) of every process."""
    for entry in glob.glob("/proc/[0-9]*"):
        try:
            with open(entry + "/stat", encoding="utf-8", errors="replace") as f:
                state, parent = f.read().rsplit(")", 1)[1].split()[:2]
        except OSError:
            continue
        yield int(entry[6:]), int(parent), state


def wait_gone(pids, seconds=60):
    until = time.monotonic() + seconds
    while any(pid in pids and state not in "ZX" for pid, _, state in processes()):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def postmaster(folder):
    """The number of the server that runs on FOLDER, or None."""
    try:
        with open(folder + "/data/postmaster.pid", encoding="utf-8") as f:
            pid = int(f.readline())
        with open("/proc/%d/cmdline" % pid, encoding="utf-8") as f:
            return pid if folder + "/data" in f.read().split("\0") else None
    except (OSError, ValueError):
        return None


def keep(folder):
    """Until the input ends, and then away with server and folder."""
    sys.stdin.buffer.read()
    pid = postmaster(folder)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, by force
        if pid:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                break
            if wait_gone({pid}, 30):
                break
    shutil.rmtree(folder, ignore_errors=True)


class Server:
    def __init__(self, durable=False, settings=None):
        self.bin = programs()
        if not self.bin:
            raise RuntimeError("PostgreSQL is not installed")
        self.settings = dict(SETTINGS, **({} if durable else HASTY), **(settings or {}))
        self.folder = tempfile.mkdtemp(prefix="bw-pg-", dir=place(durable))
        self.data = self.folder + "/data"
        self.process = None
        self.keeper = subprocess.Popen([sys.executable, os.path.abspath(__file__), "keep", self.folder], cwd="/",
                                       stdin=subprocess.PIPE, start_new_session=True)
        self._own(self.folder)
        self._run(["initdb", "-D", self.data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
        self.start()

    def _user(self):
        """PostgreSQL does not run as root."""
        if os.getuid() != 0:
            return {}
        for name in ("postgres", "nobody"):
            try:
                u = pwd.getpwnam(name)
                return {"user": u.pw_uid, "group": u.pw_gid, "extra_groups": []}
            except KeyError:
                continue
        return {}

    def _own(self, path):
        u = self._user()
        if u:
            os.chown(path, u["user"], u["group"])

    def _run(self, command):
        r = subprocess.run([self.bin + "/" + command[0]] + command[1:], capture_output=True, text=True, check=False,
                           cwd="/", **self._user())
        if r.returncode != 0:
            raise RuntimeError("%s: %s" % (command[0], r.stderr[-2000:]))

    def start(self):
        args = [self.bin + "/postgres", "-D", self.data, "-k", self.folder]
        for name, value in self.settings.items():
            args += ["-c", "%s=%s" % (name, value)]
        log = open(self.folder + "/log", "ab")
        self.process = subprocess.Popen(args, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/",
                                        start_new_session=True, **self._user())
        until = time.monotonic() + 60
        while subprocess.run([self.bin + "/pg_isready", "-q", "-h", self.folder], check=False).returncode != 0:
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError("the server does not start: " + self.log()[-2000:])
            time.sleep(0.05)

    def url(self, name):
        return url(name, self.folder)

    def log(self):
        with open(self.folder + "/log", encoding="utf-8", errors="replace") as f:
            return f.read()

    def signal(self, number):
        """To every process of the server: SIGSTOP makes it hang."""
        pid = self.process.pid
        for each in {child for child, parent, _ in processes() if parent == pid} | {pid}:
            os.kill(each, number)

    def kill(self):
        """kill -9 of every process of the server. Each is a session of its own, so they are counted, while the one
        that starts them is held. A process that outlived this would still have the shared memory: no start after it."""
        pid = self.process.pid
        os.kill(pid, signal.SIGSTOP)
        os.waitpid(pid, os.WUNTRACED)
        children = {child for child, parent, _ in processes() if parent == pid}
        for each in children | {pid}:
            os.kill(each, signal.SIGKILL)
        self.process.wait()
        if not wait_gone(children):
            raise RuntimeError("a process of the server outlives kill -9")

    def stop(self):
        self.keeper.stdin.close()
        self.keeper.wait()
        if self.process:
            if self.process.poll() is None:  # it had not come so far as to say its number
                self.process.kill()
            self.process.wait()


def main():
    args = sys.argv[1:]
    if len(args) == 2 and args[0] == "keep":
        return keep(args[1])
    if not args or args[0] != "run" or "--" not in args:
        sys.exit(__doc__)
    at = args.index("--")
    server = child = None
    ended = []

    def leave(number, _frame):
        ended.append(number)  # a server that is being made is made: broken off it would leave shared memory
        if child:
            child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, leave)
    try:
        server = Server(durable="--durable" in args[:at])
        if ended:
            sys.exit(128 + ended[0])
        child = subprocess.Popen(args[at + 1:], env=dict(os.environ, BREAKWATER_TEST_POSTGRES=server.folder))
        status = child.wait()
    finally:
        if server:
            server.stop()
    sys.exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
