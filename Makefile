# Two commands matter: `make run` shows an organization trail at work, `make
# test` proves it. Both need Go; the tests install what else they use.

GO ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.8.0

.PHONY: run
run: ## build an organization with a trail, show what it delivers, and stay up
	$(GO) run ./cmd/orgtrail demo

.PHONY: build
build: ## one static binary in bin/
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/orgtrail ./cmd/orgtrail

.PHONY: test
test: ## every test, with the stock AWS CLI and a real PostgreSQL
	./scripts/install-test-tools
	$(GO) vet ./...
	$(GO) test -timeout 30m ./...

.PHONY: race
race: ## the tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -timeout 30m ./...

.PHONY: bench
bench: ## the benchmarks of docs/benchmarks.md
	$(GO) test -run '^$$' -bench . -benchtime 3s -timeout 60m ./...

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME each
	./scripts/fuzz $(or $(FUZZTIME),30s)

.PHONY: generate
generate: ## shapes, operation tables and docs/operations.md from the API models
	$(GO) run ./internal/wire/gen

.PHONY: lint
lint: ## formatting, vet, staticcheck
	@unformatted=$$(gofmt -l .) && test -z "$$unformatted" || { echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

.PHONY: vuln
vuln: ## known vulnerabilities of what the binary contains (needs the vulnerability database)
	$(GO) run $(GOVULNCHECK) ./...

.PHONY: help
help:
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile
