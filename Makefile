# make demo and make test need python3 (3.11 or newer, with venv) and make; they install the rest into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test lint types docs site package check peers bench clean
.DEFAULT_GOAL := help

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "catdata needs Python 3.11 or newer; name one with: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.tools: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all]' --group dev
	@touch $@

peers: $(VENV)/.peers  ## Install what speed and results are compared with: PyTorch, albumentations

$(VENV)/.peers: $(VENV)/.tools
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group bench
	@touch $@

demo: $(VENV)/.installed  ## Draw a sample dataset and do the whole job on it (about a minute)
	$(BIN)/catdata demo demo

test: $(VENV)/.tools  ## Run all tests
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered

lint: $(VENV)/.tools  ## Check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell

types: $(VENV)/.tools  ## Check types
	$(BIN)/mypy

docs: $(VENV)/.tools  ## Write docs/cli.md anew from --help
	$(BIN)/cog -r docs/cli.md

site: $(VENV)/.tools  ## Write the pages as a site to look at, site/index.html; a broken link fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

package: $(VENV)/.tools  ## Build wheel and sdist, install the wheel apart and run its demo
	rm -rf dist $(VENV)-wheel
	$(BIN)/python -m build --quiet
	$(PYTHON) -m venv $(VENV)-wheel
	$(VENV)-wheel/bin/python -m pip install --quiet --constraint constraints.txt dist/*.whl
	folder=$$(mktemp -d) && cd "$$folder" && $(CURDIR)/$(VENV)-wheel/bin/catdata demo && rm -rf "$$folder"

check: lint types test site  ## All of the above checks

bench: $(VENV)/.peers  ## Measure speed and memory, as ratios within one run
	@status=0; for name in bench_start bench_add bench_build bench_scale bench_check bench_report bench_training \
	    bench_memory bench_growth bench_augment bench_label bench_engines \
	    measure_fingerprints measure_doubt measure_transforms; do \
	    echo "== $$name"; $(BIN)/python scripts/$$name.py || status=1; done; exit $$status

clean:  ## Delete the environment and the demo
	rm -rf $(VENV) $(VENV)-wheel demo dist site
