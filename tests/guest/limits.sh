# Limits, their changes and statistics on cgroup v2; part of lifecycle.sh.

held() { # container, files of its cgroup: what the kernel has in them, in one line
  folder=$(cgroup "$1")
  shift
  (cd "$folder" && echo $(cat "$@"))
}
updated() {
  $B run -d --name soft --memory 64m --memory-swap 96m --cpus 0.5 busybox sleep 1000 || return 1
  same "67108864 33554432 50000 100000" held soft memory.max memory.swap.max cpu.max || return 1
  $B update --memory 96m --memory-swap 160m --memory-reservation 32m --cpus 0.25 --cpu-shares 512 --cpuset-cpus 1 --pids-limit 9 soft || return 1
  same "100663296 67108864 33554432 25000 100000 20 1 9" held soft memory.max memory.swap.max memory.low cpu.max cpu.weight cpuset.cpus pids.max || return 1
  same "100663296 167772160 250000000 9" state '{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}' soft || return 1
  $B update --memory-swap -1 --pids-limit -1 soft || return 1
  same "max max" held soft memory.swap.max pids.max
}
refused() { # what the kernel does not take changes nothing
  before=$(held soft cpu.weight pids.max)
  includes "cannot set that limit" $B update --cpu-shares 100 --pids-limit 5 --cpu-rt-runtime 1000 soft || return 1
  same "$before" held soft cpu.weight pids.max || return 1
  includes "Requested CPUs are not available" $B update --cpuset-cpus 7 soft
}
below_use() { # v2 would kill what is over a new limit: it is refused instead
  $B run -d --name full --shm-size 128m --memory 256m --memory-swap 256m busybox sh -c 'head -c 60000000 /dev/zero >/dev/shm/x; sleep 1000' || return 1
  for attempt in $(seq 300); do
    [ "$(held full memory.current)" -gt 60000000 ] && break
    sleep 0.1
  done
  includes "unable to set memory limit to 20971520" $B update --memory 20m --memory-swap 20m full || return 1
  same "268435456" held full memory.max || return 1
  same running state '{{.State.Status}}' full || return 1
  $B rm -f full
}
weight() { # where the kernel has no weights that is told, elsewhere they are held
  if [ -e "$(cgroup soft)/io.bfq.weight" ] || [ -e "$(cgroup soft)/io.weight" ]; then
    $B run --rm --blkio-weight 300 busybox true
  else
    includes "Weight discarded." $B run --rm --blkio-weight 300 busybox true && includes "Weight discarded." $B update --blkio-weight 300 soft
  fi
}
child_oom() { # told while the container runs on
  $B run -d --name parent --memory 24m --memory-swap 24m busybox sleep 1000 || return 1
  $B exec parent tail -c 90000000 /dev/zero
  for attempt in $(seq 100); do
    [ "$(state '{{.State.OOMKilled}}' parent)" = true ] && break
    sleep 0.1
  done
  same "true running" state '{{.State.OOMKilled}} {{.State.Status}}' parent || return 1
  includes " container oom " $B events --since 1h --until 0s --filter container=parent || return 1
  $B rm -f parent
}
forks() {
  includes "can't fork" $B run --rm --pids-limit 4 busybox sh -c 'for i in 1 2 3 4 5 6; do sleep 5 & done 2>&1; true'
}
statistics() {
  $B run -d --name busy --memory 64m busybox sh -c 'while :; do :; done' || return 1
  line=$($B stats --no-stream --no-trunc --format '{{.Name}} {{.PIDs}} {{.MemUsage}} {{.CPUPerc}}' busy)
  case $line in "busy 1 "*"iB / 64MiB "*%) ;; *) echo "$line"; return 1 ;; esac
  case $line in *" 0.00%"*) echo "no processor time: $line"; return 1 ;; esac
  two=$($B stats --no-stream --format '{{.Name}}')
  case $two in *busy*soft* | *soft*busy*) ;; *) echo "$two"; return 1 ;; esac
  $B rm -f busy
}
namespaced() {
  same "123456 77 1024" $B run --rm --sysctl kernel.shmmax=123456 --sysctl net.ipv4.ip_default_ttl=77 --ulimit nofile=1024:2048 busybox \
    sh -c 'echo $(cat /proc/sys/kernel/shmmax /proc/sys/net/ipv4/ip_default_ttl; ulimit -n)' || return 1
  includes "vm.swappiness" $B run --rm --sysctl vm.swappiness=1 busybox true
}

check "limits change while it runs" updated
check "limits that are refused change nothing" refused
check "memory below what is in use is refused" below_use
check "weights of disks" weight
check "out of memory of a child is told at once" child_oom
check "no more processes than allowed" forks
check "statistics" statistics
check "settings and limits of its own" namespaced
check "what limits needed is gone" $B rm -f soft
