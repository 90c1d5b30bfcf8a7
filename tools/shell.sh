#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs shellcheck over every shell script: those named so, and those whose first line says so.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t scripts < <(
  find . \( -name build -o -name .git -o -name node_modules -o -name .devnet \) -prune -o \
    -type f \( -name '*.sh' -o -perm -u+x \) -print0 |
    xargs -0 grep -lE -m1 '^#!.*\b(ba)?sh$' | sort)
shellcheck "${scripts[@]}"
