# SPDX-License-Identifier: Apache-2.0
"""Databases that are not as they should be, and moving a hub between two: what an operator reads, what is left.

The whole program on a PostgreSQL server of its own. `breakwater migrate` there and back, killed and cut off in the
middle; schema steps killed; wrong passwords, other programs' tables, roles that may only read, a full disk.
"""
import configparser
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "http"))
import engine  # noqa: E402
from hub import Hub, PROGRAM  # noqa: E402
from tap import case, check, contains, equal, lacks, main  # noqa: E402
import postgres  # noqa: E402

FIRST = "Harbour Centre\nOlga Tide\nolga@centre.example\nlantern-over-dark-water\n"
CHEAP = ["--set", "password_memory=8", "--set", "password_passes=1"]
server = folder = None


def before():
    global server, folder
    engine.ON_SERVER = False  # hubs here begin with a file, and are told of the server by name
    server = postgres.Server()
    folder = tempfile.mkdtemp(prefix="breakwater-test-")


def after():
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


def run(*args, input=None, timeout=300):
    r = subprocess.run([PROGRAM, *args], input=input, capture_output=True, text=True, timeout=timeout, check=False)
    for word in ("Sanitizer", "runtime error"):
        lacks(r.stderr, word)
    return r


def init(name, data=None, url=None):
    return run("init", "--data", data or tempfile.mkdtemp(dir=folder), "--database", url or server.url(name), *CHEAP,
               input=FIRST)


def refused(r, *says):
    check(r.returncode == 1, "exit status %d: %s" % (r.returncode, r.stderr))
    for text in says:
        contains(r.stderr, text)
    lacks(r.stderr, "mistake")


@case
def a_server_that_is_not_there():
    refused(init("x", url="postgresql:///x?host=%s/nowhere" % folder), "the database cannot be used")
    refused(init("not_made"), "the database cannot be used", "not_made", "the address is set by --database")


@case
def a_wrong_password_and_it_is_not_shown():
    postgres.create("locked", server.folder)
    postgres.sql("CREATE ROLE keeper LOGIN PASSWORD 'right-horse'; GRANT ALL ON DATABASE locked TO keeper", folder=server.folder)
    with open(server.data + "/pg_hba.conf", encoding="utf-8") as f:
        before = f.read()
    with open(server.data + "/pg_hba.conf", "w", encoding="utf-8") as f:
        f.write("local locked keeper scram-sha-256\n" + before)
    postgres.sql("SELECT pg_reload_conf()", folder=server.folder)
    time.sleep(0.3)
    url = "postgresql://keeper:%s@/locked?host=" + server.folder
    r = init("locked", url=url % "wrong-horse")
    refused(r, "the database cannot be used", "password", "the address is set by --database")
    lacks(r.stderr, "wrong-horse")
    data = tempfile.mkdtemp(dir=folder)
    with open(data + "/breakwater.conf", "w", encoding="utf-8") as f:
        f.write("database = %s\n" % (url % "wrong-horse"))
    refused(run("serve", "--data", data), "the address is set by `database` in %s/breakwater.conf" % data)
    refused(run("serve", "--data", data, "--config", data + "/breakwater.conf"), "`database` in %s/breakwater.conf" % data)
    refused(run("serve", "--data", data, "--set", "database=" + url % "wrong-horse"), "the address is set by --set database")
    r = subprocess.run([PROGRAM, "serve", "--data", data], capture_output=True, text=True, check=False, timeout=300,
                       env=dict(os.environ, BREAKWATER_DATABASE="postgresql:///x?host=%s/nowhere" % folder))
    refused(r, "nowhere", "the address is set by BREAKWATER_DATABASE in the environment")
    data = tempfile.mkdtemp(dir=folder)
    r = init("locked", data, url % "right-horse")
    equal(r.returncode, 0, r.stderr)
    r = run("config", "--data", data, "--database", url % "right-horse")
    contains(r.stdout, "\n# database = ... is set, and not shown\n")
    lacks(r.stdout, "right-horse")
    with open(data + "/breakwater.conf", "w", encoding="utf-8") as f:
        f.write(r.stdout)  # what it prints is a configuration file
    r = run("config", "--data", data)
    equal(r.returncode, 0, r.stderr)
    contains(r.stdout, "\ndatabase = \n")


