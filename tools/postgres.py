#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""postgres - a PostgreSQL server of one's own for tests: a temporary directory, a unix socket, gone afterwards.

  tools/postgres.py run [--durable] -- COMMAND...     BREAKWATER_TEST_POSTGRES is its socket's folder

Without --durable the server does not wait for the disk: what it acknowledged is lost with the machine, and not
when a process is killed, which is all that most tests do. Everybody on the socket is let in; the folder is the
server's user's own. Databases are made by who needs them: url(NAME), create(NAME).
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


class Server:
    def __init__(self, durable=False, settings=None):
        self.bin = programs()
        if not self.bin:
            raise RuntimeError("PostgreSQL is not installed")
        self.settings = dict(SETTINGS, **({} if durable else HASTY), **(settings or {}))
        self.folder = tempfile.mkdtemp(prefix="bw-pg-")
        self.data = self.folder + "/data"
        self.process = None
        os.chmod(self.folder, 0o755)
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

    def kill(self):
        """kill -9 of every process of the server, as a crash of its machine's memory would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # fast: sessions are ended
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    args = sys.argv[1:]
    if not args or args[0] != "run" or "--" not in args:
        sys.exit(__doc__)
    at = args.index("--")
    server = Server(durable="--durable" in args[:at])
    child = None

    def leave(number, _frame):
        if child:
            child.send_signal(number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    try:
        child = subprocess.Popen(args[at + 1:], env=dict(os.environ, BREAKWATER_TEST_POSTGRES=server.folder))
        status = child.wait()
    finally:
        server.stop()
    sys.exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
