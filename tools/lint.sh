#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs clang-tidy over the sources named on standard input, for at most $1 seconds; what it had no
# time for it names.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:?the seconds that this may take}
checked=$(mktemp)
failed=$(mktemp)
trap 'rm -f "$checked" "$failed"' EXIT
ignored_headers=$(sed -n "s/^ *misc-include-cleaner.IgnoreHeaders: '\(.*\)'$/\1/p" .clang-tidy)
mapfile -t files
[[ ${#files[@]} -gt 0 ]] || exit 0
cmake --preset lint >/dev/null
# Headers that protoc writes must be there to be read; nothing else of the build is needed.
ninja -C build/lint -t targets all | sed -n 's/^\(.*\.pb\.h\): CUSTOM_COMMAND$/\1/p' |
  xargs -r ninja -C build/lint >/dev/null

# The rules for a source: those of .clang-tidy, and its own room's headers may bring each other.
rules_for() {
  local room=${1#src/}
  room=${room%%/*}
  echo "{InheritParentConfig: true, CheckOptions: {misc-include-cleaner.IgnoreHeaders: \
'$ignored_headers;.*/oort/$room/.*;.*/src/$room/.*'}}"
}

# shellcheck disable=SC2317  # xargs calls it, through bash.
lint_one() {
  clang-tidy-19 -p build/lint --quiet --config="$(rules_for "$1")" "$1" 2>/dev/null ||
    echo "$1" >>"$failed"
  echo "$1" >>"$checked"
}
export -f lint_one rules_for
export checked failed ignored_headers

rc=0
printf '%s\0' "${files[@]}" |
  timeout "$seconds" xargs -0 -n 1 -P "$(nproc)" bash -c 'lint_one "$@"' _ || rc=$?
echo "clang-tidy: $(wc -l <"$checked") of ${#files[@]} files checked" >&2
if [[ $rc -eq 124 ]]; then
  echo "clang-tidy: no time for $(printf '%s\n' "${files[@]}" | grep -vxFf "$checked" | xargs)" >&2
elif [[ $rc -ne 0 ]]; then
  exit "$rc"
fi
# What was found counts, whether or not the time was enough for the rest.
if [[ -s $failed ]]; then
  echo "clang-tidy: findings in $(xargs <"$failed")" >&2
  exit 1
fi
