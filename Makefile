# `make help` lists what there is.

.DEFAULT_GOAL := help
.NOTPARALLEL:

FUZZTIME ?= 30s
BENCH    ?= sockets service go

# The version comes from git describe. Go's own stamping is off: it stops the
# build where git refuses a clone that belongs to another user.
VERSION = $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
export GOFLAGS := $(strip $(GOFLAGS) -buildvcs=false)

# The pinned tools are built again when their pins or Go change.
BIN   := .cache/bin
TOOLS := $(BIN)/.built-by-$(shell go env GOVERSION 2>/dev/null)

NPM_FOLDERS  := $(patsubst %/package-lock.json,%,$(wildcard web/package-lock.json examples/package-lock.json examples/*/package-lock.json internal/realtime/clienttest/package-lock.json bench/node/package-lock.json))
NODE_MODULES := $(addsuffix /node_modules/.installed,$(NPM_FOLDERS))

# What npm builds and the binary embeds: pages, and the Socket.IO clients.
PAGES  := internal/console/docs/built/index.html
CLIENT := internal/realtime/clientfiles/files/built/4/socket.io.js
WEB    := $(PAGES) $(CLIENT)

# A mongod for the tests, unless one is named. Where it cannot be fetched the
# tests ask Docker.
ifeq ($(ACTIVITYD_TEST_MONGODB_URI)$(ACTIVITYD_MONGOD),)
ifneq ($(shell uname -sm | grep -x 'Linux x86_64' && command -v apt-get),)
MONGOD := .cache/mongodb/mongod
endif
endif

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build bin/activityd, needs only Go; has what `make web` built, if it ran
	CGO_ENABLED=0 go build -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/activityd ./cmd/activityd

.PHONY: run
run: build ## Build and start the service (ARGS="--listen ..." adds flags)
	bin/activityd serve $(ARGS)

.PHONY: web
web: $(WEB) ## Build the pages and clients that the binary embeds, needs Node

.PHONY: openapi
openapi: ## Write api-docs/openapi.yaml from the method table
	go run ./internal/openapi/generate api-docs/openapi.yaml

.PHONY: test
test: $(NODE_MODULES) $(WEB) $(MONGOD) ## Run all tests, with the race detector where there is a C compiler
	scripts/gotest -timeout=40m ./...
	@for folder in $(NPM_FOLDERS); do echo "npm test in $$folder"; (cd "$$folder" && npm run test --if-present) || exit 1; done
	scripts/selfcheck

.PHONY: test-long
test-long: $(NODE_MODULES) $(WEB) $(MONGOD) ## Run also the tests that take long (build tag long)
	scripts/gotest -tags=long -timeout=2h ./...

.PHONY: check
check: check-format check-vet check-lint check-imports check-vuln check-modules ## Check format, vet, lint, import directions, vulnerabilities, modules

.PHONY: check-format
check-format:
	@echo "gofmt"
	@files=$$(find . \( -name node_modules -o -path ./.cache -o -path ./.git \) -prune -o -name '*.go' -exec gofmt -s -l {} +) && \
	if [ -n "$$files" ]; then echo "not formatted, run make fmt:"; echo "$$files"; exit 1; fi

.PHONY: check-vet
check-vet:
	go vet -tags=long ./...

.PHONY: check-lint
check-lint: $(TOOLS)
	$(BIN)/golangci-lint run ./...

.PHONY: check-imports
check-imports: $(TOOLS)
	scripts/import-rules $(BIN)/golangci-lint

.PHONY: check-vuln
check-vuln: $(TOOLS)
	scripts/vulncheck $(BIN)/govulncheck ./...

.PHONY: check-modules
check-modules:
	go mod tidy -diff
	go mod verify
	cd tools && go mod verify
	cd tools/pebble && go mod verify

.PHONY: fmt
fmt: ## Format the Go files
	@find . \( -name node_modules -o -path ./.cache -o -path ./.git \) -prune -o -name '*.go' -exec gofmt -s -l -w {} +

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (30s)
	scripts/fuzz $(FUZZTIME)

.PHONY: bench
bench: bench/node/node_modules/.installed $(if $(findstring mongodb,$(BENCH)),$(MONGOD)) ## Run the benchmarks BENCH ("sockets service go"; mongodb); sockets:calls,idle is a part
	scripts/bench $(BENCH)

.PHONY: conformance
conformance: ## Start what the official Socket.IO test suites are run against, on port 3000
	go run ./internal/realtime/conformance -port 3000 -ping-interval 300ms -ping-timeout 200ms -max-payload 1000000 -connect-timeout 1s

.PHONY: deps
deps: $(TOOLS) $(NODE_MODULES) $(MONGOD) ## Fetch and build all that check and test need
	go mod download
	cd tools/pebble && go mod download

.PHONY: clean
clean: ## Remove what was built and fetched; ./data stays
	rm -rf bin .cache $(dir $(PAGES)) $(CLIENT:4/socket.io.js=) $(addsuffix /node_modules,$(NPM_FOLDERS))

$(TOOLS): tools/go.mod tools/go.sum
	@echo "building the tools pinned in tools/go.mod, once: some minutes on a small machine"
	cd tools && CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o ../$(BIN)/ tool
	@rm -f $(BIN)/.built-by-*
	@touch $@

$(PAGES): web/node_modules/.installed web/build.mjs $(wildcard web/docs/*)
	cd web && npm run build

$(CLIENT): web/node_modules/.installed web/client.mjs
	cd web && npm run build-client

.cache/mongodb/mongod: scripts/mongod tools/mongodb/package-lock.json
	scripts/mongod

$(NODE_MODULES): %/node_modules/.installed: %/package-lock.json
	cd $* && npm ci
	@mkdir -p $(@D) && touch $@
