#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs clang-tidy over the sources named on standard input, for at most $1 seconds; what it had no
# time for it names. A source that was clean is not looked at again until it, a header behind it or
# the rules change (tools/lint_keys.py), in whichever clone.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:?the seconds that this may take}
clean=${XDG_CACHE_HOME:-$HOME/.cache}/oort-lint
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

# lint_one KEY SOURCE
# shellcheck disable=SC2317  # xargs calls it, through bash.
lint_one() {
  if ! clang-tidy-19 -p build/lint --quiet --config="$(rules_for "$2")" "$2" 2>/dev/null; then
    echo "$2" >>"$failed"
  elif [[ $1 != - ]]; then
    touch "$clean/$1"
  fi
  echo "$2" >>"$checked"
}
export -f lint_one rules_for
export checked clean failed ignored_headers

mkdir -p "$clean"
find "$clean" -type f -mtime +30 -delete
work=()
left=()
while read -r key source; do
  if [[ -e $clean/$key ]]; then
    touch "$clean/$key"
  else
    work+=("$key" "$source")
    left+=("$source")
  fi
done < <(printf '%s\n' "${files[@]}" | tools/lint_keys.py --commands \
  build/lint/compile_commands.json .clang-tidy tools/lint.sh "$(clang-tidy-19 --version)")
echo "clang-tidy: ${#left[@]} of ${#files[@]} files changed since they were clean" >&2
[[ ${#left[@]} -gt 0 ]] || exit 0

rc=0
printf '%s\0' "${work[@]}" |
  timeout "$seconds" xargs -0 -n 2 -P "$(nproc)" bash -c 'lint_one "$@"' _ || rc=$?
echo "clang-tidy: $(wc -l <"$checked") of ${#left[@]} files checked" >&2
if [[ $rc -eq 124 ]]; then
  echo "clang-tidy: no time for $(printf '%s\n' "${left[@]}" | grep -vxFf "$checked" | xargs)" >&2
elif [[ $rc -ne 0 ]]; then
  exit "$rc"
fi
# What was found counts, whether or not the time was enough for the rest.
if [[ -s $failed ]]; then
  echo "clang-tidy: findings in $(xargs <"$failed")" >&2
  exit 1
fi
