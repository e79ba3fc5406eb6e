#!/usr/bin/env bash
# Installs what the build, the tests and the demo need on Debian 12 and 13. Does nothing where all of it is there.
#
#   deploy/install-deps.sh          what building and the demo need
#   deploy/install-deps.sh --tests  and what the test suite needs besides (prosody; Node.js for an independent
#                                   controller; Python's gRPC for an OSS; what checks the files of deploy/)
set -euo pipefail

# Debian 12's default Boost is older than what the sources need; it has 1.81 beside it.
boost=libboost-dev
[[ "$(. /etc/os-release && echo "${VERSION_ID:-}")" == 12 ]] && boost=libboost1.81-dev

packages=(
  build-essential cmake ninja-build ccache mold pkg-config git ca-certificates
  "$boost" libssl-dev zlib1g-dev libsqlite3-dev libpugixml-dev libexpected-dev
  libspdlog-dev libyaml-cpp-dev libcli11-dev prometheus-cpp-dev
  libprotobuf-dev protobuf-compiler libgrpc++-dev protobuf-compiler-grpc
  libpaho-mqtt-dev libpaho-mqttpp-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  mosquitto mosquitto-clients procps
)
if [[ "${1:-}" == "--tests" ]]; then
  packages+=(prosody systemd prometheus openssl python3-yaml python3-jsonschema python3-grpcio python3-protobuf)
  command -v npm >/dev/null || packages+=(nodejs npm)
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ "$state" == "installed" ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

sudo=()
if [[ $EUID -ne 0 ]]; then
  command -v sudo >/dev/null || { echo "install-deps: be root, or install sudo: missing ${missing[*]}" >&2; exit 1; }
  sudo=(sudo)
fi
echo "Installing: ${missing[*]}"
# The packages of mosquitto, prosody and prometheus would start servers of their own; the demo and the tests start theirs.
policy=/usr/sbin/policy-rc.d
placed=
if [[ ! -e $policy ]]; then
  printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee "$policy" >/dev/null
  "${sudo[@]}" chmod +x "$policy"
  placed=yes
fi
trap '[[ -z "$placed" ]] || "${sudo[@]}" rm -f "$policy"' EXIT
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
