# Every target sets up what it needs: a virtual environment in .venv, made once from requirements.lock, whose every
# file is known by its hash. make lock writes the locks anew from pyproject.toml.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
WHEEL := $(PIP) wheel --no-build-isolation --no-deps
UV_LOCK := .lock/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --upgrade \
	--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' --quiet
# The time that stands in a wheel: that of the last commit, or the first that a zip can hold.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 315532800)

.PHONY: demo test check coverage mutants bench lock docs screenshots wheel zipapp manual release sandbox chaos fleet scale fuzz attack clean

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up .venv (once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $(READY)

demo: $(READY)  ## A real migration between two sandbox organizations; ends with the path of the report
	@$(BIN)/sigma-migrate sandbox --state .demo/world.yaml -- $(BIN)/sigma-migrate apply plans/demo.yaml --yes \
		--set run.requests_per_second=500 --set run.concurrency=8 --set run.write_concurrency=4

test: $(READY) docs  ## The documentation built strictly, then the tests, with a bounded share of the slow suites
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal -p no:benchmark -m "not bench"

check: $(READY)  ## Format, lint, types, layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

coverage: $(READY)  ## Branch coverage of the pure files, with a floor; beside make check, since it takes minutes
	@$(BIN)/python tests/kit/pure_coverage.py

mutants: $(READY)  ## Small wrong changes to the code that decides; prints those that no test notices
	@$(BIN)/python tests/kit/mutants.py

lock:  ## Writes requirements.lock (all that make installs), requirements-run.lock (a wheel), requirements-fleet.lock (a fleet) and requirements-docs.lock anew
	@test -x .lock/bin/uv || { $(PYTHON) -m venv .lock && .lock/bin/python -m pip install --quiet uv; }
	@$(UV_LOCK) pyproject.toml --extra dev --output-file requirements.lock
	@$(UV_LOCK) pyproject.toml --extra postgres --extra keyring --extra mcp --extra sandbox --constraints requirements.lock --output-file requirements-run.lock
	@$(UV_LOCK) pyproject.toml --extra postgres --extra keyring --extra dask --extra otel --extra s3 --constraints requirements.lock --output-file requirements-fleet.lock
	@$(UV_LOCK) --group docs --output-file requirements-docs.lock

DOCS_READY := .docs/.ready
PAGES := README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE docs plans deploy examples

$(DOCS_READY): requirements-docs.lock
	@test -x .docs/bin/python || $(PYTHON) -m venv .docs
	@.docs/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes --requirement requirements-docs.lock
	@touch $(DOCS_READY)

docs: $(DOCS_READY)  ## The documentation as a site in site/; a link that leads nowhere or a page outside the index fails it
	@rm -rf .docs/pages site && mkdir -p .docs/pages && cp -R $(PAGES) .docs/pages
	@NO_MKDOCS_2_WARNING=1 .docs/bin/mkdocs build --strict --quiet
	@echo "site/index.html"

screenshots: $(READY)  ## The pictures of the documentation, made anew from a real run; needs a Chromium
	@PYTHONPATH=tests $(BIN)/python -m kit.screenshots

wheel: $(READY)  ## A pure wheel in dist/
	@rm -rf dist
	@$(WHEEL) --wheel-dir dist .
	@ls dist/*.whl

zipapp: wheel  ## One file that runs where Python is and pip is not, on machines of this kind: dist/sigma-migrate.pyz
	@rm -rf .zipapp && mkdir .zipapp
	@$(PIP) install --require-hashes --target .zipapp --requirement requirements-run.lock
	@$(PIP) install --no-build-isolation --no-deps --target .zipapp dist/*.whl
	@$(BIN)/python tests/kit/one_file.py .zipapp dist/sigma-migrate.pyz && rm -rf .zipapp
	@$(BIN)/python -I dist/sigma-migrate.pyz --version

manual: $(READY)  ## The manual page, dist/sigma-migrate.1
	@mkdir -p dist && $(BIN)/sigma-migrate manual > dist/sigma-migrate.1 && ls dist/sigma-migrate.1

release: wheel  ## The wheel, built twice and compared; the lock to install it with or to audit; its parts as CycloneDX; all sums
	@umask 077; TZ=Pacific/Auckland $(WHEEL) --wheel-dir dist/again .
	@cmp dist/*.whl dist/again/*.whl && rm -r dist/again
	@cp requirements-run.lock dist/requirements.txt
	@$(BIN)/python -W ignore -m cyclonedx_py requirements requirements-run.lock --pyproject pyproject.toml --spec-version 1.5 \
		--output-reproducible --output-format JSON --output-file dist/sbom.cdx.json
	@cd dist && rm -f SHA256SUMS && sha256sum * > SHA256SUMS && cat SHA256SUMS

bench: $(READY)  ## What the program costs, as one table, and speed as ratios against something in the same run
	@$(BIN)/pytest -q tests -m bench --benchmark-only -s

sandbox: $(READY)  ## Serve the sandbox organizations until Ctrl-C
	@$(BIN)/sigma-migrate sandbox

chaos: $(READY)  ## Kills and faults at every step, the full length
	@CHAOS=full $(BIN)/python -m pytest -q -n 4 -p no:benchmark tests/chaos -m chaos --timeout=7200

fleet: $(READY)  ## Several workers on one run, by themselves and as a Dask cluster, with all that may happen to them; the full length
	@FLEET=full $(BIN)/python -m pytest -q -s tests/fleet -m fleet --timeout=3600

scale: $(READY)  ## Large worlds, the full length
	@SCALE=full $(BIN)/python -m pytest -q tests -m scale --timeout=3600

fuzz: $(READY)  ## Generated requests and documents, the full length
	@SANDBOX_FUZZ_EXAMPLES=800 $(BIN)/python -m pytest -q tests -m fuzz --timeout=3600

attack: $(READY)  ## What a stranger may try, the full length; ends with a table class | tried | got through
	@ATTACK=full $(BIN)/python -m pytest -q -n auto -p no:benchmark tests/attack --timeout=3600

clean:  ## Removes everything that was made here, the demo's organizations and ledger included
	rm -rf .venv .lock .docs .zipapp site .demo .sigma-migrate .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find reports -mindepth 1 ! -name README.md -exec rm -rf {} +
