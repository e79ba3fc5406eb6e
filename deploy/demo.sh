#!/usr/bin/env bash
# Shows the whole job on this machine: a broker, the bridge, four simulated CPEs, and a controller that manages them.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
deploy/demo.sh [options]

Installs what is missing, builds, starts mosquitto, usp-bridge and four simulated CPEs (one of them TR-098), then lets a USP controller do
everything once and checks each answer. Leaves nothing running.

  --keep          leave it running when the walk is over
  --stop          end what --keep left running
  --no-cpes       start only broker and bridge (implies --keep): bring your own CPEs
  --no-auth       let any CPE in, without a password
  --summary FILE  write where everything is as JSON
  --dir DIR       where state and logs go (default: /tmp/usp-bridge-demo)
TEXT
}

keep= stop= cpes=yes auth=yes summary= dir=${TMPDIR:-/tmp}/usp-bridge-demo
while [[ $# -gt 0 ]]; do
  case "$1" in
    --keep) keep=yes ;;
    --stop) stop=yes ;;
    --no-cpes) cpes= keep=yes ;;
    --no-auth) auth= ;;
    --summary) summary=${2:?--summary needs a file}; shift ;;
    --dir) dir=${2:?--dir needs a directory}; shift ;;
    -h | --help) usage; exit 0 ;;
    *) echo "demo: unknown option $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

end_all() {
  [[ -f "$dir/pids" ]] || return 0
  local pid
  # The bridge goes before the broker, so that it can say goodbye.
  for pid in $(cat "$dir/pids"); do
    kill "$pid" 2>/dev/null || continue
    for _ in {1..100}; do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
  done
  rm -f "$dir/pids"
}

if [[ -n "$stop" ]]; then
  end_all
  echo "demo: stopped"
  exit 0
fi
if [[ -f "$dir/pids" ]]; then
  end_all
fi
rm -rf "$dir"
mkdir -p "$dir"

# ---- what is needed -----------------------------------------------------------------------------------------------
deploy/install-deps.sh
echo "Building ..."
cmake --preset release >/dev/null
ninja --quiet -C build/release usp-bridge usp-bridgectl usp-controller cpe-sim
bin=$PWD/build/release/bin

# ---- where it listens ---------------------------------------------------------------------------------------------
in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
port() {  # the well-known one, or the next that is free
  local number=$1
  while in_use "$number"; do number=$((number + 1)); done
  echo "$number"
}
mqtt_port=$(port 1883) acs_port=$(port 7547) grpc_port=$(port 50051) admin_port=$(port 9090)
cpe_user=cpe cpe_password=demo-$RANDOM$RANDOM
mqtt_user=demo mqtt_password=demo-$RANDOM$RANDOM
controller_id=self::usp-controller
controller_topic=usp/v1/controller/self::usp-controller

# ---- the broker ---------------------------------------------------------------------------------------------------
mosquitto=$(command -v mosquitto || echo /usr/sbin/mosquitto)
mosquitto_passwd -c -b "$dir/mosquitto.passwd" "$mqtt_user" "$mqtt_password" 2>/dev/null
chmod 644 "$dir/mosquitto.passwd"
sed -e "s|@PORT@|$mqtt_port|" -e "s|@PASSWORDS@|$dir/mosquitto.passwd|" deploy/mosquitto/demo.conf >"$dir/mosquitto.conf"
"$mosquitto" -c "$dir/mosquitto.conf" >"$dir/mosquitto.log" 2>&1 &
broker_pid=$!

# ---- the bridge ---------------------------------------------------------------------------------------------------
if [[ -n "$auth" ]]; then
  auth_yaml="shared: {username: $cpe_user, password: $cpe_password}"
else
  auth_yaml="allow_anonymous: true"
fi
cat >"$dir/usp-bridge.yaml" <<YAML
cwmp:
  listen: 127.0.0.1
  port: $acs_port
  auth: {$auth_yaml}
  connection_request: {allow: [127.0.0.0/8]}
mqtt: {host: 127.0.0.1, port: $mqtt_port, username: $mqtt_user, password: $mqtt_password}
controllers:
  - endpoint_id: "$controller_id"
    topic: "$controller_topic"
    reply_prefix: "usp/"
    deadline: 5s
grpc: {port: $grpc_port}
admin: {port: $admin_port}
store: {directory: "$dir/store"}
log: {format: text}
YAML
"$bin/usp-bridge" -c "$dir/usp-bridge.yaml" >"$dir/usp-bridge.log" 2>&1 &
bridge_pid=$!
echo "$bridge_pid $broker_pid" >"$dir/pids"


finish() {
  local status=$?
  [[ -z "$keep" || $status -ne 0 ]] && end_all
  if [[ $status -ne 0 ]]; then
    printf '\ndemo: FAILED. The last lines of the bridge:\n'
    tail -n 20 "$dir/usp-bridge.log" || true
  fi
}
trap finish EXIT

