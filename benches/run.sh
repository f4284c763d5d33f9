#!/usr/bin/env bash
# What Trellis' pages cost beside a limit app that renders the same data with nothing around it. Needs wrk, python3, psql and the Postgres
# binaries; starts a Postgres of its own on a scratch folder and removes it.
#
#   benches/run.sh                      everything, some minutes: a quiet machine gives quiet figures
#   benches/run.sh --only home,squad    some pages; --seconds 1 for a look, --help for the rest
#
# benches/live.py measures live viewers (it takes the URL of a scratch database).
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x target/release/trellis ] || cargo build --release --locked
[ -x target/release/limit ] || (cd benches/limit && CARGO_TARGET_DIR=../../target cargo build --release --locked)
exec python3 benches/load.py "$@"
