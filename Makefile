# `make demo` sets everything up, runs the main job and says where the report is. `make test` runs the tests.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
WORKERS ?= auto
PYTEST  = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
PIP     = $(BIN)/python -m pip install --quiet --disable-pip-version-check
INSTALLED = $(VENV)/installed

LONG = --set training.epochs=1 --set training.warmup=200 --set training.penalty.target=0.04

.PHONY: demo test test-unit test-slow check hooks bench sizes docs reports pages train-fashion train-fashion-small train-fashion-native train-fashion-dense train-monoliths clean

demo: $(VENV)/demo-installed
	@mkdir -p runs
	$(BIN)/chipsim run dtca-70 spin-glass -o runs/demo.h5
	$(BIN)/chipsim report runs/demo.h5 --html runs/demo.html
	@echo "report: file://$(CURDIR)/runs/demo.html"

test: $(INSTALLED)
	$(PYTEST) -m "not slow"

test-unit: $(INSTALLED)
	$(PYTEST) -m unit

test-slow: $(INSTALLED)
	$(PYTEST) -m slow

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_layering.py

hooks: $(INSTALLED)
	$(BIN)/pre-commit install

bench: $(INSTALLED)
	$(PIP) -e '.[bench]'
	$(BIN)/python tests/benchmarks/bench.py

# Time, memory and disk of many sizes against their estimates: an hour; the same command goes on where it was cut off.
sizes: $(INSTALLED)
	$(BIN)/python tests/benchmarks/sizes.py

# Executes every command and notebook of the documentation; a warning is an error.
docs: $(INSTALLED)
	$(PIP) -e '.[docs]'
	$(BIN)/python -m chipsim.catalogue.presets
	$(BIN)/python -m sphinx -W --keep-going -E -q -j auto docs docs/_build/html
	@echo "documentation: file://$(CURDIR)/docs/_build/html/index.html"

reports: $(INSTALLED)
	$(BIN)/python reports/make_reports.py

# Reports that keep what they are drawn from, drawn again without a run: new words or figures need no training.
pages: $(INSTALLED)
	$(BIN)/python reports/make_reports.py --draw

# About an hour on two cores; the same commands go on where they were cut off. Chains as long as those that draw the
# images finish what shorter ones have learnt, under a smaller penalty.
train-fashion: $(INSTALLED)
	@mkdir -p runs
	$(BIN)/chipsim train dtca-70 fashion-dtm -o runs/fashion-dtm-first.h5
	$(BIN)/chipsim train dtca-70 fashion-dtm -o runs/fashion-dtm-second.h5 $(LONG) \
	  --set training.start=runs/fashion-dtm-first.h5 --set training.steps=120 --set training.rate=0.004 \
	  --set "training.penalty.start=[0.08,0.08,0.04,0.03]"
	$(BIN)/chipsim train dtca-70 fashion-dtm -o runs/fashion-dtm.h5 $(LONG) \
	  --set training.start=runs/fashion-dtm-second.h5 --set training.steps=140 --set training.rate=0.006 \
	  --set "training.penalty.start=[0.04,0.04,0.03,0.02]"

# The baseline of one layer, at three penalties, and told no class.
train-monoliths: $(INSTALLED)
	@mkdir -p runs
	for penalty in 0.02 0.1 0.4; do \
	  $(BIN)/chipsim train dtca-70 fashion-monolith --set training.penalty.start=$$penalty \
	    -o runs/fashion-monolith-$$penalty.h5 || exit 1; done
	$(BIN)/chipsim train dtca-70 fashion-monolith --set labels=null --set training.penalty.start=0.1 \
	  -o runs/fashion-monolith-untold.h5

# The small model whose weights ship, some minutes on one core, the same for any number of threads.
train-fashion-small: $(INSTALLED)
	$(BIN)/chipsim train dtca-70 fashion-dtm-small -o runs/fashion-dtm-small.h5

# The weights of fashion-native, some minutes on one core.
train-fashion-native: $(INSTALLED)
	@mkdir -p runs
	$(BIN)/chipsim train dtca-70 fashion-native -o runs/fashion-native.h5

# uv unpacks packages side by side, in a fifth of pip's time. Where it cannot be had, or does not find the registry
# that pip is configured for, pip installs; Python then compiles what it imports, which is less than pip would.
$(VENV)/demo-installed: pyproject.toml
	$(PYTHON) -m venv --without-pip $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --upgrade --target $(VENV)/uv uv && \
	  $(VENV)/uv/bin/uv pip install --quiet --python $(BIN)/python -e . || \
	  { $(PYTHON) -m venv $(VENV) && $(PIP) --no-compile -e .; }
	@touch $@

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e '.[dev]'
	@touch $@ $(VENV)/demo-installed

# The weights of fashion-dense, some minutes on one core.
train-fashion-dense: $(INSTALLED)
	@mkdir -p runs
	$(BIN)/chipsim train any-graph fashion-dense -o runs/fashion-dense.h5

clean:
	rm -rf $(VENV) runs docs/_build docs/reference/generated .pytest_cache .mypy_cache .ruff_cache
