# Two commands matter: `make demo` and `make test`. Both set up what they need in .venv.
PYTHON ?= python3
BIN := .venv/bin
UV := .uv/bin/uv
UV_VERSION := 0.13.9
# Where the home folder cannot be written (containers), the installer keeps its cache here.
export UV_CACHE_DIR ?= $(shell test -w "$$HOME" && echo "$$HOME/.cache/uv" || echo "$(CURDIR)/.uv/cache")

.PHONY: help setup setup-bench demo test test-modes check format lock models docs bench clean

help:  ## Show what can be made.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: .venv/.ready  ## Make the environment in .venv and compile the kernels.

.uv/.ready-$(UV_VERSION):
	@echo "Fetching the installer (once) …"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --target .uv --upgrade uv==$(UV_VERSION) 2> .uv-install.log \
		|| { cat .uv-install.log; exit 1; }
	@rm -f .uv-install.log && touch $@

.venv/.ready: pyproject.toml requirements.lock .uv/.ready-$(UV_VERSION)
	@echo "Setting up .venv (once; about three minutes) …"
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --require-hashes --compile-bytecode --python $(BIN)/python requirements.lock
	@$(UV) pip install --quiet --no-deps --python $(BIN)/python --editable .
	@$(BIN)/moneytrail warmup --scoring
	@touch $@

demo: setup  ## Simulate a bank with gangs in it, score it, show and serve the alerts.
	@$(BIN)/moneytrail demo

test: setup  ## Run the test suite (kernels compiled).
	@$(BIN)/python -m pytest -n auto --dist worksteal

# Scenarios are left out: they drive these kernels a second time, through all that stands above them. Bounds are checked
# where kernels are held to oracles: the typologies' laws and parameters go over the same lines again.
MODE := -q -n auto --dist worksteal -m "not slow" -p no:cacheprovider
KERNELS := tests/kernels tests/typologies/test_equivalence.py tests/tracing/test_backwards.py

test-modes: setup  ## The kernels again: interpreted with coverage, then with bounds checks.
	@rm -f .coverage .coverage.*
	@NUMBA_DISABLE_JIT=1 $(BIN)/coverage run -m pytest $(MODE) $(KERNELS) tests/typologies
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report
	@NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=.venv/numba-boundscheck $(BIN)/python -m pytest $(MODE) $(KERNELS)

check: setup  ## Style, types, the architecture's import rules, and the documentation.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/docs

format: setup  ## Format the code.
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

setup-bench: .venv/.ready-bench  ## Add what only the benchmarks need: the peers and the plots.

.venv/.ready-bench: .venv/.ready requirements-bench.lock
	@$(UV) pip install --quiet --no-deps --require-hashes --python $(BIN)/python -r requirements-bench.lock
	@touch $@

# The benchmarks' lock holds the same versions as the other one. The GPU library that xgboost asks for is left out.
lock: setup  ## Resolve the dependencies anew.
	@$(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --group dev --generate-hashes \
		--no-emit-index-url --no-annotate --no-header -o requirements.lock pyproject.toml
	@$(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --group bench --generate-hashes \
		--constraint requirements.lock --no-emit-package nvidia-nccl-cu12 --no-emit-package nvidia-nccl-cu13 \
		--no-emit-index-url --no-annotate --no-header -o requirements-bench.lock pyproject.toml

models: setup  ## Train the shipped detectors again on simulated banks.
	@$(BIN)/python -m models.train

docs: setup  ## Write the generated pages of docs/ again.
	@$(BIN)/python -m moneytrail.docs docs

bench: setup-bench  ## Measure the scoring core against its peer, then graph building and the whole command.
	@$(BIN)/python -m benchmarks.core --sizes 1000000,5000000,20000000 --plot benchmarks/results/core.svg
	@$(BIN)/python -m benchmarks.slice

clean:  ## Remove the environment and everything that was made.
	rm -rf .venv .uv .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
