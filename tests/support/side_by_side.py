"""Runs the tests of a script several at a time, where they wait for a program more than they work themselves."""

import sys
import time
import unittest
from concurrent.futures import ThreadPoolExecutor


def main(at_once=6):
    """As unittest.main(): words choose tests whose name contains one of them. The tests share no state but constants."""
    every = flat(unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]))
    tests = [test for test in every if not sys.argv[1:] or any(word in test.id() for word in sys.argv[1:])]
    with ThreadPoolExecutor(at_once) as pool:
        results = list(pool.map(run, tests))
    for result, took in results:
        for name, text in [*result.errors, *result.failures]:
            print(f"WRONG {name}\n{text}")
        for name, why in result.skipped:
            print(f"skipped {name}: {why}")
    print(f"{len(tests)} tests, {sum(took for _, took in results):.0f} s of waiting, the longest {max(took for _, took in results):.0f} s")
    sys.exit(not all(result.wasSuccessful() for result, _ in results) or not tests)


def flat(suite):
    return [test for one in suite for test in (flat(one) if isinstance(one, unittest.TestSuite) else [one])]


def run(test):
    result, begin = unittest.TestResult(), time.monotonic()
    test.run(result)
    return result, time.monotonic() - begin
