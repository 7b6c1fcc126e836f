#!/usr/bin/env bash
# Serves the example problems and says what to try: `serve-examples.sh BINARY LISTEN DATA`.
set -euo pipefail
cd "$(dirname "$0")/.."

# The server prints one line when it accepts connections; what to try follows it.
announce() {
  while IFS= read -r line; do
    printf '%s\n' "$line"
    case "$line" in
      "listening on "*) try "${line#listening on }" ;;
    esac
  done
}

try() {
  cat <<TEXT

Open $1/ in a browser, or paste this line into another terminal:

curl -s $1/run -H 'content-type: application/json' -d '{"language":"python","code":"def factorial(n):\n    return 1 if n == 0 else n * factorial(n-1)","tests":{"visible":[{"id":"test_1","input":"5","expected_output":"120"}],"hidden":[{"id":"hidden_1","input":"0","expected_output":"1"}]}}'

Ctrl-C stops the judge.
TEXT
}

exec "$1" serve --listen "$2" --data "$3" --problems examples > >(announce)
