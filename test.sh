#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds with sanitizers and runs every test. The last line counts them.
set -euo pipefail
cd "$(dirname "$0")"

long=no
case "${1:-}" in
--long) long=yes ;;
'') ;;
*)
    echo "Usage: ./test.sh [--long]     (--long adds what takes more than CI's 40 minutes)" >&2
    exit 2
    ;;
esac
export BREAKWATER_LONG=$long
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
jobs=$(nproc)

tools/packages.sh test
if [ ! -d node_modules/axe-core ] || [ ! -d node_modules/playwright-core ]; then
    npm ci --silent --no-audit --no-fund
fi

setup() { # folder, then meson's arguments
    local dir=$1
    shift
    [ -f "$dir/build.ninja" ] || meson setup "$dir" "$@" >/dev/null
}
CC=gcc setup build/test -Db_sanitize=address,undefined -Dbuildtype=debugoptimized
CC=clang setup build/clang -Db_sanitize=none -Db_lundef=false
CC=gcc setup build/tsan -Db_sanitize=thread -Dbuildtype=debugoptimized
CC=gcc setup build/release --buildtype=release
ninja -C build/test all meson-test-prereq >build/test/ninja.log 2>&1 || { tail -n 40 build/test/ninja.log; exit 1; }
ninja -C build/release breakwater >build/release/ninja.log 2>&1 || { tail -n 40 build/release/ninja.log; exit 1; }
# The second compiler: that it builds without a warning is the test.
ninja -C build/clang breakwater >build/clang/ninja.log 2>&1 || { tail -n 40 build/clang/ninja.log; exit 1; }

# What --long repeats takes longer than the time limits that are meant for CI.
patience=1
[ "$long" = no ] || patience=6
status=0
# Both engines side by side: what is called *_pg uses the server that tools/postgres.py starts and stops.
tools/postgres.py run -- meson test -C build/test --no-rebuild --num-processes "$jobs" --timeout-multiplier "$patience" \
    --print-errorlogs || status=1
# Threads: the write lane, the loops, streams, followers.
tools/postgres.py run -- meson test -C build/tsan --num-processes "$jobs" --suite tsan --print-errorlogs || status=1
/usr/bin/python3 tools/count_tests.py build/test/meson-logs/testlog.junit.xml build/tsan/meson-logs/testlog.junit.xml || status=1
exit $status
