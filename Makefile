# Everything here makes the environment that it needs; nothing has to be installed or activated first
# but Python 3.11 or later.

.DEFAULT_GOAL := help
.PHONY: help run shell test test-quick test-services test-ci test-all quality format docs package bench environment \
	services requirements validate clean
.DELETE_ON_ERROR:
SHELL := /bin/bash -o pipefail

# What may be set on the command line:
COURSE ?= sample_course
PORT ?= 8000
PYTHON ?=
VENV ?= .venv
DJANGO ?= 52
WORKERS ?= auto
ARGS ?=

BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	--constraint requirements/constraints.txt --constraint requirements/django$(DJANGO).txt
# What the stand-alone project has: all plugins, and the runtime bridge.
RUN_EXTRAS := s3,tagging,search,licensing,validation,webhooks,xblock
PYTEST := $(BIN)/python -m pytest -n $(WORKERS)
# Plugins and the bridge are tested with all of them on, everything else without.
PLUGIN_TESTS := --ds=tests.settings_all tests/plugins tests/bridge
# What every database must pass: the tests that are about the database. The bytes are the same on all
# of them, so the S3 server is left to the run on SQLite; and so is what a generator thinks of.
DATABASE_TESTS := tests/core tests/archives tests/rest_api tests/files \
	--ignore=tests/rest_api/test_schema.py -m "not services and not big"

help: ## Say what there is (this)
	@echo "Blockstore. The targets:"
	@echo
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1|\2/p' $(MAKEFILE_LIST) \
		| while IFS='|' read -r name text; do printf '  %-15s %s\n' $$name "$$text"; done
	@echo
	@echo "On the command line you may set:"
	@echo
	@echo "    COURSE=…         a course to import: an OLX export (.tar.gz, .zip) or a folder [$(COURSE)]"
	@echo "    PORT=…           where \`make run\` serves [$(PORT)]"
	@echo "    PYTHON=…         the Python to make the environment with [3.12 if there, else 3.11 or later]"
	@echo "    VENV=…           the environment's folder [$(VENV)]"
	@echo "    DJANGO=42|52     the version of Django [$(DJANGO)]"
	@echo "    WORKERS=…        test processes at a time [$(WORKERS)]"
	@echo "    ARGS=…           more arguments for pytest, such as ARGS='tests/core -k draft'"

# ---- Using it -----------------------------------------------------------------------------------

run: $(VENV)/.run ## Import a course and start the development server
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py import_course "$(or $(COURSE),sample_course)"
	$(BIN)/python manage.py list_bundles
	@echo
	BLOCKSTORE_DEBUG=1 $(BIN)/python manage.py list_courses --development-accounts \
		--root-url "http://localhost:$(PORT)"
	@echo
	BLOCKSTORE_DEBUG=1 $(BIN)/python manage.py runserver $(PORT)

shell: $(VENV)/.run ## A Python shell in the stand-alone project
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py shell

# ---- Testing it ---------------------------------------------------------------------------------

test: $(VENV)/.test ## Run the tests, on whatever servers this machine has
	$(PYTEST) -m "not big" $(ARGS)
	$(PYTEST) $(PLUGIN_TESTS) -m "not big" $(ARGS)
	for database in mariadb postgresql; do \
		$(BIN)/python -m tests.services --optional $$database -- $(PYTEST) $(DATABASE_TESTS) $(ARGS) || exit; \
		$(BIN)/python -m tests.services --optional $$database -- \
			$(PYTEST) $(PLUGIN_TESTS) -m "not services and not big" $(ARGS) || exit; \
	done

test-quick: $(VENV)/.test ## Run the tests that need no server and not much time
	$(PYTEST) -m "not services and not slow and not big" $(ARGS)
	$(PYTEST) $(PLUGIN_TESTS) -m "not services and not slow and not big" $(ARGS)

test-services: services ## Install and start the servers, and run the tests on all of them; nothing skips
	$(BIN)/python -m tests.services s3 -- $(PYTEST) -m "not big" $(ARGS)
	$(BIN)/python -m tests.services s3 elasticsearch opensearch -- $(PYTEST) $(PLUGIN_TESTS) -m "not big" $(ARGS)
	for database in mariadb postgresql; do \
		$(BIN)/python -m tests.services $$database -- $(PYTEST) $(DATABASE_TESTS) $(ARGS) || exit; \
		$(BIN)/python -m tests.services $$database -- \
			$(PYTEST) $(PLUGIN_TESTS) -m "not services and not big" $(ARGS) || exit; \
	done

test-ci: services ## Run the selection that must pass before a change lands (the servers, no slow or large tests)
	$(BIN)/python -m tests.services s3 -- $(PYTEST) -q -m "not slow and not big" $(ARGS)
	$(BIN)/python -m tests.services elasticsearch opensearch -- \
		$(PYTEST) -q $(PLUGIN_TESTS) -m "not slow and not big" $(ARGS)
	for database in mariadb postgresql; do \
		$(BIN)/python -m tests.services $$database -- \
			$(PYTEST) -q tests/core -m "not services and not slow and not big" $(ARGS) || exit; \
	done
	@# The oldest Django, with the oldest Python where it is installed.
	$(MAKE) VENV=$(VENV)-django42 DJANGO=42 PYTHON="$$(command -v python3.11 || true)" $(VENV)-django42/.test
	$(VENV)-django42/bin/python -m pytest -n $(WORKERS) -q tests/core tests/rest_api \
		-m "not services and not slow and not big" $(ARGS)

