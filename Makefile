# Each target builds the environment it needs, once. Another interpreter: make PYTHON=python3.12 ...
# Anything more for the command underneath: make test ARGS="-x -k jets"

PYTHON ?= python3
ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-all lint types contracts docs figures scoreboard clean

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

run: .venv/.installed  ## solve a first problem (Allen-Cahn) and write runs/allen_cahn
	.venv/bin/physml run allen_cahn --budget short --output runs/allen_cahn $(ARGS)

test: .venv-test/.installed  ## the fast tests
	.venv-test/bin/python -m pytest -n auto $(ARGS)

test-all: .venv-test/.installed  ## every test, the slow ones too
	.venv-test/bin/python -m pytest -n auto -m "" $(ARGS)

lint: .venv-dev/.installed  ## style
	.venv-dev/bin/ruff check $(ARGS)
	.venv-dev/bin/ruff format --check $(ARGS)

types: .venv-dev/.installed  ## static types
	.venv-dev/bin/pyright --pythonpath .venv-dev/bin/python $(ARGS)

contracts: .venv-dev/.installed  ## which part may import which
	.venv-dev/bin/lint-imports $(ARGS)

docs: .venv-dev/.installed  ## the documentation, in docs/_build/html
	.venv-dev/bin/python -m sphinx -q -W --keep-going $(ARGS) docs docs/_build/html

figures: .venv/.installed  ## redraw the papers' figures and tables
	.venv/bin/physml figures $(ARGS)

scoreboard: .venv/.installed  ## every published number beside ours
	.venv/bin/physml scoreboard $(ARGS)

clean:  ## remove environments, caches and built pages; runs/ stays
	rm -rf .venv .venv-test .venv-dev build dist docs/_build docs/_generated
	rm -rf .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find physml problems tests docs paper_figures benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# .venv holds physml alone; .venv-test and .venv-dev hold it with the extra of that name.
define environment
	@$(PYTHON) -c 'import sys; sys.exit("physml needs Python 3.11 or newer, for example: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@echo "Installing $(1) into $(@D)"
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e "$(1)"
	@touch $@
endef

.venv/.installed: pyproject.toml constraints.txt
	$(call environment,.)

.venv-%/.installed: pyproject.toml constraints.txt
	$(call environment,.[$*])