wait_for() {  # seconds command...
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [[ $SECONDS -lt $until ]] || { echo "demo: gave up waiting for: $*" >&2; return 1; }
    sleep 0.1
  done
}
ready() { grep -q 'mqtt: connected' "$dir/usp-bridge.log" && in_use "$acs_port"; }
wait_for 20 ready

# ---- the CPEs -----------------------------------------------------------------------------------------------------
start_cpe() {  # serial model options...
  local serial=$1 model=$2
  shift 2
  mkfifo "$dir/cpe-$serial"
  "$bin/cpe-sim" --acs "http://127.0.0.1:$acs_port/" --username "$cpe_user" --password "$cpe_password" \
    --serial "$serial" --model "tests/data/models/$model" --events "$@" \
    <>"$dir/cpe-$serial" >"$dir/cpe-$serial.log" 2>&1 &
  echo "$! $(cat "$dir/pids")" >"$dir/pids"
}
home=ops::00D09E-Gateway-Home
large=ops::00D09E-Gateway-Large
sleeper=ops::00D09E-Gateway-Sleeper
older=ops::00D09E-Gateway-Older
learned() { grep -q "device $1: learned" "$dir/usp-bridge.log"; }
if [[ -n "$cpes" ]]; then
  start_cpe Home tr181-small.csv
  start_cpe Large tr181-large.csv
  start_cpe Sleeper tr181-small.csv --no-connection-request --periodic 20
  start_cpe Older tr098-small.csv
  for id in "$home" "$large" "$sleeper" "$older"; do wait_for 60 learned "$id"; done
fi

# ---- the summary --------------------------------------------------------------------------------------------------
device_json() {  # endpoint_id root wakeable
  local count
  count=$(sed -n "s/.*device $1: learned, \([0-9]*\) names.*/\1/p" "$dir/usp-bridge.log" | tail -n 1)
  printf '{"endpoint_id":"%s","agent_topic":"usp/v1/agent/%s","root":"%s","parameters":%s,"wakeable":%s}' \
    "$1" "$1" "$2" "${count:-0}" "$3"
}
write_summary() {
  local user=$cpe_user password=$cpe_password devices=
  [[ -n "$auth" ]] || user= password=
  if [[ -n "$cpes" ]]; then
    devices="$(device_json $home Device. true),$(device_json $large Device. true),$(device_json $sleeper Device. false)"
    devices+=",$(device_json $older InternetGatewayDevice. true)"
  fi
  cat >"$1" <<JSON
{"mqtt":{"host":"127.0.0.1","port":$mqtt_port,"username":"$mqtt_user","password":"$mqtt_password"},
 "acs_url":"http://127.0.0.1:$acs_port/","cpe_username":"$user","cpe_password":"$password",
 "grpc":"127.0.0.1:$grpc_port","admin_url":"http://127.0.0.1:$admin_port",
 "controller":{"endpoint_id":"$controller_id","topic":"$controller_topic"},
 "agent_topic_template":"usp/v1/agent/{endpoint_id}",
 "devices":[$devices],
 "pids":[$(tr ' ' ',' <"$dir/pids")]}
JSON
}
[[ -z "$summary" ]] || write_summary "$summary"

# ---- the walk -----------------------------------------------------------------------------------------------------
export USP_CONTROLLER_PASSWORD=$mqtt_password
ask() {  # agent arguments...
  local agent=$1
  shift
  "$bin/usp-controller" -p "$mqtt_port" -u "$mqtt_user" --id "$controller_id" --topic "$controller_topic" -a "$agent" "$@"
}
steps=0
step() {  # title, expected text, then the command
  local title=$1 expected=$2 began ended output
  shift 2
  steps=$((steps + 1))
  printf '\n%2d. %s\n    > %s\n' "$steps" "$title" "$*"
  began=$(date +%s%N)
  output=$("$@" 2>&1) || true
  ended=$(date +%s%N)
  head -n 6 <<<"$output" | cut -c1-150 | sed 's/^/    < /'
  [[ $(wc -l <<<"$output") -le 6 ]] || printf '    < ... %s lines\n' "$(wc -l <<<"$output")"
  if grep -qE -- "$expected" <<<"$output"; then
    printf '    ok, %s ms\n' $(((ended - began) / 1000000))
  else
    printf '    WRONG: expected to see: %s\n' "$expected"
    exit 1
  fi
}
sim() { echo "$2" >"$dir/cpe-$1"; }  # serial, command line
on_device() {  # serial, the device's own name of a parameter
  local log=$dir/cpe-$1.log
  local next=$(($(wc -l <"$log") + 1))
  answered() { tail -n "+$next" "$log" | grep -E '^(ok|error)'; }
  sim "$1" "get $1 $2"
  wait_for 5 answered
  answered
}

