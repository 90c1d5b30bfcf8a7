#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""People label a campaign's samples through a node that is killed meanwhile, and are paid."""
import collections
import csv
import json
import pathlib
import random
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
from labelling import sit  # noqa: E402
from local_network import Network, await_true  # noqa: E402

OORT = 10 ** 18
PRICE = OORT // 100
SECONDS = 180
LABELS = ["cat", "dog", "bird"]
SAMPLES = 36
# Few are of the first label, so who always gives that one does not stand the gold.
GOLD = {f"s{place:02}": label for place, label in enumerate(
    ["cat"] * 2 + ["dog"] * 5 + ["bird"] * 5)}
OVERLAP = 3
CAREFUL = ("ada", "ben", "cleo")
CARELESS = "dan"
KILL_AT, GATE_AT = 30, 45


def truth(sample):
    return GOLD.get(sample, LABELS[int(sample[1:]) % len(LABELS)])


def sample_of(content):
    return content.removeprefix("text of ")


def answer_of(who, sample):
    """Who is careful errs once; who is not says one thing."""
    if who == CARELESS:
        return LABELS[0]
    errs_at = f"s{20 + CAREFUL.index(who):02}"
    right = truth(sample)
    return right if sample != errs_at else LABELS[LABELS.index(right) - 1]


class Person(threading.Thread):
    """Works until nothing is left."""

    def __init__(self, name, command, before_answer):
        super().__init__(name=name)
        self.command, self.before_answer = command, before_answer
        self.taken, self.end, self.problem = None, None, None

    def answer(self, content):
        self.before_answer()
        return answer_of(self.name, sample_of(content))

    def run(self):
        try:
            taken, self.end = sit(self.command, self.answer)
            self.taken = [(sample_of(content), label) for content, label in taken]
        except Exception as problem:  # Told by the test, not by a thread.
            self.problem = problem


