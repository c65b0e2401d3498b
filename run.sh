#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds a release and starts the hub with a demo community.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
    cat <<TXT
Usage: ./run.sh [--no-start] [--listen ADDR:PORT] [--data DIR]

Installs missing Debian packages (apt, with sudo where not root), builds build/release/breakwater and starts
the hub with a demo community on http://127.0.0.1:8080 (data in ./data).

  --no-start   build only
  --listen     another address to listen on
  --data       another data folder; remove it to start afresh

\`build/release/breakwater help\` tells the rest. A real hub starts with \`breakwater init\`: docs/install.md.
TXT
}

start=yes listen=127.0.0.1:8080 data=./data
while [ $# -gt 0 ]; do
    case "$1" in
    --no-start) start=no ;;
    --listen) listen=${2:?--listen takes ADDR:PORT}; shift ;;
    --data) data=${2:?--data takes a folder}; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
    shift
done

tools/packages.sh build
if [ ! -f build/release/build.ninja ]; then
    meson setup build/release --buildtype=release >build-release.log 2>&1 || { cat build-release.log; exit 1; }
    rm -f build-release.log
fi
ninja -C build/release breakwater | tail -n 1
[ "$start" = yes ] || exit 0
exec build/release/breakwater serve --demo --data "$data" --listen "$listen"