if [[ -n "$cpes" ]]; then
  step "Discover: which devices are there" "$sleeper" "$bin/usp-bridgectl" --address "127.0.0.1:$grpc_port" devices
  step "OnBoardRequest: each new agent introduces itself, again and again until it is answered" 'OnBoardRequest' \
    ask $home -t 30 watch -n 1
  step "GetSupportedDM: what can this agent do" 'Device.WiFi.SSID.\{i\}.' ask $home supported Device.
  step "GetInstances: which rows are there" 'Device.WiFi.SSID.2.' ask $home instances Device.WiFi.SSID.
  step "Get: one object, from the mirror" 'SoftwareVersion => 1.4.2' ask $home get Device.DeviceInfo.
  step "Get: a device with 2,000 parameters" 'Host.150.HostName => host-150' ask $large get Device.Hosts.
  step "Search: the SSID whose alias is ssid-2" 'SSID.2.SSID => Home-2' ask $home get 'Device.WiFi.SSID.[Alias=="ssid-2"].SSID'
  step "Set: answered after the device answered" 'SSID' ask $home set Device.WiFi.SSID.1. SSID=Demo
  step "Get: what the device made of it" 'SSID.1.SSID => Demo' ask $home get Device.WiFi.SSID.1.SSID
  step "Set: a value that the device refuses" '70[0-9][0-9]' ask $home set Device.DHCPv4.Server.Pool.1. LeaseTime=soon
  step "Add: a port mapping" 'Device.NAT.PortMapping.2.' ask $home add Device.NAT.PortMapping. ExternalPort=8443 InternalPort=443
  step "Delete: and away with it" 'Device.NAT.PortMapping.2.' ask $home del Device.NAT.PortMapping.2.

  change_later() { (sleep 2; sim Home 'set Home Device.WiFi.SSID.2.SSID ChangedByUser') & }
  change_later
  step "Subscribe: a value that changes on the device is told (ValueChange)" 'ChangedByUser' \
    ask $home -t 20 watch --subscribe ValueChange Device.WiFi.SSID.2.SSID -n 1

  boot_later() { (sleep 2; ask $home operate 'Device.Reboot()' --key demo >"$dir/reboot.log" 2>&1) & }
  boot_later
  step "Reboot: the device comes back and says so (Boot!)" 'Boot!' ask $home -t 30 watch --subscribe Event 'Device.Boot!' -n 1
  step "Reboot: it was answered with output arguments, synchronously" 'Device.Reboot\(\) done' cat "$dir/reboot.log"
  step "ScheduleTimer: a command that completes later (OperationComplete)" 'ScheduleTimer' \
    ask $home -t 20 operate 'Device.ScheduleTimer()' DelaySeconds=1 --async
  step "IPPing: a diagnostic on the device (OperationComplete with its results)" 'SuccessCount' \
    ask $home -t 40 operate 'Device.IP.Diagnostics.IPPing()' Host=192.0.2.1 --async

  step "TR-098: an older device is shown as Device:2" 'SSID.2.SSID => Home-2' ask $older get Device.WiFi.SSID.
  step "TR-098: Set by the name of Device:2" 'SSID' ask $older set Device.WiFi.SSID.1. SSID=Demo098
  step "TR-098: and on the device it has its old name" 'ok Demo098' \
    on_device Older InternetGatewayDevice.LANDevice.1.WLANConfiguration.1.SSID
  step "TR-098: Add a port mapping on the default connection" 'Device.NAT.PortMapping.2.' \
    ask $older add Device.NAT.PortMapping. ExternalPort=8443 InternalPort=443 Protocol=TCP
  step "TR-098: Delete it" 'Device.NAT.PortMapping.2.' ask $older del Device.NAT.PortMapping.2.
  step "TR-098: IPPing on it (OperationComplete with its results)" 'SuccessCount' \
    ask $older -t 40 operate 'Device.IP.Diagnostics.IPPing()' Host=192.0.2.1 --async

  sim Sleeper 'sleep Sleeper'
  step "Asleep: a Get is answered from the mirror" 'SoftwareVersion => 1.4.2' ask $sleeper get Device.DeviceInfo.SoftwareVersion
  step "Asleep: a Set is refused at its deadline and never done later" '7801' ask $sleeper set Device.WiFi.SSID.1. SSID=never
  sim Sleeper 'wake Sleeper'
  step "gRPC: an OSS sets a value" 'SSID.1.SSID = FromOSS' "$bin/usp-bridgectl" --address "127.0.0.1:$grpc_port" \
    set $home Device.WiFi.SSID.1.SSID=FromOSS
  step "and the controller sees it" 'SSID.1.SSID => FromOSS' ask $home get Device.WiFi.SSID.1.SSID
  printf '\nAll %s steps went as they should.\n' "$steps"
fi

if [[ -n "$keep" ]]; then
  cat <<TEXT

Running; deploy/demo.sh --stop ends it.
  ACS for CPEs      http://127.0.0.1:$acs_port/   ${auth:+user $cpe_user, password $cpe_password}
  broker            127.0.0.1:$mqtt_port   user $mqtt_user, password $mqtt_password
  controller        $controller_id on $controller_topic
  gRPC              127.0.0.1:$grpc_port
  metrics, health   http://127.0.0.1:$admin_port/metrics
  logs and state    $dir
TEXT
fi
