#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The whole loop on live processes: people label pictures, the dataset is sealed and sold,
executors train on it together, the model answers on a device without a network; whoever lies is
slashed by evidence that anybody can check, everybody else is paid, and the chain from sample to
model is proven from the genesis file."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import time

from compute import Drill as ComputeDrill
from crowd import Crowd, CLASSES, as_pgm, fresh_pictures, truth
from honesty import Readers
from labelling import sit
from local_network import Network, await_true
from provenance import CARD

OORT = 10 ** 18
SUPERS, ARCHIVES, EDGES = 7, 2, 3
STORES_WRONG = "super-2"       # Serves wrong bytes of shards.
VOTES_TWICE = "super-3"        # Signs two votes in one view.
COMPUTES_WRONG = "archive-1"   # Signs wrong results of tasks.
BROKERS = ("super-6", "super-7")  # The first of them is killed in office.
DEVICE = "edge-1"
APPEAL_MS = 20_000
# Samples that somebody labels before others have their turn. So all see enough gold: who always
# says one thing may stand little of it by luck.
SITTINGS = (20, 20, 20)
SEATS = 8
MEMBERS, ROUNDS, STEPS = 4, 2, "40"
PATIENCE = 420


class Mission(ComputeDrill):
    brokers = BROKERS
    executors = SUPERS + ARCHIVES

    def __init__(self, seed=1):
        super().__init__(seed)
        self.seed = seed

    # The people --------------------------------------------------------------------------------

    def label(self):
        """A campaign of sixty people; careful and hasty ones are paid, the others are not."""
        self.crowd = Crowd(self.seed)
        self.work = pathlib.Path(self.network.dir) / "work"
        (self.work / "tickets").mkdir(parents=True)
        self.client.create_bucket(Bucket="pictures")
        for place, pixels in enumerate(self.crowd.pictures):
            self.client.put_object(Bucket="pictures", Key=f"{self.crowd.name(place)}.pgm",
                                   Body=as_pgm(pixels))
        (self.work / "samples.jsonl").write_text(self.crowd.samples_jsonl())
        (self.work / "gold.csv").write_text(self.crowd.gold_csv())
        (self.work / "consent.txt").write_text("You are paid for what agrees with the result.")
        owner = ["--key", self.key("owner")]
        answers = ["--answers", str(self.work / "answers.csv")]
        gold = ["--gold", str(self.work / "gold.csv")]
        self.campaign = campaign = self.ask(
            "campaign", "open", "--price", "0.01", "--budget", "60", "--reviewer", self.account(
                "super-1"), "--method", "by-gold", "--overlap", str(self.crowd.overlap),
            "--gold-share", "500000", "--holdback", "200000", "--appeal-ms", str(APPEAL_MS),
            "--consent", str(self.work / "consent.txt"), *owner)["campaign"]
        self.ask("campaign", "gold", campaign, *gold, *owner)
        labels = [word for kind in range(CLASSES) for word in ("--label", f"c{kind}")]
        self.ask("campaign", "queue", campaign, "--samples", str(self.work / "samples.jsonl"),
                 *gold, *labels, *owner)
        started = time.monotonic()
        self.work_through_queue()
        self.figures["seconds_to_label"] = round(time.monotonic() - started, 1)
        self.ask("campaign", "answers", campaign, "--out", str(self.work / "answers.csv"), *owner)
        made = self.ask("campaign", "batch", campaign, *answers, "--tickets",
                        str(self.work / "tickets"), *owner)
        self.ask("campaign", "stage", campaign, *answers, *owner)
        self.ask("campaign", "close", campaign, *owner)
        self.ask("campaign", "settle", campaign, *answers, *gold, "--out",
                 str(self.work / "labels.csv"), *owner)
        self.say(f"{made['contributors']} people gave {made['answers']} answers about "
                 f"{self.crowd.samples} pictures")

    def work_through_queue(self):
        """Everybody sits down several times, a few at once; the last time until nothing is left."""
        keys = self.crowd.write_keys(self.work / "people")
        self.crowd.people = [self.network.json("keys", "show", str(key))["account"]
                             for key in keys]
        turns = list(range(len(keys)))

        def sit_down(who, count_max):
            command = [self.network.binary, "campaign", "work", self.campaign, "--consent",
                       str(self.work / "consent.txt"), "--key", str(keys[who]), "--dir",
                       self.network.dir, "--json"]
            sit(command, lambda address: self.crowd.answer_to(who, address), count_max)

        for count_max in (*SITTINGS, None):
            self.random.shuffle(turns)
            with concurrent.futures.ThreadPoolExecutor(SEATS) as seats:
                for done in [seats.submit(sit_down, who, count_max) for who in turns]:
                    done.result()
        queue = self.ask("campaign", "queues")["queues"][0]
        assert queue["is_complete"], queue

    def pay_people(self):
        owner = ["--key", self.key("owner")]
        await_true("the window for appeals has passed", lambda: self.network.run(
            "campaign", "release", self.campaign, *owner, "--dir", self.network.dir,
            check=False).returncode == 0, 3 * APPEAL_MS / 1000 + 30)
        self.ask("campaign", "finish", self.campaign, *owner)
        paid = {kind: [self.balance(account) for account in self.crowd.of_kind(kind)]
                for kind in ("careful", "hasty", "one-answer", "colluding")}
        assert all(paid["careful"]) and sum(paid["hasty"]) > 0, paid
        assert not any(paid["one-answer"]) and not any(paid["colluding"]), paid
        self.figures["people_paid"] = sum(1 for kind in paid.values() for one in kind if one)
        self.say("careful and hasty people were paid; those who said one thing, and those who "
                 "agreed among themselves, were not")

    # The data ----------------------------------------------------------------------------------

    def seal(self):
        lines = (self.work / "labels.csv").read_text().splitlines()[1:]
        labels = [(line.split(",")[0], int(line.split(",")[1][1:])) for line in lines]
        right = sum(label == truth(int(name[1:])) for name, label in labels)
        assert right > len(labels) * 9 // 10, (right, len(labels))
        data = self.work / "signs"
        data.mkdir()
        (data / "data.csv").write_text(self.crowd.records_csv(labels))
        card = dict(CARD, description="Bars in noise, labelled by a crowd.",
                    contributors_count=60, annotations_per_sample="9")
        (self.work / "card.json").write_text(json.dumps(card))
        self.records = str(data / "data.csv")
        self.dataset = self.ask(
            "dataset", "seal", str(data), "--name", "signs", "--licence", "CC-BY-4.0",
            "--records", "data.csv", "--card", str(self.work / "card.json"), "--bucket", "signs",
            "--campaign", self.campaign, "--key", self.key("owner"))["dataset"]
        self.ask("dataset", "offer", self.dataset, "--access", "sold", "--price", "50", "--key",
                 self.key("owner"))
        before = self.balance(self.owner)
        self.ask("dataset", "request", self.dataset, "--price", "50", "--key",
                 self.node_key("super-1"))
        assert self.balance(self.owner) - before == 45 * OORT
        self.figures["labels_right"] = right
        self.say(f"the dataset is sealed, {right} of {len(labels)} labels are right, and super-1 "
                 "has bought it")

    # The training ------------------------------------------------------------------------------

    def train(self):
        """Members start together; the broker is killed while they work."""
        brokers = [word for broker in BROKERS for word in ("--broker", broker)]
        self.client.create_bucket(Bucket="pool")
        command = ["model", "train", "--dataset", self.dataset, "--records", self.records,
                   "--members", str(MEMBERS), "--rounds", str(ROUNDS), "--local-steps", STEPS,
                   "--pool", "pool", "--payer", self.key("owner"), "--round-budget", "20",
                   *brokers, "--name", "signs-net", "--out", str(self.work / "net"), "--bucket",
                   "models", "--key", self.node_key("super-1")]
        made = self.ask(*command)
        self.model, self.training = made["model"], made["training"]
        self.jobs += made["jobs"]
        records = [self.await_closed(job) for job in made["jobs"]]
        self.figures["training_rounds"] = len(records)
        self.say(f"{MEMBERS} executors trained together for {len(records)} rounds; the model is "
                 f"{self.model[:8]}…")
        attest = ["model", "attest", self.training, "--records", self.records, "--members",
                  str(MEMBERS), "--rounds", str(ROUNDS), "--local-steps", STEPS]
        self.ask(*attest, "--key", self.node_key("super-4"))
        self.ask(*attest, "--grade", "replayed", "--key", self.node_key("super-5"))
        self.say("one node saw it, another computed the same bits again")

    def lose_a_broker(self):
        """A job outlives the broker that began it."""
        job = self.long_job("orphan", placement={"exclude_nodes": [
            self.ids[name] for name in (COMPUTES_WRONG, STORES_WRONG, VOTES_TWICE)]})
        self.await_running(job)
        self.network.devnet("kill", BROKERS[0])
        record = self.await_closed(job)
        assert record["broker_epoch"] == 2, record
        self.network.devnet("restart", BROKERS[0])
        self.network.devnet("wait", "--timeout", str(PATIENCE))
        self.say(f"{BROKERS[0]} was killed in office; {BROKERS[1]} brought its job to the end")

    # The liars ---------------------------------------------------------------------------------

    def verdicts(self, node):
        return self.ask("honesty", "standing", node)["verdicts"]

    def is_convicted(self, node):
        return any(one["offence"] == "wrong result" for one in self.verdicts(node))

    def all_post(self):
        standings = self.ask("honesty", "standing")["standings"]
        return sum(one["posted"] > 0 for one in standings) == SUPERS + ARCHIVES

    def misbehave(self):
        await_true("every node with a stake posts", self.all_post, PATIENCE)
        self.network.restart(STORES_WRONG, "--misbehave", "corrupt-shard@1")
        self.network.restart(VOTES_TWICE, "--misbehave", "double-vote@0.1")
        self.network.restart(COMPUTES_WRONG, "--misbehave", "wrong-result@1")
        self.network.devnet("wait", "--timeout", str(PATIENCE))
        self.say(f"from now on {STORES_WRONG} serves wrong bytes, {VOTES_TWICE} votes twice and "
                 f"{COMPUTES_WRONG} signs wrong results")

    def find_who_computes_wrong(self):
        """Each task is done by three; who differs from the others is accused and a panel judges."""
        started = time.monotonic()
        while not self.is_convicted(COMPUTES_WRONG):
            assert time.monotonic() - started < PATIENCE, "nobody was convicted"
            data = [self.random.randbytes(2_000) for _ in range(6)]
            number = len(self.jobs)
            inputs = [self.store(f"bait-{number}-{i}", one) for i, one in enumerate(data)]
            job = self.submit(f"checked-{number}", "blake3", b"\1" + bytes(4), inputs,
                              confidence=970_000, array={"count": 6, "parallel_max": 6})
            self.await_closed(job)
            end = time.monotonic() + 30
            while time.monotonic() < end and not self.is_convicted(COMPUTES_WRONG):
                time.sleep(1)
        self.figures["seconds_to_convict_executor"] = round(time.monotonic() - started, 1)
        self.say(f"{COMPUTES_WRONG} was accused by a broker and convicted by a panel")

    def find_who_stores_wrong(self):
        bodies = {f"first-{i}": self.random.randbytes(400_000) for i in range(6)}
        self.client.create_bucket(Bucket="honest")
        for name, body in bodies.items():
            self.client.put_object(Bucket="honest", Key=name, Body=body)
        started = time.monotonic()
        with Readers(self.network, bodies, (0, 3, 4)) as readers:
            await_true("who stores wrong is convicted",
                       lambda: self.is_convicted(STORES_WRONG), PATIENCE)
        assert not readers.wrong and readers.reads_count > 0, readers.wrong
        self.figures["seconds_to_convict_store"] = round(time.monotonic() - started, 1)
        self.say(f"{STORES_WRONG} answered a hidden read wrongly and was convicted; "
                 f"{readers.reads_count} reads of clients were right")

    def find_who_votes_twice(self):
        def pool():
            return self.ask("stake", "pool", VOTES_TWICE)

        await_true("who votes twice is punished", lambda: pool()["faults_count"] > 0, PATIENCE)
        offenders = {one["offender"] for one in self.ask("evidence", "list")["evidence"]}
        assert offenders == {self.ids[VOTES_TWICE]}, offenders
        self.say(f"{VOTES_TWICE} signed two votes in one view; its pool has lost stake")

    def slashed(self):
        """Who lost stake for dishonesty, and by what evidence."""
        found, penalised = [], []
        for name in self.ids:
            if name.startswith("edge"):
                continue
            for one in self.verdicts(name):
                lost = {"node": name, "offence": one["offence"], "evidence": one["subject"],
                        "amount": str(int(one["burnt"]) + int(one["compensated"]))}
                is_silence = one["offence"] in ("unavailable", "missed audit")
                (penalised if is_silence else found).append(lost)
        faults = self.ask("evidence", "list")["evidence"]
        for name in sorted({self.names[one["offender"]] for one in faults}):
            first = next(one for one in faults if self.names[one["offender"]] == name)
            found.append({"node": name, "offence": "double vote", "evidence": first["fault"],
                          "amount": self.lost_stake(name)})
        liars = {STORES_WRONG, VOTES_TWICE, COMPUTES_WRONG}
        assert {one["node"] for one in found} == liars, found
        for one in found:
            if one["offence"] == "wrong result":
                self.explain(one)
        return found, penalised

    def lost_stake(self, name):
        return str(1_000 * OORT - int(self.ask("stake", "pool", name)["self"]))

    def explain(self, one):
        """Anybody comes to the verdict again, without the network."""
        path = str(self.work / f"evidence-{one['node']}")
        self.ask("honesty", "show", one["evidence"], "--bundle", path)
        shown = self.network.json("verify", path, "--genesis", self.genesis())
        assert shown["leads_to"] == "convicted", shown
        assert shown["executor"] == self.ids[one["node"]], shown
        for line in shown["explanation"]:
            for node, name in self.names.items():
                line = line.replace(node[:8], name)
            self.say(f"  {line}")

    # The model ---------------------------------------------------------------------------------

    def genesis(self):
        return os.path.join(self.network.dir, "genesis.oort")

    def deploy(self):
        served = self.ask("model", "deploy", self.model, "--node", DEVICE, "--key",
                          self.node_key(DEVICE), "--bucket", "models")
        assert served["is_served"] and served["grade"] == "REPLAYED", served
        self.say(f"{DEVICE} has the model, with the proof of what made it")

    def prove(self):
        bundle = self.work / "net.proof"
        shown = self.ask("provenance", self.model, "--statement",
                         str(self.work / "net.statement.json"), "--records", self.records,
                         "--sample", "7", "--bundle", str(bundle))
        verified = self.network.json("verify", str(bundle), "--genesis", self.genesis())
        assert verified["is_proven"] and verified["links"] == shown["links"], verified
        whole, broken, parts = bundle.read_bytes(), self.work / "broken.proof", {}
        for place in self.random.sample(range(len(whole)), 60):
            changed = bytearray(whole)
            changed[place] ^= 1 << self.random.randrange(8)
            broken.write_bytes(changed)
            done = self.network.run("verify", str(broken), "--genesis", self.genesis(), "--json",
                                    check=False)
            assert done.returncode != 0, f"byte {place} was changed unseen"
            part = json.loads(done.stdout)["error"]["detail"].split(":")[0].split(" ")[0]
            parts[part] = parts.get(part, 0) + 1
        self.figures["changed_bytes_found"] = parts
        self.say(f"the chain from a sample to the device is proven from the genesis file; "
                 f"{sum(parts.values())} changed bytes were found in {sorted(parts)}")

    def cut_the_network(self):
        """The device alone, and new pictures."""
        for name in self.ids:
            if name != DEVICE:
                self.network.devnet("kill", name)
        fresh = fresh_pictures(self.seed + 1000, 30)
        words = [word for pixels, _ in fresh
                 for word in (f"--sample={','.join(map(str, pixels))}",)]
        answers = self.ask("model", "ask", self.model, *words, "--node", DEVICE)["results"]
        right = sum(answer == kind for answer, (_, kind) in zip(answers, fresh))
        assert right >= len(fresh) * 8 // 10, (right, answers)
        self.figures["answers_right_offline"] = f"{right}/{len(fresh)}"
        self.say(f"with everything else dead {DEVICE} names {right} of {len(fresh)} new pictures "
                 f"rightly, of {CLASSES} kinds")

    # -------------------------------------------------------------------------------------------

    def account(self, name):
        return self.ask("account", "show", "--key", self.node_key(name))["account"]

    def balance(self, account):
        return int(self.ask("account", "show", account)["balance"])

    def run(self):
        started = time.monotonic()
        with Network(SUPERS, ARCHIVES, EDGES, program="oortd-test") as network:
            self.begin(network)
            self.label()
            self.seal()
            self.misbehave()
            self.train()
            self.find_who_computes_wrong()
            self.find_who_stores_wrong()
            self.find_who_votes_twice()
            self.lose_a_broker()
            self.pay_people()
            slashed, penalised = self.slashed()
            self.deploy()
            self.prove()
            self.books()
            self.say("every statement adds up, and no OORT came or went")
            self.cut_the_network()
        self.figures["seconds"] = round(time.monotonic() - started)
        return {"name": "mission", "passed": True,
                "misbehaving": [STORES_WRONG, VOTES_TWICE, COMPUTES_WRONG], "slashed": slashed,
                "penalised": penalised, "verified": True, "tampered_detected": True,
                "books_balanced": True, "steps": self.steps, "figures": self.figures}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    result = Mission(arguments.seed).run()
    print(json.dumps(result) if arguments.json else "mission drill passed")


if __name__ == "__main__":
    os.chdir(pathlib.Path(__file__).parent)
    main()
