#!/bin/sh
# Installs what is missing and nothing else: Debian packages of the named groups, the pinned Bun, the dependencies.
# Usage: tools/setup.sh [GROUP...]     groups stand in tools/debian-packages.txt
# Quiet when all is there. What the package managers say goes to .cache/setup.log and is shown when they fail.
set -eu
cd "$(dirname "$0")/.."
mkdir -p .cache
log=.cache/setup.log
bun=tools/bun/node_modules/bun/bin/bun.exe
policy=/usr/sbin/policy-rc.d
# Certificate authorities that were added to Debian's store hold for npm and Bun as well.
store=/etc/ssl/certs/ca-certificates.crt
if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -e "$store" ]; then export NODE_EXTRA_CA_CERTS="$store"; fi

say() { printf '%s\n' "$*"; }
die() { say "setup: $*" >&2; exit 1; }

# Runs a command with its output in the log; says how long it took, and shows the log's end when it fails.
step() {
  title=$1; shift
  printf '  %-46s' "$title"
  began=$(date +%s)
  if "$@" >>"$log" 2>&1; then
    say "$(($(date +%s) - began)) s"
  else
    say "failed"
    tail -n 25 "$log" >&2
    die "could not do: $title (all of it in $log)"
  fi
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Names of the packages of the groups that are not installed.
missing() {
  for group in "$@"; do
    awk -v group="$group" '$1 == group { print $2 }' tools/debian-packages.txt
  done | sort -u | while read -r package; do
    installed "$package" || printf '%s ' "$package"
  done
}

# While packages are installed, a policy-rc.d forbids their services to start; an earlier one comes back afterwards.
forbid_services() {
  if [ -e "$policy" ] || [ -L "$policy" ]; then mv "$policy" "$policy.before-berth"; fi
  trap allow_services EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
}
allow_services() {
  rm -f "$policy"
  if [ -e "$policy.before-berth" ] || [ -L "$policy.before-berth" ]; then mv "$policy.before-berth" "$policy"; fi
}

# True when apt knows a version of every named package.
known() {
  for package in "$@"; do
    apt-cache policy "$package" | grep -Eq '^ +Candidate: [^(]' || return 1
  done
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@"
}
apt_update() { apt-get -q -o DPkg::Lock::Timeout=300 update; }

# Services of peers must not come up with the next boot either.
disable_services() {
  command -v systemctl >/dev/null || return 0
  for package in "$@"; do
    for unit in $(dpkg -L "$package" | sed -n 's#^/\(usr/\)\{0,1\}lib/systemd/system/\([^/]*\.\(service\|socket\|timer\)\)$#\2#p'); do
      systemctl --quiet disable "$unit" || true
    done
  done
}

debian_packages() {
  wanted=$(missing "$@")
  [ -n "$wanted" ] || return 0
  command -v apt-get >/dev/null || die "apt-get is not here; install these yourself: $wanted"
  [ "$(id -u)" = 0 ] || die "these Debian packages are missing, and only root can install them: $wanted"
  say "Debian packages: $wanted"
  # shellcheck disable=SC2086
  set -- $wanted
  if ! known "$@"; then
    step "read the package lists" apt_update
    known "$@" || die "apt knows no such package among: $wanted"
    fresh=yes
  fi
  forbid_services
  if [ "${fresh:-}" = yes ]; then
    step "install $# packages" apt_install "$@"
  else
    # Old package lists name files that the mirror no longer has: read them once, then try again.
    printf '  %-46s' "install $# packages"
    began=$(date +%s)
    if apt_install "$@" >>"$log" 2>&1; then
      say "$(($(date +%s) - began)) s"
    else
      say "lists are out of date"
      step "read the package lists" apt_update
      step "install $# packages" apt_install "$@"
    fi
  fi
  disable_services "$@" >>"$log" 2>&1
  allow_services
  trap - EXIT HUP INT TERM
}

pinned_bun() {
  wanted=$(sed -n 's/.*"bun": "\([0-9.]*\)".*/\1/p' tools/bun/package.json)
  [ "$("$bun" --version 2>/dev/null || true)" = "$wanted" ] && return 0
  command -v npm >/dev/null || die "npm is missing; install Node and npm first"
  step "install Bun $wanted" npm ci --prefix tools/bun --no-audit --no-fund
  # npm may have been told not to run install scripts; Bun's only puts the program into place.
  "$bun" --version >/dev/null 2>&1 || step "put Bun into place" node tools/bun/node_modules/bun/install.js
  [ "$("$bun" --version)" = "$wanted" ] || die "$bun is not Bun $wanted"
}

# node_modules is right as long as no manifest has changed since it was made.
dependencies() {
  sum=$(cat bun.lock bunfig.toml package.json packages/*/package.json apps/*/package.json tests/package.json | cksum)
  [ "$(cat node_modules/.installed 2>/dev/null || true)" = "$sum" ] && return 0
  step "install dependencies" "$bun" install --frozen-lockfile
  printf '%s' "$sum" >node_modules/.installed
}

# Tools that ask for Node get the pinned Bun, so that their answer does not depend on this machine's Node.
tool_path() {
  mkdir -p .cache/bin
  target="$PWD/$bun"
  for name in node bun; do
    [ "$(readlink ".cache/bin/$name" 2>/dev/null || true)" = "$target" ] || ln -sfn "$target" ".cache/bin/$name"
  done
}

# Two set-ups at once would disturb each other.
if [ "${BERTH_SETUP_LOCKED:-}" != yes ] && command -v flock >/dev/null; then
  exec env BERTH_SETUP_LOCKED=yes flock .cache/setup.lock "$0" "$@"
fi
[ "$(uname -s)" = Linux ] || die "Berth runs on Linux only"
debian_packages "$@"
pinned_bun
dependencies
tool_path
