{{- define "tidegauge.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "tidegauge.fullname" -}}
{{- $own := .Values.fullnameOverride -}}
{{- if not $own -}}
{{- $name := include "tidegauge.name" . -}}
{{- $own = ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- end -}}
{{- $own = $own | trunc 63 | trimSuffix "-" -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $own) -}}
{{- fail (printf "release %s: %s can't be the name of a Service, which begins with a letter and has no dots: set fullnameOverride" .Release.Name $own) -}}
{{- end -}}
{{- $own -}}
{{- end }}

{{- define "tidegauge.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end }}

{{- define "tidegauge.serviceAccountName" -}}
{{- default (ternary (include "tidegauge.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end }}

{{/* What never changes in the life of a Deployment. */}}
{{- define "tidegauge.selectorLabels" -}}
app.kubernetes.io/name: {{ include "tidegauge.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "tidegauge.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "tidegauge.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The chart's labels and those of one object, which come first; a key stands there once. Call it with both. */}}
{{- define "tidegauge.labelsAnd" -}}
{{- toYaml (merge (dict) (index . 1) (fromYaml (include "tidegauge.labels" (index . 0)))) -}}
{{- end }}

{{/* The head of a namespaced object; `more` may be labels of its own. */}}
{{- define "tidegauge.metadata" -}}
name: {{ include "tidegauge.fullname" . | quote }}
namespace: {{ include "tidegauge.namespace" . | quote }}
labels:
  {{- include "tidegauge.labelsAnd" (list . (default dict .more)) | nindent 2 }}
{{- end }}

{{- define "tidegauge.image" -}}
{{- if eq (base .Values.image.repository) "metrics-server" -}}
{{- fail "image.repository: this is metrics-server's image, which does not know this chart's flags: name Tidegauge's" -}}
{{- end -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end }}

{{- define "tidegauge.replicas" -}}
{{- if kindIs "invalid" .Values.replicas -}}
{{- ternary 2 1 .Values.ha -}}
{{- else -}}
{{- int .Values.replicas -}}
{{- end -}}
{{- end }}

{{- define "tidegauge.port" -}}
{{- default (ternary 4443 10250 .Values.hostNetwork.enabled) .Values.containerPort | int -}}
{{- end }}

{{/* The server makes and keeps the certificate itself. */}}
{{- define "tidegauge.managed" -}}
{{- if has .Values.tls.type (list "managed" "metrics-server") }}true{{ end -}}
{{- end }}

{{/* The server writes into the APIServices whom to trust. */}}
{{- define "tidegauge.injects" -}}
{{- if and .Values.apiService.create (not .Values.apiService.caBundle) (not .Values.apiService.insecureSkipTLSVerify) (has .Values.tls.type (list "managed" "metrics-server" "existingSecret")) }}true{{ end -}}
{{- end }}

{{/* The Secret with tls.crt, tls.key and ca.crt; empty when each replica has its own in memory. */}}
{{- define "tidegauge.tlsSecret" -}}
{{- if eq .Values.tls.type "existingSecret" -}}
{{- required "tls.existingSecret.name: name the Secret with tls.crt, tls.key and ca.crt, or choose another tls.type" .Values.tls.existingSecret.name -}}
{{- else if ne .Values.tls.type "none" -}}
{{- /* Not the Secret of `managed`: each would take the other's for its own when tls.type changes. */ -}}
{{- include "tidegauge.fullname" . }}{{ ternary "-cert-manager" "" (eq .Values.tls.type "cert-manager") }}-tls
{{- end -}}
{{- end }}

{{/* A budget over a single pod forbids every drain or nothing at all. */}}
{{- define "tidegauge.budget" -}}
{{- $enabled := ternary .Values.ha .Values.podDisruptionBudget.enabled (kindIs "invalid" .Values.podDisruptionBudget.enabled) -}}
{{- $bounds := and (kindIs "invalid" .Values.podDisruptionBudget.minAvailable) (kindIs "invalid" .Values.podDisruptionBudget.maxUnavailable) -}}
{{- if not (or $bounds (kindIs "invalid" .Values.podDisruptionBudget.minAvailable) (kindIs "invalid" .Values.podDisruptionBudget.maxUnavailable)) -}}
{{- fail "podDisruptionBudget: minAvailable and maxUnavailable exclude each other: remove one of the two" -}}
{{- end -}}
{{- if and $enabled $bounds (lt (include "tidegauge.replicas" . | int) 2) -}}
{{- fail "podDisruptionBudget.enabled: over one replica it constrains nothing: set ha, or minAvailable: 1 to forbid drains altogether" -}}
{{- end -}}
{{- if $enabled }}true{{ end -}}
{{- end }}

{{/* What one replica was measured to take, and what lists of all pods take; docs/install.md has the figures. */}}
{{- define "tidegauge.resources" -}}
{{- if .Values.resources -}}
{{ toYaml .Values.resources }}
{{- else -}}
{{- $nodes := max 100 (int .Values.clusterNodes) -}}
requests:
  cpu: {{ add 45 (div $nodes 20) }}m
  memory: {{ add 96 (div $nodes 11) }}Mi
{{- end -}}
{{- end }}

{{/* What the pods of server and controller have in common; call it with `root` and `labels`. */}}
{{- define "tidegauge.podSpec" -}}
{{- with .root -}}
automountServiceAccountToken: true
# Nothing reads the names of all Services from its environment.
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ quote . }}
{{- end }}
{{- with .Values.schedulerName }}
schedulerName: {{ quote . }}
{{- end }}
{{- if not (kindIs "invalid" .Values.hostUsers) }}
hostUsers: {{ .Values.hostUsers }}
{{- end }}
{{- with .Values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
affinity:
  {{- include "tidegauge.affinity" . | nindent 2 }}
{{- end }}

{{- define "tidegauge.affinity" -}}
{{- $own := dict "nodeAffinity" (fromYaml (include "tidegauge.realNodes" .)) -}}
{{- if .root.Values.ha -}}
{{- $_ := set $own "podAntiAffinity" (fromYaml (include "tidegauge.apart" .labels)) -}}
{{- end -}}
{{- range $part, $given := .root.Values.affinity -}}
{{- $_ := set $own $part $given -}}
{{- end -}}
{{- toYaml $own -}}
{{- end }}

{{/* Nodes on which no real kubelet runs: they could not start the pod, or not with its rights. */}}
{{- define "tidegauge.realNodes" -}}
requiredDuringSchedulingIgnoredDuringExecution:
  nodeSelectorTerms:
    - matchExpressions:
        - key: type
          operator: NotIn
          values: [virtual-kubelet]
        - key: eks.amazonaws.com/compute-type
          operator: NotIn
          values: [fargate]
{{- end }}

{{/* Of one revision: in a roll-out a new pod may start beside an old one, where no other node is free. */}}
{{- define "tidegauge.apart" -}}
requiredDuringSchedulingIgnoredDuringExecution:
  - topologyKey: kubernetes.io/hostname
    labelSelector:
      matchLabels:
        {{- . | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
{{- end }}

{{- define "tidegauge.spread" -}}
{{- if .Values.topologySpreadConstraints -}}
{{ toYaml .Values.topologySpreadConstraints }}
{{- else if .Values.ha -}}
- topologyKey: topology.kubernetes.io/zone
  maxSkew: 1
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "tidegauge.selectorLabels" . | nindent 6 }}
  matchLabelKeys: [pod-template-hash]
{{- end -}}
{{- end }}

{{- define "tidegauge.updateStrategy" -}}
{{- if .Values.updateStrategy -}}
{{ toYaml .Values.updateStrategy }}
{{- else -}}
{{- $replace := or .Values.ha .Values.hostNetwork.enabled -}}
type: RollingUpdate
rollingUpdate:
  maxSurge: {{ ternary 0 1 $replace }}
  maxUnavailable: {{ ternary 1 0 $replace }}
{{- end -}}
{{- end }}

{{- define "tidegauge.args" -}}
- serve
- --secure-port={{ include "tidegauge.port" . }}
- --service-name={{ include "tidegauge.fullname" . }}
- --service-namespace={{ include "tidegauge.namespace" . }}
- --shutdown-delay-duration={{ .Values.shutdownDelaySeconds }}s
{{- if include "tidegauge.managed" . }}
- --cert-secret={{ include "tidegauge.tlsSecret" . }}
{{- else if include "tidegauge.tlsSecret" . }}
- --tls-cert-file=/certificates/tls.crt
- --tls-private-key-file=/certificates/tls.key
{{- end }}
{{- if include "tidegauge.injects" . }}
- --inject-ca-bundle=v1.metrics.k8s.io,v1beta1.metrics.k8s.io
{{- if not (include "tidegauge.managed" .) }}
- --inject-ca-bundle-file=/certificates/ca.crt
{{- end }}
{{- end }}
{{- if .Values.metrics.enabled }}
- --authorization-always-allow-paths=/healthz,/readyz,/livez,/metrics
{{- end }}
{{- with concat .Values.defaultArgs .Values.args }}
{{ toYaml . }}
{{- end }}
{{- end }}
