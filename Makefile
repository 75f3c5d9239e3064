# make test: everything, the real control plane included. make check: the fast part, under two minutes.
# Needs only make and Python 3.11 or newer with venv; the rest comes from package registries.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed-from-lock

.PHONY: setup check lint types unit test test-node demo bench deploy-files image release-rehearsal lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

check: lint types unit

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup
	$(BIN)/mypy

unit: setup
	$(BIN)/pytest -q -m "not realcluster and not live"

# What fails is tried once more by itself: real components on a busy machine may be late. Both runs show.
test: setup lint types
	$(BIN)/pytest || $(BIN)/pytest --last-failed

# The server in a pod of a real node, installed by Helm; part of `make test`. Needs root and cgroups of version 1.
test-node: setup
	$(BIN)/pytest tests/node

# The cluster that comes along; ARGS are the flags of `tidegauge demo`, as ARGS="--for 60s".
demo: setup
	@$(BIN)/tidegauge demo $(ARGS)

bench: setup
	$(BIN)/python -m bench.compare --nodes 200 --minutes 0.5 --parts steady,lists

# What is made from the chart: manifests for kubectl, and the table of values in docs/install.md.
deploy-files: setup
	$(BIN)/python -m tests.deploy

# The image's archive and its bill of materials, in dist/; needs buildah. BASE is any image with Python 3.11 or newer.
image:
	deploy/image/build.sh dist $(BASE)

# All that a release is made of, signed by a key of a moment, then installed, rendered and run; see docs/releasing.md.
release-rehearsal: setup
	rm -rf dist/rehearsal
	$(BIN)/python -m deploy.release rehearse dist/rehearsal

# The lock holds every package with its hashes, for all supported Pythons; re-make it after changing pyproject.toml.
lock:
	$(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install --quiet uv==0.13.9
	.venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --group dev pyproject.toml -o requirements.lock
	rm -rf .venv-lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
