# Every target works on a fresh clone with Python ≥ 3.11, git and make, and none needs an activated environment.
# What must be fetched is fetched once for each version of the locks; afterwards nothing here touches the network.

SHELL := /bin/sh
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
unexport VIRTUAL_ENV

# The stamps lie in the environment: without it they are gone too. They carry the hash of what they stand for.
LOCKED := $(BIN)/.locked-$(shell cat requirements/uv.txt requirements/dev.lock | cksum | tr ' ' '-')
PROJECT := $(BIN)/.project-$(shell cksum < pyproject.toml | tr ' ' '-')
# Chrome as .ci/browser fetches it where the system has none.
FETCHED_BROWSER := $(wildcard .env-tools/chrome/*/chrome .env-tools/chrome/*/*.app/Contents/MacOS/Google*Testing)
ifneq ($(FETCHED_BROWSER),)
export BROWSER_PATH ?= $(abspath $(firstword $(FETCHED_BROWSER)))
endif

# Not dead: markdown-it and DVC call methods by name, and an enum's values are read from files.
CALLED_BY_NAME := code_inline,code_block,fence,html_block,html_inline,MULTICLASS,quiet_rows,ls

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.PHONY: help environment demo test test-slow test-versions coverage mutants lint bench storage lock clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name line; do printf '  make %-12s %s\n' "$$name" "$$line"; done

environment: $(PROJECT) ## what the other targets need: .venv, and a browser for pictures
	@.ci/browser || true

demo: environment ## train on real data, change a parameter, and write reports/report.{md,html,json}
	@python -m demo.run

test: lint ## lint, then every test that is not slow
	@.ci/browser
	pytest -n 2 --dist loadfile --no-loadscope-reorder -m 'not slow'

test-slow: $(PROJECT) ## the tests that take minutes
	@.ci/browser
	pytest -n 2 --dist loadfile --no-loadscope-reorder -m slow

VERSIONS := # such as oldest-3.11 newest-3.13; all of them where none is named
test-versions: $(LOCKED) ## what is taken from DVC, with the oldest, the locked and the newest packages, and on each Python
	@.ci/test-versions $(VERSIONS)

coverage: $(PROJECT) ## which branches the unit, integration and contract tests take
	@.ci/browser
	@rm -rf .env-tools/coverage && mkdir -p .env-tools/coverage
	@# A test that bounds time would count the counting.
	coverage run -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m 'not slow' -k 'not in_bounded_time' \
		tests/unit tests/integration tests/contract
	coverage combine --quiet
	coverage report

MUTANTS := 300
SEED := 1
mutants: $(PROJECT) ## plant MUTANTS small faults, chosen by SEED, and count those that the tests notice
	python -m benchmarks.mutants --number $(MUTANTS) --seed $(SEED) --at-least 85

lint: $(PROJECT) ## formatting, rules, types, floors, dead code and workflows
	ruff check
	ruff format --check
	mypy -p reporter -p src -p demo
	lint-imports --no-logo
	deptry . --no-ansi
	vulture reporter src demo --ignore-names '$(CALLED_BY_NAME)'
	@.ci/lint-workflows

bench: $(PROJECT) ## time this project beside what its users would run instead
	@.ci/browser
	@for benchmark in $(basename $(notdir $(wildcard benchmarks/bench_*.py))); do python -m benchmarks.$$benchmark || exit 1; done

storage: $(PROJECT) ## run the embedded S3 storage until Ctrl-C
	@python -m demo.storage

lock: $(LOCKED) ## resolve the requirements anew
	@# dev: everything here; reporter: what the action installs; train: what the stages need in a workflow; oldest: the least that does.
	$(COMPILE) --upgrade --extra s3 --group dev pyproject.toml -o requirements/dev.lock
	$(COMPILE) --extra s3 --extra parquet --group build --constraints requirements/dev.lock pyproject.toml -o requirements/reporter.lock
	$(COMPILE) --extra s3 --group train --constraints requirements/dev.lock pyproject.toml -o requirements/train.lock
	$(COMPILE) --extra s3 --extra parquet --group test --constraints requirements/oldest.in pyproject.toml -o requirements/oldest.lock
	grep '^uv==' requirements/dev.lock | cut -d' ' -f1 | $(COMPILE) - -o requirements/uv.txt

clean: ## remove everything that was made here, the environment and the storage included
	@python3 -m demo.storage stop 2>/dev/null || true
	rm -rf .venv .env-tools .make .storage mutants reports .dvc/cache .dvc/tmp .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find reporter src demo tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

$(LOCKED):
	@.ci/environment
	@rm -f $(BIN)/.locked-* $(BIN)/.project-*
	@touch $@

$(PROJECT): $(LOCKED)
	@uv pip install --quiet --python $(BIN)/python --offline --no-deps --no-build-isolation --editable .
	@python -m compileall -q reporter src demo
	@rm -f $(BIN)/.project-*
	@touch $@
