#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tools/postgres.py: what the kill test and the machines of CI rely on. Nothing of a server outlives its end."""
import os
import signal
import subprocess
import sys
import time

import postgres

cases = []
BUSY = "SELECT count(*) FROM generate_series(1, 1000000000)"


def case(fn):
    cases.append(fn)
    return fn


def alive(folder):
    """Processes that work in FOLDER or were started for it."""
    found = []
    for pid, _, state in postgres.processes():
        try:
            with open("/proc/%d/cmdline" % pid, encoding="utf-8", errors="replace") as f:
                told = f.read()
            if state not in "ZX" and (folder in told or folder in os.readlink("/proc/%d/cwd" % pid)):
                found.append(pid)
        except OSError:
            continue
    return found


def gone(folder, seconds=30):
    until = time.monotonic() + seconds
    while alive(folder) or os.path.exists(folder):
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


@case
def kill_reaches_every_process_and_it_starts_again():
    server = postgres.Server()
    try:
        postgres.create("x", server.folder)
        postgres.sql("CREATE TABLE t (i int)", "x", server.folder)
        for i in range(3):
            busy = subprocess.Popen([server.bin + "/psql", "-X", "-h", server.folder, "-U", postgres.USER, "-d", "x", "-c", BUSY],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            until = time.monotonic() + 30
            while postgres.sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 1%'"
                               " AND pid <> pg_backend_pid()", folder=server.folder) == "0":
                assert time.monotonic() < until, "the query does not begin"
                time.sleep(0.05)
            postgres.sql("INSERT INTO t VALUES (%d)" % i, "x", server.folder)
            server.kill()
            assert busy.wait(30) != 0, "the session is cut off"
            assert not alive(server.data), "processes are left"
            server.start()
            assert postgres.sql("SELECT count(*) FROM t", "x", server.folder) == str(i + 1), "what was committed is there"
    finally:
        server.stop()
    assert gone(server.folder, 0), "something is left"


def ended_by(send):
    tool = subprocess.Popen([sys.executable, postgres.__file__, "run", "--", "sh", "-c",
                             "echo $BREAKWATER_TEST_POSTGRES; exec sleep 600"],
                            stdout=subprocess.PIPE, text=True, start_new_session=True)
    folder = tool.stdout.readline().strip()
    assert postgres.sql("SELECT 1", folder=folder) == "1"
    send(tool.pid)
    code = tool.wait(60)
    tool.stdout.close()
    assert gone(folder), "something is left"
    return code


@case
def a_command_that_is_told_to_end():
    assert ended_by(lambda pid: os.kill(pid, signal.SIGTERM)) == 128 + signal.SIGTERM


@case
def a_command_that_is_killed_with_its_tool():
    assert ended_by(lambda pid: os.killpg(pid, signal.SIGKILL)) == -signal.SIGKILL


@case
def the_status_is_the_commands():
    r = subprocess.run([sys.executable, postgres.__file__, "run", "--durable", "--", "sh", "-c", "exit 7"], check=False)
    assert r.returncode == 7


@case
def durable_is_what_it_says():
    for durable, want in ((True, "on on on"), (False, "off off on")):
        server = postgres.Server(durable=durable)
        try:
            is_ = postgres.sql("SELECT current_setting('fsync') || ' ' || current_setting('full_page_writes') || ' '"
                               " || current_setting('synchronous_commit')", folder=server.folder)
            assert is_ == want, is_
            assert os.stat(server.folder).st_mode & 0o77 == 0, "the folder is open to others"
            assert postgres.sql("SHOW listen_addresses", folder=server.folder) == ""
        finally:
            server.stop()


def main():
    if not postgres.programs():
        print("1..0 # SKIP PostgreSQL is not installed")
        return 0
    bad = 0
    for number, fn in enumerate(cases, 1):
        name = fn.__name__.replace("_", " ")
        try:
            fn()
            print("ok %d - %s" % (number, name), flush=True)
        except Exception as e:
            bad += 1
            print("not ok %d - %s\n# %r" % (number, name, e), flush=True)
    print("1..%d" % len(cases))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
