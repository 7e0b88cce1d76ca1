# Sockeye's tasks. `make` alone lists them.
#
# Every module is built on its own, as somebody who depends on it would build
# it: go.work is for editors only.
export GOWORK := off

FUZZTIME ?= 10s
BENCHTIME ?= 200ms
MINCOVER ?= 95
CONNS ?= 1000000
SEEDS ?= 1000
FIRST ?= 1
MODULES := $(patsubst %/go.mod,%,$(wildcard ./go.mod ./*/go.mod))
CODE := $(filter-out ./tools,$(MODULES)) # tools has no packages
STATICCHECK := $(CURDIR)/bin/staticcheck

# The race detector needs cgo and a C compiler.
RACE := $(shell [ "$$(go env CGO_ENABLED)" = 1 ] && command -v $$(go env CC) >/dev/null && echo -race)

# $(call each,MODULES,COMMAND) runs COMMAND in each of the modules.
each = @set -e; for m in $(1); do (cd $$m && echo "$$m: $(2)" && $(2)); done

.PHONY: help
help: ## list the targets
	@echo 'Targets (FUZZTIME=$(FUZZTIME), BENCHTIME=$(BENCHTIME), CONNS=$(CONNS) can be set):'
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: bin/echo bin/bench ## see it work: thousands of idle connections, then a load (under a minute)
	bin/bench demo -echo bin/echo

.PHONY: run
run: bin/echo ## run the echo server on :8080
	bin/echo -addr :8080

.PHONY: test
test: ## test everything that needs only Go (with the race detector, if there is a C compiler)
	@[ -n "$(RACE)" ] || echo 'No cgo or C compiler: testing without the race detector.'
	go test $(RACE) -shuffle=on ./...
	@# The race detector allocates, and is too slow for all inputs of some tests.
	go test ./pool ./codec/... ./handshake
	go test -run='Alloc|Malformed' ./engine/...
	cd examples && go test -shuffle=on ./...
	cd bench && go test -shuffle=on ./...

.PHONY: e2e
e2e: bin/echo node-modules ## test the built server against other clients: Go, Node, Chromium; directly, and behind nginx and HAProxy
	cd e2e && ECHO=$(CURDIR)/bin/echo go test -count=1 -v ./...

.PHONY: faults
faults: bin/echo ## fail the built server's system calls, and have peers reset, stop, stall and vanish: [FULL=1] (root)
	cd e2e && FAULTS=1 FULL=$(FULL) ECHO=$(CURDIR)/bin/echo go test -count=1 -v -parallel=4 -timeout=20m ./faults

.PHONY: simulate
simulate: ## run the engine on SEEDS simulated systems with faults, from seed FIRST (0: a random one)
	go test -c -o bin/simulate ./engine
	cd engine && ../bin/simulate -test.run='^TestSimulation$$' -test.timeout=0 -test.v -sim.first=$(FIRST) -sim.seeds=$(SEEDS)

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME each
	tools/fuzz.sh $(FUZZTIME)
	cd bench && ../tools/fuzz.sh $(FUZZTIME)

.PHONY: attacks
attacks: bin/echo bin/bench ## attack the server in every way we know, and see what it does (ten minutes): [ONLY=slowloris,split] [QUICK=1]
	bin/bench attacks -echo bin/echo $(if $(ONLY),-only $(ONLY)) $(if $(QUICK),-quick)

.PHONY: bench
bench: ## Go benchmarks of each package, then the comparison (more than half an hour)
	go test -run='^$$' -bench=. -benchmem -benchtime=$(BENCHTIME) ./...
	$(MAKE) compare

.PHONY: compare
compare: bin/bench ## measure the server against its peers (half an hour): [CELLS=echo,idle] [PEERS=epoll,sockeye] [QUICK=1]
	bin/bench compare $(if $(CELLS),-cells $(CELLS)) $(if $(PEERS),-peers $(PEERS)) $(if $(QUICK),-quick)

.PHONY: c1m
c1m: ## open CONNS connections into one server process, in a virtual machine if need be (a million: half an hour)
	bench/c1m/run.sh $(CONNS)

.PHONY: soak
soak: bin/echo bin/bench ## load the server for ten minutes, with faults: does all it uses return to where it was? [DURATION=10m]
	bin/bench soak -echo bin/echo -scenario bench/scenarios/soak.json -html bin/soak.html $(if $(DURATION),-duration $(DURATION))

.PHONY: leaks
leaks: bin/echo bin/bench ## look for bytes of one connection that reach another, in 10^8 messages (a quarter of an hour): [MESSAGES=n]
	bin/bench leaks -echo bin/echo $(if $(MESSAGES),-messages $(MESSAGES))

.PHONY: profile
profile: bin/echo bin/bench ## say where the server's time and memory go; profiles and flame graphs in bin/profile
	bin/bench profile -echo bin/echo -dir bin/profile -duration 10s

.PHONY: benchstat
benchstat: bin/staticcheck ## compare benchmarks with a revision: BASE=rev [PKG=./codec] [BENCH=regex] [COUNT=6]
	@BENCHTIME=$(BENCHTIME) tools/benchstat.sh '$(BASE)' '$(or $(PKG),./...)' '$(or $(BENCH),.)' '$(or $(COUNT),6)'

.PHONY: lint
lint: bin/staticcheck ## gofmt, go vet, staticcheck, and tidy, unchanged modules
	@files=$$(gofmt -l .); [ -z "$$files" ] || { echo "not gofmted: $$files"; exit 1; }
	$(call each,$(CODE),go vet ./...)
	$(call each,$(CODE),$(STATICCHECK) ./...)
	$(call each,$(MODULES),go mod tidy -diff)
	$(call each,$(MODULES),go mod verify)

.PHONY: fmt
fmt: ## gofmt everything, tidy every module
	gofmt -w .
	$(call each,$(MODULES),go mod tidy)

.PHONY: cover
cover: ## coverage of codec and handshake; fails below MINCOVER percent
	@mkdir -p bin
	@set -e; for pkg in codec handshake; do \
		go test -coverprofile=bin/$$pkg.out ./$$pkg >/dev/null; \
		go tool cover -func=bin/$$pkg.out | awk -v pkg=$$pkg -v min=$(MINCOVER) \
			'/^total:/ { print pkg ": " $$3 " of statements"; if ($$3 + 0 < min) exit 1 }'; \
	done

.PHONY: cross
cross: ## build and vet for the other platforms
	@set -e; for p in darwin/arm64 freebsd/amd64 linux/arm64; do \
		echo "$$p: go build, go vet"; \
		export GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0; \
		go build ./... && go vet ./...; \
	done

.PHONY: clean
clean: ## remove what the targets above have built
	rm -rf bin e2e/node/node_modules

# The go command knows what has changed, so these are always handed to it.
.PHONY: bin/echo bin/bench
bin/echo:
	cd examples && go build -o ../bin/ ./echo
bin/bench:
	cd bench && go build -o ../bin/ .

bin/staticcheck: tools/go.mod tools/go.sum
	cd tools && go build -o ../bin/ tool
	@touch $@

.PHONY: node-modules
node-modules: e2e/node/node_modules/.package-lock.json
e2e/node/node_modules/.package-lock.json: e2e/node/package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing: install Node.js 20 or later'; exit 1; }
	cd e2e/node && npm ci --no-audit --no-fund
	@touch $@
