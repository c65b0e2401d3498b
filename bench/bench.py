# SPDX-License-Identifier: Apache-2.0
"""What the bench programs share: building, measuring CPU, load by wrk, rows of the table.

Every figure is CPU per unit of work (user and system time of all threads of the measured process,
from the kernel's own clock), the least of several runs, because the machine is shared: what
others do can only make a run dearer. Peers are measured between our own runs, so that both see
the same machine.

Environment: BREAKWATER the program (default build/release/breakwater; the helpers are built
beside it), BREAKWATER_SHARED the folder of real inputs (without it inputs are generated),
BENCH_RUNS (default 5).
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = pathlib.Path(os.environ.get("BREAKWATER", ROOT / "build/release/breakwater")).resolve()
BUILD = PROGRAM.parent
RUNS = int(os.environ.get("BENCH_RUNS", "5"))
os.environ["BREAKWATER"] = str(PROGRAM)
os.environ.setdefault("BREAKWATER_CACHE", str(BUILD / "demo-cache"))
sys.path.insert(0, str(ROOT / "tests/http"))

rows = []
notes = []


def say(text):
    print(text, flush=True)


# -- building --------------------------------------------------------------------------------------


def prepare(*targets):
    """The program and the helpers, built; wrk installed."""
    if not (BUILD / "build.ninja").exists():
        subprocess.run(["meson", "setup", str(BUILD), str(ROOT), "--buildtype=release"], check=True,
                       stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", str(BUILD), PROGRAM.name, "bench-helpers", *targets], check=True,
                   stdout=subprocess.DEVNULL)
    if shutil.which("wrk") is None:
        sudo = [] if os.geteuid() == 0 else ["sudo"]
        subprocess.run(sudo + ["apt-get", "install", "-y", "-qq", "wrk"], check=True,
                       stdout=subprocess.DEVNULL)


def helper(name):
    """The path of a helper program."""
    return str(BUILD / "bench" / name)


def scratch():
    """A folder that is removed at the end: with tempfile.TemporaryDirectory as `with`."""
    return tempfile.TemporaryDirectory(prefix="breakwater-bench-")


# -- processes -------------------------------------------------------------------------------------


def cpu_s(pid):
    """User and system time of all threads of a process, ended ones too, to the nanosecond."""
    return time.clock_gettime((~pid << 3) | 2)  # the kernel's CPUCLOCK_SCHED of that process


def memory_mb(pid, field="VmRSS"):
    text = pathlib.Path("/proc/%d/status" % pid).read_text()
    return int(re.search(field + r":\s+(\d+) kB", text).group(1)) / 1024


def run_measured(cmd, **k):
    """Runs CMD to its end: exit status, output, CPU seconds, most resident memory in MB.

    The memory is looked at while it runs: what wait4() tells of it holds this program's own, from
    before the exec."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(cmd, stdout=out, stderr=subprocess.STDOUT, **k)
        peak, done = 0.0, 0
        while not done:
            try:
                peak = max(peak, memory_mb(process.pid, "VmHWM"))
            except (OSError, AttributeError):  # it has ended
                pass
            time.sleep(0.02)
            done, status, usage = os.wait4(process.pid, os.WNOHANG)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode(errors="replace")
    return process.returncode, text, usage.ru_utime + usage.ru_stime, peak


class Server:
    """A helper that prints `listening on http://ADDR:PORT`."""

    def __init__(self, *cmd):
        self.process = subprocess.Popen(cmd, stdout=subprocess.PIPE)
        self.pid = self.process.pid
        line = self.process.stdout.readline().decode()
        self.port = int(re.search(r":(\d+)\s*$", line).group(1))

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


# -- load ------------------------------------------------------------------------------------------

SCRIPT = """
local paths = {%s}
local list, at = {}, 0
init = function()
  for i, p in ipairs(paths) do list[i] = wrk.format(%s, p, {%s}, %s) end
end
request = function()
  at = at %% #list + 1
  return list[at]
end
done = function(s)
  local e = s.errors
  local broken = e.connect + e.read + e.write + e.timeout
  print(string.format("BENCH %%d %%d %%d %%d", s.requests, e.status, broken, s.duration))
end
"""


