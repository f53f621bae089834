import type { CgroupSampler } from "./counters/ports.ts";

/** A file descriptor number. Whoever gets one closes it. */
export type Fd = number;

/** How {@link Kernel.openat2} resolves a path (openat2(2)). */
export interface OpenHow {
  /** O_* flags; O_CLOEXEC is always added. */
  readonly flags: number;
  /** Mode of a file that is made, for O_CREAT and O_TMPFILE. */
  readonly mode?: number;
  /** RESOLVE_* flags. */
  readonly resolve: number;
}

/** What statx(2) tells of one file. Times in nanoseconds since the epoch. */
export interface FileStat {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  /** 512-byte blocks that the file takes. */
  readonly blocks: number;
  readonly nlink: number;
  /** Major and minor number of the file system's device, as one value to compare. */
  readonly dev: bigint;
  /** The mount it was reached through (STATX_MNT_ID); compare to find out whether a mount lies between two files. */
  readonly mountId: bigint;
  readonly inode: bigint;
  readonly rdevMajor: number;
  readonly rdevMinor: number;
  readonly mtimeNs: bigint;
  readonly atimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** statfs(2). */
export interface FilesystemStat {
  readonly type: number;
  readonly totalBytes: bigint;
  readonly freeBytes: bigint;
}

/**
 * Every system call that Berth makes outside of Node's own file functions, one method each, named as in
 * section 2 of the manual. All are quick; what may block in the kernel is in {@link Blocking}.
 * Each throws a {@link KernelError} that names the call, the path and the errno.
 */
export interface Kernel {
  openat2(dirfd: Fd, path: string, how: OpenHow): Fd;
  close(fd: Fd): void;
  mkdirat(dirfd: Fd, path: string, mode: number): void;
  mknodat(dirfd: Fd, path: string, mode: number, major: number, minor: number): void;
  symlinkat(target: string, dirfd: Fd, path: string): void;
  linkat(olddirfd: Fd, oldpath: string, newdirfd: Fd, newpath: string, flags: number): void;
  unlinkat(dirfd: Fd, path: string, flags: number): void;
  renameat2(olddirfd: Fd, oldpath: string, newdirfd: Fd, newpath: string, flags: number): void;
  readlinkat(dirfd: Fd, path: string): string;
  statx(dirfd: Fd, path: string, flags: number): FileStat;
  fchownat(dirfd: Fd, path: string, uid: number, gid: number, flags: number): void;
  /** Never through a link as the last part (ENOTSUP there). Path "" is `dirfd` itself, which may be O_PATH. */
  fchmodat(dirfd: Fd, path: string, mode: number): void;
  utimensat(dirfd: Fd, path: string, atimeNs: bigint, mtimeNs: bigint, flags: number): void;
  /** Names of the entries of a directory, without `.` and `..`, in no order. `fd` may be O_PATH. */
  readdir(fd: Fd): string[];
  /** By `/proc/self/fd/N/NAME`, never following the last link. */
  lsetxattr(path: string, name: string, value: Uint8Array): void;
  /** null when the file has no such attribute, or its file system has none at all. */
  lgetxattr(path: string, name: string): Uint8Array | null;
  llistxattr(path: string): string[];
  lremovexattr(path: string, name: string): void;
  /** Two ends of a pipe, [read, write], both close-on-exec. Real pipes: a child may open /dev/stderr on them. */
  pipe2(flags: number): [Fd, Fd];
  /** A write that may be short; bytes written. Throws EAGAIN on a full non-blocking pipe. */
  write(fd: Fd, bytes: Uint8Array): number;
  /** A read that may be short; bytes read, 0 at the end. */
  read(fd: Fd, into: Uint8Array): number;
  /** Goes on by so many bytes in an open file; written behind its end, what is left out is a hole that reads as zeros (lseek(2)). */
  skip(fd: Fd, bytes: number): void;
  /** Gives an open file exactly that size (ftruncate(2)). */
  truncate(fd: Fd, sizeBytes: number): void;
  /** A second descriptor of the same open file, close-on-exec. */
  dup(fd: Fd): Fd;
  setNonBlocking(fd: Fd, on: boolean): void;
  setCloseOnExec(fd: Fd, on: boolean): void;
  /** flock(2) with LOCK_NB: false when somebody else holds it. */
  tryLock(fd: Fd, exclusive: boolean): boolean;
  statfs(path: string): FilesystemStat;
  /**
   * A connected, non-blocking AF_UNIX socket. Paths longer than the 107 bytes of sun_path work too. EAGAIN when the
   * listener's queue is full.
   */
  unixConnect(path: string, type: "stream" | "datagram" | "seqpacket"): Fd;
  /** A listening, non-blocking AF_UNIX stream socket at `path` with exactly `mode` (for crun's console protocol). */
  unixListen(path: string, mode: number): Fd;
  /** Accepts one connection; null when none waits (non-blocking). */
  accept4(fd: Fd): Fd | null;
  /**
   * Receives one file descriptor by SCM_RIGHTS, close-on-exec; null when nothing is there yet. ECONNRESET when the peer
   * closed without sending one.
   */
  receiveFd(fd: Fd): Fd | null;
  /** Sends a descriptor with one byte of data. */
  sendFd(fd: Fd, sent: Fd): void;
  /** Sends a descriptor and no data, as the journal wants it. EAGAIN when the receiver's queue is full. */
  sendFdAlone(fd: Fd, sent: Fd): void;
  /** A file in memory that holds `bytes` and can never be changed (memfd_create(2), F_ADD_SEALS). */
  sealedMemory(name: string, bytes: Uint8Array): Fd;
  /**
   * A folder in memory with `files` (0555) that can never be changed, on a file system that is mounted nowhere: no path leads into
   * it but by this descriptor, and none out of it, also not `..` (fsmount(2)). It is gone with its last descriptor and user.
   */
  memoryFolder(files: Readonly<Record<string, Uint8Array>>): Fd;
  /** TIOCSWINSZ. */
  setWindowSize(fd: Fd, rows: number, columns: number): void;
  /** A pidfd, null when there is no such process. A process that ended and was not waited for still gives one. */
  pidfdOpen(pid: number): Fd | null;
  /** false when the process has ended. */
  pidfdSendSignal(pidfd: Fd, signal: number): boolean;
  /** false when no such process lives. `pid` must be positive: groups are never meant. */
  kill(pid: number, signal: number): boolean;
  /** A set of descriptors that are waited for together (epoll_create1(2)). */
  epollCreate(): Fd;
  /** Adds a descriptor to wait for its input (of a pidfd: the end of its process). Closing it takes it out again. */
  epollAdd(epoll: Fd, fd: Fd): void;
  /** Which of the set got input since they were added or told last (EPOLLET); never waits (epoll_wait(2)). */
  epollReady(epoll: Fd): Fd[];
  /** A queue of news about files, non-blocking (inotify_init1(2)). EMFILE when the user has as many as allowed. */
  inotifyInit(): Fd;
  /** Watches for the next write to a file, once. @returns the watch's number; ENOSPC when the user has as many as allowed */
  inotifyNextWrite(inotify: Fd, path: string): number;
  /** Forgets a watch; one that has fired or ended is no error. */
  inotifyForget(inotify: Fd, watch: number): void;
  /** Numbers of the watches that fired since the last call; null when the kernel lost some of them. */
  inotifyFired(inotify: Fd): number[] | null;
  prctlChildSubreaper(on: boolean): void;
  /** The pid of a child that has ended and was not waited for, which stays so (waitid(2), WNOWAIT); null when there is none. */
  endedChild(): number | null;
  /** waitpid(2) for one child that has ended: its pid is free afterwards. One that lives or is no child is left alone. */
  reapChild(pid: number): void;
  /** Whether this process has a capability in its effective set (CAP_SYS_RESOURCE = 24). */
  hasCapability(capability: number): boolean;
  /** prlimit(2) of this process: [soft, hard]; Infinity for RLIM_INFINITY. */
  getRlimit(resource: number): readonly [number, number];
  /** umask(2); the old mask. */
  umask(mask: number): number;
  /**
   * Takes the pages of the program's own code out of this process (madvise(2), MADV_DONTNEED). They are a file's and never
   * written to: what is still used comes back from the page cache by itself, what only the start used does not.
   * @returns bytes of code that the program has
   */
  unmapOwnCode(): number;
}

/** One overlay mount. */
export interface OverlayMount {
  /** Top layer first, up to 500. Empty needs an upper, which is then bound as it is. */
  readonly lower: readonly string[];
  /** Writable layer; null makes a read-only mount. */
  readonly upper: string | null;
  /** On the same file system as `upper`; null exactly when that is null. */
  readonly work: string | null;
  readonly target: string;
  /**
   * `volatile`: no sync at unmount; for containers that are removed at exit. The kernel's mark of an earlier volatile
   * mount is removed first, so after a power cut the upper layer must be thrown away by the caller.
   */
  readonly volatile: boolean;
}

/**
 * Calls that can block in the kernel for long. Mounts and namespaces run in one Worker, syncs in another, removals and
 * counts of trees in a third, each one after the other in the order of the calls: a slow removal does not keep a
 * container from starting. Failures are {@link KernelError}s as from {@link Kernel}.
 */
export interface Blocking {
  /** Starts the Worker for mounts now rather than with the first call. */
  warm(): Promise<void>;
  /** mount(2). `data` is the filesystem's option string; it ends at 4095 bytes. */
  mount(source: string, target: string, type: string, flags: number, data: string): Promise<void>;
  /**
   * Mounts an overlay without index, redirects and metadata-only copies, so that the upper layer alone tells what changed.
   * Many or oddly named layers are passed as descriptors, so neither 4 KiB of options nor `:` in a name is a limit.
   */
  mountOverlay(mount: OverlayMount): Promise<void>;
  /** umount2(2), never through a link; a target that is missing or not mounted is no error. */
  unmount(target: string, flags: number): Promise<void>;
  fsync(path: string): Promise<void>;
  syncfs(path: string): Promise<void>;
  /**
   * Removes a tree of any depth without leaving it by links or mounts; a missing one is no error. Stops at the first
   * entry that cannot be removed and throws: conflict for a mount inside, forbidden for an immutable file.
   */
  removeTree(path: string): Promise<void>;
  /** Bytes that a tree takes on disk (512-byte blocks, each inode once), mounts inside left out; 0 for a missing one. */
  diskUsage(path: string): Promise<number>;
  /** Sizes of all files of a tree (links and devices too, folders not), each inode once; 0 for a missing one. What Docker calls a layer's size. */
  fileBytes(path: string): Promise<number>;
  /**
   * Gives the disk space of a file's first `bytes` back; they read as zeros from then on, and size and positions stay.
   * A file of another inode than `inode` is left alone.
   */
  freeHead(path: string, options: { readonly inode: bigint; readonly bytes: number }): Promise<void>;
  /** One write(2) to a file of the kernel's that is there; a lowered memory limit makes the kernel reclaim meanwhile. */
  writeControl(path: string, text: string): Promise<void>;
  /** Makes a network namespace with lo up, kept by a bind mount at `path`, a new file in an existing folder. */
  createNetworkNamespace(path: string): Promise<void>;
  /** Detaches and unlinks a kept namespace; a missing one is no error. */
  removeNetworkNamespace(path: string): Promise<void>;
  /** Ends the Workers when what was asked for is done. */
  close(): Promise<void>;
}

/** The cgroup arrangement of the host. */
export type CgroupVersion = "v1" | "hybrid" | "v2";

/** Numbers that one container's cgroup shows; null where the controller is missing. */
export interface CgroupUsage {
  readonly cpuNs: number | null;
  readonly memoryBytes: number | null;
  readonly pids: number | null;
  readonly oomKills: number | null;
  /** v1 with its killer off: processes wait for memory. */
  readonly underOom: boolean | null;
}

/** Limits of one cgroup; what is absent stays as it is. -1 is no limit, except where something else is said. */
export interface CgroupLimits {
  readonly memoryBytes?: number;
  /** Memory and swap together; 0 as the kernel has it. */
  readonly memorySwapBytes?: number;
  readonly memoryReservationBytes?: number;
  /** 0 is the usual weight. */
  readonly cpuShares?: number;
  readonly cpuQuotaUs?: number;
  /** 0 is the usual period. */
  readonly cpuPeriodUs?: number;
  /** v1 only. */
  readonly cpuRealtimePeriodUs?: number;
  readonly cpuRealtimeRuntimeUs?: number;
  /** `0-3,5`; empty is all that the parent has. */
  readonly cpus?: string;
  readonly mems?: string;
  readonly pids?: number;
  /** 10 to 1000; 0 is the usual weight. */
  readonly blkioWeight?: number;
}

/**
 * Control groups of v1, hybrid and v2 behind one face. `path` is the part below each tree's mount point, e.g.
 * `/berth/<id>`, as in the OCI spec's `cgroupsPath`; never the root itself. In a container of its own (nested) the mount
 * points show the daemon's subtree only, so the same paths hold there.
 */
export interface Cgroups {
  readonly version: CgroupVersion;
  /** Controllers that can be used, by name (cpu, memory, pids, …). Grows with completeHybrid. */
  readonly controllers: readonly string[];
  /**
   * Mounts v1 controllers that are left in the v2 tree of a hybrid host (as cgroupfs-mount does), because crun
   * refuses such hosts. Returns the names it mounted. One that is in use in the v2 tree stays there, with a warning.
   */
  completeHybrid(): Promise<readonly string[]>;
  /**
   * Makes the moves of processes into cgroups fast that come soon after; what they would wait for is waited for here, in another
   * thread. To be called when one is about to be needed, by whoever may also ask for it once too often. Never fails.
   */
  readyMoves(): Promise<void>;
  /** Makes the cgroup in each tree, its parents too, with all controllers on; one that is there already is no error. */
  create(path: string): void;
  /** Adds a process to the cgroup in each tree. */
  enter(path: string, pid: number): void;
  /**
   * Makes a cgroup that only tells processes apart, below one that is there: in the one tree that {@link processes} reads,
   * without limits of its own.
   */
  createMark(path: string): void;
  /** Moves a process into a mark; what it forks from then on is born there. False when it has ended. */
  enterMark(path: string, pid: number): boolean;
  /** As {@link enter}, but not in the tree that marks are in. */
  enterBesideMarks(path: string, pid: number): void;
  /** Removes a mark; false while something is in it. A missing one is no error. */
  removeMark(path: string): boolean;
  /** Processes of the cgroup and of those below it; none for a missing cgroup. */
  processes(path: string): number[];
  /** The cgroup of a process in each tree, by controller name (`""` is the v2 tree); null when there is no such process. */
  pathsOf(pid: number): ReadonlyMap<string, string> | null;
  /** Stops or continues all processes and waits until they have; thaws again and throws timeout when they do not. */
  freeze(path: string, on: boolean): Promise<void>;
  /**
   * SIGKILL to every process in it (cgroup.kill on v2, a loop elsewhere), frozen ones too, until it is empty. Nothing can
   * be started in it meanwhile. Throws timeout when something stays (a process in uninterruptible sleep). A missing
   * cgroup is no error.
   */
  kill(path: string): Promise<void>;
  /** Removes it and what is below it, in each tree; a missing one is no error, one with processes in it is a conflict. */
  remove(path: string): Promise<void>;
  /**
   * Sets limits: all of them, or, when the kernel refuses one, none.
   * @throws BerthError conflict when more memory is in use than the new limit, invalid for a value that the kernel refuses,
   *   unavailable for a limit that this host does not have, not-found when there is no such cgroup
   */
  limit(path: string, limits: CgroupLimits): Promise<void>;
  /** Whether cgroups have one of these files of a controller; true while there is no cgroup to look at. */
  offers(controller: string, files: readonly string[]): boolean;
  /** Reads the cgroup again and again; it may be missing. */
  sampler(path: string): CgroupSampler;
  /** All numbers are null for a missing cgroup. */
  usage(path: string): CgroupUsage;
}

/** One address of an interface, e.g. 172.17.0.2/16. */
export interface InterfaceAddress {
  readonly address: string;
  readonly prefixLength: number;
}

export interface LinkInfo {
  readonly index: number;
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
  readonly up: boolean;
  readonly kind: string | null;
  readonly masterIndex: number | null;
}

export interface RouteInfo {
  /** null is the default route. */
  readonly destination: InterfaceAddress | null;
  readonly gateway: string | null;
  readonly linkIndex: number | null;
}

/** What {@link Netlink.createEndpoint} makes. */
export interface EndpointOptions {
  /** Name of the host's end; at most 15 bytes. */
  readonly hostName: string;
  readonly bridge: string;
  /** Path of the namespace file. */
  readonly namespace: string;
  /** Name and MAC address of the end inside. */
  readonly name: string;
  readonly mac: string;
  readonly addresses: readonly InterfaceAddress[];
  readonly gateway: string | null;
  readonly mtu: number;
  /** Whether the container may reach itself by the bridge: needed where br_netfilter bridges what was led to another address. */
  readonly hairpin: boolean;
  /** Whether the bridge keeps it from other isolated endpoints. */
  readonly isolated: boolean;
}

/** A port of the host that is to be held. */
export interface PortReservation {
  readonly protocol: "tcp" | "udp";
  /** IPv4 or IPv6 address; `0.0.0.0` and `::` are all of a family. */
  readonly address: string;
  readonly port: number;
}

/** rtnetlink(7) in the daemon's own network namespace unless `namespace` (a path) is given. Runs in a Worker. */
export interface Netlink {
  links(namespace?: string): Promise<readonly LinkInfo[]>;
  /** One link by name; null when there is none. */
  link(name: string, namespace?: string): Promise<LinkInfo | null>;
  addresses(namespace?: string): Promise<readonly (InterfaceAddress & { readonly linkIndex: number })[]>;
  /** Unicast routes of all tables. */
  routes(namespace?: string): Promise<readonly RouteInfo[]>;
  /** Throws EEXIST when the name is taken. */
  createBridge(options: { readonly name: string; readonly mac?: string; readonly mtu?: number }): Promise<LinkInfo>;
  /** A link that is not there is no error. */
  removeLink(name: string): Promise<void>;
  /** An address that is there already is no error. */
  addAddress(link: string, address: InterfaceAddress, namespace?: string): Promise<void>;
  setLinkUp(link: string, namespace?: string): Promise<void>;
  /**
   * One call for a whole endpoint: veth pair, host end on the bridge and up; peer inside `namespace`, named, with MAC,
   * addresses, up, default route, and without IPv6 unless one of the addresses is IPv6. Undone when a part fails.
   */
  createEndpoint(options: EndpointOptions): Promise<void>;
  /**
   * Holds a port by a socket that is bound and never listens; whoever gets the descriptor closes it (`Kernel.close`).
   * Throws a KernelError EADDRINUSE when a program of the host has the port, EADDRNOTAVAIL when the address is not the host's.
   */
  reservePort(reservation: PortReservation): Promise<Fd>;
  close(): Promise<void>;
}

/** nftables by libnftables(3): whole rulesets in nft's own language, each run one transaction. */
export interface Nftables {
  /** Runs commands; all or nothing. Throws a KernelError with nft's message. */
  run(commands: string): void;
  /** `nft -j list …`: parsed JSON. */
  list(command: string): unknown;
  close(): void;
}
