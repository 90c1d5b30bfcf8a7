#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An executor that signs for wrong results, on live processes."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
from compute import Drill  # noqa: E402
from local_network import Network  # noqa: E402


class ComputeLiarTest(unittest.TestCase):
    def test_who_signs_for_wrong_results_is_outvoted_and_never_paid(self):
        with Network(archives=1, edges=0, program="oortd-test") as network:
            drill = Drill()
            drill.begin(network)
            drill.catch_liar()
            drill.books()


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True, warnings="ignore")
