#!/usr/bin/env bash
# enter.sh FOLDER COMMAND...: runs it in a mount and a cgroup namespace of its own, in cgroups below
# those of whoever calls. Where they are is written to FOLDER/cgroups. All that it starts stays in
# them, so it can be found and ended; the host's mounts and settings stay as they are.
set -eu
folder=$1; shift

if [ -z "${ENTERED:-}" ]; then
  while IFS=: read -r _ controllers path; do
    hierarchy=/sys/fs/cgroup/${controllers#name=}
    [ -n "$controllers" ] || hierarchy=/sys/fs/cgroup/unified
    [ -f "$hierarchy/cgroup.procs" ] || continue
    group=$hierarchy${path%/}/tidegauge-node
    mkdir -p "$group"
    if [ "$controllers" = cpuset ]; then # a new one has no processors and takes no process
      cat "$hierarchy$path/cpuset.cpus" >"$group/cpuset.cpus"
      cat "$hierarchy$path/cpuset.mems" >"$group/cpuset.mems"
    fi
    echo $$ >"$group/cgroup.procs"
    echo "$group" >>"$folder/cgroups"
  done < <(cat /proc/self/cgroup)
  ENTERED=1 exec unshare --mount --cgroup "$0" "$folder" "$@"
fi
unset ENTERED
mount --make-rprivate /

# The same hierarchies again, so that what is ours is their root.
hierarchies=$(awk '$2 ~ "^/sys/fs/cgroup/" && $3 ~ "^cgroup2?$" { print $2, $3, $4 }' /proc/mounts)
mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
while read -r target type options; do
  mkdir -p "$target"
  if [ "$type" = cgroup2 ]; then
    mount -t cgroup2 cgroup2 "$target"
  else
    options=$(tr , '\n' <<<"$options" | grep -vxE 'rw|ro|relatime|nosuid|nodev|noexec' | paste -sd,)
    case $options in name=*) options=none,$options ;; esac
    mount -t cgroup -o "$options" cgroup "$target"
  fi
done <<<"$hierarchies"

# The kubelet insists on these settings; it gets files that have them.
mkdir -p "$folder/sysctl"
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1; do
  file=$folder/sysctl/$(basename "${setting%=*}")
  echo "${setting#*=}" >"$file"
  mount --bind "$file" "/proc/sys/${setting%=*}"
done

# Places that can't be chosen, such as that of containerd's socket, which cAdvisor takes for granted.
for place in /run/containerd /run/netns /var/lib/cni /var/lib/kubelet; do
  mkdir -p "$place" "$folder/places$place"
  mount --bind "$folder/places$place" "$place"
done
mount --make-rshared /
exec "$@"
