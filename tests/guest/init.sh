#!/bin/busybox sh
# First program of the guest: a root on tmpfs (a container's pivot_root needs a root that is not the initial one), then itself again there.
/bin/busybox mkdir -p /proc /sys /dev /new
if [ "$1" != inside ]; then
  /bin/busybox mount -t tmpfs -o size=90%,mode=755 tmpfs /new
  for entry in bin sbin lib lib64 usr etc guest; do
    [ -e "/$entry" ] && /bin/busybox cp -a "/$entry" /new/
  done
  /bin/busybox mkdir -p /new/proc /new/sys /new/dev /new/tmp /new/run /new/var/lib /new/root
  exec /bin/busybox switch_root /new /guest/init.sh inside
fi
/bin/busybox --install -s /bin
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o ptmxmode=000 devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup
chmod 1777 /tmp
for module in overlay veth bridge nf_tables nft_chain_nat nft_nat nft_masq nft_ct nft_fib_ipv4 nft_compat xt_mark tcp_diag udp_diag inet_diag unix_diag netlink_diag af_packet_diag nf_conntrack_netlink; do modprobe "$module" 2>/dev/null; done
ip link set lo up
hostname guest
# The kernel's own messages would come between the words of the tests; the firmware leaves the first line begun.
dmesg -n 1
# An emulated processor translates each page of freshly compiled code again: interpreting takes a quarter less time here.
export BUN_JSC_useBaselineJIT=0
echo
sh /guest/lifecycle.sh
poweroff -f
