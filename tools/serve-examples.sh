#!/usr/bin/env bash
# Serves the example problems and the example contest, and says what to try: `serve-examples.sh BINARY LISTEN DATA`.
set -euo pipefail
cd "$(dirname "$0")/.."

# The passwords of the example's accounts are in the repository.
case "$2" in
  127.*:* | localhost:* | "[::1]:"*) ;;
  *)
    printf '%s\n' "make run serves accounts whose passwords everybody knows, on the loopback interface only, not on $2." \
      "For others: $1 serve --listen $2 --data DIR --problems DIR --contest FILE" >&2
    exit 2
    ;;
esac

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

A contest of the examples is running ($1/api/contest). Sign in at $1/login:

  a team    ants   ants-password     (also bees and crabs, with theirs)
  the jury  jury   jury-password
  a guest   guest  guest-password

Ctrl-C stops the judge.
TEXT
}

exec "$1" serve --listen "$2" --data "$3" --problems examples --contest examples/contest/contest.yaml > >(announce)