class AnnotationTest(unittest.TestCase):
    """One network for all cases; they run in the order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(archives=0, edges=0).__enter__()
        cls.addClassCleanup(cls.network.__exit__, None, None, None)
        cls.folder = pathlib.Path(cls.network.dir)
        cls.owner = ["--key", str(cls.folder / "owner.key")]
        cls.accounts = {}
        for name in (*CAREFUL, CARELESS, "eve"):
            cls.accounts[name] = cls.ask("keys", "new", cls.key(name))["account"]
        names = [f"s{place:02}" for place in range(SAMPLES)]
        random.Random(3).shuffle(names)
        cls.write("samples.jsonl", "".join(
            json.dumps({"sample": name, "content": f"text of {name}"}) + "\n" for name in names))
        cls.write("gold.csv", "sample,label\n" + "".join(
            f"{sample},{label}\n" for sample, label in GOLD.items()))
        cls.write("consent.txt", "You are paid for what agrees with the result.")

    @classmethod
    def ask(cls, *arguments):
        return cls.network.json(*arguments, "--dir", cls.network.dir)

    @classmethod
    def key(cls, name):
        return str(cls.folder / f"{name}.key")

    @classmethod
    def file(cls, name):
        return str(cls.folder / name)

    @classmethod
    def write(cls, name, text):
        (cls.folder / name).write_text(text)

    def refused(self, *arguments):
        done = self.network.run(*arguments, "--dir", self.network.dir, check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stderr

    def work(self, name, *options, consent="consent.txt", campaign=None):
        return [self.network.binary, "campaign", "work", campaign or self.campaign, "--consent",
                self.file(consent), "--key", self.key(name), "--dir", self.network.dir, *options]

    def sitting(self, name, said, *options, **words):
        """One sitting with this input: exit code, standard output, standard error."""
        done = subprocess.run(self.work(name, *options, **words), input=said, text=True,
                              capture_output=True, timeout=SECONDS, check=False)
        return done.returncode, done.stdout, done.stderr

    def open_campaign(self, number, *options, overlap=OVERLAP):
        reviewer = self.ask("account", "show", "--key",
                            self.file("super-2/data/node.key"))["account"]
        return self.ask("campaign", "open", "--price", "0.01", "--budget", "10", "--reviewer",
                        reviewer, "--method", "majority", "--overlap", str(overlap), "--holdback",
                        "0", "--consent", self.file("consent.txt"), "--number", str(number),
                        *options, *self.owner)["campaign"]

    def door(self, name):
        return ["--grpc", self.network.status()[name]["grpc_endpoint"]]

    def queue(self, *options, gold="gold.csv", owner=None):
        labels = [word for label in LABELS for word in ("--label", label)]
        gold = ["--gold", self.file(gold)] if gold else []
        return ["campaign", "queue", self.campaign, "--samples", self.file("samples.jsonl"), *gold,
                *labels, *options, *(owner or self.owner)]

    # -------------------------------------------------------------------------------------------

    def test_01_a_queue_is_handed_over_with_the_gold_that_was_committed_to(self):
        type(self).campaign = self.open_campaign(1, "--gold-share", "500000")
        self.assertIn("run `oortd campaign gold` first", self.refused(*self.queue()))
        self.ask("campaign", "gold", self.campaign, "--gold", self.file("gold.csv"), *self.owner)
        self.write("other.csv", "sample,label\ns00,dog\n")
        self.assertIn("BAD_PROOF", self.refused(*self.queue(gold="other.csv")))
        self.assertIn("--gold", self.refused(*self.queue(gold=None)))
        self.assertIn("BAD_PROOF", self.refused(*self.queue(owner=["--key", self.key("eve")])))
        self.assertIn("no super node that answers keeps a queue",
                      self.sitting("ada", "", "--json")[1])
        opened = self.ask(*self.queue())
        self.assertEqual((opened["samples"], opened["gold"]), (SAMPLES, len(GOLD)))
        self.assertEqual(self.ask(*self.queue()), opened, "the same again changes nothing")
        self.assertIn("ALREADY_EXISTS", self.refused(*self.queue("--lease-s", "60")))
        self.assertIn("ALREADY_EXISTS", self.refused(*self.queue(), *self.door("super-2")))
        self.assertEqual(self.ask("campaign", "queues")["queues"], [
            {"campaign": self.campaign, "labels": LABELS, "samples_count": SAMPLES,
             "annotators_count": 0, "answers_count": 0, "is_complete": False}])

    def test_02_only_who_agrees_gets_samples_and_only_of_an_open_campaign(self):
        self.assertIn("NOT_ALLOWED", self.sitting("ada", "", "--json", consent="gold.csv")[1])
        self.ask("campaign", "pause", self.campaign, *self.owner)
        code, said, _ = self.sitting("ada", "", "--json")
        self.assertEqual((code, json.loads(said)["error"]["reason"]), (1, "PRECONDITION_FAILED"))
        self.ask("campaign", "resume", self.campaign, *self.owner)
        # Who goes away gets the same sample again.
        sittings = [self.sitting("ada", "", "--json") for _ in range(2)]
        self.assertEqual(sittings[0][0], 0)
        (first, end), (again, _) = ([json.loads(line) for line in said.splitlines()]
                                    for _, said, _ in sittings)
        self.assertEqual(first, again)
        self.assertEqual(end, {"answered": 0, "skipped": 0, "refused": 0, "is_over": False})
        code, said, _ = self.sitting("ada", "fish\n", "--json")
        self.assertEqual((code, json.loads(said.splitlines()[1])["error"]["reason"]),
                         (1, "BAD_ARGUMENT"))

    def test_03_what_was_answered_survives_the_node(self):
        """I5: the next sample comes once the answer to the last one is there for good."""
        lock, counts = threading.Lock(), collections.Counter()
        half, killed = threading.Event(), threading.Event()

        def before_answer():
            with lock:
                counts["answers"] += 1
                count = counts["answers"]
            if count >= KILL_AT:
                half.set()
            if count >= GATE_AT:
                killed.wait(SECONDS)

        people = [Person(name, self.work(name, "--json"), before_answer)
                  for name in (*CAREFUL, CARELESS)]
        for person in people:
            person.start()
        self.assertTrue(half.wait(SECONDS))
        self.network.devnet("kill", "super-1")
        killed.set()
        self.network.devnet("restart", "super-1")
        for person in people:
            person.join(SECONDS)
            self.assertIsNone(person.problem)
            self.assertEqual(person.end, {"answered": len(person.taken), "skipped": 0,
                                          "refused": 0, "is_over": True})
        type(self).taken = {person.name: person.taken for person in people}

        self.assertIn("NOT_ALLOWED", self.refused(
            "campaign", "answers", self.campaign, "--out", self.file("stolen.csv"), "--key",
            self.key("ada")))
        self.assertFalse((self.folder / "stolen.csv").exists())
        told = self.ask("campaign", "answers", self.campaign, "--out", self.file("answers.csv"),
                        *self.owner)
        lines = (self.folder / "answers.csv").read_text().splitlines()[1:]
        self.assertEqual(told, {"answers": len(lines), "since": 0, "total": len(lines)})
        said = collections.Counter(tuple(line.split(",")) for line in lines)
        wanted = collections.Counter((sample, self.accounts[name], label)
                                     for name, taken in self.taken.items()
                                     for sample, label in taken)
        self.assertEqual(said, wanted)
        pairs = [tuple(line.split(",")[:2]) for line in lines]
        self.assertEqual(len(pairs), len(set(pairs)), "nobody got a sample twice")
        count_of = collections.Counter(sample for sample, _ in pairs)
        for sample in {f"s{place:02}" for place in range(SAMPLES)} - set(GOLD):
            self.assertEqual(count_of[sample], OVERLAP)
        queue = self.ask("campaign", "queues")["queues"][0]
        self.assertEqual((queue["answers_count"], queue["is_complete"]), (len(lines), True))

        self.ask("campaign", "answers", self.campaign, "--out", self.file("rest.csv"), "--since",
                 "7", *self.owner)
        self.assertEqual((self.folder / "rest.csv").read_text().splitlines()[1:], lines[7:])
        self.assertIn("--since", self.refused(
            "campaign", "answers", self.campaign, "--out", self.file("rest.csv"), "--since",
            str(len(lines) + 1), *self.owner))

    def test_04_who_was_careful_is_paid(self):
        answers, gold = self.file("answers.csv"), self.file("gold.csv")
        self.ask("campaign", "batch", self.campaign, "--answers", answers, *self.owner)
        self.ask("campaign", "close", self.campaign, *self.owner)
        self.assertIn("over", self.sitting("ada", "", "--json")[1])
        settled = self.ask("campaign", "settle", self.campaign, "--answers", answers, "--gold",
                           gold, "--out", self.file("labels.csv"), *self.owner)
        self.assertEqual((settled["contributors"], settled["screened_out"]), (4, 1))
        with open(self.file("labels.csv"), encoding="utf-8") as file:
            labels = {row["sample"]: row["label"] for row in csv.DictReader(file)}
        wanted = {self.accounts[name]: sum(labels[sample] == label for sample, label in taken)
                  for name, taken in self.taken.items() if name != CARELESS}
        pays = self.ask("campaign", "pays", self.campaign, "--batch", "1")["pays"]
        self.assertEqual({pay["account"]: pay["accepted"] for pay in pays}, wanted)
        for account, accepted in wanted.items():
            self.assertGreater(accepted, 0)
            amount = accepted * PRICE
            self.assertEqual(int(self.ask("account", "show", account)["balance"]),
                             amount - amount // 10)
        self.assertEqual(self.ask("account", "show", self.accounts[CARELESS])["balance"], "0")

        shown = self.ask("campaign", "show", self.campaign)
        self.assertEqual((shown["accepted_count"], int(shown["paid"])),
                         (sum(wanted.values()), sum(wanted.values()) * PRICE))
        escrow = self.ask("escrow", "show", str(shown["escrow"]))
        self.assertEqual(int(escrow["funded"]), int(escrow["paid"]) + int(escrow["refunded"])
                         + int(escrow["held"]))
        nodes = json.loads((self.folder / "network.json").read_text())["nodes"]
        audit = self.ask("supply", "audit", "--socket", nodes[0]["admin_socket"])
        self.assertTrue(audit["is_conserved"], audit)

    def test_05_a_person_sees_numbers_and_may_skip(self):
        campaign = self.open_campaign(2)
        self.write("three.jsonl", "\n".join(
            json.dumps({"sample": name, "content": f"text \x1b[2J {name}"}) for name in "xyz"))
        labels = ["--label", "yes", "--label", "no"]
        self.ask("campaign", "queue", campaign, "--samples", self.file("three.jsonl"), *labels,
                 "--annotator", self.accounts["eve"], *self.owner)
        self.assertIn("NOT_ALLOWED", self.sitting("ada", "", "--json", campaign=campaign)[1])
        # The first by its number, the second not at all, the third once it is understood.
        # She asks a node that does not keep the queue, and so does the steward.
        elsewhere = self.door("super-3")
        code, said, problems = self.sitting("eve", "2\n\nmaybe\nyes\n", *elsewhere,
                                            campaign=campaign)
        self.assertEqual((code, problems), (0, ""))
        self.assertIn("\n  1  yes\n  2  no\n", said)
        self.assertIn("text ?[2J ", said)
        self.assertIn("'maybe' is none of the labels: yes, no", said)
        self.assertTrue(said.endswith("2 answered, 1 skipped\n"), said)
        self.ask("campaign", "answers", campaign, "--out", self.file("eve.csv"), *self.owner,
                 *elsewhere)
        lines = (self.folder / "eve.csv").read_text().splitlines()[1:]
        self.assertEqual([line.split(",")[2] for line in lines], ["no", "yes"])
        self.assertEqual(json.loads(self.sitting("eve", "", "--json", campaign=campaign)[1]), {
            "answered": 0, "skipped": 0, "refused": 0, "is_over": True})

    def test_06_an_answer_that_comes_too_late_is_told(self):
        campaign = self.open_campaign(3, overlap=1)
        self.write("one.jsonl", json.dumps({"sample": "x", "content": "text"}))
        self.ask("campaign", "queue", campaign, "--samples", self.file("one.jsonl"), "--label",
                 "yes", "--label", "no", "--lease-s", "1", *self.owner)

        def ada_has_it():
            said = self.sitting("ada", "yes\n", "--json", campaign=campaign)[1]
            return json.loads(said.splitlines()[-1])["answered"] == 1

        with subprocess.Popen(self.work("eve", "--json", campaign=campaign), text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as eve:
            task = json.loads(eve.stdout.readline())
            await_true("somebody else gets the sample", ada_has_it, SECONDS)
            said, _ = eve.communicate("no\n", timeout=SECONDS)
        refusal, end = map(json.loads, said.splitlines())
        self.assertEqual((refusal["assignment"], refusal["reason"]),
                         (task["assignment"], "PRECONDITION_FAILED"))
        self.assertEqual(end, {"answered": 0, "skipped": 0, "refused": 1, "is_over": True})


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True, warnings="ignore")
