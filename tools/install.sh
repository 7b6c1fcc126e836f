#!/usr/bin/env bash
# Installs what is missing and nothing else: `install.sh toolchains|languages|lint|nextest|schemathesis|browser|emulator|bench ...`. Says nothing when all is there.
set -euo pipefail

# Each file that must exist, and the Debian package that brings it. The box shows /usr of the host and nothing of
# /root or /opt, so an interpreter elsewhere in PATH does not count.
readonly TOOLCHAINS=(
  /usr/bin/gcc:gcc
  /usr/bin/g++:g++
  /usr/include/stdio.h:libc6-dev
  /usr/bin/python3:python3
  /usr/bin/node:nodejs
)

# What further tests need, beside the toolchains of the examples.
readonly LANGUAGES=(
  /usr/bin/javac:default-jdk-headless
  /usr/bin/go:golang-go
  /usr/bin/fpc:fp-compiler
  /usr/bin/pypy3:pypy3
)

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "install.sh: this needs root: $*" >&2
    exit 1
  fi
}

readonly EMULATOR=(
  /usr/bin/qemu-system-x86_64:qemu-system-x86
  /usr/bin/cpio:cpio
  /usr/share/doc/busybox-static:busybox-static
)

packages() {
  local missing=() entry
  for entry in "$@"; do
    [ -e "${entry%%:*}" ] || missing+=("${entry##*:}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if ! command -v apt-get >/dev/null; then
    echo "install.sh: install these with your package manager, then try again: ${missing[*]}" >&2
    exit 1
  fi
  echo "installing ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

toolchains() {
  packages "${TOOLCHAINS[@]}"
}

languages() {
  packages "${LANGUAGES[@]}"
}

# For the tests on kernels with control groups of version 2.
emulator() {
  packages "${EMULATOR[@]}"
}

# What asks the front as fast as it answers.
bench() {
  packages /usr/bin/wrk:wrk
}

lint() {
  local component
  for component in rustfmt clippy; do
    cargo "${component/rustfmt/fmt}" --version >/dev/null 2>&1 || rustup component add "$component"
  done
}

nextest() {
  cargo nextest --version >/dev/null 2>&1 || cargo install --locked cargo-nextest
}

# Asks a judge what its OpenAPI document allows, and more; for Python alone, so it lives below target/.
readonly SCHEMATHESIS=4.32.5
schemathesis() {
  local home
  home="$(dirname "$0")/../target/schemathesis"
  [ "$(cat "$home/version" 2>/dev/null)" != "$SCHEMATHESIS" ] || return 0
  python3 -c 'import ensurepip' 2>/dev/null || packages "/usr/share/doc/python3-venv:python3-venv"
  echo "installing schemathesis $SCHEMATHESIS"
  python3 -m venv --clear "$home"
  "$home/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$SCHEMATHESIS"
  echo "$SCHEMATHESIS" >"$home/version"
}

# A browser to walk through the pages with, and axe, which says what about them keeps people out.
readonly BROWSER=(
  /usr/bin/chromium:chromium
  /usr/bin/chromedriver:chromium-driver
)
readonly AXE=4.14.1
readonly AXE_SHA256=e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745
browser() {
  packages "${BROWSER[@]}"
  local home
  home="$(dirname "$0")/../target/axe"
  [ "$(cat "$home/version" 2>/dev/null)" != "$AXE" ] || return 0
  echo "installing axe-core $AXE"
  mkdir -p "$home"
  python3 - "https://registry.npmjs.org/axe-core/-/axe-core-$AXE.tgz" "$home/axe.tgz" <<'FETCH'
import shutil, sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=60) as answer, open(sys.argv[2], "wb") as file:
    shutil.copyfileobj(answer, file)
FETCH
  echo "$AXE_SHA256  $home/axe.tgz" | sha256sum --check --quiet
  tar -xzf "$home/axe.tgz" -C "$home" --strip-components=1 package/axe.min.js
  echo "$AXE" >"$home/version"
}

for what in "$@"; do
  case "$what" in
    toolchains | languages | lint | nextest | schemathesis | browser | emulator | bench) "$what" ;;
    *)
      echo "install.sh: unknown: $what" >&2
      exit 2
      ;;
  esac
done
