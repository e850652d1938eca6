# Everything runs in .venv, made here from the versions in constraints.txt. `make help` lists the commands.

# The main job: the shipped agent against the clinical baselines on 1,000 virtual patients.
DEMO = evaluate vancomycin_ward --patients 1000 --seed 7 --jobs 2 --report report.html
WORKERS = 2

EXTRAS = train,search,parquet,dev

RUN = .venv/bin/python -m
LOWEST = .venv-lowest/bin/python
PIP = $(RUN) pip --disable-pip-version-check install -qq
HASHED = $(PIP) --no-deps --require-hashes --requirement
PINS = pyproject.toml constraints.txt requirements/core.txt requirements/all.txt

.PHONY: help demo test test-all test-lowest lint format clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "make %-11s %s\n", $$1, $$2 }' Makefile

demo: .venv/.core ## evaluate the shipped agent on 1,000 virtual patients, into report.html
	@$(RUN) dosing_env $(DEMO)

test: verified ## run the checks and tests, as continuous integration does
	@echo "tests"
	@$(RUN) pytest -n $(WORKERS) -m "not slow"

test-all: verified ## the same with the slow proofs: thousands of damaged files, many kills
	@echo "tests, slow ones too"
	@$(RUN) pytest -n $(WORKERS)

test-lowest: ## run the tests on the lowest versions that pyproject.toml allows, in .venv-lowest
	@python=`sh tools/find_python.sh` && "$$python" -m venv --clear .venv-lowest
	@$(LOWEST) -m pip --disable-pip-version-check install -qq uv
	@$(LOWEST) -m uv pip install --quiet --python $(LOWEST) --resolution lowest-direct --editable '.[$(EXTRAS)]'
	@$(LOWEST) -m pytest -n $(WORKERS) -m "not slow"

.PHONY: verified
verified: lint
	@echo "verification"
	@$(RUN) dosing_env verify --jobs $(WORKERS) --quiet

lint: .venv/.all ## check lint, format and types
	@echo "lint, format, types"
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy

format: .venv/.all ## repair format and what lint can repair
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

clean: ## remove .venv and everything that was built or cached
	rm -rf .venv .venv-lowest build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: each is newer than what it was made from, so that nothing is installed twice.
.venv/.made:
	@python=`sh tools/find_python.sh` && echo "making .venv with $$python" && "$$python" -m venv --clear .venv
	@touch $@

.venv/.core: .venv/.made $(PINS)
	@echo "installing the core packages into .venv (about a minute)"
	@$(HASHED) requirements/core.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.all: .venv/.made $(PINS)
	@echo "installing the core, train, search and dev packages into .venv (a few minutes)"
	@$(HASHED) requirements/all.txt
	@$(PIP) --constraint constraints.txt --no-build-isolation --editable '.[$(EXTRAS)]'
	@touch .venv/.core $@
