# What each target does: README.md and CONTRIBUTING.md. All of them set up first; the second time that takes no time.

SHELL := /bin/bash
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-reset test lint format bench proof docs languages

help:
	@echo "make demo         try the whole shop in the browser, without a Discord account"
	@echo "make demo-reset   the same, from the start"
	@echo "make test         the tests"
	@echo "make lint         style, types, import contracts, docs"
	@echo "make format       mend what can be mended by itself"
	@echo "make bench        the benchmarks, one table"
	@echo "make proof        the long reliability run"
	@echo "make docs         the documentation site, into site/"
	@echo "make languages    the catalogues of translations, brought up to date with the texts in the code"
	@echo "make screenshots  the pictures of the documentation, taken anew from a demo"
	@echo "make setup        only set up .venv"

setup:
	@.ci/setup

demo: setup
	@exec $(BIN)/python bot.py demo $(ARGS)

demo-reset: setup
	@exec $(BIN)/python bot.py demo --reset $(ARGS)

test: setup
	@$(BIN)/python -m pytest -n auto --dist worksteal --reruns 1 $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@set -e; for example in examples/*/; do MYPYPATH=$$example:$${example}tests $(BIN)/mypy --strict $$example; done
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/python .ci/languages.py check
	@$(MAKE) --no-print-directory docs

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup
	@$(BIN)/python -m benchmarks $(ARGS)

proof: setup
	@GUILDSHOP_TEST_KILLS=$${GUILDSHOP_TEST_KILLS:-200} GUILDSHOP_TEST_SEED=$${GUILDSHOP_TEST_SEED:-$$RANDOM} \
		GUILDSHOP_TEST_ROWS=$${GUILDSHOP_TEST_ROWS:-100000} GUILDSHOP_TEST_EXAMPLES=$${GUILDSHOP_TEST_EXAMPLES:-50} \
		GUILDSHOP_TEST_CONTAINER=1 \
		$(BIN)/python -m pytest -v tests/chaos tests/contract/test_api_schemas.py \
		tests/test_cli.py::test_a_file_of_many_rows_is_imported tests/docs/test_containerfile.py $(ARGS)

docs: setup
	@set -o pipefail; NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict 2>&1 | sed -u '/^INFO/d'

languages: setup
	@$(BIN)/python .ci/languages.py update

screenshots: setup
	@$(BIN)/python docs/screenshots.py
