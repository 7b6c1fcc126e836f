#!/bin/bash
# Runs the sandbox's tests on real Debian kernels that have control groups of version 2 only, in QEMU under software
# emulation: as root, as an ordinary user with a delegated group, and as one without. Needs no KVM and no mounts.
# usage: cgroup2.sh [-k KERNELS] [-r RUNS] [TEST-ARGS...], for instance: cgroup2.sh -k trixie -r "plain:contained" some_test
#        kernels: bookworm (6.1), trixie (6.12); runs: root, delegated, plain with boxes, contained. Without control groups all
#        kernels are alike, so the longest run of all is left to `user.sh`.
# Exit code: 0 if all passed. A run that fails is repeated once, in another machine: emulated kernels lose a test now and then
# that real ones do not; what fails twice has failed. Where the emulator or a kernel cannot be had, the runs are left out with a
# word; CGROUP2_REQUIRED=1 makes that a failure. Times under emulation mean nothing. The whole output is in .cache/cgroup2/*.log.
set -euo pipefail
suites="bookworm trixie"
all_runs="root:boxes root:contained delegated:boxes delegated:contained plain:boxes"
while getopts k:r: option; do
  case $option in k) suites=$OPTARG ;; r) all_runs=$OPTARG ;; *) exit 2 ;; esac
done
binaries="boxes contained"
shift $((OPTIND - 1))
cd "$(dirname "$(readlink -f "$0")")/../.."
cache=$PWD/.cache/cgroup2
mkdir -p "$cache"
# A machine that says nothing for so long is dead: emulated kernels sometimes are.
silence_s=${SILENCE_S:-150}
machines_max=4
downloads_max=3

# Says what is not tested and why.
left_out() {
  echo "cgroup2: LEFT OUT: $1" >&2
  [ -z "${CGROUP2_REQUIRED:-}" ]
}

[ "$(uname -m)" = x86_64 ] || { left_out "the kernels and the tests are for x86-64, and this is $(uname -m)"; exit; }
tools/install.sh emulator || { left_out "the emulator (qemu-system-x86, busybox-static, cpio) cannot be installed"; exit; }

# Downloads a suite's kernel, unless it is there; tries again where the network is at fault.
fetch_kernel() {
  local attempt
  for ((attempt = 1; attempt <= downloads_max; attempt++)); do
    # A process of its own: `set -e` has no effect inside a condition.
    if "$BASH" -c "set -euo pipefail; cache=$cache; $(declare -f download_kernel); download_kernel $1"; then return 0; fi
    echo "cgroup2: $1: the kernel cannot be downloaded (attempt $attempt of $downloads_max)" >&2
    sleep $((5 * attempt))
  done
  return 1
}

# Downloads a suite's kernel (and nothing else) from the mirror that apt uses.
download_kernel() {
  local suite=$1 w=$cache/$1
  [ ! -e "$w/vmlinuz" ] || return 0
  mkdir -p "$w/lists/partial" "$w/cache/archives/partial"
  local mirror
  mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
    sed -n "s/^URIs: *\([^ ]*\).*/\1/p; s/^deb .*\(https\{0,1\}:[^ ]*\) .*/\1/p" | head -1) || true
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} $suite main" >"$w/sources.list"
  local apt=(-o "Dir::Etc::sourcelist=$w/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$w/lists"
    -o "Dir::Cache=$w/cache" -o APT::Sandbox::User=root -o Acquire::Retries=3)
  apt-get "${apt[@]}" -qq update
  local package
  package=$(apt-cache "${apt[@]}" depends linux-image-cloud-amd64 | awk '/Depends: linux-image-[0-9]/{print $2; exit}')
  (cd "$w" && apt-get "${apt[@]}" -qq download "$package" && dpkg -x "$package"_*.deb x && cp x/boot/vmlinuz-* vmlinuz.new)
  mv "$w/vmlinuz.new" "$w/vmlinuz"
  rm -rf "$w"/{x,lists,cache,sources.list} "$w"/*.deb
}

# The tests, linked so that they need no file of a system.
build() {
  local name
  RUSTFLAGS="-C target-feature=+crt-static -C relocation-model=static" CARGO_PROFILE_DEV_DEBUG=false CARGO_PROFILE_DEV_OPT_LEVEL=1 \
    cargo test -q -p tribunal-sandbox --test boxes --test contained --no-run \
    --target x86_64-unknown-linux-gnu --target-dir target/static --message-format=json >"$cache/build.json"
  for name in $binaries; do
    strip -o "$cache/$name" "$(sed -n "s/.*\"executable\":\"\([^\"]*\/$name-[^\"]*\)\".*/\1/p" "$cache/build.json" | tail -1)"
  done
}

