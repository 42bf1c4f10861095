# `make demo` sets everything up, runs the main job and says where the report is. `make test` runs the tests.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
INSTALLED = $(VENV)/installed

.PHONY: demo test test-slow check bench docs reports train-fashion train-fashion-small clean

demo: $(VENV)/demo-installed
	@mkdir -p runs
	$(BIN)/chipsim run dtca-70 spin-glass -o runs/demo.h5
	$(BIN)/chipsim report runs/demo.h5 --html runs/demo.html
	@echo "report: file://$(CURDIR)/runs/demo.html"

test: $(INSTALLED)
	$(BIN)/python -m pytest -m "not slow"

test-slow: $(INSTALLED)
	$(BIN)/python -m pytest -m slow

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_layering.py

bench: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	$(BIN)/python tests/benchmarks/bench.py

docs: $(INSTALLED)
	$(BIN)/python -m chipsim.report.catalogue

reports: $(INSTALLED)
	$(BIN)/python reports/make_reports.py

# Eight layers, more than an hour on two cores; the same command goes on where it was cut off.
train-fashion: $(INSTALLED)
	@mkdir -p runs
	$(BIN)/chipsim train dtca-70 fashion-dtm -o runs/fashion-dtm.h5

# The small model whose weights ship, two minutes on one core, the same for any number of threads.
train-fashion-small: $(INSTALLED)
	$(BIN)/chipsim train dtca-70 fashion-dtm-small -o runs/fashion-dtm-small.h5

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo-installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(INSTALLED): pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/demo-installed

clean:
	rm -rf $(VENV) runs .pytest_cache .mypy_cache .ruff_cache
