#!/bin/bash
# Healthy: the admin port of the bridge in this container answers. There is no curl in the image, so bash asks itself.
#
#   usp-bridge-healthcheck [PATH]    /healthz (default): it serves at all; /readyz: it is connected, too
#
# The port is that of USP_BRIDGE_ADMIN__PORT or 9090. With another one in the configuration file set the variable, too.
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/${USP_BRIDGE_ADMIN__PORT:-9090}"
printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "${1:-/healthz}" >&3
read -r -t 4 _ status _ <&3
[[ "$status" == 200 ]]