@case
def an_address_that_cannot_be_read_is_not_repeated():
    for url in ("postgresql://keeper:se%cret@/x", "postgresql://keeper:sec%zz@/x", "postgresql:///x?password=sec%zz",
                "postgressql://keeper:secret@host/x"):
        r = init("x", url=url)
        refused(r, "postgresql://")
        lacks(r.stderr, "sec")
    here = os.getcwd()
    os.chdir(folder)  # none of them is taken for the name of a file
    try:
        for url in ("postgresql:/x", "postgres:x", "postgresql:x?password=secret", "PostgreSQL:/x", "POSTGRES://keeper:secret@host/x",
                    "host=db dbname=x password=secret", "dbname=x"):
            before = sorted(os.listdir("."))
            r = init("x", data=folder + "/nearly", url=url)
            refused(r, "no address of a database", "postgresql:///name")
            lacks(r.stderr, "sec")
            equal(sorted(set(os.listdir(".")) - {"nearly"}), [n for n in before if n != "nearly"], url)
    finally:
        os.chdir(here)


@case
def a_server_that_hangs_does_not_hang_the_hub():
    """Its processes are stopped, not ended: connections stay and nothing answers."""
    engine.ON_SERVER = True
    hanging = postgres.Server()
    engine.SERVER = hanging.folder
    hub = Hub(demo=True, server=hanging)
    try:
        c = hub.client("bank")
        equal(c.get("/api/v1/items").status, 200)
        hanging.signal(signal.SIGSTOP)
        t = time.monotonic()
        a = c.get("/api/v1/items")
        equal(a.status, 503, a.text)
        check(time.monotonic() - t < 100, "it waited for ever")
        equal(hub.client().get("/assets/icons/favicon.svg").status, 200)  # what needs no database
        hanging.signal(signal.SIGCONT)
        until = time.monotonic() + 60
        while c.get("/api/v1/items").status != 200:
            check(time.monotonic() < until, "it does not come back")
            time.sleep(0.2)
        hanging.signal(signal.SIGSTOP)
        hub.process.send_signal(signal.SIGTERM)
        hub.process.wait(180)  # it ends all the same
    finally:
        hanging.signal(signal.SIGCONT)
        if hub.process.poll() is None:
            hub.process.kill()
        hanging.stop()
        engine.ON_SERVER = False
        engine.SERVER = server.folder


def keys(data):
    return sorted(p.name for p in pathlib.Path(data).glob("keys/*"))


@case
def keys_belong_to_the_database():
    postgres.create("keyed", server.folder)
    for url in (server.url("keyed"), folder + "/keyed.db"):
        data = tempfile.mkdtemp(dir=folder)
        equal(init("keyed", data, url).returncode, 0)
        equal(keys(data), ["ledger.key", "seal.key"])

        # A folder without keys, or without one of them: none is made.
        bare = tempfile.mkdtemp(dir=folder)
        for command in (["serve", "--listen", "127.0.0.1:0"], ["serve", "--demo", "--listen", "127.0.0.1:0"],
                        ["ledger", "verify"], ["init"], ["migrate", "--to", folder + "/never.db"]):
            r = run(*command, "--data", bare, "--database", url, input=FIRST)
            refused(r, bare + "/keys/seal.key", "is missing", "copy the folder keys/", "backup")
            equal(keys(bare), [])
        shutil.copytree(data + "/keys", bare + "/keys")
        os.unlink(bare + "/keys/ledger.key")
        refused(run("serve", "--data", bare, "--database", url), bare + "/keys/ledger.key", "is missing")
        equal(keys(bare), ["seal.key"])

        # Another hub's.
        other = tempfile.mkdtemp(dir=folder)
        equal(init("other", other, other + "/breakwater.db").returncode, 0)
        for command in (["serve", "--listen", "127.0.0.1:0"], ["import", "/dev/null"]):
            refused(run(*command, "--data", other, "--database", url), other + "/keys/ledger.key", "is not the key")
        r = run("ledger", "verify", "--data", other, "--database", url)
        refused(r, "the checkpoint's signature is not this hub's")

        shutil.copy(data + "/keys/ledger.key", bare + "/keys/")
        equal(root(bare, "--database", url), root(data, "--database", url))
        named = "database keyed on " + server.folder if "//" in url else url  # what holds it, not the folder
        refused(run("init", "--data", data, "--database", url, input=FIRST), named + " holds a hub already")
        equal(keys(data), ["ledger.key", "seal.key"])


