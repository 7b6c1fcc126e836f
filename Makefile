# Tribunal: what a developer and an operator call. `make help` prints the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help check fmt lint test test-fresh test-user test-cgroup2 soak bench run clean build toolchains test-tools

LISTEN ?= 127.0.0.1:8080
DATA ?= example-data
KILLS ?= 500
MINUTES ?= 60

help: ## print the targets
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

check: ## type-check everything
	cargo check --workspace --all-targets

fmt: ## format the sources
	cargo fmt --all

lint: lint-tools ## complain about format and style
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

test: lint-tools test-tools lint test-fresh test-user test-cgroup2 ## every check and every test; installs what they need
	cargo nextest run --workspace --no-fail-fast

test-fresh: test-tools ## the sandbox's tests with new namespaces for each run
	TRIBUNAL_FRESH=1 cargo test -q -p tribunal-sandbox --test contained -- --test-threads=2

test-user: test-tools ## the sandbox's tests as an ordinary user, if this is root
	@sandbox/tests/user.sh

test-cgroup2: ## the sandbox's tests on real kernels with control groups of version 2, emulated
	@sandbox/tests/cgroup2.sh

soak: toolchains ## kill a judge under load KILLS=500 times, spread over MINUTES=60; then 100 clients at once for a minute
	TRIBUNAL_KILLS=$(KILLS) TRIBUNAL_SOAK_MINUTES=$(MINUTES) cargo test --release --test it -- --nocapture kills::
	TRIBUNAL_LOAD_SECONDS=60 cargo test --release --test it -- --nocapture load::

bench: toolchains ## measure runs beside plain fork + exec + wait, accepting with 100,000 stored, the web front, and the scheduler
	@tools/install.sh bench
	cargo bench --bench sandbox --bench judge --bench accept --bench front --bench scoreboard
	cargo bench -p tribunal-actors --bench scheduler

build: ## the release binary, target/release/tribunal
	cargo build --release

run: toolchains build ## the judge with the examples and a contest of them on LISTEN=127.0.0.1:8080
	@exec tools/serve-examples.sh target/release/tribunal "$(LISTEN)" "$(DATA)"

toolchains: ## install the compilers and interpreters of the examples, if missing
	@tools/install.sh toolchains

test-tools: toolchains
	@tools/install.sh languages nextest schemathesis browser

.PHONY: lint-tools
lint-tools:
	@tools/install.sh lint

clean: ## remove what was built
	cargo clean
