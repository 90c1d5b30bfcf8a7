#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From answers to a model on a live network: a campaign of sixty contributors of four kinds, its
pay, a sealed and sold dataset, a training and its proof offline."""
import base64
import csv
import hashlib
import json
import pathlib
import random
import subprocess
import sys
import tarfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "drill"))
from local_network import Network, await_true  # noqa: E402

OORT = 10 ** 18
CLASSES = 3
SAMPLES = 120
GOLD = 30
OVERLAP = 10
APPEAL_MS = 45_000
CARD = {
    "description": "Points and the third of the plane that they are in.",
    "license": "https://creativecommons.org/licenses/by/4.0/",
    "url": "https://example.org/points",
    "creator": "The test",
    "date_published": "2026-01-01",
    "started_at": "2026-01-01",
    "ended_at": "2026-01-02",
    "contributors_count": 60,
    "keywords": ["points"],
    "languages": ["en"],
    "collection": "Drawn at random.",
    "collection_type": "Synthetic",
    "annotation_protocol": "Ten people a sample.",
    "annotation_platform": "oortd",
    "annotation_analysis": "Gold, then one label by the campaign's method.",
    "annotations_per_sample": "10",
    "sensitive_information": "None.",
    "biases": "None known.",
    "limitations": "A test.",
    "use_cases": "Tests.",
    "maintenance_plan": "None.",
}


def truth(place):
    return place % CLASSES


class DataHubTest(unittest.TestCase):
    """One network for all cases; they run in the order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(archives=0, edges=0).__enter__()
        cls.addClassCleanup(cls.network.__exit__, None, None, None)
        cls.folder = pathlib.Path(cls.network.dir)
        cls.work = cls.folder / "datahub"
        (cls.work / "tickets").mkdir(parents=True)
        cls.nodes = json.loads((cls.folder / "network.json").read_text())["nodes"]
        cls.random = random.Random(5)
        # Contributors' accounts need no money: they are paid, and send nothing but appeals.
        cls.people = [f"{number + 1:040x}" for number in range(60)]

    def ask(self, *arguments):
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
        return self.ask("account", "show", "--key", key)["account"]

    def balance(self, account):
        return int(self.ask("account", "show", account)["balance"])

    def audit(self):
        audit = self.ask("supply", "audit", "--socket", self.nodes[0]["admin_socket"])
        self.assertTrue(audit["is_conserved"], audit)

    def escrow_adds_up(self, number):
        escrow = self.ask("escrow", "show", str(number))
        self.assertEqual(int(escrow["funded"]), int(escrow["paid"]) + int(escrow["refunded"])
                         + int(escrow["held"]))
        return escrow

    def answer_of(self, who, place):
        """Honest ones err at times, lazy ones guess, spammers say one thing, liars agree."""
        kind = who % 4
        if kind in (0, 1):
            return truth(place) if self.random.random() < (0.95, 0.8)[kind] else \
                self.random.randrange(CLASSES)
        return 0 if kind == 2 else (truth(place) + 1) % CLASSES

    def write_answers(self):
        lines = ["sample,account,label"]
        for place in range(SAMPLES):
            # Everybody sees the gold; of the rest each sample has ten.
            chosen = range(60) if place < GOLD else self.random.sample(range(60), OVERLAP)
            for who in chosen:
                lines.append(f"p{place:03},{self.people[who]},c{self.answer_of(who, place)}")
        (self.work / "answers.csv").write_text("\n".join(lines) + "\n")
        gold = [f"p{place:03},c{truth(place)}" for place in range(GOLD)]
        (self.work / "gold.csv").write_text("sample,label\n" + "\n".join(gold) + "\n")
        return len(lines) - 1

    def test_01_a_campaign_is_opened_and_its_answers_committed(self):
        owner = self.key("owner")
        cls = type(self)
        count = self.write_answers()
        cls.reviewer = self.account(self.node_key(2))
        for name in ("task", "guide", "consent", "licence"):
            (self.work / name).write_text(name)
        cls.campaign = self.ask(
            "campaign", "open", "--price", "0.01", "--budget", "40", "--reviewer", self.reviewer,
            "--method", "by-gold", "--gold-share", "250000", "--holdback", "200000", "--appeal-ms",
            str(APPEAL_MS), "--task", str(self.work / "task"), "--guide", str(self.work / "guide"),
            "--consent", str(self.work / "consent"), "--licence", str(self.work / "licence"),
            "--key", owner)["campaign"]
        batch = ["campaign", "batch", self.campaign, "--answers", str(self.work / "answers.csv"),
                 "--tickets", str(self.work / "tickets"), "--key", owner]
        self.assertIn("GoldMissing", self.refused(*batch))
        self.ask("campaign", "gold", self.campaign, "--gold", str(self.work / "gold.csv"),
                 "--key", owner)
        made = self.ask(*batch)
        self.assertEqual((made["contributors"], made["answers"]), (60, count))
        self.ask("campaign", "stage", self.campaign, "--answers", str(self.work / "answers.csv"),
                 "--key", owner)
        self.ask("campaign", "close", self.campaign, "--key", owner)
        self.assertIn("CampaignStatusWrong", self.refused(*batch))

    def test_02_it_pays_who_stands_the_gold_once(self):
        owner = self.key("owner")
        settle = ["campaign", "settle", self.campaign, "--answers",
                  str(self.work / "answers.csv"), "--gold", str(self.work / "gold.csv"),
                  "--out", str(self.work / "labels.csv"), "--key", owner]
        dry = self.ask(*settle, "--dry-run")
        self.assertGreaterEqual(dry["screened_out"], 30)
        self.assertGreater(dry["gold_accuracy_ppm"], 900_000)
        paid = self.ask(*settle)
        self.assertEqual(paid["result"], dry["result"])
        self.assertIn("HoldbackTooEarly", self.refused(
            "campaign", "release", self.campaign, "--key", owner))
        shown = self.ask("campaign", "show", self.campaign)
        self.assertEqual(shown["accepted_count"], paid["accepted"])
        price = OORT // 100
        earned = shown["accepted_count"] * price
        self.assertEqual(int(shown["paid"]) + int(shown["held"]), earned)
        # Again: who was paid is left out.
        self.ask(*settle)
        self.assertEqual(self.ask("campaign", "show", self.campaign)["accepted_count"],
                         shown["accepted_count"])
        for pay in self.ask("campaign", "pays", self.campaign, "--batch", "1")["pays"][:6]:
            amount = int(pay["amount"]) - int(pay["held"])
            self.assertEqual(self.balance(pay["account"]), amount - amount // 10)
        liars = [self.people[who] for who in (3, 7, 59)]
        self.assertEqual(sum(self.balance(account) for account in liars), 0)
        labels = (self.work / "labels.csv").read_text().splitlines()[1:]
        right = sum(line.split(",")[1] == f"c{truth(int(line[1:4]))}" for line in labels)
        self.assertGreater(right, SAMPLES * 9 // 10)
        self.escrow_adds_up(shown["escrow"])
        self.audit()

    def test_03_what_is_held_back_and_the_rest_return(self):
        owner = self.key("owner")
        await_true("the window for appeals has passed", lambda: self.network.run(
            "campaign", "release", self.campaign, "--key", owner, "--dir", self.network.dir,
            check=False).returncode == 0, 3 * APPEAL_MS / 1000)
        self.assertEqual(self.ask("campaign", "show", self.campaign)["held"], "0")
        self.ask("campaign", "finish", self.campaign, "--key", owner)
        self.assertEqual(self.ask("campaign", "show", self.campaign)["status"], "settled")
        self.assertIn("CampaignStatusWrong", self.refused(
            "campaign", "finish", self.campaign, "--key", owner))
        self.audit()

    def test_04_a_dataset_is_sealed_and_sold(self):
        owner = self.key("owner")
        cls = type(self)
        data = self.work / "points"
        data.mkdir()
        rows = ["class,x,y"]
        for line in (self.work / "labels.csv").read_text().splitlines()[1:]:
            label = int(line.split(",")[1][1:])
            corner = ((-60, -60), (60, -60), (0, 60))[label]
            rows.append(f"{label}," + ",".join(
                str(part + self.random.randrange(-20, 21)) for part in corner))
        (data / "data.csv").write_text("\n".join(rows) + "\n")
        (self.work / "card.json").write_text(json.dumps(CARD))
        cls.records = str(data / "data.csv")
        sealed = self.ask(
            "dataset", "seal", str(data), "--name", "points", "--licence", "CC-BY-4.0",
            "--records", "data.csv", "--card", str(self.work / "card.json"), "--out",
            str(self.work / "sealed"), "--campaign", self.campaign, "--bucket", "points",
            "--key", owner)
        cls.dataset = sealed["dataset"]
        self.assertEqual(sealed["samples_count"], len(rows) - 1)
        card = json.loads((self.work / "sealed" / "croissant.json").read_text())
        self.assertEqual(card["name"], "points")
        self.assertEqual(card["recordSet"][0]["field"][2]["name"], "y")
        self.assert_is_stored(sealed, data, rows)

        trainer = self.node_key(1)
        train = ["model", "train", "--dataset", self.dataset, "--records", self.records, "--epochs",
                 "20", "--name", "points-net", "--out", str(self.work / "net"), "--key", trainer]
        self.assertIn("DatasetGrantMissing", self.refused(*train))
        self.ask("dataset", "offer", self.dataset, "--access", "sold", "--price", "50",
                 "--key", owner)
        self.assertIn("DatasetPriceTooHigh", self.refused(
            "dataset", "request", self.dataset, "--price", "49", "--key", trainer))
        before = self.balance(self.account(owner))
        self.ask("dataset", "request", self.dataset, "--price", "50", "--key", trainer)
        self.assertEqual(self.balance(self.account(owner)) - before, 45 * OORT)
        self.assertTrue(self.ask("dataset", "grant", self.dataset, "--key", trainer)["is_live"])
        cls.train = train
        self.audit()

    def export(self, dataset, bucket, form, key, suffix):
        out = self.work / f"out.{form}{suffix}"
        self.ask("dataset", "export", dataset, "--bucket", bucket, "--format", form, "--out",
                 str(out), "--key", key)
        return out

    def assert_is_stored(self, sealed, data, rows):
        """What stands in the bucket is what was sealed, for Model Signing's rules and ours."""
        owner = self.key("owner")
        self.assertEqual(sealed["stored"], f"s3://points/datasets/{self.dataset}/")
        objects = self.network.client()
        prefix = f"datasets/{self.dataset}/"

        def read(name):
            return objects.get_object(Bucket="points", Key=prefix + name)["Body"].read()

        listed = objects.list_objects_v2(Bucket="points", Prefix=prefix)["Contents"]
        self.assertEqual(sorted(one["Key"][len(prefix):] for one in listed),
                         ["croissant.json", "files/data.csv", "manifest.json", "signature.json",
                          "splits.csv"])
        statement = read("manifest.json")
        digests = [bytes.fromhex(one["digest"])
                   for one in json.loads(statement)["predicate"]["resources"]]
        self.assertEqual(hashlib.sha256(b"".join(digests)).hexdigest(), self.dataset)
        bundle = json.loads(read("signature.json"))
        envelope = bundle["dsseEnvelope"]
        self.assertEqual(base64.b64decode(envelope["payload"]), statement)
        self.assert_is_signed(bundle, envelope)
        again = self.work / "again"
        self.ask("dataset", "fetch", self.dataset, "--bucket", "points", "--out", str(again),
                 "--key", owner)
        self.assertEqual((again / "data.csv").read_bytes(), (data / "data.csv").read_bytes())
        exported = self.export(self.dataset, "points", "jsonl", owner, "")
        first = json.loads(exported.read_text().splitlines()[0])
        self.assertEqual(",".join(first[name] for name in ("class", "x", "y")), rows[1])
        # Whoever changes a byte in the bucket is found out.
        objects.put_object(Bucket="points", Key=prefix + "files/data.csv",
                           Body=b"class,x,y\n1,2,3\n")
        self.assertIn("data.csv: its bytes are not those of the manifest", self.refused(
            "dataset", "fetch", self.dataset, "--bucket", "points", "--out", str(again), "--key",
            owner))
        objects.put_object(Bucket="points", Key=prefix + "files/data.csv",
                           Body=(data / "data.csv").read_bytes())
        bundle["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(bytes(64)).decode()
        whole = read("signature.json")
        objects.put_object(Bucket="points", Key=prefix + "signature.json",
                           Body=json.dumps(bundle).encode())
        self.assertIn("BAD_SIGNATURE", self.refused(
            "dataset", "fetch", self.dataset, "--bucket", "points", "--out", str(again), "--key",
            owner))
        objects.put_object(Bucket="points", Key=prefix + "signature.json", Body=whole)

    def assert_is_signed(self, bundle, envelope):
        """By OpenSSL's word, over the bytes that DSSE names."""
        kind = envelope["payloadType"].encode()
        payload = base64.b64decode(envelope["payload"])
        (self.work / "dsse").write_bytes(b"DSSEv1 %d %s %d %s" % (
            len(kind), kind, len(payload), payload))
        (self.work / "sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
        key = bytes.fromhex(bundle["verificationMaterial"]["publicKey"]["hint"])
        # A SubjectPublicKeyInfo of Ed25519 is these twelve bytes and the key.
        (self.work / "key.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + key)
        subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey",
                        str(self.work / "key.der"), "-rawin", "-in", str(self.work / "dsse"),
                        "-sigfile", str(self.work / "sig")], check=True, capture_output=True)

    def test_04b_pictures_are_exported_in_four_formats(self):
        owner, buyer = self.key("owner"), self.node_key(2)
        data = self.work / "pictures"
        (data / "images").mkdir(parents=True)
        pictures = {f"images/{name}.PNG": self.random.randbytes(3000) for name in "abc"}
        for name, content in pictures.items():
            (data / name).write_bytes(content)
        rows = [["image", "width", "height", "label", "left", "top", "box_width", "box_height"],
                ["images/a.PNG", "64", "48", "dog, big", "1", "2.5", "30.125", "40"],
                ["images/a.PNG", "64", "48", "cat", "0", "0", "64", "48"],
                ["images/b.PNG", "10", "10", "", "", "", "", ""],
                ["images/c.PNG", "20", "10", "cat", "5", "5", "1", "1"]]
        with open(data / "boxes.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
        card = dict(CARD, campaign="A test without a campaign.")
        (self.work / "pictures.json").write_text(json.dumps(card))
        root = self.ask(
            "dataset", "seal", str(data), "--name", "pictures", "--licence", "CC-BY-4.0",
            "--records", "boxes.csv", "--card", str(self.work / "pictures.json"), "--bucket",
            "pictures", "--key", owner)["dataset"]

        got = self.export(root, "pictures", "csv", owner, "")
        with open(got, newline="", encoding="utf-8") as file:
            self.assertEqual(list(csv.reader(file, strict=True)), rows)
        lines = self.export(root, "pictures", "jsonl", owner, "").read_text().splitlines()
        self.assertEqual([json.loads(line) for line in lines],
                         [dict(zip(rows[0], row)) for row in rows[1:]])
        coco = json.loads(self.export(root, "pictures", "coco", owner, "").read_text())
        self.assertEqual([one["name"] for one in coco["categories"]], ["cat", "dog, big"])
        self.assertEqual([one["file_name"] for one in coco["images"]], sorted(pictures))
        boxes = {one["id"]: one for one in coco["annotations"]}
        self.assertEqual(boxes[1]["bbox"], [1, 2.5, 30.125, 40])
        images = {one["id"]: one for one in coco["images"]}
        for one in boxes.values():
            self.assertIn(one["category_id"], {each["id"] for each in coco["categories"]})
            self.assertLessEqual(one["bbox"][0] + one["bbox"][2],
                                 images[one["image_id"]]["width"])

        # A stranger's export is a use of its grant, counted on the ledger.
        self.assertIn("DatasetGrantMissing", self.refused(
            "dataset", "export", root, "--bucket", "pictures", "--out", str(self.work / "no"),
            "--key", buyer))
        self.ask("dataset", "offer", root, "--access", "open", "--key", owner)
        self.ask("dataset", "request", root, "--key", buyer)
        shards = self.export(root, "pictures", "webdataset", buyer, "-shards")
        self.assertEqual(self.ask("dataset", "grant", root, "--key", buyer)["uses"], 1)
        samples = {}
        for shard in sorted(shards.glob("shard-*.tar")):
            with tarfile.open(shard, "r:") as archive:
                for member in archive:
                    key, _, extension = member.name.partition(".")
                    samples.setdefault(key, {})[extension] = archive.extractfile(member).read()
        self.assertEqual([one["png"] for one in samples.values()], list(pictures.values()))
        described = [json.loads(one["json"]) for one in samples.values()]
        self.assertEqual([len(one) for one in described], [2, 1, 1])
        self.assertEqual(described[0][1], dict(zip(rows[0], rows[2])))

    def test_05_a_training_is_begun_recorded_and_replayed(self):
        cls = type(self)
        made = self.ask(*self.train)
        cls.model, cls.training = made["model"], made["training"]
        attest = ["model", "attest", self.training, "--records", self.records, "--epochs", "20"]
        self.assertIn("AttestInvalid", self.refused(*attest, "--key", self.node_key(1)))
        self.ask(*attest, "--key", self.node_key(2))
        self.assertIn("other options", self.refused(
            "model", "attest", self.training, "--grade", "replayed", "--records", self.records,
            "--epochs", "21", "--key", self.node_key(3)))
        self.ask(*attest, "--grade", "replayed", "--key", self.node_key(3))
        self.ask("model", "deploy", self.model, "--key", self.node_key(4))
        self.assertEqual(self.ask("dataset", "show", self.dataset)["uses_count"], 1)
        listed = self.ask("model", "list")["models"]
        self.assertEqual([one["deployments_count"] for one in listed], [1])

    def test_06_the_bundle_proves_it_offline_and_a_flipped_byte_does_not(self):
        bundle = self.work / "net.proof"
        shown = self.ask("provenance", self.model, "--statement",
                         str(self.work / "net.statement.json"), "--records", self.records,
                         "--sample", "3", "--bundle", str(bundle))
        self.assertEqual(shown["grade"], "REPLAYED")
        grades = {(link["from"], link["to"]): link["grade"] for link in shown["links"]}
        self.assertEqual(grades[("training", "model")], "REPLAYED")
        self.assertEqual(grades[("dataset", "training")], "REPLAYED")
        genesis = str(self.folder / "genesis.oort")
        verified = self.network.json("verify", str(bundle), "--genesis", genesis)
        self.assertTrue(verified["is_proven"])
        self.assertEqual(verified["links"], shown["links"])
        whole = bundle.read_bytes()
        broken = self.work / "broken.proof"
        for place in self.random.sample(range(len(whole)), 40):
            changed = bytearray(whole)
            changed[place] ^= 0xff
            broken.write_bytes(changed)
            done = self.network.run("verify", str(broken), "--genesis", genesis, check=False)
            self.assertNotEqual(done.returncode, 0, f"at byte {place}")
        self.audit()

    def test_07_a_take_down_ends_grants_and_not_the_record(self):
        (self.work / "notice").write_text("notice")
        self.ask("dataset", "take-down", self.dataset, "--notice", str(self.work / "notice"),
                 "--key", self.key("owner"))
        self.assertFalse(self.ask("dataset", "grant", self.dataset, "--key",
                                  self.node_key(1))["is_live"])
        self.assertIn("DatasetTakenDown", self.refused(
            "dataset", "use", self.dataset, "--key", self.node_key(1)))
        self.assertTrue(self.ask("dataset", "show", self.dataset)["is_taken_down"])


if __name__ == "__main__":
    unittest.main()