def quoted(text):
    return json.dumps(text)  # Lua takes the same escapes for what is used here


class Load:
    """GETs (or POSTs of one body) of PATHS in turn, on CONNECTIONS connections, for SECONDS."""

    def __init__(self, port, paths, headers=None, method="GET", body=None):
        fields = ", ".join("[%s]=%s" % (quoted(k), quoted(v)) for k, v in (headers or {}).items())
        text = SCRIPT % (", ".join(map(quoted, paths)), quoted(method), fields,
                         quoted(body) if body else "nil")
        self.script = tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False)
        self.script.write(text)
        self.script.close()
        self.port = port

    def start(self, seconds, connections):
        self.process = subprocess.Popen(
            ["wrk", "-t1", "-c%d" % connections, "-d%gs" % seconds, "--timeout", "30s", "-s",
             self.script.name, "http://127.0.0.1:%d" % self.port], stdout=subprocess.PIPE)

    def end(self):
        """Requests that were answered, and the seconds that it took."""
        text = self.process.communicate()[0].decode()
        m = re.search(r"BENCH (\d+) (\d+) (\d+) (\d+)", text)
        if not m or self.process.returncode:
            raise SystemExit("wrk failed:\n" + text)
        if int(m.group(2)) or int(m.group(3)):
            raise SystemExit("%s refused answers, %s broken connections:\n%s"
                             % (m.group(2), m.group(3), text))
        return int(m.group(1)), int(m.group(4)) / 1e6

    def run(self, seconds, connections):
        self.start(seconds, connections)
        return self.end()

    def done(self):
        os.unlink(self.script.name)


def cpu_us_per_request(pid, load, seconds=1, connections=16):
    before = cpu_s(pid)
    n, _ = load.run(seconds, connections)
    return (cpu_s(pid) - before) / max(n, 1) * 1e6


# -- the table -------------------------------------------------------------------------------------


def row(work, measured, unit, goal=None, peer=None, peer_name="", more_is_better=False, note=""):
    """One line of the table. PEER is in the same unit; the ratio is ours to theirs, as cost."""
    ratio = None
    if peer and measured:
        ratio = peer / measured if more_is_better else measured / peer
    ok = None
    if goal is not None:
        ok = measured >= goal if more_is_better else measured <= goal
    rows.append(dict(work=work, measured=measured, unit=unit, goal=goal, peer=peer,
                     peer_name=peer_name, ratio=ratio, more=more_is_better, ok=ok, note=note))


def note(text):
    notes.append(text)


def short(x):
    if x is None:
        return ""
    if x >= 1000:
        return "{:,.0f}".format(x)
    return "%.0f" % x if x >= 100 else "%.1f" % x if x >= 1 else "%.2f" % x


def cells(r):
    goal = "" if r["goal"] is None else "%s %s%s" % (
        "≥" if r["more"] else "≤", short(r["goal"]), "" if r["ok"] else " **missed**")
    peer = "" if r["peer"] is None else "%s %s" % (short(r["peer"]), r["peer_name"])
    ratio = ""
    if r["ratio"]:
        ratio = "%s ×" % short(r["ratio"]) if r["ratio"] > 0.5 else "1/%.0f" % (1 / r["ratio"])
    return [r["work"], "%s %s" % (short(r["measured"]), r["unit"]), goal, peer, ratio]


HEAD = ["work", "measured", "goal", "peer in the same run", "cost, times the peer's"]


def print_table(some):
    table = [HEAD] + [cells(r) for r in some]
    width = [max(len(line[i]) for line in table) for i in range(len(HEAD))]
    for line in table:
        say("  ".join(c.ljust(w) for c, w in zip(line, width)).rstrip())


def finish():
    """Prints the table, or hands the rows to bench/all."""
    say("")
    print_table(rows)
    for text in notes:
        say("note: " + text)
    if "BENCH_OUT" in os.environ:
        pathlib.Path(os.environ["BENCH_OUT"]).write_text(json.dumps({"rows": rows, "notes": notes}))