@case
def the_key_that_seals_is_tried_too():
    hub = Hub(demo=True)
    hub.stop()
    try:
        with open(hub.dir / "keys" / "seal.key", encoding="utf-8") as f:
            word, number, key = f.read().split()
        with open(hub.dir / "keys" / "seal.key", "w", encoding="utf-8") as f:
            f.write("%s %s %s\n" % (word, number, key[::-1]))
        refused(run("serve", "--data", str(hub.dir)), "keys/seal.key is not the key", "sealed")
        with open(hub.dir / "keys" / "seal.key", "a", encoding="utf-8") as f:
            f.write("%s 2 %s\n" % (word, key))  # under another number it is another key
        refused(run("serve", "--data", str(hub.dir)), "keys/seal.key is not the key")
    finally:
        hub.done()


@case
def what_fails_leaves_no_keys():
    """`init` and `serve --demo` make keys: only what is written with them may keep them."""
    for text, says in (("one line", "four lines"), ("A\nB\nno address\nlantern-over-dark-water\n", "not an e-mail"),
                       ("A\nB\na@b.example\nshort\n", "at least")):
        data = tempfile.mkdtemp(dir=folder)
        refused(run("init", "--data", data, *CHEAP, input=text), says)
        equal(keys(data), [])
        check(not os.path.exists(data + "/keys"), "an empty keys/ stays")
    data = tempfile.mkdtemp(dir=folder)
    os.mkdir(data + "/mail", 0o700)
    open(data + "/mail/tmp", "wb").close()  # no folder: opening the spool fails
    refused(run("init", "--data", data, *CHEAP, input=FIRST), "mail folder")
    equal(keys(data), [])
    os.unlink(data + "/mail/tmp")
    equal(run("init", "--data", data, *CHEAP, input=FIRST).returncode, 0)
    equal(keys(data), ["ledger.key", "seal.key"])
    refused(run("serve", "--data", data, "--listen", "nowhere"), "")  # a hub's keys stay whatever fails
    equal(keys(data), ["ledger.key", "seal.key"])


@case
def commands_leave_the_mails_of_a_running_hub_alone():
    hub = Hub(demo=True)
    half = hub.dir / "mail" / "tmp" / "1-1"
    try:
        half.touch()
        for command in (["ledger", "verify"], ["import", "/dev/null"], ["config"], ["init"],
                        ["migrate", "--to", folder + "/never.db"]):
            run(*command, "--data", str(hub.dir), input=FIRST)
            check(half.exists(), "%s took it away" % command[0])
        hub.stop()
        hub.start()
        check(not half.exists(), "the hub itself clears up")
    finally:
        hub.done()


@case
def a_demo_on_a_hub_that_is_none():
    postgres.create("real", server.folder)
    for url, named in ((server.url("real"), "database real on"), (folder + "/real.db",) * 2):
        data = tempfile.mkdtemp(dir=folder)
        equal(init("real", data, url).returncode, 0)
        r = run("serve", "--demo", "--data", data, "--database", url, "--listen", "127.0.0.1:0")
        refused(r, named, "holds a hub already that is not the demo community", "without --demo")
        lacks(r.stdout, "listening")


def serving(data, url):
    """A hub that may or may not come so far; .wait() then, else kill it."""
    with open(data + "/serve.log", "ab") as log:
        return subprocess.Popen([PROGRAM, "serve", "--data", data, "--database", url, "--listen", "127.0.0.1:0", *CHEAP],
                                stdout=subprocess.PIPE, stderr=log, text=True)


def listening(process):
    return "listening" in process.stdout.readline()


