# Everything runs in .venv, made here from the versions in constraints.txt. `make help` lists the commands.

# The main job: the shipped agent against the clinical baselines on 1,000 virtual patients.
DEMO = evaluate vancomycin_ward --patients 1000 --seed 7 --jobs 2 --report report.html
WORKERS = 2

RUN = .venv/bin/python -m
PIP = $(RUN) pip --disable-pip-version-check install -qq --constraint constraints.txt
PINS = pyproject.toml constraints.txt

.PHONY: help demo test lint format clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{ printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: .venv/.core ## evaluate the shipped agent on 1,000 virtual patients, into report.html
	@$(RUN) dosing_env $(DEMO)

test: lint ## run every check and test, as continuous integration does
	@echo "verification"
	@$(RUN) dosing_env verify --jobs $(WORKERS) --quiet
	@echo "tests"
	@$(RUN) pytest -n $(WORKERS)

lint: .venv/.all ## check lint, format and types
	@echo "lint, format, types"
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy

format: .venv/.all ## repair format and what lint can repair
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

clean: ## remove .venv and everything that was built or cached
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: each is newer than what it was made from, so that nothing is installed twice.
.venv/.made:
	@python=`sh tools/find_python.sh` && echo "making .venv with $$python" && "$$python" -m venv --clear .venv
	@touch $@

.venv/.core: .venv/.made $(PINS)
	@echo "installing the core packages into .venv (about a minute)"
	@$(PIP) hatchling
	@$(PIP) --no-build-isolation --editable .
	@touch $@

.venv/.all: .venv/.made $(PINS)
	@echo "installing the core, train, search and dev packages into .venv (a few minutes)"
	@$(PIP) hatchling
	@$(PIP) --no-build-isolation --editable '.[train,search,parquet,dev]'
	@touch .venv/.core $@
