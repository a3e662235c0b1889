# Sagsgang with make. Needs git, make and Python 3.11 or newer with venv; everything else lands in .venv.
#
#   make demo    one night of address changes in a simulated municipality, from proposal to journal note
#   make test    every check and every test
#
# Without make the same two are "uv run sagsgang demo" and "uv run python check.py" (see README.md).
# Another Python: make test PYTHON=python3.12

PYTHON ?= python3
VENV ?= .venv
UV_VERSION := 0.13.9
DEMO_ARGS ?=
PYTEST_ARGS ?=

BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
RUN := $(BIN)/python

# A Python that was asked for by name must be the one in the virtual environment; otherwise any one that is there will do.
ifneq ($(origin PYTHON),file)
ASKED_FOR := -py$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo none)
endif
UV_READY := $(VENV)/.uv-$(UV_VERSION)$(ASKED_FOR)
SYNCED := $(VENV)/.synced

# uv installs into this virtual environment, with its Python, and fetches no Python of its own.
export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON := $(RUN)
export UV_PYTHON_DOWNLOADS := never
# The certificates that the machine trusts, among them those of a municipality's proxy that opens TLS.
export UV_SYSTEM_CERTS ?= true
export VIRTUAL_ENV := $(abspath $(VENV))
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTEST_ARGS

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast lint format types contracts house crash crash-sqlite crash-postgres bench hooks clean
.DELETE_ON_ERROR:

help: ## Show this list
	@printf 'Usage: make TARGET\n'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | while IFS='|' read -r name text; do \
		printf '  %-15s %s\n' "$$name" "$$text"; done

setup: $(SYNCED) ## Make .venv with the locked packages; does nothing when it is there
	@echo "$(VENV) is ready."

demo: $(SYNCED) ## Run the main job on a simulated municipality
	@$(BIN)/sagsgang demo $(DEMO_ARGS)

test: $(SYNCED) ## Lint, types, import contracts, house checks, and every test
	@$(RUN) check.py

test-fast: $(SYNCED) ## The same without the slow tests
	@$(RUN) check.py --fast

lint: $(SYNCED) ## ruff: rules and format
	@$(RUN) check.py lint format

format: $(SYNCED) ## Mend format, and what ruff can mend by itself
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

types: $(SYNCED) ## mypy
	@$(RUN) check.py types

contracts: $(SYNCED) ## import-linter: which room may import which
	@$(RUN) check.py contracts

house: $(SYNCED) ## The lock file, and the files in docker/
	@$(RUN) check.py lock dockerfile compose

crash: crash-sqlite crash-postgres ## The crash matrix in full (hours; make -j2 crash: both databases at once); SAGSGANG_CRASH=apply,notes for some scenarios

crash-sqlite crash-postgres: export SAGSGANG_CRASH ?= all
crash-sqlite: $(SYNCED) ## The same on SQLite
	@$(RUN) -m pytest -m crash -q -k "not postgres" $(PYTEST_ARGS)
crash-postgres: $(SYNCED) ## The same on PostgreSQL
	@$(RUN) -m pytest -m crash -q -k postgres $(PYTEST_ARGS)

bench: $(SYNCED) ## 2,000 address changes over HTTP, measured
	@$(RUN) benchmarks/address_changes.py

hooks: $(SYNCED) ## Let git run the quick checks before each commit
	@$(BIN)/pre-commit install
	@echo "A commit needs uv on the PATH, or the virtual environment activated: . $(BIN)/activate"

clean: ## Remove what can be made again: .venv, caches, var/
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis var build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(UV_READY):
	@"$(PYTHON)" -c '' 2>/dev/null || { \
		echo "Sagsgang needs Python 3.11 or newer, and there is no $(PYTHON) that runs here."; \
		echo "Install it (Debian, Ubuntu: sudo apt-get install python3 python3-venv), or name another: make $(MAKECMDGOALS) PYTHON=python3.12"; \
		exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Sagsgang needs Python 3.11 or newer; $(PYTHON) is $$("$(PYTHON)" --version 2>&1)."; \
		echo "Name a newer one: make $(MAKECMDGOALS) PYTHON=python3.12"; \
		exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments: its venv and ensurepip modules are missing."; \
		echo "Debian, Ubuntu: sudo apt-get install python3-venv"; \
		exit 1; }
	@echo "Making $(VENV) with $$("$(PYTHON)" --version) and uv $(UV_VERSION)"
	@"$(PYTHON)" -m venv --clear "$(VENV)"
	@"$(RUN)" -m pip install --quiet "uv==$(UV_VERSION)" || { \
		echo "pip could not fetch uv. Behind a proxy: set HTTPS_PROXY, and PIP_CERT to the certificate file of the proxy."; \
		exit 1; }
	@touch "$(VENV)/.uv-$(UV_VERSION)" "$(VENV)/.uv-$(UV_VERSION)-py$$("$(RUN)" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"

$(SYNCED): uv.lock pyproject.toml $(UV_READY)
	@"$(BIN)/uv" sync --locked --no-python-downloads --quiet || { \
		echo "uv could not install the locked packages. Behind a proxy that opens TLS: the machine must trust its certificate (or set SSL_CERT_FILE)."; \
		exit 1; }
	@touch "$@"