@case
def one_hub_for_each_database():
    """Two data folders, one database: mails would go out twice. Commands beside a running hub still work."""
    postgres.create("single", server.folder)
    for url, named in ((server.url("single"), "database single on " + server.folder), (folder + "/single.db",) * 2):
        data, other = tempfile.mkdtemp(dir=folder), tempfile.mkdtemp(dir=folder)
        equal(init("single", data, url).returncode, 0)
        shutil.copytree(data + "/keys", other + "/keys")
        first = serving(data, url)
        try:
            check(listening(first), "it does not start")
            r = run("serve", "--data", other, "--database", url, "--listen", "127.0.0.1:0")
            refused(r, "another hub is running on " + named, "stop it first")
            refused(run("migrate", "--data", other, "--database", url, "--to", folder + "/never.db"),
                    "another hub is running on " + named)
            equal(run("ledger", "verify", "--data", other, "--database", url).returncode, 0)
            with open(other + "/list.txt", "w", encoding="utf-8") as f:
                f.write("198.51.100.7\n")
            r = run("import", other + "/list.txt", "--data", other, "--database", url)
            equal(r.returncode, 0, r.stdout + r.stderr)
        finally:
            first.kill()
            first.wait()
        second = serving(other, url)  # at once: the lock goes with the process
        check(listening(second), "the first is gone")
        second.terminate()
        equal(second.wait(), 0)


@case
def a_hub_that_lost_its_database_to_another_writes_no_more():
    engine.ON_SERVER = True
    engine.SERVER = server.folder
    hub, other = Hub(demo=True, server=server), None
    try:
        c = hub.client("bank")
        item = {"kind": "alert", "title": "Who has it", "lang": "en", "tlp": "green", "severity": "low", "publish": True,
                "body": "198.51.100.9", "audience": {"people": [hub.people["hospital"]["email"]]}}
        equal(c.post_json("/api/v1/items", item).status, 201)
        ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '%s'" % hub.database.name
        for _ in range(3):  # connections that are lost are no reason to stop
            postgres.sql(ended, folder=server.folder)
            statuses = {c.post_json("/api/v1/items", item).status for _ in range(3)}
            check(201 in statuses and statuses <= {201, 503}, str(statuses))
        copy = tempfile.mkdtemp(dir=folder)
        shutil.copytree(str(hub.dir) + "/keys", copy + "/keys")
        other = serving(copy, hub.database.url)
        # It waits for the lock; the hub's session ends and it is the next. The hub may be quicker: once more then.
        for _ in range(200):
            if other.poll() is not None:
                other = serving(copy, hub.database.url)
            postgres.sql(ended + " AND application_name LIKE 'breakwater hub%'", folder=server.folder)
            time.sleep(0.1)
            a = c.post_json("/api/v1/items", item)
            if "another hub" in a.text:
                break
        equal(a.status, 503, a.text)
        contains(a.text, "another hub has taken this hub's database")
        check(listening(other), "the other one does not start")
        for _ in range(3):
            equal(c.post_json("/api/v1/items", item).status, 503)
        equal(c.get("/api/v1/items").status, 200)
        equal((hub.dir / "test.log").read_text().count('"db.taken"'), 1)
        other.terminate()
        equal(other.wait(), 0)
        equal(c.post_json("/api/v1/items", item).status, 201)
        contains((hub.dir / "test.log").read_text(), '"db.own_again"')
    finally:
        if other:
            other.kill()
        hub.done()
        engine.ON_SERVER = False


@case
def a_server_that_goes_and_comes_is_told_of_once():
    engine.ON_SERVER = True
    passing = postgres.Server()
    engine.SERVER = passing.folder
    hub = Hub(demo=True, server=passing)
    try:
        c = hub.client("bank")
        for round in (1, 2):
            equal(c.get("/api/v1/items").status, 200)
            at = (hub.dir / "test.log").stat().st_size
            passing.kill()
            for _ in range(6):
                equal(c.get("/api/v1/items").status, 503)
                time.sleep(1)
            passing.start()
            until = time.monotonic() + 60
            while c.get("/api/v1/items").status != 200:
                check(time.monotonic() < until, "it does not come back")
                time.sleep(0.2)
            said = [json.loads(line) for line in (hub.dir / "test.log").read_bytes()[at:].decode().splitlines()]
            events = [line["event"] for line in said if not line["event"].startswith("http.")]
            equal((events.count("db.away"), events.count("db.back")), (1, 1), events)
            check(len(events) < 10, events)  # who tries again each second is silent meanwhile
            contains(str(said), "database %s on %s" % (hub.database.name, passing.folder))
    finally:
        hub.done()
        passing.stop()
        engine.ON_SERVER = False
        engine.SERVER = server.folder


