# Every target makes what it needs first. `make help` lists them.

BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help venv demo test test-model test-live office spark bench lint types audit lock odoo-19 odoo-14 asterisk

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 20

venv: .venv/ready ## .venv with the locked packages and the project

.venv/ready: scripts/venv.sh pyproject.toml $(wildcard requirements.lock)
	@sh scripts/venv.sh

demo: venv ## the hub at work on a company of 300 customers, in a minute (ARGS=--keep stays)
	@$(BIN)/hub demo $(ARGS)

test: venv ## every test that needs no real Odoo
	$(BIN)/pytest tests -m "not live" -n auto --maxprocesses 4 --dist worksteal $(ARGS)

test-model: venv ## the random worlds for as long as told: MINUTES=10 (2 unless told)
	HUB_MODEL_MINUTES=$(or $(MINUTES),2) $(BIN)/pytest tests/model --timeout 0 $(ARGS)

test-live: venv ## the tests on real Odoo 19 and 14, Asterisk 22 and Chromium (as root on Debian)
	$(BIN)/pytest tests -m live --timeout 900 -n 2 --dist loadfile $(ARGS)

office: ## LibreOffice and poppler, with which tests open what the hub wrote (as root on Debian)
	@sh scripts/office.sh

spark: venv ## Spark and its Java, by which tests compare a base, too (as root on Debian)
	@sh scripts/spark.sh

bench: venv ## the table of ratios; ends with 1 where a bar does not hold
	$(BIN)/python -m benchmarks $(ARGS)

lint: venv ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: venv ## mypy, strict
	$(BIN)/mypy --explicit-package-bases hub connectors sandbox tests $(wildcard scheduler.py benchmarks)

audit: venv ## the packages, by what can be known without asking anybody
	@$(BIN)/python scripts/audit.py

lock: venv ## write requirements.lock anew from pyproject.toml
	$(BIN)/pip-compile --quiet --extra dev --generate-hashes --allow-unsafe --strip-extras --no-header \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
		--output-file requirements.lock pyproject.toml

odoo-19: venv ## a real Odoo 19 on 127.0.0.1, in the foreground
	@$(BIN)/python -m tests.live.provision 19 --start

odoo-14: venv ## a real Odoo 14 on 127.0.0.1, in the foreground
	@$(BIN)/python -m tests.live.provision 14 --start

asterisk: venv ## a real Asterisk 22 on 127.0.0.1, with telephones, in the foreground
	@$(BIN)/python -m tests.live.asterisk
