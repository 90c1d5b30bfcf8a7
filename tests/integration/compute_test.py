#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Jobs on live processes: the drill, step by step."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
from compute import Drill  # noqa: E402
from local_network import Network  # noqa: E402


class ComputeTest(unittest.TestCase):
    """One network for all cases; they run in the order of their names."""

    @classmethod
    def setUpClass(cls):
        network = Network(archives=1, edges=0).__enter__()
        cls.addClassCleanup(network.__exit__, None, None, None)
        cls.drill = Drill()
        cls.drill.begin(network)

    def test_01_outputs_are_what_plain_blake3_says(self):
        self.drill.hash_objects()

    def test_02_who_submits_need_not_know_sizes_and_roots(self):
        self.drill.hash_unstated()

    def test_03_each_task_of_an_array_has_its_input_and_output(self):
        self.drill.array()

    def test_04_three_nodes_agree_on_what_a_trained_model_says(self):
        self.drill.learn()

    def test_05_training_by_many_is_merged(self):
        self.drill.learn_together()

    def test_06_a_cancelled_job_pays_for_what_was_done(self):
        self.drill.cancel()

    def test_07_a_killed_executors_task_is_done_by_another_and_paid_once(self):
        self.drill.kill_executor()

    def test_08_a_killed_brokers_job_goes_on_under_the_next(self):
        self.drill.kill_broker()

    def test_09_the_books_balance(self):
        self.drill.books()


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True, warnings="ignore")