@case
def much_that_is_imported_is_counted():
    postgres.create("bulk", server.folder)
    data = tempfile.mkdtemp(dir=folder)
    equal(init("bulk", data).returncode, 0)
    last = "SELECT count(*) FROM pg_stat_user_tables WHERE relname = 'indicator' AND last_analyze IS NOT NULL"
    for n, want in ((10, "0"), (1500, "1")):
        with open(data + "/list.txt", "w", encoding="utf-8") as f:
            f.writelines("h%d-%d.wave.example\n" % (n, i) for i in range(n))
        r = run("import", data + "/list.txt", "--data", data, "--database", server.url("bulk"))
        equal(r.returncode, 0, r.stdout + r.stderr)
        contains(r.stdout, "%d taken" % n)
        equal(postgres.sql(last, "bulk", server.folder), want)


@case
def the_service_waits_for_a_late_server():
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(pathlib.Path(__file__).resolve().parents[2] / "deploy" / "breakwater.service")
    contains(unit["Unit"]["After"], "postgresql.service")
    equal(unit["Unit"]["StartLimitIntervalSec"], "0")
    equal(unit["Service"]["Restart"], "on-failure")
    # What it waits for is a failure that it restarts after, not one that it gives up at.
    r = run("serve", "--data", tempfile.mkdtemp(dir=folder), "--database", "postgresql:///x?host=%s/nowhere" % folder)
    equal(r.returncode, 1)
    check(str(r.returncode) not in unit["Service"]["RestartPreventExitStatus"].split())


@case
def a_database_of_another_program():
    postgres.create("shop", server.folder)
    postgres.sql("CREATE TABLE public.orders (id int)", "shop", server.folder)
    refused(init("shop"), "not a Breakwater database", "orders")
    equal(postgres.sql("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'breakwater%'", "shop", server.folder), "0")


@case
def another_encoding():
    postgres.sql("CREATE DATABASE old TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'", folder=server.folder)
    refused(init("old"), "LATIN1", "UTF8")


@case
def a_newer_schema_and_an_empty_one():
    postgres.create("newer", server.folder)
    data = tempfile.mkdtemp(dir=folder)
    refused(run("ledger", "verify", "--data", data, "--database", server.url("newer")), "there is no hub in that database", "init")
    equal(init("newer", data).returncode, 0)
    postgres.sql("INSERT INTO breakwater.migration VALUES (9999, '9999_tomorrow', 0, '99.0')", "newer", server.folder)
    refused(run("ledger", "verify", "--data", data, "--database", server.url("newer")), "needs Breakwater 99.0", "9999_tomorrow")


@case
def roles_that_may_not_write():
    postgres.create("museum", server.folder)
    data = tempfile.mkdtemp(dir=folder)
    equal(init("museum", data).returncode, 0)
    postgres.sql("CREATE ROLE visitor LOGIN; GRANT USAGE ON SCHEMA breakwater, breakwater_gated TO visitor;"
                 "GRANT SELECT ON ALL TABLES IN SCHEMA breakwater, breakwater_gated TO visitor", "museum", server.folder)
    as_visitor = server.url("museum").replace("user=" + postgres.USER, "user=visitor")
    refused(run("serve", "--data", data, "--database", as_visitor, "--listen", "127.0.0.1:0"), "visitor", "may not write", "OWNER TO")
    postgres.sql("ALTER DATABASE museum SET default_transaction_read_only = on", folder=server.folder)
    refused(run("serve", "--data", data, "--database", server.url("museum"), "--listen", "127.0.0.1:0"), "may only be read")
    refused(run("init", "--data", data, "--database", "mysql://host/x", input=FIRST), "no address of a database", "postgresql://")


@case
def a_full_disk_fails_writes_and_nothing_else():
    """As the server says it: SQLSTATE 53100."""
    engine.ON_SERVER = True
    engine.SERVER = server.folder
    hub = Hub(demo=True, server=server)
    try:
        c = hub.client("bank")
        postgres.sql("CREATE FUNCTION public.full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION"
                     " 'could not extend file' USING ERRCODE = '53100'; END $$;"
                     "CREATE TRIGGER full_disk BEFORE INSERT ON breakwater.event EXECUTE FUNCTION public.full()",
                     hub.database.name, server.folder)
        item = {"kind": "alert", "title": "Full", "lang": "en", "tlp": "green", "severity": "low", "publish": True,
                "body": "198.51.100.9", "audience": {"people": [hub.people["hospital"]["email"]]}}
        a = c.post_json("/api/v1/items", item)
        equal(a.status, 503, a.text)
        contains(a.text, "disk is full")
        equal(c.get("/api/v1/items").status, 200)
        postgres.sql("DROP TRIGGER full_disk ON breakwater.event", hub.database.name, server.folder)
        equal(c.post_json("/api/v1/items", item).status, 201)
    finally:
        hub.done()
        engine.ON_SERVER = False


