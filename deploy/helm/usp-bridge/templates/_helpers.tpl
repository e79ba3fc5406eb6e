{{- define "usp-bridge.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* 52 characters: a StatefulSet's pods need a label of its name and a hash. */}}
{{- define "usp-bridge.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains (include "usp-bridge.name" .) .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "usp-bridge.name" .) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "usp-bridge.selector" -}}
app.kubernetes.io/name: {{ include "usp-bridge.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "usp-bridge.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "usp-bridge.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "usp-bridge.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "usp-bridge.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "usp-bridge.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- define "usp-bridge.stun" -}}
{{- if dig "cwmp" "stun" "enabled" false .Values.config }}yes{{ end }}
{{- end }}

{{/* What the chart decides; laid over the configuration of the values. */}}
{{- define "usp-bridge.decided" -}}
cwmp:
  listen: {{ .Values.listen | quote }}
  port: {{ .Values.ports.acs }}
  {{- with .Values.tls.acs }}
  {{- if .secretName }}
  tls:
    certificate: /etc/usp-bridge/tls/acs/tls.crt
    key: /etc/usp-bridge/tls/acs/tls.key
    {{- if .clientCa }}
    client_ca: /etc/usp-bridge/tls/acs/ca.crt
    {{- end }}
  {{- end }}
  {{- end }}
  {{- if .Values.credentialsSecret }}
  auth:
    credentials_file: /etc/usp-bridge/credentials/credentials.csv
  {{- end }}
  {{- if include "usp-bridge.stun" . }}
  stun:
    port: {{ .Values.ports.stun }}
  {{- end }}
grpc:
  listen: {{ .Values.grpc.enabled | ternary .Values.listen "127.0.0.1" | quote }}
  port: {{ .Values.ports.grpc }}
  {{- if .Values.tls.grpc.secretName }}
  tls:
    certificate: /etc/usp-bridge/tls/grpc/tls.crt
    key: /etc/usp-bridge/tls/grpc/tls.key
    client_ca: /etc/usp-bridge/tls/grpc/ca.crt
  {{- end }}
admin:
  listen: {{ .Values.listen | quote }}
  port: {{ .Values.ports.admin }}
store:
  directory: /var/lib/usp-bridge
{{- end }}

{{- define "usp-bridge.config" -}}
{{- $decided := include "usp-bridge.decided" . | fromYaml }}
{{- include "usp-bridge.refuseDecided" (list "config" .Values.config $decided) }}
{{- toYaml (mergeOverwrite (deepCopy .Values.config) $decided) }}
{{- end }}

{{/* Fails where the values set what the chart decides: (list path values decided). */}}
{{- define "usp-bridge.refuseDecided" -}}
{{- $path := index . 0 }}{{ $values := index . 1 }}{{ $decided := index . 2 }}
{{- range $key, $ours := $decided }}
{{- if hasKey $values $key }}
{{- $theirs := get $values $key }}
{{- if and (kindIs "map" $ours) (kindIs "map" $theirs) }}
{{- include "usp-bridge.refuseDecided" (list (printf "%s.%s" $path $key) $theirs $ours) }}
{{- else }}
{{- fail (printf "%s.%s is decided by the chart (ports, tls, grpc, credentialsSecret); leave it out" $path $key) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* What does not go together. Included once, by the StatefulSet. */}}
{{- define "usp-bridge.check" -}}
{{- $v := .Values }}
{{- if and $v.existingConfig $v.config }}
{{- fail "set config or existingConfig, not both" }}
{{- end }}
{{- if and $v.grpc.enabled (not $v.tls.grpc.secretName) (not (dig "grpc" "allow_insecure_off_loopback" false $v.config)) (not $v.existingConfig) }}
{{- fail "grpc.enabled needs tls.grpc.secretName (with tls.crt, tls.key and the ca.crt of the clients)" }}
{{- end }}
{{- if and (include "usp-bridge.stun" .) (not $v.hostNetwork) (not $v.stunService.enabled) }}
{{- fail "cwmp.stun.enabled needs hostNetwork, or stunService.enabled where the network routes to pods without NAT" }}
{{- end }}
{{- $timeout := dig "shutdown_timeout" "30s" $v.config | toString }}
{{- if not (regexMatch "^[0-9]+(s|m)$" $timeout) }}
{{- fail (printf "config.shutdown_timeout: write %s in seconds or minutes (45s, 2m)" $timeout) }}
{{- end }}
{{- $seconds := mul (regexFind "^[0-9]+" $timeout | int) (hasSuffix "m" $timeout | ternary 60 1) }}
{{- if le (int $v.terminationGracePeriodSeconds) (int $seconds) }}
{{- fail (printf "terminationGracePeriodSeconds (%d) has to be longer than shutdown_timeout (%s)" (int $v.terminationGracePeriodSeconds) $timeout) }}
{{- end }}
{{- end }}
