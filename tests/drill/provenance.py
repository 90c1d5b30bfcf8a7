#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From a sample to a model on a device: the ledger's proofs show who made it of what, offline and
from the genesis file alone, and a changed byte anywhere names the link that it breaks."""
import argparse
import json
import os
import pathlib
import random
import sys

from local_network import Network

SAMPLES = 120
EPOCHS = "20"
DEVICE = "edge-1"
CORNERS = ((-60, -60), (60, -60), (0, 60))
CARD = {
    "description": "Points and the third of the plane that they are in.",
    "license": "https://creativecommons.org/licenses/by/4.0/",
    "url": "https://example.org/points",
    "creator": "The drill",
    "date_published": "2026-01-01",
    "started_at": "2026-01-01",
    "ended_at": "2026-01-02",
    "contributors_count": 1,
    "campaign": "Drawn by a program.",
    "keywords": ["points"],
    "languages": ["en"],
    "collection": "Drawn at random.",
    "collection_type": "Synthetic",
    "annotation_protocol": "Each point is drawn about the corner of its class.",
    "annotation_platform": "oortd",
    "annotation_analysis": "None is needed.",
    "annotations_per_sample": "1",
    "sensitive_information": "None.",
    "biases": "None known.",
    "limitations": "A drill.",
    "use_cases": "Drills.",
    "maintenance_plan": "None.",
}
PARTS = ("bundle", "model", "deployment", "training", "statement", "dataset", "campaign", "sample")


def node_key(network, name):
    return os.path.join(network.dir, name, "data", "node.key")


def seal_points(network, work, seed=5):
    """A dataset of points, stored in the bucket `points` and sealed by the owner; its root."""
    chance = random.Random(seed)
    data = pathlib.Path(work) / "points"
    data.mkdir(parents=True)
    rows = ["class,x,y"]
    for number in range(SAMPLES):
        label = number % 3
        point = [part + chance.randrange(-20, 21) for part in CORNERS[label]]
        rows.append(f"{label},{point[0]},{point[1]}")
    (data / "data.csv").write_text("\n".join(rows) + "\n")
    card = pathlib.Path(work) / "card.json"
    card.write_text(json.dumps(CARD))
    owner = os.path.join(network.dir, "owner.key")
    root = network.json(
        "dataset", "seal", str(data), "--name", "points", "--licence", "CC-BY-4.0", "--records",
        "data.csv", "--card", str(card), "--bucket", "points", "--key", owner, "--dir",
        network.dir)["dataset"]
    network.json("dataset", "offer", root, "--access", "open", "--key", owner, "--dir",
                 network.dir)
    return root


def train_points(network, work, dataset, key):
    """A model of it, trained by that key's node and stored in the bucket `models`."""
    network.json("dataset", "request", dataset, "--key", key, "--dir", network.dir)
    return network.json(
        "model", "train", "--dataset", dataset, "--records",
        str(pathlib.Path(work) / "points" / "data.csv"), "--epochs", EPOCHS, "--name",
        "points-net", "--out", str(pathlib.Path(work) / "net"), "--bucket", "models", "--key", key,
        "--dir", network.dir)


class Drill:
    def __init__(self, seed=1, changes=80):
        self.random = random.Random(seed)
        self.changes = changes
        self.figures = {}
        self.steps = []

    def say(self, text):
        self.steps.append(text)
        print(text, file=sys.stderr, flush=True)

    def ask(self, *words):
        return self.network.json(*words, "--dir", self.network.dir)

    def make(self):
        """Dataset, training, replay and deployment; the bundle that proves them."""
        dataset = seal_points(self.network, self.work)
        self.say(f"a dataset of {SAMPLES} samples is sealed and stored: {dataset[:8]}…")
        made = train_points(self.network, self.work, dataset, node_key(self.network, "super-1"))
        self.say(f"a model is trained on it: {made['model'][:8]}…")
        records = str(self.work / "points" / "data.csv")
        attest = ["model", "attest", made["training"], "--records", records, "--epochs", EPOCHS]
        self.ask(*attest, "--key", node_key(self.network, "super-2"))
        self.ask(*attest, "--grade", "replayed", "--key", node_key(self.network, "super-3"))
        self.say("one node witnessed the training, another computed the same bits")
        served = self.ask("model", "deploy", made["model"], "--node", DEVICE, "--key",
                          node_key(self.network, DEVICE), "--bucket", "models")
        assert served["is_served"] and served["grade"] == "REPLAYED", served
        self.say(f"{DEVICE} fetched it, checked it and answers")
        bundle = self.work / "net.proof"
        shown = self.ask("provenance", made["model"], "--statement",
                         str(self.work / "net.statement.json"), "--records", records, "--sample",
                         "7", "--bundle", str(bundle))
        return bundle, shown

    def verify(self, path):
        genesis = os.path.join(self.network.dir, "genesis.oort")
        return self.network.run("verify", str(path), "--genesis", genesis, "--json", check=False)

    def check(self, bundle, shown):
        done = self.verify(bundle)
        assert done.returncode == 0, done.stdout + done.stderr
        verified = json.loads(done.stdout)
        assert verified["is_proven"] and verified["links"] == shown["links"], verified
        ways = [(link["from"], link["to"]) for link in verified["links"]]
        for way in (("sample", "dataset"), ("dataset", "training"), ("training", "model"),
                    ("model", "device")):
            assert way in ways, ways
        self.say(f"the bundle proves {len(ways)} links from the genesis file alone")
        return verified["links"]

    def tamper(self, bundle):
        """Every changed byte is refused, and the refusal names a part of the bundle."""
        whole = bundle.read_bytes()
        broken = self.work / "broken.proof"
        parts = {}
        for place in self.random.sample(range(len(whole)), min(self.changes, len(whole))):
            changed = bytearray(whole)
            changed[place] ^= 1 << self.random.randrange(8)
            broken.write_bytes(changed)
            done = self.verify(broken)
            assert done.returncode != 0, f"byte {place} of {len(whole)} was changed unseen"
            part = json.loads(done.stdout)["error"]["detail"].split(":")[0].split(" ")[0]
            assert part in PARTS, f"byte {place}: {done.stdout}"
            parts[part] = parts.get(part, 0) + 1
        self.figures = {"bundle_bytes": len(whole), "changed_bytes": sum(parts.values()),
                        "broken_links": parts}
        self.say(f"{sum(parts.values())} changed bytes were all found: {parts}")

    def run(self):
        with Network(archives=0, edges=1) as self.network:
            self.work = pathlib.Path(self.network.dir) / "work"
            bundle, shown = self.make()
            links = self.check(bundle, shown)
            self.tamper(bundle)
        return {"name": "provenance", "passed": True, "verified": True,
                "tampered_detected": True, "links": links, "grade": shown["grade"],
                "steps": self.steps, "figures": self.figures}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    result = Drill(arguments.seed).run()
    print(json.dumps(result) if arguments.json else "provenance drill passed")


if __name__ == "__main__":
    os.chdir(pathlib.Path(__file__).parent)
    main()
