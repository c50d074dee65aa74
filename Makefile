# `make help` lists the targets. Everything runs in .venv; nothing is installed outside of it, except Debian packages for tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run serve init demo doctor backup check test lint types lock upgrade translations translations-update release clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# `-qq`: errors alone; notices and warnings are about the set-up of the machine, not about what is installed.
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check

$(BIN)/python:
	@echo "Making a Python environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/requirements.lock | $(BIN)/python
	@echo "Installing the packages that the application needs: a minute or two …"
	@$(PIP) --require-hashes -r requirements/requirements.lock
	@echo "Compiling the languages …"
	@$(BIN)/python -m survey.web.catalogues
	@touch $@

$(VENV)/.dev: requirements/requirements-dev.lock $(VENV)/.runtime
	@echo "Installing the packages that tests need: two minutes or more …"
	@$(PIP) --require-hashes -r requirements/requirements-dev.lock
	@touch $@

run: $(VENV)/.runtime ## set up what is missing, load the demonstration into an empty database, start on 127.0.0.1:8000
	@exec $(BIN)/python -m survey.serve

serve: $(VENV)/.runtime ## start for real citizens: no demonstration; PUBLIC_BASE_URL, HOTLINE, PORTAL_URL and a secret key required
	@exec $(BIN)/python -m survey.serve --production

init: $(VENV)/.runtime ## create the instance folder, the secret key and the database
	@$(BIN)/flask --app app init

demo: $(VENV)/.runtime ## load the demonstration into an empty database
	@$(BIN)/flask --app app demo

doctor: $(VENV)/.runtime ## look at the installation and say what to do
	@$(BIN)/flask --app app doctor

backup: $(VENV)/.runtime ## write a backup into instance/backups
	@$(BIN)/flask --app app database backup

# What fails most often and costs least; `make test` runs everything. Set-up is outside of the time that is printed.
FAST := tests/core tests/questionnaires tests/rules tests/scoring tests/spreadsheets
# Sweeps over rules, attacks and references of R: two thirds of the time of scoring's tests.
FAST += $(addprefix --ignore=tests/scoring/test_,attack.py disclosure.py oracle_sipas.py pooling.py properties.py)

check: $(VENV)/.dev ## before a commit: lint, contracts of imports, types and the fast tests, in about a minute
	@started=$$(date +%s); set -e; \
	echo "ruff …"; $(BIN)/ruff check --quiet . ; $(BIN)/ruff format --quiet --check . ; \
	echo "import-linter …"; PYTHONPATH=. $(BIN)/lint-imports >$(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }; \
	echo "mypy …"; $(BIN)/mypy --no-error-summary; \
	echo "fast tests …"; $(BIN)/pytest -q -n 2 --dist loadfile -m "not slow and not browser and not faults" $(FAST); \
	echo "make check took $$(( $$(date +%s) - started )) s"

test: $(VENV)/.dev debian ## lint, types and all tests but those marked slow
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/bandit -q -c pyproject.toml -r app.py survey scoring
	PYTHONPATH=. $(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/pytest -q -n auto -m "not faults and not slow" tests/scoring --cov=scoring --cov-branch --cov-report= --cov-fail-under=98
	$(BIN)/pytest -q -n auto --dist loadfile -m "not faults and not slow" tests --ignore=tests/scoring --ignore=tests/browser --ignore=tests/faults
	$(BIN)/pytest -q -n auto --dist loadfile -m "not slow" tests/browser
	$(BIN)/pytest -q -n auto --dist loadfile -m "not faults and not slow" tests/faults

.PHONY: test-slow
test-slow: $(VENV)/.dev ## tests marked slow, each with its reason; the continuous integration runs them too, where it has time left
	$(BIN)/pytest -q -n auto --dist loadfile -m slow tests

.PHONY: test-faults
test-faults: $(VENV)/.dev ## kill, fill, lock and fail over, for longer than `make test` does
	$(BIN)/pytest -q -n auto --dist loadfile -m faults tests/faults

# Idle cores count: others' work hides differences. What a release measured stays in benchmarks/history/, one file a version.
.PHONY: bench bench-compare
bench: $(VENV)/.dev debian ## all claims of speed and memory, ten minutes on idle cores; renews docs/performance.md and the history
	PYTHONPATH=. $(BIN)/python -m benchmarks.suite --write docs/performance.md \
		--out benchmarks/history/$$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml).json

