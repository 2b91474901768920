# make play · make discord · make slack · make run · make test · make lint · make bench · make model     Each sets up by itself what it needs, in .venv.

VENV   := .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PY     := $(VENV)/bin/python

# A GPU is used if there is one; otherwise the same vLLM in its CPU build.
ENGINE ?= $(if $(shell command -v nvidia-smi 2>/dev/null && nvidia-smi -L 2>/dev/null | grep GPU),gpu,cpu)

# Torch's CPU build comes from a folder of wheels, if one is named and has it, else from PyTorch's own CPU index.
WHEELS  := $(or $(UV_FIND_LINKS),$(PIP_FIND_LINKS))
BACKEND := $(if $(filter cpu,$(ENGINE)),$(if $(wildcard $(WHEELS)/torch-*+cpu*),--find-links $(WHEELS),--torch-backend cpu))
INSTALL  = $(VENV)/bin/uv pip install --quiet --python $(PY) $(BACKEND) \
           --override overrides.txt --constraint constraints.txt --editable

# Python keeps what it compiles, so that every start after the first one is several times faster.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: has-data play discord slack run doctor test lint bench model clean

play: $(VENV)/ready-to-play  ## Tell a story in this terminal.
	@$(PY) -m bots play

discord: $(VENV)/ready-to-play  ## Tell stories on Discord (needs DISCORD_TOKEN).
	@$(PY) -m bots discord

slack: $(VENV)/ready-to-play  ## Tell stories on Slack (needs SLACK_APP_TOKEN and SLACK_BOT_TOKEN).
	@$(PY) -m bots slack

run: $(VENV)/ready-to-play  ## Tell stories on every platform that is set up.
	@$(PY) -m bots run

doctor: $(VENV)/ready-to-play  ## Say what is configured and what is missing.
	@$(PY) -m bots doctor

test: $(VENV)/ready-to-test  ## Run the whole test suite.
	@$(PY) -m pytest

lint: $(VENV)/ready-to-test  ## Style and types.
	@$(VENV)/bin/ruff format --check --quiet . && $(VENV)/bin/ruff check --quiet . && $(VENV)/bin/mypy

bench: $(VENV)/ready-to-test  ## Measure: one table, bench/bench.json and bench/bench.svg. BENCH=--full for all of it.
	@$(PY) -m benchmarks $(BENCH)

# A folder of story texts (docs/storyteller.md says which files), minutes of training, and where to work. With a GPU every
# text is read, by a larger model; on a CPU there is time for the plain ones only.
DATA    ?=
ifneq ($(shell command -v nvidia-smi),)
MINUTES ?= 3
SIZE    ?= --every-text --batch 32 --layers 8 --hidden 384 --kv-heads 2 --mlp 1536 --dropout 0.1
else
MINUTES ?= 180
SIZE    ?=
endif
WORK    ?= build/storyteller

has-data:
	@test -d "$(DATA)" || { echo "make model needs a folder of story texts: DATA=folder make model (docs/storyteller.md says what is in it)."; exit 1; }

model: has-data $(VENV)/ready-to-test  ## Train the bundled storyteller anew: DATA=folder make model. Ctrl-C is safe; RESUME=--resume goes on.
	@$(PY) -m inference.training pretrain --data "$(DATA)" --out $(WORK) --minutes $(MINUTES) $(SIZE) $(RESUME)
	@$(PY) -m inference.training evaluate --out $(WORK)
	@$(PY) -m inference.training export --out $(WORK) --model $(WORK)/model
	@$(PY) -m inference.evaluation --model $(WORK)/model --baseline inference/model --data "$(DATA)" --out $(WORK)/evaluation || test $$? = 3
	@$(PY) -m inference.training export --out $(WORK) --model $(WORK)/model --figures $(WORK)/evaluation/table.md
	@echo "The new model is in $(WORK)/model. If it was accepted, copy it over inference/model."

clean:  ## Remove what was set up here.
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/uv:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Storycircle needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up Storycircle in $(VENV), once ..." >&2
	@"$(PYTHON)" -m venv $(VENV) && $(PY) -m pip install --quiet --disable-pip-version-check uv

$(VENV)/ready-to-play: pyproject.toml constraints.txt overrides.txt | $(VENV)/bin/uv
	@$(INSTALL) ".[$(ENGINE)]" && touch $@

$(VENV)/ready-to-test: pyproject.toml constraints.txt overrides.txt | $(VENV)/bin/uv
	@$(INSTALL) ".[$(ENGINE),train,test]" && touch $@ $(VENV)/ready-to-play
