# Every target sets up what it needs: a virtual environment in .venv, made once from pyproject.toml.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test check bench wheel sandbox chaos scale fuzz attack clean

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up .venv (once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(READY)

demo: $(READY)  ## A real migration between two sandbox organizations; ends with the path of the report
	@$(BIN)/sigma-migrate sandbox --state .demo/world.yaml -- $(BIN)/sigma-migrate apply plans/demo.yaml --yes \
		--set run.requests_per_second=500 --set run.concurrency=8 --set run.write_concurrency=4

test: $(READY)  ## The tests, with a bounded share of the slow suites
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal -p no:benchmark -m "not bench"

check: $(READY)  ## Format, lint, types, layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

wheel: $(READY)  ## A pure wheel in dist/
	@rm -rf dist
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps --wheel-dir dist .
	@ls dist/*.whl

bench: $(READY)  ## Speed as ratios against something in the same run
	@$(BIN)/pytest -q tests -m bench --benchmark-only -s

sandbox: $(READY)  ## Serve the sandbox organizations until Ctrl-C
	@$(BIN)/sigma-migrate sandbox

chaos: $(READY)  ## Kills and faults at every step, the full length
	@CHAOS=full $(BIN)/python -m pytest -q -s tests/chaos -m chaos --timeout=3600

scale: $(READY)  ## Large worlds, the full length
	@SCALE=full $(BIN)/python -m pytest -q tests -m scale --timeout=3600

fuzz: $(READY)  ## Generated requests and documents, the full length
	@SANDBOX_FUZZ_EXAMPLES=800 $(BIN)/python -m pytest -q tests -m fuzz --timeout=3600

attack: $(READY)  ## What a stranger may try, the full length; ends with a table class | tried | got through
	@ATTACK=full $(BIN)/python -m pytest -q -n auto -p no:benchmark tests/attack --timeout=3600

clean:  ## Removes everything that was made here, the demo's organizations and ledger included
	rm -rf .venv .demo .sigma-migrate .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find reports -mindepth 1 ! -name README.md -exec rm -rf {} +
