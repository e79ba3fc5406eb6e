#!/usr/bin/env bash
# Everything that must hold, in one command: installs what is missing, builds, runs the unit, loopback and
# end-to-end tests, then the unit tests again under AddressSanitizer and UndefinedBehaviorSanitizer, and the
# tests in which threads meet under ThreadSanitizer. Ends with the table of TP-469 and ctest's summary.
#
#   tests/run.sh             all of it
#   tests/run.sh --quick     without the sanitizers
set -euo pipefail
cd "$(dirname "$0")/.."

jobs=$(nproc)
[[ "${1:-}" == "--quick" ]] && quick=yes || quick=

step() { printf '\n== %s (%s)\n' "$1" "$(date +%T)"; }

step "install what is missing"
deploy/install-deps.sh --tests
# An independent controller; helm and Kubernetes' types. Their build tools are not needed, so no install scripts run.
for folder in tests/integration/usp_js tests/deploy/kubernetes; do
  if [[ ! -e "$folder/node_modules/.package-lock.json" ]]; then
    npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error
  fi
done

build() {  # preset targets...
  local preset=$1
  shift
  cmake --preset "$preset" >/dev/null
  ninja --quiet -C "build/$preset" -j "$jobs" "$@"
}

if [[ -z "$quick" ]]; then
  step "build the unit tests with AddressSanitizer and UndefinedBehaviorSanitizer"
  build asan unit_tests
  step "run them"
  ctest --test-dir build/asan -L unit -j "$jobs" --output-on-failure --no-tests=error | tail -n 15

  step "build the tests in which threads meet with ThreadSanitizer"
  build tsan thread_tests
  step "run them"
  TSAN_OPTIONS="suppressions=$PWD/tests/tsan.supp halt_on_error=1" \
    ctest --test-dir build/tsan -L threads -j "$jobs" --output-on-failure --no-tests=error | tail -n 15
fi

step "build everything"
build release all
step "run everything"
log=build/release/ctest.log
rm -rf build/release/conformance
ctest --test-dir build/release -j "$jobs" --output-on-failure --no-tests=error >"$log" && failed= || failed=yes
step "USP Agent conformance (TP-469)"
tests/conformance/table.py build/release/conformance || failed=yes
step "summary"
# What failed, with its output, and the summary: thousands of lines would hide it.
grep -vE '(Passed +[0-9.]+ sec$|^ *Start +[0-9]+:)' "$log"
[[ -z "$failed" ]]
