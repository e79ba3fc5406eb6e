#!/usr/bin/env bash
# deploy/systemd/usp-bridge.service: systemd understands every line, and its sandbox stays as tight as it is.
#
#   tests/deploy/systemd_test.sh PATH_OF_USP_BRIDGE [UNIT]    exit status 77: systemd-analyze is not there
set -euo pipefail

# Tenths of systemd-analyze's exposure (0.0 safe ... 10.0); what is left is reaching the network at all.
most_exposure=11

program=$1
unit=${2:-$(dirname "$0")/../../deploy/systemd/usp-bridge.service}
if ! command -v systemd-analyze >/dev/null; then
  echo "SKIPPED: systemd-analyze is not installed (Debian: apt-get install systemd)"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# It checks that the program and the documents are there, so it is shown the one that was built.
sed -e "s|/usr/local/bin/usp-bridge|$program|" "$unit" >"$folder/usp-bridge.service"

step() { echo "== $1"; }
step "every line is understood"
# Warnings about units of this machine are not ours; a line about ours is a failure, whatever the exit status.
complaints=$(systemd-analyze verify --man=no "$folder/usp-bridge.service" 2>&1 | grep -F usp-bridge || true)
if [[ -n "$complaints" ]]; then
  echo "$complaints"
  exit 1
fi

step "the sandbox is as tight as it was"
if ! systemd-analyze security --offline=true --no-pager --threshold=$most_exposure \
  "$folder/usp-bridge.service" >"$folder/security"; then
  cat "$folder/security"
  exit 1
fi
tail -n 1 "$folder/security"

step "it is given more time to stop than it takes"
seconds() { sed -n "s/^$1=\([0-9]*\)s$/\1/p" "$unit"; }
taken=$(sed -n 's/^shutdown_timeout: \([0-9]*\)s$/\1/p' "$(dirname "$0")/../../deploy/usp-bridge.example.yaml")
(($(seconds TimeoutStopSec) > taken))
echo "passed"
