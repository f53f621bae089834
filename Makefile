# Berth. `make start` and `make test` do all set-up on a fresh Debian machine; run them as root.
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
BUN := tools/bun/node_modules/bun/bin/bun.exe

.DEFAULT_GOAL := help
.PHONY: help start test bench bench-copies bench-idle profile ok build stop install uninstall

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

start: ## set up, build, start the engine in the background, run a first container
	@tools/setup.sh run
	@$(BUN) tools/build.ts
	@$(BUN) tools/start.ts

test: ## set up, build, run every test (PEERS=1 installs Docker, podman, ... to compare with; ONLY=word picks suites)
	@tools/setup.sh run test $(if $(PEERS),peers)
	@tools/guest-kernel.sh || [ -z "$(PEERS)" ]
	@PEERS="$(PEERS)" ONLY="$(ONLY)" $(BUN) tools/test.ts

bench: ## measure beside a private dockerd and podman (ONLY="run exec", ROUNDS=n, FORMAT=text|json|markdown)
	@tools/setup.sh run test peers
	@$(BUN) tools/build.ts
	@$(BUN) tests/bench/bench.ts --only "$(ONLY)" --rounds "$(ROUNDS)" --format "$(or $(FORMAT),text)"

bench-copies: ## measure copies of many small files (FILES=n, ROUNDS=n)
	@tools/setup.sh run test peers
	@$(BUN) tools/build.ts
	@FILES="$(or $(FILES),20000)" ROUNDS="$(or $(ROUNDS),5)" $(BUN) tests/bench/copies.ts

bench-idle: ## measure many idle containers at once (IDLE=n, IDLE_DOCKER=n, IDLE_NETWORK=bridge)
	@tools/setup.sh run test peers
	@$(BUN) tools/build.ts
	@IDLE="$(or $(IDLE),1000)" IDLE_DOCKER="$(or $(IDLE_DOCKER),150)" IDLE_NETWORK="$(or $(IDLE_NETWORK),none)" $(BUN) tests/bench/idle.ts

profile: ## where the time of a container's life and of an exec goes, step by step (ROUNDS=n, PROFILE_NETWORK=none)
	@tools/setup.sh run test
	@$(BUN) tools/build.ts
	@ROUNDS="$(or $(ROUNDS),40)" PROFILE_NETWORK="$(or $(PROFILE_NETWORK),bridge)" $(BUN) tests/bench/profile.ts

ok: ## the gate: format, lint, types, unused code, layers, unit tests (under a minute)
	@tools/setup.sh run
	@$(BUN) tools/ok.ts

build: ## build dist/berth
	@tools/setup.sh
	@$(BUN) tools/build.ts

stop: ## stop the engine that make start started; its containers keep running
	@tools/setup.sh
	@$(BUN) tools/stop.ts

install: ## install berth below /usr/local and, with systemd, as a service
	@tools/setup.sh run
	@$(BUN) tools/build.ts
	@$(BUN) tools/install.ts

uninstall: ## undo install and start (PURGE=1 also removes containers, images and volumes)
	@tools/setup.sh
	@PURGE="$(PURGE)" $(BUN) tools/uninstall.ts
