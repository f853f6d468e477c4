# Each target sets up what it needs: .venv is made once, and again when pyproject.toml changes.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check bench bench-quick soak flood thorough fuzz release-check format clean
.DEFAULT_GOAL := test

.venv/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("trbridge needs Python 3.11 or later; say which: make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	@echo "Setting up .venv: once, and again when pyproject.toml changes. It takes a minute."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: .venv/ready
	@$(BIN)/trbridge demo

# Branch coverage of the package gates at 98 % (pyproject.toml, tool.coverage.report).
test: .venv/ready
	$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term

check: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Installs what trbridge is compared with, as far as it can be had; a quarter of an hour. make bench BENCH=--page writes
# the tables into docs/performance.md.
bench: .venv/ready
	$(BIN)/python -m benchmarks --install --json benchmarks/results/latest.json $(BENCH)

bench-quick: .venv/ready
	$(BIN)/python -m benchmarks --quick $(BENCH)

# Two minutes: 100 bots, cuts, restarts of the server. make soak SOAK="--seconds 600 --bots 20"
soak: .venv/ready
	$(BIN)/python benchmarks/soak.py $(SOAK)

# The emulator's state machines with a hundred times the examples of `make test`, three times as long: some minutes.
# make thorough THOROUGH=1000
thorough: .venv/ready
	TRBRIDGE_THOROUGH=$(or $(THOROUGH),100) $(BIN)/python -m pytest --timeout 0 -n 2 -p no:cacheprovider \
		tests/emulator/test_emulator_state_machine.py tests/emulator/routing/test_emulator_candidates.py

# A million events over one socket, the bad ones included: memory must stay flat. make flood FLOOD="--events 100000"
flood: .venv/ready
	$(BIN)/python -m benchmarks.flood $(FLOOD)

# Tries what reads things from outside with anything. make fuzz FUZZ="--seconds 600 event"; --keep adds to the corpus
fuzz: .venv/fuzz
	@$(BIN)/python -m fuzz $(FUZZ)

.venv/fuzz: .venv/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[fuzz]'
	@touch $@

# Looks at what would be released, and writes it to dist/. Asks for advisories, which needs the network.
release-check: .venv/release
	@$(BIN)/python -m release $(RELEASE)

.venv/release: .venv/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[release]'
	@touch $@

format: .venv/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage .coverage.* build dist