# The whole machine: busybox, the tests, and a file of the runs that are still to be told: who, suite, arguments.
make_initrd() {
  local dir=$1; shift
  mkdir -p "$dir"/r/{bin,proc,sys,dev,tmp,t,root,etc,usr/bin,lib,lib64}
  cp /bin/busybox "$dir/r/bin/"
  local name
  for name in $binaries; do cp "$cache/$name" "$dir/r/t/"; chmod 755 "$dir/r/t/$name"; done
  cp "$dir/runs" "$dir/r/t/runs"
  printf '%s\n' "$@" >"$dir/r/t/args"
  cat >"$dir/r/init" <<'INIT'
#!/bin/busybox sh
export PATH=/bin TRIBUNAL_NO_TOOLS=1 TRIBUNAL_EMULATED=1 RUST_BACKTRACE=0
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mkdir -p /dev/shm /dev/pts; mount -t tmpfs -o mode=1777 shm /dev/shm; mount -t tmpfs -o mode=1777 tmp /tmp
mount -t cgroup2 none /sys/fs/cgroup; ip link set lo up; hostname machine
ulimit -n 20000
set --; while read -r a; do [ -n "$a" ] && set -- "$@" "$a"; done < /t/args
cd /tmp
while read -r who name; do
  as=; case $who in delegated) as="--as-user 1000 --delegate /sys/fs/cgroup" ;; plain) as="--as-user 1001" ;; esac
  echo "@@BEGIN $who $name"
  /t/$name $as --test-threads=3 "$@" </dev/null; rc=$?
  echo; echo "@@END $who $name $rc"
done < /t/runs
poweroff -f
INIT
  chmod +x "$dir/r/init"
  (cd "$dir/r" && find . | cpio -o -H newc --quiet | gzip -1) >"$dir/initrd"
}

# Boots one machine; its console goes to a log. Ends it when it has been silent for too long.
run_machine() {
  local suite=$1 dir=$2 log=$3 machine
  # -cx16: QEMU 7.2 emulates cmpxchg16b wrongly for 6.12 kernels (random double faults in SLUB); harmless to mask.
  qemu-system-x86_64 -accel tcg,thread=multi -cpu max,-cx16 -m "${VM_MEM:-2048}" -smp 2 -nodefaults \
    -no-user-config -display none -serial "file:$log" -no-reboot -kernel "$cache/$suite/vmlinuz" -initrd "$dir/initrd" \
    -append "console=ttyS0 panic=-1 quiet cryptomgr.notests mitigations=off init_on_alloc=0" </dev/null &
  machine=$!
  while kill -0 "$machine" 2>/dev/null; do
    sleep 1
    if [ $(($(date +%s) - $(stat -c %Y "$log" 2>/dev/null || date +%s))) -gt "$silence_s" ]; then
      echo "@@SILENT" >>"$log"
      kill -9 "$machine"
    fi
  done
  wait "$machine" 2>/dev/null || true
}

# All runs on one kernel. What a dead machine did not tell is repeated in another, and so is, once, what it told to have failed.
run_suite() {
  local suite=$1 dir log who name told result failed=0 machine=0 began=$SECONDS
  shift
  dir=$(mktemp -d)
  printf '%s\n' $all_runs | tr : ' ' >"$dir/runs"
  : >"$dir/failed-once"
  while [ -s "$dir/runs" ]; do
    machine=$((machine + 1))
    if [ $machine -gt $machines_max ]; then
      sed "s/^/cgroup2: $suite: never told: /" "$dir/runs"
      failed=1
      break
    fi
    log=$cache/$suite-$machine.log
    rm -f "$log"
    make_initrd "$dir" "$@"
    run_machine "$suite" "$dir" "$log"
    : >"$dir/left"
    while read -r who name; do
      told=$(tr -d '\r' <"$log" | sed -n "s/^@@END $who $name //p" | tail -1)
      result="cgroup2: $suite: $who $name: $(summary "$log" "$who" "$name")"
      if [ "$told" = 0 ]; then
        grep -qx "$who $name" "$dir/failed-once" && result+=" (passed at the second attempt)"
        echo "$result"
      elif [ -z "$told" ]; then
        echo "cgroup2: $suite: $who $name: machine $machine died"
        echo "$who $name" >>"$dir/left"
      else
        echo "$result"
        failures "$log" "$who" "$name"
        if grep -qx "$who $name" "$dir/failed-once"; then
          echo "cgroup2: $suite: $who $name: FAILED twice"
          failed=1
        else
          echo "$who $name" | tee -a "$dir/failed-once" >>"$dir/left"
        fi
      fi
    done <"$dir/runs"
    mv "$dir/left" "$dir/runs"
  done
  rm -rf "$dir"
  echo "cgroup2: $suite: $((SECONDS - began)) s, $machine machine(s)"
  return $failed
}

# What a run said, without the tests that passed.
failures() {
  told_by "$@" | grep -v '\.\.\. .*ok' | tail -60
}

summary() {
  told_by "$@" | sed -n 's/^test result: //p' | tail -1
}

told_by() {
  tr -d '\r' <"$1" | sed -n "/^@@BEGIN $2 $3/,/^@@END $2 $3/p" | sed 's/\x1b\[[0-9;]*m//g'
}

reachable=
for suite in $suites; do
  if fetch_kernel "$suite"; then
    reachable+=" $suite"
  else
    left_out "no network: the kernel of Debian $suite could not be downloaded, so nothing was tested on it"
  fi
done
[ -n "$reachable" ] || exit 0
build
# Both kernels at once: the tests wait much, and one machine's waiting is the other's turn.
failed=0 runs=()
for suite in $reachable; do
  run_suite "$suite" "$@" &
  runs+=($!)
done
for run in "${runs[@]}"; do wait "$run" || failed=1; done
exit $failed
