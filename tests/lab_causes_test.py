#!/usr/bin/env python3
"""Plays one scenario of each kind of cause with `diagnose` as the client: the right cause is named, none falsely.

The whole of it is `./dev lab --causes`. Skipped (77, with the reason) where the lab cannot run.
"""

import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SKIP, SECONDS = 77, 120


def main():
    started = time.monotonic()
    done = subprocess.run([sys.executable, os.path.join(HERE, "lab", "run"), "--causes", "--quick"], stdout=subprocess.PIPE,
                          text=True, check=False, timeout=SECONDS)
    print(done.stdout)
    print(f"it took {time.monotonic() - started:.0f} of {SECONDS} s")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
