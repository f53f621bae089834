#!/bin/sh
# Fetches Debian's cloud kernel for the cgroup v2 guest and unpacks it below .cache/guest; nothing is installed or booted here.
# The kernel is .cache/guest/vmlinuz, its modules are in .cache/guest/lib/modules.
set -eu
cd "$(dirname "$0")/.."
folder=$PWD/.cache/guest
[ -e "$folder/vmlinuz" ] && exit 0
command -v apt-get >/dev/null || { echo "guest-kernel: apt-get is not here, the guest suite will be skipped" >&2; exit 0; }
printf '  %-46s' "fetch the guest's kernel"
began=$(date +%s)
rm -rf "$folder" "$folder.new"
mkdir -p "$folder.new"
chmod 755 "$folder.new"
log=$PWD/.cache/guest.log
fetch() (
  cd "$folder.new"
  # The package of that name only names the one that holds the kernel.
  package=$(apt-cache depends --important linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1)
  [ -n "$package" ] && apt-get -q -o APT::Sandbox::User=root download "$package" && dpkg -x "$package"_*.deb .
)
if ! { fetch || { apt-get -q update && fetch; }; } >"$log" 2>&1; then
  echo failed
  tail -n 10 "$log" >&2
  exit 1
fi
rm -f "$folder.new"/*.deb
ln -s "$(cd "$folder.new" && ls boot/vmlinuz-* | head -n 1)" "$folder.new/vmlinuz"
mv "$folder.new" "$folder"
echo "$(($(date +%s) - began)) s"