@case
def text_that_a_database_cannot_hold_is_refused_at_the_door():
    engine.ON_SERVER = True
    hub = Hub(demo=True, server=server)
    try:
        c = hub.client("bank")
        for body in (b'{"kind":"alert","title":"a\\u0000b","lang":"en","tlp":"green","severity":"low","body":"x",'
                     b'"audience":{"everybody":true}}',
                     b'{"kind":"alert","title":"a\xff\xfeb","lang":"en","tlp":"green","severity":"low","body":"x",'
                     b'"audience":{"everybody":true}}'):
            a = c.request("POST", "/api/v1/items", body, type="application/json")
            check(a.status in (400, 422), "%d %s" % (a.status, a.text))
        for path in ("/api/v1/items?q=%00", "/api/v1/items?q=%ff%fe", "/en/search?q=a%00b"):
            check(c.get(path).status in (200, 400, 422), path)
        lacks(server.log(), "invalid byte sequence")
    finally:
        hub.done()
        engine.ON_SERVER = False


@case
def schema_steps_that_are_killed_are_gone_on_with():
    random.seed(20261127)
    for target in ("killed", None):
        data = tempfile.mkdtemp(dir=folder)
        if target:
            postgres.create(target, server.folder)
        where = ["--database", server.url(target)] if target else []
        ended = 0
        for _ in range(25):
            p = subprocess.Popen([PROGRAM, "init", "--data", data, *where, *CHEAP], stdin=subprocess.PIPE,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(random.uniform(0, 0.35))
            ended += p.poll() is not None
            p.kill()
            p.wait()
            p.stdin.close()
        check(ended < 25, "none was killed")
        r = run("init", "--data", data, *where, *CHEAP, input=FIRST)
        equal(r.returncode, 0, r.stderr)
        r = run("ledger", "verify", "--data", data, *where)
        equal(r.returncode, 0, r.stdout + r.stderr)


# -- moving ----------------------------------------------------------------------------------------


def root(data, *where):
    r = run("ledger", "verify", "--data", str(data), *where)
    equal(r.returncode, 0, r.stdout + r.stderr)
    return re.search(r"root (\w+)", r.stdout).group(1)


def digest(data):
    with open(str(data) + "/breakwater.db", "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def moving(data, target):
    return subprocess.Popen([PROGRAM, "migrate", "--data", str(data), "--to", target], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


@case
def a_hub_moves_there_and_back():
    hub = Hub(demo=True)
    c = hub.client("bank")
    pages = ["/api/v1/items?limit=50", "/api/v1/items?q=phishing", "/api/v1/items?q=%E9%87%A3%E9%AD%9A", "/api/v1/me"]
    answers = [c.get(p).body.replace(str(hub.port).encode(), b"PORT") for p in pages]
    check(len(answers[1]) > 100 and len(answers[2]) > 100, "there is something to find")
    refused(run("migrate", "--data", str(hub.dir), "--to", folder + "/early.db"), "a hub is running", "stop it first")
    refused(run("serve", "--data", str(hub.dir), "--listen", "127.0.0.1:0"), "a hub is running")
    hub.stop()
    data, before = hub.dir, digest(hub.dir)
    first = root(data)
    postgres.create("moved", server.folder)
    there = server.url("moved")

    # Broken off: nothing has changed here, and nothing has come there.
    random.seed(20261128)
    killed = 0
    for _ in range(6):
        p = moving(data, there)
        time.sleep(random.uniform(0.3, 1.6))
        killed += p.poll() is None
        p.kill()
        p.communicate()
        if postgres.sql("SELECT to_regclass('breakwater.event') IS NOT NULL", "moved", server.folder) == "t":
            equal(postgres.sql("SELECT count(*) FROM breakwater.event", "moved", server.folder), "0")
    check(killed > 0, "all had ended by then")
    for _ in range(10):
        p, cut = moving(data, there), "0"
        while p.poll() is None and cut == "0":
            cut = postgres.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'COPY %'"
                               " AND state = 'active' AND datname = 'moved'", folder=server.folder)
        out, said = p.communicate(timeout=120)
        if p.returncode != 0:
            break
        postgres.drop("moved", server.folder)  # it was faster: once more
        postgres.create("moved", server.folder)
    equal(p.returncode, 1, "a connection cut in the middle of COPY: " + out)
    contains(said, "the old database is as it was")
    contains(said, "give the same command again")
    equal(postgres.sql("SELECT count(*) FROM breakwater.event", "moved", server.folder), "0")
    equal(digest(data), before)

    p = moving(data, there)
    out, said = p.communicate(timeout=300)
    equal(p.returncode, 0, said)
    contains(out, "root " + first + " on both")
    contains(out, "database = ")
    lacks(out, "postgresql://")  # it may hold a password
    equal(root(data, "--database", there), first)
    equal(digest(data), before)

    # Plans rest on what was counted, not on empty tables: by the move, not by the server some minutes later.
    counted = ("SELECT count(*) FILTER (WHERE last_analyze IS NOT NULL) || ' ' || count(*) FROM pg_stat_user_tables"
               " WHERE schemaname LIKE 'breakwater%'")
    some, every = postgres.sql(counted, "moved", server.folder).split()
    equal(some, every)

    # The folder knows what the hub has left: nobody starts the old one by mistake.
    for command in (["serve", "--listen", "127.0.0.1:0"], ["serve", "--demo", "--listen", "127.0.0.1:0"], ["import", "/dev/null"]):
        refused(run(*command, "--data", str(data)), "the hub has left breakwater.db", "database moved on", "delete %s/moved-to" % data)
    equal(digest(data), before)
    elsewhere = tempfile.mkdtemp(dir=folder) + "/restored"
    shutil.copytree(data, elsewhere)  # wherever the folder is now
    refused(run("serve", "--data", elsewhere), "the hub has left breakwater.db")
    os.unlink(elsewhere + "/moved-to")
    Hub(data=elsewhere).done()
    refused(run("migrate", "--data", str(data), "--to", there),
            "database moved on %s holds a hub already" % server.folder, "nothing was changed")
    refused(run("migrate", "--data", str(data), "--database", there, "--to", there), "the hub is in database moved", "nothing to move")
    refused(run("migrate", "--data", str(data), "--to", str(data) + "/../%s/breakwater.db" % data.name),
            "breakwater.db already", "nothing to move")

    # It is the same hub there ...
    moved = Hub(data=str(data), args=["--database", there])
    c = moved.client("bank")
    for path, want in zip(pages, answers):
        equal(c.get(path).body.replace(str(moved.port).encode(), b"PORT"), want, path)
    item = {"kind": "alert", "title": "Written after the move", "lang": "en", "tlp": "green", "severity": "low",
            "publish": True, "body": "198.51.100.9", "audience": {"people": [moved.people["hospital"]["email"]]}}
    equal(c.post_json("/api/v1/items", item).status, 201)
    moved.stop()

    # ... and back in a file, with what came since.
    second = root(data, "--database", there)
    r = run("migrate", "--data", str(data), "--database", there, "--to", str(data) + "/back.db")
    equal(r.returncode, 0, r.stderr)
    contains(r.stdout, "root " + second + " on both")
    back = Hub(data=str(data), args=["--database", str(data) + "/back.db"])
    c = back.client("hospital")
    contains(c.get("/api/v1/items?q=%22after+the+move%22").text, "Written after the move")
    equal(back.client("bank").post_json("/api/v1/items", item).status, 201)  # ids go on
    back.done()
    refused(run("serve", "--data", str(data), "--database", there), "the hub has left database moved on", "back.db")
    refused(run("serve", "--data", str(data)), "the hub has left breakwater.db")
    os.unlink(data / "breakwater.db")  # there once more: what it has left is what it was in last
    r = run("migrate", "--data", str(data), "--database", str(data) + "/back.db", "--to", str(data) + "/breakwater.db")
    equal(r.returncode, 0, r.stderr)
    equal(len((data / "moved-to").read_text().splitlines()), 3)
    refused(run("serve", "--data", str(data), "--database", str(data) + "/back.db"), "the hub has left back.db", "breakwater.db")
    Hub(data=str(data)).done()
    shutil.rmtree(data, ignore_errors=True)


main(before=before, after=after)
