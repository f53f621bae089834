# The life of containers on cgroup v2, told in lines `ok NAME` and `not ok NAME`; the last line is `guest done`.
B="berth -H unix:///run/berth/berth.sock"

check() { # name, command that must succeed
  name=$1
  shift
  if output=$("$@" 2>&1); then echo "ok $name"; else
    failed=1
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
includes() { # words, command: its output must have them in it
  expected=$1
  shift
  actual=$("$@" 2>&1)
  case $actual in *"$expected"*) return 0 ;; esac
  echo "expected in it: $expected"
  echo "but was:        $actual"
  return 1
}
daemon() {
  berth daemon --experimental --data-root /var/lib/berth --exec-root /run/berth -H unix:///run/berth/berth.sock --pidfile /run/berth.pid >>/tmp/daemon.log 2>&1 &
  started=$!
  for attempt in $(seq 600); do
    [ -S /run/berth/berth.sock ] && $B version >/dev/null 2>&1 && return 0
    kill -0 $started 2>/dev/null || break
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
cgroup() { echo "/sys/fs/cgroup/berth/$(state '{{.Id}}' "$1")"; }
controllers() { # every controller of the root reaches the containers
  all=$(cat /sys/fs/cgroup/cgroup.controllers)
  same "$all" cat /sys/fs/cgroup/cgroup.subtree_control && same "$all" cat /sys/fs/cgroup/berth/cgroup.subtree_control
}
paused() {
  includes "frozen 1" cat "$(cgroup job)/cgroup.events" && same paused state '{{.State.Status}}' job
}
thawed() {
  $B unpause job && includes "frozen 0" cat "$(cgroup job)/cgroup.events" && same running state '{{.State.Status}}' job
}
oom() {
  $B run --name hungry --memory 24m busybox tail /dev/zero
  same "137 true" state '{{.State.ExitCode}} {{.State.OOMKilled}}' hungry
}
left_behind() { # the first process ends, another of the host's process namespace does not: cgroup.kill ends it
  $B run --rm --pid host busybox sh -c 'sleep 98765 & exit 3'
  code=$?
  ps | grep '[s]leep 98765' && return 1
  same 3 echo $code
}
unhealthy() { # a check that hangs is killed with what it started, as often as the container is restarted for it
  $B run -d --name sick --network none --stop-timeout 0 --health-cmd 'setsid sleep 98766 & sleep 98767' --health-interval 200ms \
    --health-timeout 500ms --health-retries 1 --health-on-failure restart busybox sleep 98768 || return 1
  for attempt in $(seq 300); do
    [ "$(state '{{.RestartCount}}' sick)" -ge 2 ] && break
    sleep 0.1
  done
  includes "exceeded timeout (500ms)" state '{{json .State.Health}}' sick || return 1
  [ "$(ps | grep -c '[s]leep 98768')" -le 1 ] || return 1
  $B rm -f sick || return 1
  ps | grep '[s]leep 9876' && return 1
  return 0
}
published() {
  $B run -d --name web -p 8080:80 busybox sh -c 'while :; do echo answer | nc -l -p 80; done' || return 1
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(nc -w 2 127.0.0.1 8080 </dev/null)" = answer ] && return 0
    sleep 0.3
  done
  return 1
}
replaced() { # signal: the daemon ends by it, the container goes on, another daemon takes it over
  before=$(state '{{.State.Pid}}' job)
  old=$(cat /run/berth.pid)
  kill "-$1" "$old" || return 1
  for attempt in $(seq 300); do
    kill -0 "$old" 2>/dev/null || break
    sleep 0.1
  done
  kill -0 "$old" 2>/dev/null && { echo "the daemon did not end"; return 1; }
  kill -0 "$before" || { echo "the container ended with the daemon"; return 1; }
  daemon || return 1
  same "$before running" state '{{.State.Pid}} {{.State.Status}}' job
}
# Each monitor takes an inotify instance on cgroup v2, and a user has 128 of them: here none is left.
without_inotify() {
  limit=$(cat /proc/sys/fs/inotify/max_user_instances)
  echo 0 >/proc/sys/fs/inotify/max_user_instances
  replaced TERM && same 4 sh -c "$B run --rm busybox sh -c 'exit 4'; echo \$?"
  outcome=$?
  echo "$limit" >/proc/sys/fs/inotify/max_user_instances
  return $outcome
}
ten() {
  codes= names= starting=
  for number in 10 11 12 13 14 15 16 17 18 19; do
    $B run -d --name "one$number" --memory 32m busybox sh -c "exit $number" &
    starting="$starting $!" names="$names one$number" codes="$codes$number "
  done
  for pid in $starting; do wait "$pid" || return 1; done
  same "$codes" sh -c "$B wait $names | tr '\n' ' '" && $B rm $names
}
# In a container the daemon's own cgroup is the root of the tree that it sees, where the kernel's rules hold for it too.
delegated() {
  cat >/tmp/inner.sh <<'INNER'
berth daemon --data-root /var/lib/berth --exec-root /run/berth -H unix:///run/berth/berth.sock >/tmp/inner.log 2>&1 &
for attempt in $(seq 300); do berth version >/dev/null 2>&1 && break; sleep 0.1; done
berth image bootstrap busybox >>/tmp/inner.log 2>&1 || cat /tmp/inner.log
berth run --rm --memory 64m --pids-limit 30 busybox sh -c 'cd /sys/fs/cgroup; echo $(cat /proc/self/cgroup memory.max pids.max)'
INNER
  same "0::/ 67108864 30" $B run --rm --privileged -e BERTH_HOST=unix:///run/berth/berth.sock -v /usr:/usr:ro -v /lib:/lib:ro -v /lib64:/lib64:ro \
    -v /tmp/inner.sh:/inner.sh:ro --tmpfs /run:exec --tmpfs /var/lib/berth:exec,dev,suid busybox sh /inner.sh
}
clean() {
  $B rm -f job hungry web || return 1
  for attempt in $(seq 100); do
    left="$(ls -d /sys/fs/cgroup/berth/*/) $(cat /sys/fs/cgroup/berth/monitors/cgroup.procs) $(grep -c overlay /proc/mounts) $(ip -o link | grep -c veth)"
    [ "$(echo $left)" = "/sys/fs/cgroup/berth/monitors/ 0 0" ] && return 0
    sleep 0.1
  done
  echo "left: $left"
  return 1
}

check "the daemon starts" daemon
check "it is cgroup v2" same 2 $B info -f '{{.CgroupVersion}}'
check "a starter image" $B image bootstrap busybox
exec_tree() { # double forks and new sessions: all of it is the exec's, and is killed with it
  $B exec -d job sh -c "setsid sh -c 'sleep 4242 & (sleep 4242 &) ; sleep 4242' & sleep 4242" || return 1
  for attempt in $(seq 100); do
    [ "$(ps | grep -c '[0-9] sleep 4242')" -ge 4 ] && break
    sleep 0.1
  done
  id=$($B exec ls -q --no-trunc job)
  same "$id" $B exec kill job || return 1
  ps | grep '[0-9] sleep 4242' && return 1
  same running state '{{.State.Status}}' job
}
changed() {
  before=$(state '{{.Id}}' job)
  $B update --env-add COLOUR=red job && same "$before running" state '{{.Id}} {{.State.Status}}' job && same red $B exec job sh -c 'echo $COLOUR'
}
check "a first container" same hello $B run --rm busybox echo hello
check "controllers on all the way down" controllers
check "protection" same "00000000a80425fb 2 0::/" $B run --rm busybox sh -c 'echo $(sed -n "s/^CapEff:.//p;s/^Seccomp:.//p" /proc/self/status; cat /proc/self/cgroup); mkdir /sys/fs/cgroup/x 2>/dev/null && echo writable'
check "limits" same "67108864 67108864 30 50000 100000" $B run --rm --memory 64m --pids-limit 30 --cpus 0.5 busybox sh -c 'cd /sys/fs/cgroup; echo $(cat memory.max memory.swap.max pids.max cpu.max)'
check "shares and reservations" same "0 33554432 20 1" $B run --rm --cpuset-cpus 0 --memory-reservation 32m --cpu-shares 512 busybox sh -c 'cd /sys/fs/cgroup; echo $(cat cpuset.cpus.effective memory.low cpu.weight) $(nproc)'
check "a device that is not allowed" includes "Operation not permitted" $B run --rm busybox sh -c 'mknod /dev/x c 4 64; : </dev/x && echo opened'
check "a device that is given" same opened $B run --rm --device /dev/ttyS0:/dev/x busybox sh -c ': </dev/x && echo opened'
check "privileged" same "000001ffffffffff 0::/sub opened" $B run --rm --privileged busybox sh -c 'cd /sys/fs/cgroup; mkdir sub && echo $$ >sub/cgroup.procs; : </dev/ttyS0 && echo $(sed -n "s/^CapEff:.//p" /proc/self/status; cat /proc/self/cgroup) opened'
check "detached" $B run -d --name job busybox sh -c 'trap "exit 9" TERM; echo begun; while :; do sleep 0.1; done'
check "exec" same "5" sh -c "$B exec job sh -c 'exit 5'; echo \$?"
check "an exec has a control group of its own" includes "0::/berth-exec-" $B exec job cat /proc/self/cgroup
check "exec kill" exec_tree
check "logs" same begun $B logs job
check "top" includes "sh -c trap" $B top job
check "pause" $B pause job
check "paused" paused
check "no exec while paused" includes "is paused" $B exec job true
check "unpause" thawed
check "stop" $B stop job
check "its exit code" same "exited 9" state '{{.State.Status}} {{.State.ExitCode}}' job
check "start again" $B start job
check "out of memory is told" oom
check "no process is left behind" left_behind
check "unhealthy" unhealthy
check "a published port" published
check "SIGTERM of the daemon, containers live on" replaced TERM
check "the same when inotify is used up" without_inotify
check "kill -9 of the daemon, adopted" replaced KILL
check "exec after it" same after $B exec job echo after
check "changed" changed
check "ten at once" ten
check "an engine in a container" delegated
. /guest/limits.sh
. /guest/checkpoint.sh
check "kill" $B kill job
check "killed" until_state exited job
check "nothing is left" clean
[ -z "$failed" ] || tail -n 40 /tmp/daemon.log
echo "guest done"
