# Everything a checkout needs, from an empty machine with Python 3.11 or newer.
SHELL := /bin/bash
VENV ?= .venv
PYTHON ?= python3
RUN := $(VENV)/bin
UV_VERSION := 0.13.8

.PHONY: demo test slow coverage check docs schemas wheel release changelog clean
.DEFAULT_GOAL := help

.PHONY: help
help: ## Say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | column -t -s'|'

demo: $(VENV)/.main ## Run the bundled audit through to a verified, signed report in demo/
	@$(RUN)/raudit demo demo

test: $(VENV)/.dev ## Pass the tests
	@$(RUN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder -m "not slow and not network"

slow: $(VENV)/.dev ## Pass the slow tests too
	@$(RUN)/python -m pytest -q -m "not network"

# What proof rests on: numbers, verdicts, log, signatures, people and what they decide.
PROOF := stats policy log signing statements verify emit
FLOOR ?= 90
comma := ,
empty :=
space := $(empty) $(empty)

coverage: $(VENV)/.dev ## Measure the branches of the rooms that proof rests on, and hold them to a floor
	@$(RUN)/python -m pytest -q -n auto --dist loadfile -m "not slow and not network" --cov=raudit --cov-report= \
	  tests/stats tests/gate tests/log tests/signing tests/people tests/verify tests/audit
	@$(RUN)/coverage report --skip-covered --fail-under=$(FLOOR) \
	  --include="$(subst $(space),$(comma),$(PROOF:%=src/raudit/%/*))"

check: $(VENV)/.dev ## Format, lint, types, imports, dependencies
	@$(RUN)/ruff format --check .
	@$(RUN)/ruff check .
	@$(RUN)/mypy
	@$(RUN)/lint-imports
	@$(RUN)/deptry src

schemas: $(VENV)/.main ## Write the published JSON Schemas again
	@$(RUN)/python scripts/write_schemas.py

wheel: $(VENV)/.dev ## Build the wheel
	@$(RUN)/uv build --wheel

docs: $(VENV)/.docs ## Build the docs site into dist/docs; a warning is an error
	@$(RUN)/sphinx-build -q -W --keep-going -d dist/doctrees docs dist/docs

release: $(VENV)/.dev ## Build what is published, list its parts, and try the wheel in an empty environment
	@scripts/release.sh "$(RUN)"

changelog: $(VENV)/.dev ## Gather changelog.d/ into CHANGELOG.md: make changelog VERSION=0.2.0
	@$(RUN)/towncrier build --yes --version "$(VERSION)"

clean: ## Remove what was made here
	rm -rf $(VENV) dist demo .mypy_cache .ruff_cache .pytest_cache

# -- set-up: a virtual environment with the locked versions, and the system libraries that weasyprint draws with

$(VENV)/.uv:
	@scripts/make_venv.sh "$(PYTHON)" "$(VENV)" "$(UV_VERSION)"
	@touch $@

$(VENV)/.main: $(VENV)/.uv uv.lock pyproject.toml
	@scripts/system_libraries.sh
	@if [ ! -e $(VENV)/.dev ]; then UV_PROJECT_ENVIRONMENT=$(VENV) $(RUN)/uv sync -q --frozen --no-dev --inexact; fi
	@touch $@

$(VENV)/.docs: $(VENV)/.dev
	@UV_PROJECT_ENVIRONMENT=$(VENV) $(RUN)/uv sync -q --frozen --inexact --group docs
	@touch $@

$(VENV)/.dev: $(VENV)/.uv uv.lock pyproject.toml
	@scripts/system_libraries.sh
	@UV_PROJECT_ENVIRONMENT=$(VENV) $(RUN)/uv sync -q --frozen --inexact --extra models --extra onnx --extra engines --extra postgres --extra warehouse --extra web
	@touch $@ $(VENV)/.main
