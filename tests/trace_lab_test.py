#!/usr/bin/env python3
"""Traces a sample of boxes at several hops of the lab's path (tests/lab/hops.py plays them all)."""

import os
import subprocess
import sys

LAB = os.path.join(os.environ["WHOHUNGUP_SOURCE"], "tests", "lab", "hops.py")
sys.exit(subprocess.run([sys.executable, LAB, "--sample", "--jobs", "8"], check=False, timeout=240).returncode)
