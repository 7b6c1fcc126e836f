#!/bin/bash
# Runs the sandbox's tests on real Debian kernels that have control groups of version 2 only, in QEMU under software
# emulation: as root, as an ordinary user with a delegated group, and as one without. Needs no KVM and no mounts.
# usage: cgroup2.sh [-s bookworm|trixie] [-w root|delegated|plain] [TEST-ARGS...]     default: both kernels (6.1, 6.12), all three
# Exit code: 0 if all passed. Times under emulation mean nothing.
set -euo pipefail
suites="bookworm trixie"; whos="root delegated plain"
while getopts s:w: option; do
  case $option in s) suites=$OPTARG ;; w) whos=$OPTARG ;; *) exit 2 ;; esac
done
shift $((OPTIND - 1))
cd "$(dirname "$(readlink -f "$0")")/../.."
cache=$PWD/.cache/cgroup2

install_packages() {
  local missing=()
  command -v qemu-system-x86_64 >/dev/null || missing+=(qemu-system-x86)
  [ -x /bin/busybox ] && ! ldd /bin/busybox >/dev/null 2>&1 || missing+=(busybox-static)
  command -v cpio >/dev/null || missing+=(cpio)
  [ ${#missing[@]} -eq 0 ] || { apt-get -qq update; apt-get install -y -qq --no-install-recommends "${missing[@]}"; }
}

# Downloads a suite's kernel (and nothing else) from the mirror that apt uses.
fetch_kernel() {
  local suite=$1 w=$cache/$1
  [ ! -e "$w/vmlinuz" ] || return 0
  mkdir -p "$w/lists/partial" "$w/cache/archives/partial"
  local mirror
  mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
    sed -n "s/^URIs: *\([^ ]*\).*/\1/p; s/^deb .*\(https\{0,1\}:[^ ]*\) .*/\1/p" | head -1) || true
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} $suite main" >"$w/sources.list"
  local apt=(-o "Dir::Etc::sourcelist=$w/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$w/lists"
    -o "Dir::Cache=$w/cache" -o APT::Sandbox::User=root)
  apt-get "${apt[@]}" -qq update
  local package
  package=$(apt-cache "${apt[@]}" depends linux-image-cloud-amd64 | awk '/Depends: linux-image-[0-9]/{print $2; exit}')
  (cd "$w" && apt-get "${apt[@]}" -qq download "$package" && dpkg -x "$package"_*.deb x && cp x/boot/vmlinuz-* vmlinuz.new)
  mv "$w/vmlinuz.new" "$w/vmlinuz"
  rm -rf "$w"/{x,lists,cache,sources.list} "$w"/*.deb
}

# The whole machine: busybox, the test binary, its arguments.
make_initrd() {
  local dir=$1 binary=$2 who=$3; shift 3
  mkdir -p "$dir"/r/{bin,proc,sys,dev,tmp,t,root,etc,usr/bin,lib,lib64}
  cp /bin/busybox "$dir/r/bin/"; cp "$binary" "$dir/r/t/test"; chmod 755 "$dir/r/t/test"
  { case $who in
      delegated) printf '%s\n' --as-user 1000 --delegate /sys/fs/cgroup ;;
      plain) printf '%s\n' --as-user 1000 ;;
    esac
    printf '%s\n' --test-threads=2 "$@"; } >"$dir/r/t/args"
  cat >"$dir/r/init" <<'INIT'
#!/bin/busybox sh
export PATH=/bin TRIBUNAL_NO_TOOLS=1 RUST_BACKTRACE=0
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mkdir -p /dev/shm /dev/pts; mount -t tmpfs -o mode=1777 shm /dev/shm; mount -t tmpfs -o mode=1777 tmp /tmp
mount -t cgroup2 none /sys/fs/cgroup; ip link set lo up; hostname machine
ulimit -n 20000
set --; while read -r a; do [ -n "$a" ] && set -- "$@" "$a"; done < /t/args
cd /tmp; /t/test "$@"; echo "@@EXIT $?"; poweroff -f
INIT
  chmod +x "$dir/r/init"
  (cd "$dir/r" && find . | cpio -o -H newc --quiet | gzip -1) >"$dir/initrd"
}

run_machine() {
  local suite=$1 binary=$2 who=$3 dir rc
  shift 3
  dir=$(mktemp -d)
  make_initrd "$dir" "$binary" "$who" "$@"
  # -cx16: QEMU 7.2 emulates cmpxchg16b wrongly for 6.12 kernels (random double faults in SLUB); harmless to mask.
  timeout "${VM_TIMEOUT:-900}" qemu-system-x86_64 -accel tcg,thread=multi -cpu max,-cx16 -m "${VM_MEM:-2048}" -smp 2 -nodefaults \
    -no-user-config -display none -serial stdio -no-reboot -kernel "$cache/$suite/vmlinuz" -initrd "$dir/initrd" \
    -append "console=ttyS0 panic=-1 quiet cryptomgr.notests" | tr -d '\r' | tee "$dir/log" >&2 || true
  rc=$(sed -n 's/^@@EXIT //p' "$dir/log" | tail -1)
  cp "$dir/log" "$cache/$suite-$who.log"
  rm -rf "$dir"
  return "${rc:-125}"
}

install_packages
RUSTFLAGS="-C target-feature=+crt-static" cargo test -q -p tribunal-sandbox --test contained --no-run \
  --target x86_64-unknown-linux-gnu --target-dir target/static --message-format=json >"$(mkdir -p "$cache" && echo "$cache/build.json")"
binary=$(sed -n 's/.*"executable":"\([^"]*\/contained-[^"]*\)".*/\1/p' "$cache/build.json" | tail -1)
strip -o "$cache/contained" "$binary"
failed=0
for suite in $suites; do
  fetch_kernel "$suite"
  for who in $whos; do
    began=$SECONDS
    if run_machine "$suite" "$cache/contained" "$who" "$@"; then result=passed; else result=FAILED; failed=1; fi
    echo "cgroup2: $suite $who: $result in $((SECONDS - began)) s"
  done
done
exit $failed
