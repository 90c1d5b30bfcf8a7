#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The exports of the room datahub, read by Python's own readers."""
import csv
import hashlib
import json
import os
import pathlib
import subprocess
import tarfile
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

LABELS = ["cat", 'd<o>g & "co": yes', "vög\u00e9l"]


class Exports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory(prefix="oort-exports-")
        cls.folder = pathlib.Path(cls.holder.name)
        subprocess.run([os.environ["OORT_BIN"] + "/datahub-export-samples", str(cls.folder)],
                       check=True)

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    def test_jsonl(self):
        lines = (self.folder / "lines.jsonl").read_text("utf-8").splitlines()
        self.assertEqual([json.loads(line) for line in lines],
                         [{"text": "line\nbreak", "n": 1.5}, [1, "two", None],
                          {"prompt": "p", "chosen": "c", "rejected": "r"}])

    def test_csv(self):
        with open(self.folder / "table.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file, strict=True))
        self.assertEqual(rows, [["sample", "label, quoted", "note"], ["a", "cat", ""],
                                ["b,c", 'say "hi"', "two\nlines"],
                                [" lead", "é", "cr\rhere"], ["", "", ""]])

    def test_coco(self):
        coco = json.loads((self.folder / "coco.json").read_text("utf-8"))
        self.assertEqual([each["name"] for each in coco["categories"]], LABELS)
        self.assertEqual([each["file_name"] for each in coco["images"]],
                         ["a/one.jpg", "b/two.png", "three.jpg"])
        images = {each["id"]: each for each in coco["images"]}
        categories = {each["id"] for each in coco["categories"]}
        ids = [each["id"] for each in coco["annotations"]]
        self.assertEqual(ids, [1, 2, 3, 4])
        for each in coco["annotations"]:
            x, y, width, height = each["bbox"]
            image = images[each["image_id"]]
            self.assertIn(each["category_id"], categories)
            self.assertLessEqual(x + width, image["width"])
            self.assertLessEqual(y + height, image["height"])
            self.assertAlmostEqual(each["area"], width * height)
        self.assertEqual(coco["annotations"][1]["bbox"], [10.25, 20.5, 100.125, 50.75])

    def test_yolo(self):
        self.assertEqual((self.folder / "yolo/labels/two.txt").read_text(), "")
        coco = json.loads((self.folder / "coco.json").read_text("utf-8"))
        lines = (self.folder / "yolo/labels/one.txt").read_text().splitlines()
        for line, each in zip(lines, coco["annotations"]):
            label, cx, cy, width, height = map(float, line.split())
            self.assertEqual(int(label) + 1, each["category_id"])
            self.assertAlmostEqual((cx - width / 2) * 640, each["bbox"][0], delta=1e-3)
            self.assertAlmostEqual((cy - height / 2) * 480, each["bbox"][1], delta=1e-3)
            self.assertAlmostEqual(width * 640, each["bbox"][2], delta=1e-3)
        names = (self.folder / "yolo/data.yaml").read_text("utf-8").split("names:\n")[1]
        # A YAML text in double quotes without control characters is a JSON text.
        labels = [json.loads(line.split(": ", 1)[1]) for line in names.splitlines()]
        self.assertEqual(labels, LABELS)

    def test_voc(self):
        root = ElementTree.parse(self.folder / "voc/Annotations/one.xml").getroot()
        self.assertEqual(root.findtext("filename"), "a/one.jpg")
        self.assertEqual(root.findtext("size/width"), "640")
        self.assertEqual([each.findtext("name") for each in root.iter("object")], LABELS[:2])
        box = root.findall("object")[1].find("bndbox")
        self.assertEqual([box.findtext(name) for name in ("xmin", "ymin", "xmax", "ymax")],
                         ["11", "22", "110", "71"])
        empty = ElementTree.parse(self.folder / "voc/Annotations/two.xml").getroot()
        self.assertEqual(empty.findall("object"), [])

    def test_webdataset(self):
        samples = {}
        for shard in sorted(self.folder.glob("web-*.tar")):
            with tarfile.open(shard, "r:") as archive:
                last = None
                for member in archive:
                    self.assertTrue(member.isreg())
                    self.assertEqual((member.mode, member.mtime, member.uid, member.gid),
                                     (0o644, 0, 0, 0))
                    head, _, base = member.name.rpartition("/")
                    stem, _, extension = base.partition(".")
                    key = f"{head}/{stem}"
                    if key != last:
                        self.assertNotIn(key, samples, "parts of a sample stand together")
                    last = key
                    samples.setdefault(key, {})[extension] = archive.extractfile(member).read()
        self.assertEqual(len(samples), 13)
        for number in range(12):
            self.assertEqual(samples[f"dir/sample-{number}"],
                             {"txt": f"text of {number}".encode(), "cls": str(number).encode(),
                              "bin": b"\x07" * (200 * number)})
        self.assertEqual(samples["d" * 120 + "/" + "n" * 90], {"txt": b"x"})

    def test_manifest(self):
        text = (self.folder / "manifest.json").read_text("utf-8")
        statement = json.loads(text)
        self.assertEqual(text, json.dumps(statement, sort_keys=True, separators=(",", ":")),
                         "the canonical text of ASCII names and no fractions")
        root = hashlib.sha256()
        names = [each["name"] for each in statement["predicate"]["resources"]]
        self.assertEqual(names, ["coco.json", "lines.jsonl", "table.csv"])
        for each in statement["predicate"]["resources"]:
            digest = hashlib.sha256((self.folder / each["name"]).read_bytes())
            self.assertEqual(each["digest"], digest.hexdigest())
            root.update(digest.digest())
        self.assertEqual(statement["subject"][0]["digest"]["sha256"], root.hexdigest())

    def test_proof(self):
        def leaf(text):
            return hashlib.sha256(b"\0" + text.encode()).digest()

        def node(left, right):
            return hashlib.sha256(b"\1" + left + right).digest()

        def tree(leaves):
            """RFC 6962, section 2.1, word by word."""
            if len(leaves) == 1:
                return leaves[0]
            split = 1
            while split * 2 < len(leaves):
                split *= 2
            return node(tree(leaves[:split]), tree(leaves[split:]))

        proof = json.loads((self.folder / "proof.json").read_text())
        leaves = [leaf(str(number)) for number in range(11)]
        self.assertEqual(proof["root"], tree(leaves).hex())
        # Of eleven leaves, number 6 lies beside 7, and above that beside 4-5, 0-3 and 8-10.
        path = [leaves[7], tree(leaves[4:6]), tree(leaves[:4]), tree(leaves[8:])]
        self.assertEqual(proof["path"], [each.hex() for each in path])

    def test_croissant(self):
        card = json.loads((self.folder / "croissant.json").read_text("utf-8"))
        for name in ("@context", "@type", "conformsTo", "description", "license", "name", "url",
                     "creator", "datePublished", "distribution"):
            self.assertTrue(card[name], name)
        self.assertEqual(card["@context"]["conformsTo"], "dct:conformsTo")
        files = {each["@id"] for each in card["distribution"]}
        for each in card["distribution"]:
            self.assertEqual(each["@type"], "cr:FileObject")
            self.assertRegex(each["sha256"], "^[0-9a-f]{64}$")
        for field in card["recordSet"][0]["field"]:
            self.assertIn(field["source"]["fileObject"]["@id"], files)
        self.assertTrue(card["prov:wasDerivedFrom"][0]["@id"].startswith("urn:oort:sha256:"))


if __name__ == "__main__":
    unittest.main()
