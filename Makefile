# Every target sets up what it needs first; the second time that takes no time. See .ci/setup.
MAKEFLAGS += --no-print-directory
BIN := .venv/bin
# Found before anything else of these names: the SAM CLI wants a python3.13 on the path.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Nothing here talks to AWS; the tools only want to be told a Region.
export AWS_DEFAULT_REGION ?= eu-west-1
export SAM_CLI_TELEMETRY := 0

.PHONY: help demo test scenarios lint scan build package deployed fuzz bench accuracy lock clean

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 13

demo: ## diagnose a broken placement in a network of this machine's kernel, fix it, probe again
	@.ci/setup system python sam
	@$(BIN)/python -m tests.artifact --if-possible
	@$(BIN)/python -m tests.lab demo

test: ## all tests; ARGS='-k word' is passed on to pytest
	@.ci/setup system browser python sam
	@$(BIN)/python -m tests.artifact --if-possible
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

scenarios: ## every scenario of the collection, its fixes carried out (test plays a part of them)
	@.ci/setup system python
	@SCENARIOS=all $(BIN)/python -m pytest -n 2 --dist loadgroup tests/test_scenarios.py $(ARGS)

lint: ## ruff, mypy, cfn-lint and SAM's own validation
	@.ci/setup python sam
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/cfn-lint template.yaml fleet-role.yaml
	$(BIN)/sam validate --lint

scan: ## checkov; what it finds and is meant so says why, in the template
	@.ci/setup scan
	$(BIN)/checkov --file template.yaml fleet-role.yaml --framework cloudformation --compact --quiet --skip-download

build: ## the artifact that Lambda runs, imported from where it lies alone
	@.ci/setup python sam
	@$(BIN)/python -m tests.artifact

package: ## dist/: plain CloudFormation and the functions' code, for StackSets
	@.ci/setup python sam
	@$(BIN)/python -m tests.package

fuzz: ## inputs of strangers by the million; ARGS='--seconds 60'
	@.ci/setup python fuzz
	@$(BIN)/python -m tests.fuzz $(ARGS)

deployed: ## the stack in an AWS account of moto's, its functions running: a schedule, an alarm, a message
	@.ci/setup system python sam
	@$(BIN)/python -m tests.artifact --if-possible
	@$(BIN)/python -m tests.deployed

bench: ## speed, memory, size, beside their peers
	@.ci/setup system bench python sam
	@$(BIN)/python -m tests.artifact --if-possible
	@$(BIN)/python -m tests.bench $(ARGS)

accuracy: ## every scenario: is the cause it names the right one? ARGS=FILE for one of them
	@.ci/setup system python sam
	@$(BIN)/python -m tests.artifact --if-possible
	@$(BIN)/python -m tests.lab accuracy $(ARGS); code=$$?; $(BIN)/python -m tests.readme; exit $$code

# uv runs out of .venv; the runtime's lock comes first, so that tests run what Lambda runs.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --custom-compile-command 'make lock' $(UPGRADE)
lock: ## write the locks again; UPGRADE=--upgrade moves them to the newest versions
	@.ci/setup python
	@$(LOCK) pyproject.toml -o probe/requirements.txt
	@$(LOCK) -c probe/requirements.txt --extra cli --group pyproject.toml:dev pyproject.toml -o tests/requirements.txt
	@$(LOCK) --group pyproject.toml:sam -o tests/requirements-sam.txt
	@$(LOCK) --group pyproject.toml:fuzz -o tests/requirements-fuzz.txt
	@$(LOCK) --group pyproject.toml:scan -o tests/requirements-scan.txt

clean: ## remove everything that was made here
	rm -rf .venv .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
