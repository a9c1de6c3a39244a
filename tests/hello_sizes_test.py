#!/usr/bin/env python3
"""Measures the hellos of the installed clients and holds `explain --sizes` to them (tests/lab/hello_sizes.py)."""

import os
import sys

sys.path.insert(0, os.path.join(os.environ["WHOHUNGUP_SOURCE"], "tests", "lab"))

import hello_sizes  # noqa: E402
from servers import Missing, program  # noqa: E402

try:
    program("openssl")
except Missing as missing:
    print(missing)
    sys.exit(77)
sys.exit(hello_sizes.compare(os.environ["WHOHUNGUP"]))