bench-compare: $(VENV)/.dev ## what became slower between the two newest versions, or BEFORE=… AFTER=…
	PYTHONPATH=. $(BIN)/python -m benchmarks.suite --compare $(BEFORE) $(AFTER)

.PHONY: test-bad-requests
test-bad-requests: $(VENV)/.dev ## BAD_REQUESTS (a million) random requests to a running server
	BAD_REQUESTS=$${BAD_REQUESTS:-1000000} $(BIN)/pytest -q tests/faults/test_bad_requests.py

# What tests look with: Chromium at pages, poppler at PDFs, LibreOffice at workbooks, R at the scripts of exports; and what the
# examples of docs/deploy are for: nginx, Caddy, PgBouncer, Compose.
DEBIAN := chromium-headless-shell poppler-utils libreoffice-calc-nogui libreoffice-writer-nogui libreoffice-impress-nogui fonts-liberation \
	r-base-core r-cran-survey
DEBIAN += nginx-light caddy pgbouncer docker-compose openssl
COMMANDS := chromium-headless-shell pdftoppm soffice Rscript nginx caddy pgbouncer docker-compose openssl

# Daemons start with their installation unless policy-rc.d forbids it; tests need the programs only, and ports 80 and 443 are not ours.
.PHONY: debian
debian:
	@(PATH="$$PATH:/usr/sbin"; for tool in $(COMMANDS); do command -v $$tool >/dev/null || exit 1; done) || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			policy=/usr/sbin/policy-rc.d; \
			[ -e $$policy ] || { trap "rm -f $$policy" EXIT; printf '#!/bin/sh\nexit 101\n' >$$policy; chmod +x $$policy; }; \
			apt-get update -qq && \
			DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(DEBIAN) >/dev/null; \
		else echo "The tests need Debian packages: apt-get install --no-install-recommends $(DEBIAN)" >&2; fi; }

lint: $(VENV)/.dev ## ruff, bandit and contracts of imports
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/bandit -q -c pyproject.toml -r app.py survey scoring
	PYTHONPATH=. $(BIN)/lint-imports

types: $(VENV)/.dev ## mypy --strict
	$(BIN)/mypy

# The dev lock is the largest: the others take the same versions from it.
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" $(if $(PACKAGE),--upgrade-package $(PACKAGE)) $(UPGRADE)

lock: | $(BIN)/python ## write requirements/*.lock after a change of requirements*.txt; what is locked stays where it can
	@$(PIP) "uv>=0.8,<1"
	@echo "Locking requirements-dev.txt, requirements-postgres.txt, requirements-scale.txt and requirements.txt …"
	@$(LOCK) requirements-dev.txt -o requirements/requirements-dev.lock
	@$(LOCK) requirements-postgres.txt -c requirements/requirements-dev.lock -o requirements/requirements-postgres.lock
	@$(LOCK) requirements-scale.txt -c requirements/requirements-dev.lock -o requirements/requirements-scale.lock
	@$(LOCK) requirements.txt -c requirements/requirements-dev.lock -o requirements/requirements.lock

upgrade: ## lock the newest versions within the ranges; PACKAGE=name: of one package and what it needs
	@$(MAKE) --no-print-directory lock UPGRADE=$(if $(PACKAGE),,--upgrade)

translations: $(VENV)/.runtime ## compile the message catalogues
	@$(BIN)/python -m survey.web.catalogues

translations-update: $(VENV)/.runtime ## extract the sentences of code and templates and merge them into the catalogues
	@$(BIN)/python -m survey.web.catalogue_update

release: $(VENV)/.dev ## tag this commit as the version that pyproject.toml and CHANGELOG.md name
	@BIN=$(BIN) .ci/release

clean: ## remove what tests leave behind
	rm -rf .pytest_cache .import_linter_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov
