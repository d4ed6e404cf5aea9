# neurode: everything one does with this repository. `make` alone lists it.
#
# Every target does its own set-up: a .venv from the lock files, refreshed when a lock changes.
# Needed beforehand: Python 3.11 to 3.13, and make.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# The first Python on the path that is neither too old nor too new; `make PYTHON=... book` overrides.
IN_RANGE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	"$$python" -c '$(IN_RANGE)' 2>/dev/null && { echo "$$python"; break; }; done)

VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
SITE := _build/html
NOTEBOOKS ?= $(sort $(wildcard notebooks/*.ipynb))
EXPLORERS := explorers

# Small matrices: threads cost more than they bring, and tests run side by side.
export OMP_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help
help: ## list the targets
	@echo "neurode: make TARGET, where TARGET is one of"
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- set-up -----------------------------------------------------------------------------------

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "neurode needs Python 3.11, 3.12 or 3.13; here is: $$(python3 --version 2>&1 || true)." >&2; \
		echo "Install one of them, or name it: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; fi
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python's venv module does not work here; on Debian or Ubuntu: apt-get install python3-venv" >&2; \
		exit 1; }

# What renders the stored outputs: no torch, no kernel.
$(VENV)/.book: requirements/book.lock | $(BIN)/python
	@echo "Setting up $(VENV) for the site"
	@$(BIN)/python -m pip install --quiet -r $<
	@touch $@

# Everything. The library itself is installed in place, so that notebooks find it from any folder.
$(VENV)/.all: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV) (torch is the large one)"
	@$(BIN)/python -m pip install --quiet -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps -e .
	@touch $@ $(VENV)/.book

# What builds and checks the explorers' JavaScript. npm writes this file when it has finished.
NODE_MODULES := $(EXPLORERS)/node_modules/.package-lock.json
$(NODE_MODULES): $(EXPLORERS)/package-lock.json | $(BIN)/python
	@export PATH="$(CURDIR)/$(BIN):$$PATH" && $(BIN)/python tools/ensure_node.py \
		&& cd $(EXPLORERS) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# --- the book ---------------------------------------------------------------------------------

# After a failed build Sphinx would not repeat its warnings about unchanged pages, and the next
# build would pass: forget what was read.
.PHONY: book
book: $(VENV)/.book ## build the site from the stored outputs
	@export PATH="$(CURDIR)/$(BIN):$$PATH" && $(BIN)/python tools/ensure_node.py \
		&& NO_COLOR=1 $(BIN)/jupyter-book build . -W -n --keep-going \
		|| { rm -rf _build/.doctrees; exit 1; }
	@echo
	@echo "The book is in $(CURDIR)/$(SITE)"
	@echo "Open file://$(CURDIR)/$(SITE)/index.html"

.PHONY: serve
serve: book ## build the site and serve it on this machine (PORT=8000)
	@echo "Serving http://127.0.0.1:$(PORT)/ (stop with Ctrl-C)"
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(SITE) $(PORT)

.PHONY: dist
dist: book ## pack the site into one archive that opens from disk
	@$(BIN)/python tools/make_dist.py

.PHONY: lab
lab: $(VENV)/.all ## open the chapters in JupyterLab
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/jupyter lab --notebook-dir=notebooks

.PHONY: execute
execute: $(VENV)/.all ## run the chapters and store their outputs (NOTEBOOKS="notebooks/01_….ipynb")
	@for notebook in $(NOTEBOOKS); do \
		PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/jupyter nbconvert --execute --inplace --to notebook \
			--ExecutePreprocessor.record_timing=False "$$notebook" || exit 1; \
		$(BIN)/python tools/normalise_notebooks.py "$$notebook" || exit 1; \
	done

# --- checks -----------------------------------------------------------------------------------

.PHONY: test
test: $(VENV)/.all ## unit tests, stored outputs, chapters with other parameters, site, browser
	@$(MAKE) --no-print-directory book
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tools/run_tests.py

.PHONY: lint
lint: $(VENV)/.all $(NODE_MODULES) ## ruff, mypy, import-linter; biome for the JavaScript
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/lint-imports
	cd $(EXPLORERS) && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent lint

.PHONY: check
check: lint ## lint, and the unit tests that are not slow: after every change
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tools/run_tests.py --fast

.PHONY: mutants
mutants: $(VENV)/.all ## change the core's code in each small way; the tests must notice (an hour)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tools/mutants.py

.venv-lowest/.all: requirements/lowest.in pyproject.toml | $(BIN)/python
	@echo "Setting up .venv-lowest"
	@$(BIN)/python -m venv .venv-lowest
	@.venv-lowest/bin/python -m pip install --quiet -r $<
	@.venv-lowest/bin/python -m pip install --quiet --no-deps -e .
	@touch $@

.PHONY: test-lowest
test-lowest: .venv-lowest/.all ## unit tests with the lowest versions of the dependencies
	@# Old releases use what newer ones of others call deprecated.
	.venv-lowest/bin/python -m pytest -q -n 2 -W ignore::DeprecationWarning tests/unit \
		--ignore=tests/unit/test_reference_pages.py

.PHONY: audit
audit: $(VENV)/.all ## weigh every page; Lighthouse; the Nu HTML validator (wants Java)
	@$(MAKE) --no-print-directory book
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tools/audit.py

# Packages of its own again. Strict: what the database does not know counts as a failure.
.PHONY: advisories
advisories: | $(BIN)/python ## ask PyPI's and npm's databases for known vulnerabilities (wants the internet)
	@test -x .venv-advisories/bin/pip-audit || { $(PYTHON) -m venv .venv-advisories \
		&& .venv-advisories/bin/python -m pip install --quiet pip-audit; }
	.venv-advisories/bin/pip-audit --strict --no-deps --disable-pip --progress-spinner=off \
		-r requirements.lock
	cd $(EXPLORERS) && npm audit

# --- results ----------------------------------------------------------------------------------

.PHONY: study
study: $(VENV)/.all ## train every variant over all seeds (QUICK=1: a small one; DASK_SCHEDULER=address)
	$(BIN)/python -m neurode_lib.study $(if $(QUICK),--quick _build/study) \
		$(if $(DASK_SCHEDULER),--scheduler "$(DASK_SCHEDULER)")

# The other libraries stay out of .venv: nothing else needs them.
.venv-bench/.all: requirements/bench.lock pyproject.toml | $(BIN)/python
	@echo "Setting up .venv-bench"
	@$(BIN)/python -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet -r $<
	@.venv-bench/bin/python -m pip install --quiet --no-deps -e .
	@touch $@

.PHONY: bench
bench: .venv-bench/.all ## time training against other libraries
	.venv-bench/bin/python bench/bench.py

# --- upkeep -----------------------------------------------------------------------------------

.PHONY: explorers
explorers: $(NODE_MODULES) ## build the JavaScript bundle of the explorers
	cd $(EXPLORERS) && PATH="$(CURDIR)/$(BIN):$$PATH" npm run build

.PHONY: vendor
vendor: $(VENV)/.all ## fetch MathJax and the text font, with their licences
	@PATH="$$PATH:$(CURDIR)/$(BIN)" && $(BIN)/python tools/ensure_node.py \
		&& $(BIN)/python tools/vendor_assets.py

.PHONY: lock
lock: ## resolve requirements/*.in again (UPGRADE=1: take newer versions)
	@test -x .venv-lock/bin/pip-compile || { $(PYTHON) -m venv .venv-lock \
		&& .venv-lock/bin/python -m pip install --quiet pip pip-tools; }
	.venv-lock/bin/python tools/lock.py $(if $(UPGRADE),--upgrade)

.PHONY: reference
reference: $(VENV)/.all ## write the pages on faults and on dependencies again
	$(BIN)/python tools/write_reference.py

.PHONY: clean
clean: ## remove what the other targets made, the .venv too
	rm -rf $(VENV) .venv-lock .venv-bench .venv-lowest .venv-advisories \
		_build .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache neurode_lib.egg-info $(EXPLORERS)/node_modules tools/audit/node_modules dist
