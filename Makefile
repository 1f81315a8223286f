# The front door for people; every target installs what it needs first.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
# Many tests wait for brokers, nodes and browsers: twice as many side by side as there are processors.
WORKERS := $(shell $(PYTHON) -c 'import os; print(2 * len(os.sched_getaffinity(0)))')

.PHONY: help install run test whole check looks bench faults lock
.DEFAULT_GOAL := help

help:
	@echo "make install           make .venv with the locked dependencies"
	@echo "make run [PORT=8000]   start the demonstration: broker, database, nodes, web; Ctrl-C stops it"
	@echo "make test              install what the tests need, run them"
	@echo "make whole             the same, with all of each kind of which that tries some"
	@echo "make check             format, lint, types, import contracts, field_configs"
	@echo "make looks             every page in every way of looking: languages, colours, widths, type"
	@echo "make bench             print every measured figure beside its bar"
	@echo "make faults            kill parts at random and count what is lost (SEED=1 ROUNDS=20)"
	@echo "make lock              renew the lock files from requirements/*.in (needs uv)"

$(VENV)/.runtime: requirements/runtime.txt setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is older than 3.11: install a newer Python, or name it: make PYTHON=python3.12"; exit 1; }
	@echo "installing into $(VENV): the locked dependencies (about 870 MB, one or two minutes)"
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "python -m venv failed: on Debian and Ubuntu, apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
	  -r requirements/runtime.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
	  --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: requirements/test.txt $(VENV)/.runtime
	@echo "installing into $(VENV): what checks and tests need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
	  -r requirements/test.txt
	@touch $@

install: $(VENV)/.runtime

run: install
	@exec $(BIN)/nongqing up --demo --port $(PORT)

test: $(VENV)/.test
	@sh tests/system_packages.sh
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

whole: $(VENV)/.test
	@sh tests/system_packages.sh
	NONGQING_WHOLE=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/nongqing check
	$(BIN)/python -m pytest -q tests/models/hazards/test_catalogue_words.py

looks: $(VENV)/.test
	NONGQING_WHOLE=1 $(BIN)/python -m pytest -q tests/browser/test_every_page.py

bench: $(VENV)/.test
	@set -e; for file in tests/bench/[a-z]*.py; do echo "== $$file"; $(BIN)/python $$file; done

faults: $(VENV)/.test
	$(BIN)/python tests/faults/campaign.py --seed $(or $(SEED),1) --rounds $(or $(ROUNDS),20)
	$(BIN)/python -m tests.faults.power_cuts --seed $(or $(SEED),1)

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --quiet requirements/runtime.in -o requirements/runtime.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --quiet requirements/test.in -o requirements/test.txt
