#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proof of Honesty on live processes: the drill, with few objects."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
from honesty import SABOTEUR, Drill  # noqa: E402


class HonestyTest(unittest.TestCase):
    def test_who_serves_wrong_bytes_is_slashed_and_nobody_else(self):
        result = Drill(objects=4, patience=150).run()
        self.assertEqual(result["misbehaving"], [SABOTEUR])
        self.assertEqual({one["node"] for one in result["slashed"]}, {SABOTEUR})
        self.assertGreater(int(result["slashed"][0]["amount"]), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True, warnings="ignore")
