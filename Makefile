# Each target is one line: what it does stands in .ci/ or in cargo.

.PHONY: help demo test check fmt fuzz advisories bench conformance conformance-server conformance-pictures \
  conformance-reviewed conformance-verify clean

help:
	@echo "make demo        start Portvakt, its apps and a mailbox on this machine; Ctrl-C stops them"
	@echo "make test        every test, on SQLite and PostgreSQL, in a browser and with public client libraries"
	@echo "make check       form, lints, documentation, dependencies"
	@echo "make fmt         put the code into form"
	@echo "make fuzz        fuzz every parser of foreign bytes (SECONDS_EACH=60)"
	@echo "make advisories  known faults in dependencies"
	@echo "make bench       measure requests per second on this machine"
	@echo "make conformance-server  start Portvakt as the OpenID Foundation's suite wants it"
	@echo "make conformance SUITE=https://…  run the suite's plans (PLANS=\"config basic-static\"), compare and record"
	@echo "make conformance-pictures DIR=…  the pictures in the exported logs on sheets, for a person to look at"
	@echo "make conformance-reviewed DIR=… WHO=…  record that somebody has looked at them"
	@echo "make conformance-verify DIR=…  recompute the recorded results from the exported logs"
	@echo "make clean       remove what was built, and the demo's data"

demo:
	@.ci/demo

test:
	@.ci/test

check:
	@.ci/check

fmt:
	@cargo fmt --all

fuzz:
	@.ci/fuzz

advisories:
	@.ci/advisories

bench:
	@cargo build --locked --release --workspace --bin portvakt --bin portvakt-bench
	@programs=$${CARGO_TARGET_DIR:-$(CURDIR)/target}/release; PORTVAKT_PROGRAMS=$$programs $$programs/portvakt-bench $(SECONDS_EACH)

conformance:
	@.ci/conformance run "$(SUITE)" $(PLANS)

conformance-server:
	@.ci/conformance server

conformance-pictures:
	@.ci/conformance pictures "$(DIR)"

conformance-reviewed:
	@.ci/conformance reviewed "$(DIR)" "$(WHO)"

conformance-verify:
	@.ci/conformance verify "$(DIR)"

clean:
	@cargo clean
	@rm -rf .demo crates/journeys/node_modules