test-all: services ## Every test, large ones too, on every database and storage
	BLOCKSTORE_TEST_EXAMPLES=300 $(BIN)/python -m tests.services s3 -- $(PYTEST) $(ARGS)
	$(BIN)/python -m tests.services s3 elasticsearch opensearch -- $(PYTEST) $(PLUGIN_TESTS) $(ARGS)
	for database in mariadb postgresql; do \
		$(BIN)/python -m tests.services $$database s3 -- $(PYTEST) $(ARGS) || exit; \
		$(BIN)/python -m tests.services $$database s3 elasticsearch opensearch -- $(PYTEST) $(PLUGIN_TESTS) $(ARGS) || exit; \
	done

bench: $(VENV)/.test ## Time each operation beside a floor measured in the same run
	$(BIN)/python -m bench $(ARGS)

# ---- Keeping it good ----------------------------------------------------------------------------

quality: $(VENV)/.quality ## Formatting, linting, types, import contracts, docs build and wheel check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) docs package

format: $(VENV)/.quality ## Let the formatter and the linter mend what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.quality ## Build the documentation, warnings being errors
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html
	@echo "The documentation is in docs/_build/html/index.html"

package: $(VENV)/.quality ## Build the wheel and check it away from the checkout
	rm -rf build dist
	$(BIN)/python -m build --wheel --outdir dist .
	rm -rf build
	$(BIN)/python -m venv --clear $(VENV)/package
	$(VENV)/package/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint requirements/constraints.txt --constraint requirements/django$(DJANGO).txt dist/*.whl
	cd $(VENV)/package && bin/python -I "$(CURDIR)/tests/check_wheel.py"

validate: quality test ## What should pass before a change is handed in

# ---- Environments -------------------------------------------------------------------------------

environment: $(VENV)/.quality $(VENV)/.test ## Make the whole environment, without running anything

services: $(VENV)/.test ## Install the servers and the browser (as root, on Debian), and their drivers
	$(BIN)/python -m tests.services --install mariadb postgresql redis nginx chromium ffmpeg sudo elasticsearch opensearch
	@# A player of videos for the tests in the browser; without npm they say so.
	if command -v npm > /dev/null; then npm ci --silent --ignore-scripts --prefix tests/files/browser; fi
	$(PIP_INSTALL) -r requirements/mysql.in

requirements: ## Pin the newest versions of everything in requirements/constraints.txt
	rm -rf $(VENV)-pins
	@# With the oldest Python: what is new enough for it runs on the later ones too.
	$(MAKE) VENV=$(VENV)-pins PYTHON=$(or $(PYTHON),python3.11) $(VENV)-pins/.python
	$(VENV)-pins/bin/python -m pip install --quiet -e '.[all,mysql,postgresql]' \
		-r requirements/quality.in -r requirements/docs.in -r requirements/services.in \
		-r requirements/xblocks.in -r requirements/mysql.in -r requirements/django52.txt
	{ echo "# Made by \`make requirements\`; do not edit."; \
	  $(VENV)-pins/bin/python -m pip freeze --exclude-editable | grep -viE '^(django|djangorestframework)=='; \
	} > requirements/constraints.txt
	rm -rf $(VENV)-pins

clean: ## Remove everything that these targets have made, but for var/ (the stored data)
	rm -rf tests/files/browser/node_modules .venv .venv-* .tox build dist *.egg-info docs/_build bench/results .coverage*
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

# The stamps below say what has been installed; each is renewed when what it names has changed.
PACKAGE := setup.py pyproject.toml requirements/constraints.txt requirements/django$(DJANGO).txt

$(VENV)/.python:
	@python="$(PYTHON)"; \
	for each in python3.12 "$$HOME"/.pyenv/versions/3.12*/bin/python3.12 python3.13 python3.11 python3; do \
		[ -z "$$python" ] || break; \
		"$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && python="$$each"; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Python 3.11 or later is needed, and none was found; name one with PYTHON=…" >&2; exit 1; \
	fi; \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$$python is not Python 3.11 or later; name another with PYTHON=…" >&2; exit 1; }; \
	echo "Making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv "$(VENV)" || { \
		echo "$$python cannot make an environment; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

$(VENV)/.run: $(VENV)/.python $(PACKAGE)
	$(PIP_INSTALL) -e '.[$(RUN_EXTRAS)]'
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements/services.in requirements/xblocks.in requirements/mysql.in
	$(PIP_INSTALL) -e '.[$(RUN_EXTRAS),cli,events,test]' -r requirements/services.in -r requirements/xblocks.in
	@# The driver of MariaDB is compiled; where that cannot be done, its tests say so.
	if pkg-config --exists libmariadb 2> /dev/null; then $(PIP_INSTALL) -r requirements/mysql.in; fi
	@touch $@

$(VENV)/.quality: $(VENV)/.test requirements/quality.in requirements/docs.in
	$(PIP_INSTALL) -r requirements/quality.in -r requirements/docs.in
	@touch $@
