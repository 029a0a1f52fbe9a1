#!/usr/bin/env python3
"""Checks what surrounds the daemon: unit files, compose file, scripts, and how the built binary
behaves as a process (readiness, watchdog, signals, socket activation, first start).

    tests/ops/run.py --bin build/release/src/eventsd
"""
import argparse
import os
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, type=pathlib.Path, help="the eventsd binary")
    parser.add_argument("--only", default="*_test.py", help="pattern of the files to run")
    arguments = parser.parse_args()
    os.environ["EVENTSD_BIN"] = str(arguments.bin.resolve(strict=True))
    suite = unittest.defaultTestLoader.discover(HERE, pattern=arguments.only, top_level_dir=HERE)
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    failed = len(result.failures) + len(result.errors)
    passed = result.testsRun - failed - len(result.skipped)
    print(f"{max(passed, 0)} passed, {failed} failed, {len(result.skipped)} skipped")
    return 0 if result.wasSuccessful() and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
