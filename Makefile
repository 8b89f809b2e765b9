# make run: set-up and the default studies.  make test: set-up and the tests.  Everything lives in .venv and results.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test lint bench cluster lock docs clean

run: .venv/ready
	@$(BIN)/scalefront run --cores all

test: .venv/ready
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow"

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

bench: .venv/ready
	$(BIN)/python -m tests.bench

# Adds what submitting to a cluster needs (docs/cluster.md).
cluster: .venv/ready
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r envs/cluster.txt

# Pins every dependency with its hashes and without any address; needs `uv` on the PATH.
lock:
	uv pip compile --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --upgrade \
	    envs/requirements.in --output-file envs/requirements.txt
	uv pip compile --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
	    envs/cluster.in --output-file envs/cluster.txt
	@! grep -nE 'https?://|--(index|find|extra)' envs/requirements.txt envs/cluster.txt

# Writes what is made from the code: config/README.md, the schema for editors, the conda environment.
docs: .venv/ready
	$(BIN)/python -m scalefront.reference

clean:
	rm -rf results .snakemake

.venv/ready: envs/requirements.txt pyproject.toml
	@echo "Setting up .venv from envs/requirements.txt (about a minute, 1 GB)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r envs/requirements.txt
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@
