# The two commands are `make demo` and `make test`; `make help` lists the rest.
# Everything is installed into .venv, which is made when it is missing or out of date.

PYTHON ?= python3
DEMO ?= demo
SAMPLE ?= 400
SEED ?= 1
QUICK := tests/test_architecture.py tests/test_documents.py tests/test_mutants.py tests/litreview \
	tests/template/test_baselines_page.py $(addprefix tests/coursekit/,course git merge team template \
	test_reference.py cohort/test_status.py site/slides site/test_labels.py site/test_sanitize.py)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test quick lint docs bench mutants clean able

help:
	@echo "make demo    set up and run the main job in $(DEMO)/, offline (DEMO=folder for another one)"
	@echo "make test    set up with torch and run the whole test suite"
	@echo "make quick   an answer in a minute and a half, while you work"
	@echo "make lint    ruff, mypy and zizmor"
	@echo "make docs    build the documentation, with the showcase of the demo, into site/"
	@echo "make bench   print the benchmark tables"
	@echo "make mutants change the core modules, SAMPLE=400 times, and see which changes the tests notice"
	@echo "make clean   remove what was built, and .venv"

# pip, not a quicker installer: it honours the local wheels that a lab may provide.
$(VENV)/.demo-ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("coursekit needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Use: make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[site,strong]"
	@touch $@

$(VENV)/.test-ready: $(VENV)/.demo-ready
	$(BIN)/python -m pip install --quiet "torch>=2.10,<2.14"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@

demo: $(VENV)/.demo-ready
	$(BIN)/coursekit demo "$(DEMO)"

lint: $(VENV)/.test-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file benchmarks/mypy.ini benchmarks
	$(BIN)/zizmor --offline --quiet .github '{{cookiecutter.project_slug}}/.github'

# What this machine cannot test, and the one command that changes it.
able:
	@$(PYTHON) tests/machine.py

# Change one thing at a time in the core modules, and see whether the tests notice.
mutants: $(VENV)/.test-ready
	$(BIN)/python tests/mutants.py --sample $(SAMPLE) --seed $(SEED)

# Style, the architecture, and what is tested without a browser, a server or a whole course.
quick: $(VENV)/.test-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -q -n 3 --dist worksteal -m "not slow" $(QUICK)

test: able lint
	$(BIN)/python -m pytest -n 3 --dist worksteal

docs: demo
	$(BIN)/coursekit site "$(DEMO)/course" --into docs/showcase --slides
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	$(BIN)/coursekit site --stamp site

bench: $(VENV)/.test-ready
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python "$$file" || exit 1; done

clean:
	rm -rf $(VENV) site build dist docs/showcase .mypy_cache .ruff_cache .pytest_cache
