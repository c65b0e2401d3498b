#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that are missing. `packages.sh build` for run.sh, `packages.sh test` for all.
set -euo pipefail

build=(build-essential meson ninja-build pkg-config python3 re2c libmicrohttpd-dev libsqlite3-dev libpq-dev
    libsodium-dev nettle-dev libgmp-dev libqrencode-dev liboath-dev libcurl4-openssl-dev libzstd-dev libmd4c-dev libopencc-dev zlib1g-dev
    libcairo2-dev fonts-wqy-microhei) # these two: PDF, see docs/dependencies.md
test=(postgresql clang clang-format libclang-rt-14-dev libjansson-dev python3-cryptography chromium chromium-driver fonts-noto-cjk
    nodejs npm curl xz-utils poppler-utils)

want=("${build[@]}")
[ "${1:-build}" = test ] && want+=("${test[@]}")
missing=()
for p in "${want[@]}"; do
    # Another source of the same program (a node installed by hand) is as good as the package.
    case "$p" in
    nodejs) command -v node >/dev/null && continue ;;
    npm) command -v npm >/dev/null && continue ;;
    esac
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0

sudo=()
[ "$(id -u)" = 0 ] || sudo=(sudo)
echo "Installing: ${missing[*]}"
"${sudo[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
