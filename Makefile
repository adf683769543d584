# Every command of the project. Each works from a clean checkout with Python 3.11 and make:
# what is missing is installed, or named, and then the command stops with a non-zero status.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON3 ?= python3
PYTHON := .venv/bin/python
PORT ?= 8000
# One part of the tests: unit, pg, broker or browser. ARGS goes to pytest.
PART ?= all
ARGS ?=

export PORT

.PHONY: help run test check stack bench soak lock format docs setup setup-dev clean

help: ## List the commands
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

run: setup ## The portal on SQLite with demo data, on 127.0.0.1:$PORT
	@exec $(PYTHON) -m portal.local.run

stack: setup ## PostgreSQL, RabbitMQ, web, relay, consumer and timers on this machine
	@exec $(PYTHON) -m portal.local.stack

test: setup-dev ## Every test, or PART=unit|pg|broker|browser
	@exec $(PYTHON) -m portal.local.testing $(PART) $(ARGS)

check: setup-dev ## Format, lint, types, migrations, deployment, generated documents
	@exec $(PYTHON) -m portal.local.checks

bench: setup-dev ## Benchmarks, each row a ratio to a baseline of the same run
	@exec $(PYTHON) -m bench $(ARGS)

soak: setup-dev ## Deep fault and fuzz runs, bounded
	@exec $(PYTHON) -m bench.soak $(ARGS)

format: setup-dev ## Format the code and the templates
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m portal.local.checks --fix-templates

docs: setup-dev ## Write the generated documents again
	@exec $(PYTHON) -m portal.local.checks --write-docs

LOCK := $(PYTHON) -m uv pip compile pyproject.toml --quiet --generate-hashes \
	--no-emit-index-url --no-header --python-version 3.11

NPM_LOCK := npm install --package-lock-only --ignore-scripts --no-audit --no-fund \
	--omit-lockfile-registry-resolved

lock: setup-dev ## Resolve the dependencies again and write the lock files
	@$(LOCK) -o requirements.txt
	@$(LOCK) --group dev -c requirements.txt -o requirements-dev.txt
	@$(LOCK:pyproject.toml=) --group node -o requirements-node.txt
	@$(LOCK:pyproject.toml=) --group bench -o requirements-bench.txt
	@$(NPM_LOCK)
	@cd tests/oracles && $(NPM_LOCK)

setup:
	@$(PYTHON3) -m portal.local.bootstrap run

setup-dev:
	@$(PYTHON3) -m portal.local.bootstrap dev

clean: ## Remove the virtual environment and everything under var/
	@rm -rf .venv var
