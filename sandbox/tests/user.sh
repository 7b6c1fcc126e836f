#!/bin/bash
# Runs the sandbox's tests here as an ordinary user without control groups, if this is root; else they are run so anyway.
# usage: user.sh [TEST-ARGS...]
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
if [ "$(id -u)" != 0 ]; then
  echo "user.sh: this is an ordinary user already"
  exit 0
fi
cargo test -q -p tribunal-sandbox --test boxes --test contained -- --as-user 60777 --test-threads=2 "$@"
