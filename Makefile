# make demo   a language model learns from the interpreter, on this machine; opens as runs/pocket/report.html
# make test   the default tests, about ten minutes on two cores
# make check  format, lint, types, architecture, and the site of the documentation, strictly
# make docs   the site of the documentation, in build/site
# make claims the paper's claims on the built-in model, and docs/results.md: hours; claims-quick: a look in minutes
# Each does all the set-up it needs, in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test test-all check docs format regold claims claims-quick

demo: $(INSTALLED)
	$(BIN)/leti learn pocket --run runs/pocket
	$(BIN)/leti report runs/pocket

test: $(INSTALLED)
	$(BIN)/pytest

test-all: $(INSTALLED)
	$(BIN)/pytest -m ""

check: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/zensical build --strict

docs: $(INSTALLED)
	$(BIN)/zensical build --strict

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

claims: $(INSTALLED) runs/pocket-second runs/pocket-early runs/pocket-further
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train,openai,lora,dev,bench]'
	$(BIN)/python bench/claims

claims-quick: $(INSTALLED)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train,openai,lora,dev,bench]'
	$(BIN)/python bench/claims --quick

runs/pocket-second: $(INSTALLED)
	$(BIN)/python recipes/pocket/make.py --second --out $@.part
	mv $@.part $@

runs/pocket-early: $(INSTALLED)
	$(BIN)/python recipes/pocket/make.py --reads 16000 --out $@.part
	mv $@.part $@

runs/pocket-further: $(INSTALLED)
	$(BIN)/python recipes/pocket/further.py --out $@.part
	mv $@.part $@

regold: $(INSTALLED)
	LETI_REGOLD=1 $(BIN)/pytest -n 0 tests/golden tests/unit/report
	git diff --stat -- tests

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train,openai,lora,dev]'
	touch $@
