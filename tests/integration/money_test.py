#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Money on a live network: price, credits, stake, votes, statements, and that nothing is lost."""
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
from local_network import Network, await_true  # noqa: E402

OORT = 10 ** 18
EPOCH_S = 12


class MoneyTest(unittest.TestCase):
    """One network for all cases; they run in the order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(archives=0, edges=0).__enter__()
        cls.addClassCleanup(cls.network.__exit__, None, None, None)
        cls.folder = pathlib.Path(cls.network.dir)
        cls.nodes = json.loads((cls.folder / "network.json").read_text())["nodes"]

    def ask(self, *arguments):
        """What a command of the first node prints with --json."""
        return self.network.json(*arguments, "--dir", self.network.dir)

    def refused(self, *arguments):
        done = self.network.run(*arguments, "--dir", self.network.dir, check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stderr

    def key(self, name):
        return str(self.folder / f"{name}.key")

    def node_key(self, number):
        return str(self.folder / f"super-{number}" / "data" / "node.key")

    def account(self, key):
        return self.ask("account", "show", "--key", key)

    def balance(self, key):
        return int(self.account(key)["balance"])

    def epoch(self):
        return self.ask("stake", "pools")["epoch"]

    def await_epoch(self, epoch):
        await_true(f"epoch {epoch}", lambda: self.epoch() >= epoch, 6 * EPOCH_S)

    def audit(self):
        audit = self.ask("supply", "audit", "--socket", self.nodes[0]["admin_socket"])
        self.assertTrue(audit["is_conserved"], audit)
        parts = sum(int(audit[name]) for name in ("accounts", "bonds", "pots", "fees"))
        self.assertEqual(parts, int(audit["total"]))
        return audit

    def assert_statement_adds_up(self, key):
        statement = self.ask("account", "statement", "--key", key)
        balance = 0
        for line in statement["lines"]:
            balance += int(line["amount"]) * (1 if line["is_income"] else -1)
            self.assertEqual(balance, int(line["balance_after"]), line)
        self.assertEqual(balance, self.balance(key))
        return [line["purpose"] for line in statement["lines"]]

    def test_01_every_pool_witnesses_with_the_same_stake(self):
        pools = self.ask("stake", "pools")["pools"]
        self.assertEqual(len(pools), 4)
        self.assertEqual({pool["state"] for pool in pools}, {"witnessing"})
        self.assertEqual({pool["self"] for pool in pools}, {str(1_000 * OORT)})
        validators = self.ask("stake", "validators")["validators"]
        self.assertEqual({one["weight"] for one in validators}, {1_000})
        self.audit()

    def test_02_reporters_say_what_oort_costs(self):
        before = self.ask("price", "show")
        self.assertEqual(before["price_usd"], "0.05")
        self.ask("price", "report", "0.052", "--key", self.key("reporter-1"))
        self.assertIn("ReporterUnknown", self.refused(
            "price", "report", "0.052", "--key", self.key("owner")))
        self.ask("price", "report", "0.052", "--key", self.key("reporter-2"))
        # The rate is the mean of five samples, of which the first is that of the genesis.
        await_true("the price follows", lambda: self.ask("price", "show")["price_usd"]
                   .startswith("0.052"), 30)
        price = self.ask("price", "show")
        self.assertEqual(sum(one["counts"] for one in price["reporters"]), 2)

    def test_03_two_of_three_processors_sell_credits(self):
        owner = self.account(self.key("owner"))["account"]
        buy = ["credits", "buy", "--to", owner, "--amount", "250.5", "--reference", "payment 17",
               "--key", self.key("owner")]
        self.assertIn("ProcessorSignaturesInvalid", self.refused(
            *buy, "--processor-key", self.key("processor-1")))
        signed = self.ask("credits", "sign", "--to", owner, "--amount", "250.5", "--reference",
                          "payment 17", "--key", self.key("processor-3"))["signature"]
        both = [*buy, "--processor-key", self.key("processor-1"), "--signature", signed]
        self.ask(*both)
        self.assertEqual(self.ask("credits", "show", owner)["credits"], "250500000")
        supply = self.ask("supply", "show")
        self.assertGreater(int(supply["pots"]["reserve"]), 0)
        self.assertIn("ReferenceUsed", self.refused(*both))
        self.audit()

    def test_04_an_escrow_streams(self):
        earner = self.account(self.node_key(1))["account"]
        self.ask("escrow", "open", "--amount", "10", "--rate", "3600", "--to", earner,
                 "--key", self.key("owner"))
        escrow = self.ask("escrow", "list", "--key", self.key("owner"))["escrows"][-1]
        await_true("it runs dry", lambda: int(self.ask("escrow", "show", str(escrow["id"]))
                   ["earners"][0]["withdrawable"]) == 10 * OORT, 40)
        self.ask("escrow", "withdraw", str(escrow["id"]), "--key", self.node_key(1))
        self.assertIn("escrow paid", self.assert_statement_adds_up(self.node_key(1)))
        self.audit()

    def test_05_stake_earns_and_returns(self):
        owner = self.key("owner")
        self.ask("stake", "delegate", "super-1", "--amount", "500", "--key", owner)
        first = self.epoch()
        self.await_epoch(first + 2)
        shown = self.ask("stake", "show", "--key", owner)["delegations"][0]
        self.assertEqual(shown["worth"], str(500 * OORT))
        self.assertGreater(int(shown["reward"]), OORT)
        before = self.balance(owner)
        self.ask("stake", "claim", "super-1", "--key", owner)
        self.assertGreater(self.balance(owner), before)
        self.ask("stake", "undelegate", "super-1", "--all", "--key", owner)
        leaving = self.ask("stake", "show", "--key", owner)["unbondings"][0]
        self.assertEqual(leaving["amount"], str(500 * OORT))
        self.assertEqual(leaving["returns"], self.epoch() + 3)
        self.assertEqual(self.ask("supply", "show")["pots"]["unbonding"], str(500 * OORT))
        type(self).returns = leaving["returns"]

    def test_06_a_parameter_changes_by_a_vote(self):
        owner = self.key("owner")
        self.ask("gov", "propose", "params", "--module", "staking", "--set", "emission=20",
                 "--text", "more for witnesses", "--deposit", "100", "--key", owner)
        proposal = self.ask("gov", "list")["proposals"][-1]
        self.assertEqual(proposal["state"], "voting")
        self.assertEqual(proposal["params"]["params"]["emission"], "20")
        number = str(proposal["id"])
        self.assertIn("VoteWithoutStake", self.refused(
            "gov", "vote", number, "yes", "--pool", "super-2", "--key", self.node_key(1)))
        for node in (1, 2, 3):
            self.ask("gov", "vote", number, "yes", "--pool", f"super-{node}",
                     "--key", self.node_key(node))
        self.assertEqual(len(self.ask("gov", "show", number)["ballots"]), 3)
        await_true("it is carried out",
                   lambda: self.ask("gov", "show", number)["state"] == "executed", 60)
        self.assertEqual(self.ask("gov", "params")["staking"]["emission"], "20")
        self.assertEqual(self.ask("stake", "pools")["emission"], str(20 * OORT))
        self.assertIn("no parameter", self.refused(
            "gov", "propose", "params", "--module", "staking", "--set", "emision=1",
            "--text", "x", "--deposit", "100", "--key", owner))

    def test_07_stake_came_back_and_statements_add_up(self):
        owner = self.key("owner")
        self.await_epoch(self.returns)
        await_true("stake is back", lambda: not self.ask("stake", "show", "--key", owner)
                   ["unbondings"], 30)
        purposes = self.assert_statement_adds_up(owner)
        for purpose in ("genesis", "fee", "credits sold", "escrow funded", "stake delegated",
                        "reward paid", "stake returned", "deposit paid", "deposit returned"):
            self.assertIn(purpose, purposes)
        for key in (self.key("reporter-1"), self.key("reporter-2"), self.node_key(1),
                    self.node_key(2)):
            self.assert_statement_adds_up(key)
        # From a height on it leaves out what lies below.
        late = self.ask("account", "statement", "--key", owner, "--from", "1")["lines"]
        self.assertNotIn("genesis", {line["purpose"] for line in late})
        self.audit()

    def test_08_statements_are_written_anew_after_a_loss(self):
        owner = self.key("owner")
        before = self.ask("account", "statement", "--key", owner)
        self.network.devnet("stop", "super-1")
        statements = self.folder / "super-1" / "data" / "statements"
        self.assertTrue(statements.is_dir())
        for file in statements.iterdir():
            file.unlink()
        statements.rmdir()
        self.network.devnet("restart", "super-1")
        self.network.devnet("wait", "--timeout", "60")
        self.assertEqual(self.ask("account", "statement", "--key", owner), before)
        self.audit()

    def storage(self, number):
        """What the gateway of a node pays for."""
        account = self.ask("storage", "account", "--key", self.node_key(number))
        self.assertEqual(int(account["funded"]), sum(
            int(account[part]) for part in ("paid", "refunded", "held")))
        return account

    def earned(self, number):
        """By payer, what a node can collect."""
        shown = self.ask("storage", "earnings", f"super-{number}")
        return {one["payer"]: int(one["earned"]) for one in shown["holdings"]}

    def lines(self, number, purpose):
        """The amounts of a node's statement that have a purpose."""
        statement = self.ask("account", "statement", "--key", self.node_key(number))
        return [int(line["amount"]) for line in statement["lines"] if line["purpose"] == purpose]

    def test_09_stored_bytes_are_paid_for(self):
        price = self.ask("storage", "price")
        self.assertEqual(price["month_ms"], 3_600_000)
        self.assertEqual(price["prices"][0]["class"], "STANDARD")
        self.assertEqual(self.storage(1)["stored"], {})
        file = self.folder / "stored.bin"
        file.write_bytes(bytes(range(256)) * 12_000)
        self.network.aws("s3", "mb", "s3://paid")
        for name in ("one", "two"):
            self.network.aws("s3", "cp", str(file), f"s3://paid/{name}")
        gateway = self.account(self.node_key(1))["account"]
        # Open segments have three replicas, coded ones twice their content.
        self.assertGreaterEqual(self.storage(1)["stored"]["STANDARD"], 2 * 2 * 3_072_000)
        await_true("nodes earn", lambda: all(
            any(self.earned(number).values()) for number in (1, 2, 3, 4)), 30)
        for number in (1, 2, 3, 4):
            self.ask("storage", "collect", f"super-{number}", "--key", self.node_key(number))
            self.assertEqual(len(self.lines(number, "storage paid")), 1)
            self.assert_statement_adds_up(self.node_key(number))
        self.assertIn("NodeNotYours", self.refused(
            "storage", "collect", "super-2", "--key", self.node_key(1)))
        # To the unit: what left the escrow is the nodes' pay, the treasury's part, the discount.
        account = self.storage(1)
        paid = sum(self.lines(number, "storage paid")[0] for number in (1, 2, 3, 4))
        discounts = self.lines(1, "escrow discounted")
        self.assertEqual(sum(discounts), int(account["refunded"]))
        gross = int(account["paid"]) + int(account["refunded"])
        take = price["take"]
        self.assertEqual(take, 100_000)
        self.assertLessEqual(paid, gross - gross * take // 1_000_000)
        self.assertGreaterEqual(paid + 4, gross - gross * take // 1_000_000 - 4)
        self.assertEqual({payer for payer in self.earned(1)}, {gateway})
        self.audit()

    def test_10_a_storage_account_is_funded_and_drawn_down(self):
        before = self.storage(1)
        self.ask("storage", "fund", self.account(self.node_key(1))["account"], "--amount", "2.5",
                 "--key", self.key("owner"))
        after = self.storage(1)
        self.assertEqual(int(after["funded"]) - int(before["funded"]), 2_500_000_000_000_000_000)
        self.ask("storage", "withdraw", "--amount", "900", "--key", self.node_key(1))
        self.assertGreaterEqual(int(self.storage(1)["refunded"]), 900 * OORT)
        self.assertIn("EscrowTooLow", self.refused(
            "storage", "withdraw", "--amount", "900", "--key", self.node_key(1)))
        self.assertIn("StorageAccountUnknown", self.refused(
            "storage", "withdraw", "--amount", "1", "--key", self.key("owner")))
        self.assert_statement_adds_up(self.node_key(1))
        self.audit()


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True, warnings="ignore")
