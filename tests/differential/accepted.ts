import type { AcceptedDifference } from "./case.ts";

/** Where Berth means to differ from Docker 20.10. */
export const accepted: readonly AcceptedDifference[] = [
  {
    cases: /^(protocol: create with wrong bodies|errors: |prune: containers, with|images: tag)/,
    at: /\.status$/,
    docker: 500,
    berth: 400,
    reason: "what the client got wrong is 400, as in later Docker; 20.10 says 500",
  },
  {
    cases: /^errors: (filters|create refuses)/,
    at: /(before|since).*\.(status|text)$/,
    reason: "a filter that names no container is 404 with the usual words; 20.10 says 500 with others",
  },
  {
    cases: /^protocol: create with wrong bodies/,
    at: /\.text$/,
    reason: "Go type names in JSON errors are those of later Docker",
  },
  {
    cases: /^protocol: version and info/,
    at: /^info\.has (Warnings|ProductLicense|DefaultAddressPools|CDISpecDirs)$/,
    reason: "info has keys of later Docker, and warns of a host without CAP_SYS_RESOURCE",
  },
  {
    cases: /^errors: create refuses/,
    at: /"(PidMode|IpcMode|ExposedPorts|PortBindings|Dns|Devices)".*\.(status|text)$/,
    reason:
      "modes, ports, devices and servers that mean nothing are refused at create, as in later Docker; 20.10 fails at start or ignores them",
  },
  {
    cases: /^errors: create refuses/,
    at: /\.text$/,
    both: /"Id\\?":/,
    reason: "ids are numbered differently after a request that only one of the two refused",
  },
  {
    cases: /^errors: no such thing/,
    at: /^GET \/images\/nope\/json\.text$/,
    reason: "the words of a missing image are said once, as in later Docker",
  },
  {
    cases: /^errors: (wrong state|filters)/,
    at: /(since=bogus|exited.*|signal=99)\.text$/,
    reason: "a bad time, exit code or signal is told in plain words; 20.10 shows Go's parser",
  },
  {
    cases: /^errors: start fails for the working directory/,
    at: /^workdir\./,
    reason: "a working directory that is a file is found out at start: create makes nothing in the kernel",
  },
  {
    cases: /^(containers|oci): /,
    at: /(MaskedPaths|maskedPaths)\[\d+\]$/,
    reason: "the masked paths are those of later Docker, with /proc/interrupts and the power caps",
  },
  { cases: /^containers: inspect/, at: /HostConfig\.Runtime$/, reason: "the default runtime is crun, shown from create on" },
  {
    cases: /^containers: inspect of a running/,
    at: /^inspect\.LogPath$/,
    reason: "the log is in the container's own folder, in conmon's format",
  },
  {
    cases: /^streams: exec, framed/,
    at: /^start twice$/,
    reason: "starting an exec twice is told as 409; 20.10 answers 200 and writes the error into the stream",
  },
  {
    cases: /^(streams: exec of what cannot be run|cli: a life)/,
    at: /^(nosuch: code|7\. docker exec c1 nosuch\.code)$/,
    docker: 126,
    berth: 127,
    reason: "an exec of a program that is not found ends with 127, as in later Docker and every shell",
  },
  {
    cases: /^streams: logs with every option/,
    at: /\.type$/,
    reason: "logs name their content type also below API 1.42",
  },
  {
    cases: /^archive: put/,
    at: /\.status$/,
    docker: 500,
    reason: "what the client got wrong is 400 and what is read-only 403, as the API's description says; 20.10 says 500",
  },
  {
    cases: /^archive: put/,
    at: /\.text$/,
    both: /cannot overwrite/,
    reason: "20.10 puts the end of its helper process before the words",
  },
  {
    cases: /^commit: events/,
    at: /^paused\[\d\]$/,
    both: /imageRef=e1/,
    reason: "a commit names its image with the tag that it got, as in later Docker",
  },
  { cases: /^images: import/, at: /^inspect\.DockerVersion$/, reason: "an imported image does not claim a version of Docker" },
  {
    cases: /^inside: devices/,
    at: /^(dev|devices\.list)\.stdout$/,
    reason: "/dev/core is there (crun makes it; /proc/kcore is masked), /dev/net/tun is not allowed by default, as in runc since 1.2",
  },
  {
    cases: /^inside: mounts/,
    at: /^mounts\.(\/proc\/|\/sys\/fs\/cgroup$)/,
    reason: "crun masks files by /dev/null read-only where runc uses a writable one, and gives other harmless flags",
  },
  {
    cases: /^inside: hosts/,
    at: /^no network\.stdout$/,
    reason: "the loopback device keeps ::1, as in later Docker; 20.10 turns IPv6 off",
  },
  {
    cases: /^oci: /,
    at: /^linux\.resources\.(cpu|blockIO|cpu\.shares)$/,
    reason: "limits that nobody set are left out instead of written as zero",
  },
  {
    cases: /^oci: /,
    at: /^seccomp$/,
    reason: "crun gets the filter compiled, in an annotation; the inside cases show that it is on",
  },
  {
    cases: /^network: list/,
    at: /^list\.bridge\.IPAM\.Config\[0\]\.Gateway$/,
    reason: "the default bridge shows its gateway, as in later Docker",
  },
  {
    cases: /^update: what is refused/,
    at: /^u1 .*("CpuShares":1|"Memory":"x"|"RestartPolicy":"always")\}\.(status|text)$/,
    reason: "shares that the kernel would change are refused before anything is done; what the client got wrong is 400, as in later Docker",
  },
  {
    cases: /^update: every limit/,
    at: /^held after .*\.memory\.memsw\.limit_in_bytes$/,
    docker: "67108864",
    berth: "9223372036854771712",
    reason: "a limit of memory and swap that is lifted is lifted in the kernel too; Docker only shows it",
  },
  {
    cases: /^restart: a signal that is not the stop signal/,
    at: /^after$/,
    docker: "left",
    berth: "started again",
    reason: "a signal that does not ask for the end leaves the restart policy in force; Docker takes any for a stop by hand",
  },
  {
    cases: /^(limits: what is refused at once|flags: create, storage|flags: run, what it may use)/,
    at: /("(StorageOpt|IOMaximumIOps)".*\.(status|text)|^--storage-opt .*\.stderr)$/,
    reason: "what nobody can set is refused as the client's mistake, in the words of later Docker; no writable layer has a quota here",
  },
  {
    cases: /^limits: devices by what they can do/,
    at: /\.status$/,
    docker: 500,
    berth: 400,
    reason: "that a driver is missing is told as the request's fault, not as the engine's",
  },
  {
    cases: /^cli flags: network create/,
    at: /^--scope nope\.stderr$/,
    reason: "a scope that there is none of is named; 20.10 says that this node is no swarm manager",
  },
  {
    cases: /^cli flags: network create/,
    at: /^-o a=b\.(code|network|stderr)$/,
    reason: "options of a network that the bridge driver does not know are refused; Docker keeps them and does nothing",
  },
  {
    cases: /^cli flags: volume/,
    at: /--opt bogus=1 v3\.stderr$/,
    reason: "that the local volume driver takes no options is told in plain words",
  },
  {
    cases: /^cli flags: update/,
    at: /^--cpu-rt-period .*\.(code|stdout|stderr)$/,
    reason: "real-time limits of processors are handed to the kernel, and its refusal is told; Docker 20.10 leaves them out of an update",
  },
  {
    cases: /^(cli flags: update|flags: create, resources|flags: run, what it may use)/,
    at: /^--kernel-memory (1|64m)\b/,
    reason: "limits of kernel memory count for nothing, as in later Docker; 20.10 checks them and warns",
  },
  {
    cases: /^flags: run, what it may use/,
    at: /^--cpu-rt-period .*\.stderr$/,
    reason: "what crun says of a file of the kernel's is not what runc says",
  },
  {
    cases: /^checkpoints: /,
    at: /--checkpoint-dir FOLDER\/kept .*\.(code|stdout|stderr)$/,
    reason: "a folder of one's own for checkpoints is refused everywhere; Docker makes them there and cannot start from them",
  },
  {
    cases: /^checkpoints: /,
    at: /^(4\. docker checkpoint create|10\. docker start) .*\.stderr$/,
    reason: "checkpoints are told of in the words of other commands",
  },
  {
    cases: /^exec: detach keys leave it running/,
    at: /^(bytes|events\[\d+\]|running)$/,
    reason:
      "detaching leaves an exec running and is told as exec_detach; Docker takes the keys for a failure and its running program for ended",
  },
];
