# `make` lists the targets. `make run` and `make test` do all their own set-up.
SHELL := /bin/bash
PORT  ?= 8080
DATA  ?= var/data
SAMPLE ?= seeds
GO    ?= go
export GOFLAGS ?= -buildvcs=false
VERSION := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
BIN   := var/kaishu

.PHONY: help run dev build check test bench hard generate seed setup-go setup-browser setup-mail setup-pdf setup-postgres clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | column -ts "$$(printf '\t')"

run: build ## build, load the sample, serve http://127.0.0.1:8080 (PORT= DATA= SAMPLE=)
	@$(BIN) run --sample $(SAMPLE) --data $(DATA) --listen 127.0.0.1:$(PORT)

dev: build ## the same, and anybody of the sample can be signed in as at /zh/dev/sign-in
	@$(BIN) run --dev --sample $(SAMPLE) --data $(DATA) --listen 127.0.0.1:$(PORT)

build: setup-go ## build the binary into var/
	@mkdir -p var
	$(GO) build -ldflags '-s -w -X main.commit=$(VERSION)' -o $(BIN) ./cmd/kaishu

check: setup-go ## for every commit: vet, laws, all packages on SQLite, no browser (<= 5 minutes)
	@tools/check.sh

test: setup-go setup-browser setup-mail setup-pdf setup-postgres ## what CI runs: check, the browser journeys, a real mail server and PostgreSQL (<= 25 minutes on 2 cores)
	@tools/check.sh --browser

bench: build ## measure; prints a table and writes var/bench.json
	@$(GO) run ./tools/bench -kaishu $(BIN)

hard: setup-go ## the long counts; result, commit and seed go to docs/operate/hard.csv
	@tools/hard.sh

generate: setup-go ## refresh generated documents
	$(GO) run ./tools/generate

setup-go:
	@tools/setup.sh go

setup-browser:
	@tools/setup.sh browser

setup-mail:
	@tools/setup.sh mail

setup-postgres:
	@tools/setup.sh postgres

setup-pdf:
	@tools/setup.sh pdf

clean: ## forget the build and the data of `make run`
	rm -rf var
