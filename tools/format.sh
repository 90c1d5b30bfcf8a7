#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks the format of all C++ sources, or with --fix puts it right.
set -euo pipefail
cd "$(dirname "$0")/.."
options=(--dry-run -Werror)
if [[ ${1:-} == --fix ]]; then options=(-i); fi
mapfile -t files < <(
  find include src tests examples -type f \( -name '*.hpp' -o -name '*.cpp' -o -name '*.h' \) |
    sort)
printf '%s\0' "${files[@]}" | xargs -0 -n 16 -P "$(nproc)" clang-format-19 "${options[@]}"
