# What people type in a checkout. Every target prepares .venv from the lock first, once.

PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$p -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null \
	&& echo $$p && break; done)
VENV ?= .venv
PYTEST_FLAGS ?=

BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# A check must not depend on how many threads BLAS would like to start.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# Two tests at a time; most of them wait for processes of their own.
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help venv sweep test test-fast test-hydra-next check lint format types layers docs bench lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

venv: $(READY) ## create .venv from the lock and install AgilML into it

$(READY): pyproject.toml requirements/install.sh $(wildcard requirements/*.txt)
	@test -n "$(PYTHON)" || { echo 'error: no Python 3.11 to 3.14 with venv and ensurepip' \
	  '(on Debian: apt install python3-venv); set PYTHON=...' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	requirements/install.sh $(BIN)/python
	$(PIP) install --no-deps --no-build-isolation --editable .
	$(PIP) check
	@touch $@

sweep: $(READY) ## train four small ResNets on handwritten digits and show which is best
	$(BIN)/agil sweep conf=resnet model=resnet8,resnet14 optim.lr=0.05,0.2

test: $(READY) ## run every test, the slow ones too
	@$(ONE_THREAD) $(PYTEST) $(PYTEST_FLAGS)

test-fast: $(READY) ## run the tests that take about a second or less
	@$(ONE_THREAD) $(PYTEST) -m 'not slow' $(PYTEST_FLAGS)

test-hydra-next: ## the launcher on Hydra's release candidate, in an environment of its own
	$(PYTHON) -m venv build/hydra-next
	build/hydra-next/bin/python -m pip install --quiet --pre --editable '.[dev]' 'hydra-core>=1.4.0rc1,<1.5'
	@$(ONE_THREAD) build/hydra-next/bin/python -m pytest tests/hydra_plugin tests/recipes/test_hydra_app.py

check: lint types layers test-fast ## what a change must pass: lint, types, layers, fast tests

lint: $(READY) ## ruff, as a linter and as a formatter
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(READY) ## let ruff format the code and mend what it can
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

types: $(READY) ## mypy --strict
	$(BIN)/mypy

layers: $(READY) ## import-linter: imports point down
	$(BIN)/lint-imports

docs: $(READY) ## write what is generated: the help text and docs/reference/cli.md
	$(BIN)/python -m agilml.cli.help

bench: $(READY) ## measure AgilML against its peers (about 15 minutes)
	$(BIN)/python -m bench

lock: ## write requirements/*.txt anew (KEEP=1: change only what pyproject.toml asks for)
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet 'uv>=0.9'
	build/lock/bin/python requirements/lock.py build/lock/bin/uv $(if $(KEEP),--keep)

clean: ## remove what make built; .agil/ is yours and stays
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +
