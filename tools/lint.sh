#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs clang-tidy over the sources named on standard input, for at most $1 seconds; what it had no
# time for it names.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:?the seconds that this may take}
checked=$(mktemp)
trap 'rm -f "$checked"' EXIT
mapfile -t files
[[ ${#files[@]} -gt 0 ]] || exit 0
cmake --preset lint >/dev/null
# Headers that protoc writes must be there to be read; nothing else of the build is needed.
ninja -C build/lint -t targets all | sed -n 's/^\(.*\.pb\.h\): CUSTOM_COMMAND$/\1/p' |
  xargs -r ninja -C build/lint >/dev/null

# shellcheck disable=SC2317  # xargs calls it, through bash.
lint_one() {
  local rc=0
  clang-tidy-19 -p build/lint --quiet "$1" 2>/dev/null || rc=$?
  echo "$1" >>"$checked"
  return "$rc"
}
export -f lint_one
export checked

rc=0
printf '%s\0' "${files[@]}" |
  timeout "$seconds" xargs -0 -n 1 -P "$(nproc)" bash -c 'lint_one "$@"' _ || rc=$?
echo "clang-tidy: $(wc -l <"$checked") of ${#files[@]} files checked" >&2
if [[ $rc -eq 124 ]]; then
  echo "clang-tidy: no time for $(printf '%s\n' "${files[@]}" | grep -vxFf "$checked" | xargs)" >&2
  rc=0
fi
exit "$rc"
