#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The judge of the linearizability drill sees what is wrong, and nothing else."""
import pathlib
import random
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
from bank_history import Operation, is_linearizable, with_stale_read  # noqa: E402


def pays(invoked, returned, paid, account="a"):
    return Operation(account, invoked, returned, paid)


def reads(invoked, returned, balance, account="a"):
    return Operation(account, invoked, returned, 0, balance)


class BankHistory(unittest.TestCase):
    def test_either_order_of_what_overlaps(self):
        self.assertTrue(is_linearizable([pays(1, 4, 3), reads(2, 3, 0)]))
        self.assertTrue(is_linearizable([pays(1, 4, 3), reads(2, 3, 3)]))
        self.assertFalse(is_linearizable([pays(1, 4, 3), reads(2, 3, 1)]))

    def test_stale_read(self):
        self.assertFalse(is_linearizable([pays(1, 2, 3), reads(3, 4, 0)]))
        self.assertFalse(is_linearizable([pays(1, 6, 3), reads(2, 3, 3), reads(4, 5, 0)]))

    def test_read_of_the_future(self):
        self.assertFalse(is_linearizable([reads(1, 2, 3), pays(3, 4, 3)]))

    def test_one_order_for_all_accounts(self):
        both = [pays(1, 9, 1), pays(1, 9, 1, "b")]
        self.assertTrue(is_linearizable([*both, reads(2, 3, 1), reads(4, 5, 0, "b")]))
        self.assertFalse(is_linearizable(
            [*both, reads(2, 3, 1), reads(4, 5, 0, "b"), reads(2, 3, 1, "b"), reads(4, 5, 0)]))

    def test_unknown_happens_later_or_never(self):
        unknown = pays(1, None, 3)
        self.assertTrue(is_linearizable([unknown, reads(2, 3, 0), reads(4, 5, 3)]))
        self.assertTrue(is_linearizable([unknown, reads(2, 3, 0), reads(4, 5, 0)]))
        self.assertFalse(is_linearizable([unknown, reads(2, 3, 3), reads(4, 5, 0)]))

    def test_unknown_read_says_nothing(self):
        self.assertTrue(is_linearizable([pays(1, 2, 3), Operation("a", 3)]))

    def test_a_true_bank_passes_and_a_seeded_stale_read_does_not(self):
        for seed in range(30):
            history = self.true_history(random.Random(seed))
            self.assertTrue(is_linearizable(history), seed)
            self.assertFalse(is_linearizable(with_stale_read(history)), seed)

    @staticmethod
    def true_history(chance):
        """Operations that take effect at a moment of their own between invocation and return."""
        history = []
        balance = 0
        for moment in range(0, 600, 10):
            began, ended = moment - chance.uniform(0, 25), moment + chance.uniform(0, 25)
            if chance.random() < 0.5:
                paid = chance.randint(1, 9)
                is_lost = chance.random() < 0.1
                balance += 0 if is_lost and chance.random() < 0.5 else paid
                history.append(pays(began, None if is_lost else ended, paid))
            else:
                history.append(reads(began, ended, balance))
        return sorted(history, key=lambda one: one.invoked)


if __name__ == "__main__":
    unittest.main(verbosity=2)
