# tagtrail: `make help` lists what can be made.
SHELL := /bin/bash
.DEFAULT_GOAL := help

GOLANGCI_VERSION := v2.15.0
TOOLS := $(CURDIR)/bin/tools
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)
FLAGS ?=

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build services ## build and start tagtrail on embedded defaults (FLAGS="--listen …" for more)
	exec bin/tagtrail serve $(FLAGS)

.PHONY: build
build: toolchain ## build bin/tagtrail
	go build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/tagtrail ./cmd/tagtrail

.PHONY: test
test: toolchain services check race clients ## everything: formats, linters, and all tests under the race detector

.PHONY: race
race: toolchain services
	go test -race -timeout 30m ./...

.PHONY: test-fast
test-fast: toolchain ## the tests that need no services
	go test ./domain/... ./commands/... ./cmd/internal/arch/... ./adapters/whatsapp/...

.PHONY: check
check: toolchain $(TOOLS)/golangci-lint-$(GOLANGCI_VERSION) ## format, vet and lint
	@unformatted=$$(git ls-files '*.go' | xargs -r gofmt -l); test -z "$$unformatted" || { echo "gofmt would change: $$unformatted"; exit 1; }
	go vet ./...
	$(TOOLS)/golangci-lint-$(GOLANGCI_VERSION) run ./...

$(TOOLS)/golangci-lint-$(GOLANGCI_VERSION):
	@mkdir -p $(TOOLS)
	GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv $(TOOLS)/golangci-lint $@

.PHONY: golden
golden: toolchain ## write the golden JSON of new events; a written file is never changed
	go test ./domain -run Golden -golden

.PHONY: conformance
conformance: toolchain ## the official client's own suite against the embedded event store
	go test -count=1 -v -run TestClientSuite ./adapters/embedded/eventstore

.PHONY: clients
clients: toolchain ## clients for Node and Rust against the embedded event store; needs npm
	@if command -v npm >/dev/null; then go test -tags npm -count=1 -timeout 3m -run TestClientsOfOtherLanguages ./adapters/embedded/eventstore; \
	else echo "npm is missing: clients of other languages are not tried"; fi

.PHONY: powerloss
powerloss: toolchain ## simulated power losses under the embedded event store (LOSSES=100000 SEED=…)
	TAGTRAIL_POWERLOSSES=$(or $(LOSSES),100000) TAGTRAIL_SEED=$(SEED) go test -count=1 -v -timeout 2h -run TestPowerLoss ./adapters/embedded/eventstore/logstore

.PHONY: kill
kill: toolchain services ## kill -9 of every process under load, and a look at everything after each (CYCLES=1000 SEED=…)
	TAGTRAIL_TEST_CYCLES=$(or $(CYCLES),1000) TAGTRAIL_TEST_SEED=$(SEED) go test -count=1 -v -timeout 3h -run TestNothingThatWasAcknowledged ./cmd/internal/kill

.PHONY: rebuilds
rebuilds: toolchain services ## rebuilds under readers, deaths and cancels, again and again (COUNT=10)
	go test -race -count=$(or $(COUNT),10) -timeout 1h ./projections/runner

.PHONY: limits
limits: toolchain services ## fifty at once add to a contact that has room for one tag, again and again (ROUNDS=1000)
	TAGTRAIL_TEST_ROUNDS=$(or $(ROUNDS),1000) go test -count=1 -v -timeout 2h -run TestOfFiftyParallelAdds ./cmd/internal/app

.PHONY: stress
stress: toolchain ## Watermill's stress test of the subscriber and publisher (COUNT=10)
	STRESS_TEST_COUNT=$(or $(COUNT),10) go test -tags stress -count=1 -timeout 1h -run TestPubSubStress ./adapters/eventstore

.PHONY: statements
statements: toolchain ## what tagtrail has to do, and the tests that show it; what is missing comes first
	go run ./cmd/internal/statements

.PHONY: bench
bench: toolchain ## goal, ours, yardstick and ratio of everything that has a speed, in one table
	go run ./cmd/internal/bench

.PHONY: bench-quick
bench-quick: toolchain ## the same in shorter rounds, within three minutes
	go run ./cmd/internal/bench -quick

.PHONY: fuzz
fuzz: toolchain ## each fuzz target for half a minute
	@set -e; for file in $$(git grep -l '^func Fuzz' -- '*_test.go'); do \
	  for target in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\).*/\1/p' $$file); do \
	    go test -run '^$$' -fuzz "^$$target$$" -fuzztime 30s ./$$(dirname $$file); done; done

.PHONY: cover
cover: toolchain services ## test coverage, by function
	go test -coverprofile=bin/cover.out -coverpkg=./... ./... && go tool cover -func=bin/cover.out | tail -n 1

.PHONY: up down
up: ## start the compose file (EventStoreDB, PostgreSQL, api, project, worker)
	docker compose up --build --detach --wait
down: ## stop it
	docker compose down

.PHONY: toolchain
toolchain:
	@command -v go >/dev/null || { echo "Go 1.26 or newer is missing: install it from your system or go.dev"; exit 1; }
	@command -v git >/dev/null || { echo "git is missing: install it"; exit 1; }

# PostgreSQL's server programs: found, installed where that can be done, or named in one line.
.PHONY: services
services:
	@.ci/postgres
