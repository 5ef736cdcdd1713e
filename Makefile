# Everything one can do here. It needs Python 3.11 or newer with venv and pip, and make; the rest it brings itself.

# The first of these that is new enough and can make environments; `make PYTHON=…` chooses another.
PROBE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c '$(PROBE)' >/dev/null 2>&1 && { echo $$p; break; }; done)
ENVIRONMENTS = $(PYTHON) -m tools.environments
BIN := .venv/bin
CODE := src tests bench tools hatch_build.py

# Images of containers often switch it off: the tests start this program hundreds of times, and would compile it each time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help serve demo demo-amazon-q test pictures check format bench console console-check console-types requirements clean
.PHONY: python runtime dev judges site

help:  ## list what one can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: runtime site  ## run the gateway; options go into ARGS="--config my.yaml"
	@exec $(BIN)/isthmus serve $(ARGS)

demo: runtime site  ## run the gateway on the dummy provider: no key, no network
	@exec $(BIN)/isthmus serve --config tools/demo.yaml $(ARGS)

demo-amazon-q: runtime site  ## the same on a simulated Amazon Q: no account, no network
	@exec $(BIN)/isthmus demo amazon-q $(ARGS)

test: dev judges site  ## run every test, official clients included; PYTEST_ARGS="-k name" picks some
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

pictures: dev judges site  ## draw the pictures of docs/console anew, by the browser tests
	ISTHMUS_SCREENSHOTS=1 $(BIN)/python -m pytest -n 2 --dist loadfile tests/console $(PYTEST_ARGS)

check: dev  ## what must be green on every commit: format, lint, types, shape, fast tests
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -m "not slow and not judge" $(PYTEST_ARGS)

format: dev  ## put the code into its format and mend what the linter can mend
	$(BIN)/ruff check --fix-only --quiet $(CODE)
	$(BIN)/ruff format $(CODE)

bench: dev  ## measure CPU, time to first token and memory; options go into ARGS="--quick"
	$(BIN)/python -m bench $(ARGS)

console: python  ## build the web console, as the other commands do where it is due
	@$(ENVIRONMENTS) console

console-check: python  ## check the console: types, unit tests, texts of both languages
	@$(ENVIRONMENTS) console-check

console-types: dev  ## write the console's types anew from the admin API
	$(BIN)/python -m tools.console_types

requirements: python  ## pin requirements/*.txt anew from *.in; ARGS="--upgrade" moves versions
	$(PYTHON) -m tools.pin $(ARGS)

clean:  ## remove environments, caches and build results
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist tests/clients/node/node_modules \
		console/node_modules src/isthmus/console/site
	find src tests bench tools -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@test -n "$(PYTHON)" || { echo "Isthmus needs Python 3.11 or newer with venv and ensurepip; none was found on PATH."; \
		echo "On Debian and Ubuntu: apt-get install python3 python3-venv. Another one: make PYTHON=/path/to/python3"; exit 1; }

runtime: python
	@$(ENVIRONMENTS) runtime

dev: python
	@$(ENVIRONMENTS) dev

judges: python
	@$(ENVIRONMENTS) judges

site: python
	@$(ENVIRONMENTS) console-if-possible
