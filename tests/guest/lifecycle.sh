# The life of containers on cgroup v2, told in lines `ok NAME` and `not ok NAME`; the last line is `guest done`.
B="berth -H unix:///run/berth/berth.sock"

check() { # name, command that must succeed
  name=$1
  shift
  if output=$("$@" 2>&1); then echo "ok $name"; else
    echo "not ok $name"
    echo "$output" | sed 's/^/  # /' | tail -n 20
  fi
}
same() { # expected, command: its output must be that
  expected=$1
  shift
  actual=$("$@" 2>&1)
  [ "$actual" = "$expected" ] && return 0
  echo "expected: $expected"
  echo "but was:  $actual"
  return 1
}
daemon() {
  berth daemon --data-root /var/lib/berth --exec-root /run/berth -H unix:///run/berth/berth.sock --pidfile /run/berth.pid >>/tmp/daemon.log 2>&1 &
  for attempt in $(seq 300); do
    $B version >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  tail -n 30 /tmp/daemon.log
  return 1
}
state() { $B inspect -f "$1" "$2"; }
until_state() { # status, container
  for attempt in $(seq 100); do
    [ "$(state '{{.State.Status}}' "$2")" = "$1" ] && return 0
    sleep 0.1
  done
  state '{{.State.Status}}' "$2"
  return 1
}
oom() {
  $B run --name hungry --memory 24m busybox tail /dev/zero
  same "137 true" state '{{.State.ExitCode}} {{.State.OOMKilled}}' hungry
}
published() {
  $B run -d --name web -p 8080:80 busybox sh -c 'while :; do echo answer | nc -l -p 80; done' || return 1
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(nc -w 2 127.0.0.1 8080 </dev/null)" = answer ] && return 0
    sleep 0.3
  done
  return 1
}
adopted() {
  before=$(state '{{.State.Pid}}' job)
  kill -9 "$(cat /run/berth.pid)" || return 1
  sleep 0.5
  kill -0 "$before" || { echo "the container died with the daemon"; return 1; }
  daemon || return 1
  same "$before running" state '{{.State.Pid}} {{.State.Status}}' job
}
clean() {
  $B rm -f job hungry web || return 1
  for attempt in $(seq 50); do
    left=$(ls -d /sys/fs/cgroup/berth/*/ 2>/dev/null; grep -c overlay /proc/mounts; ip -o link | grep -c veth)
    [ "$(echo $left)" = "0 0" ] && return 0
    sleep 0.1
  done
  echo "left: $left"
  return 1
}

check "the daemon starts" daemon
check "it is cgroup v2" same 2 $B info -f '{{.CgroupVersion}}'
check "a starter image" $B image bootstrap busybox
check "a first container" same hello $B run --rm busybox echo hello
check "protection" same "00000000a80425fb 2" $B run --rm busybox sh -c 'echo $(sed -n "s/^CapEff:.//p;s/^Seccomp:.//p" /proc/self/status)'
check "limits" same "67108864 30 50000 100000" $B run --rm --memory 64m --pids-limit 30 --cpus 0.5 busybox sh -c 'cd /sys/fs/cgroup; echo $(cat memory.max pids.max cpu.max)'
check "a device that is not allowed" same "1" $B run --rm busybox sh -c 'mknod /dev/x b 1 0 && head -c 1 /dev/x 2>/dev/null; echo $?'
check "detached" $B run -d --name job busybox sh -c 'trap "exit 9" TERM; echo begun; while :; do sleep 0.1; done'
check "exec" same "5" sh -c "$B exec job sh -c 'exit 5'; echo \$?"
check "logs" same begun $B logs job
check "pause" $B pause job
check "paused" same paused state '{{.State.Status}}' job
check "unpause" $B unpause job
check "stop" $B stop job
check "its exit code" same "exited 9" state '{{.State.Status}} {{.State.ExitCode}}' job
check "start again" $B start job
check "out of memory is told" oom
check "a published port" published
check "kill -9 of the daemon, adopted" adopted
check "exec after it" same after $B exec job echo after
check "kill" $B kill job
check "killed" until_state exited job
check "nothing is left" clean
echo "guest done"
