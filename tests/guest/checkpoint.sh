# Checkpoints with criu, where a host's kernel is too new for Debian's criu; part of lifecycle.sh.

counting() { # container, options of run
  name=$1
  shift
  $B run -d --name "$name" --runtime runc "$@" busybox sh -c 'trap "exit 9" TERM; i=0; while :; do i=$((i+1)); echo $i; sleep 0.2; done' || return 1
  counts_to "$name" 2
}
counts_to() { # container, number: it gets there
  for attempt in $(seq 200); do
    [ "$($B logs --tail 1 "$1" | tr -d '\r')" -ge "$2" ] 2>/dev/null && return 0
    sleep 0.1
  done
  echo "it did not count to $2"
  $B logs --tail 3 "$1"
  return 1
}
without_gaps() { # container: its log has each number once
  $B logs "$1" | awk '$1 != NR { print "line " NR " is " $1; wrong = 1 } END { exit wrong }'
}
left_running() {
  same c1 $B checkpoint create --leave-running count c1 || return 1
  same running state '{{.State.Status}}' count
}
ended() { # its restart policy does not start it from the beginning
  same c2 $B checkpoint create count c2 || return 1
  same "exited 137" state '{{.State.Status}} {{.State.ExitCode}}' count || return 1
  $B logs --tail 1 count >/tmp/last
  same "$(printf 'CHECKPOINT NAME\nc1\nc2')" $B checkpoint ls count
}
goes_on() { # from the number where it was, in its own control group and network
  last=$(cat /tmp/last)
  same count $B start --checkpoint c2 count || return 1
  counts_to count $((last + 1)) && without_gaps count || return 1
  includes "$(state '{{.State.Pid}}' count)" cat "$(cgroup count)/cgroup.procs" || return 1
  includes "inet $(state '{{.NetworkSettings.IPAddress}}' count)/" $B exec count ip -4 addr show eth0 || return 1
  $B attach --no-stdin count >/tmp/attached &
  client=$!
  for attempt in $(seq 100); do
    [ -s /tmp/attached ] && break
    sleep 0.1
  done
  kill $client
  [ "$(head -n 1 /tmp/attached)" -gt "$last" ]
}
stopped() { # the program's own exit code, as ever
  $B stop count && same "exited 9" state '{{.State.Status}} {{.State.ExitCode}}' count
}
crashed() { # the daemon is killed when criu is done: the checkpoint, with which the container has ended, is kept; here one with a terminal
  export BERTH_TEST_CRASH=checkpoint.dump:after:1
  counting term -t && replaced TERM || return 1
  unset BERTH_TEST_CRASH
  $B checkpoint create term t1 && { echo "the daemon lives"; return 1; }
  daemon && same t1 $B checkpoint ls --format '{{.Name}}' term && same "exited 137" state '{{.State.Status}} {{.State.ExitCode}}' term || return 1
  last=$($B logs --tail 1 term | tr -d '\r')
  $B start --checkpoint t1 term && counts_to term $((last + 1)) && $B rm -f term
}
gone() {
  $B checkpoint rm count c1 && same "c2" $B checkpoint ls --format '{{.Name}}' count || return 1
  includes "checkpoint c1 does not exist for container count" $B start --checkpoint c1 count || return 1
  folder=/var/lib/berth/containers/$(state '{{.Id}}' count)
  $B rm count && [ ! -e "$folder" ]
}

check "a checkpoint of what crun runs is refused" includes "--runtime runc" $B checkpoint create job c1
check "a program that counts" counting count --restart always
check "a checkpoint, and it runs on" left_running
check "a checkpoint that ends it" ended
check "it goes on from its checkpoint" goes_on
check "kill -9 of the daemon in a checkpoint" crashed
check "it was adopted, and stops" stopped
check "checkpoints are removed" gone
