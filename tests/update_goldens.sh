#!/usr/bin/env bash
# Writes the captures, facts and reports of samples/ anew (all, or the folders named) with the
# release build. Look at the diff: facts.txt moves when seeing moved, the reports when judging did.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset release > /dev/null
cmake --build --preset release --target whohungup story2pcap
export WHOHUNGUP="$PWD/build/release/whohungup" WHOHUNGUP_TEST_TOOLS="$PWD/build/release/tests"
exec python3 tests/golden_test.py --update "$@"
