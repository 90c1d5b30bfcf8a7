# SPDX-License-Identifier: Apache-2.0
"""Pictures to label, and the people who label them."""
import json
import pathlib
import random

SIDE = 8
CLASSES = 3  # Lying, standing, crossed.
KINDS = ("careful", "hasty", "one-answer", "colluding")


def truth(place):
    return place % CLASSES


def picture(chance, kind):
    """Bytes of a grey picture: a bar that lies, one that stands, or both, in noise."""
    at = chance.randrange(2, SIDE - 2)
    beside = chance.randrange(2, SIDE - 2)
    pixels = bytearray(chance.randrange(0, 40) for _ in range(SIDE * SIDE))
    for along in range(SIDE):
        if kind in (0, 2):
            pixels[at * SIDE + along] = chance.randrange(180, 256)
        if kind in (1, 2):
            pixels[along * SIDE + beside] = chance.randrange(180, 256)
    return bytes(pixels)


def as_pgm(pixels):
    return f"P5 {SIDE} {SIDE} 255\n".encode() + pixels


class Crowd:
    """Contributors of four kinds, as many of each. What somebody says of a picture follows from the
    seed, whenever he is asked."""

    def __init__(self, seed, people=60, samples=240, gold=30, overlap=9):
        self.seed = seed
        self.samples, self.gold, self.overlap = samples, gold, overlap
        chance = random.Random(f"pictures {seed}")
        self.pictures = [picture(chance, truth(place)) for place in range(samples)]
        self.keys = [random.Random(f"key {seed} {who}").randbytes(32) for who in range(people)]
        self.people = []  # Their accounts. They need no money: they are paid, and send nothing.

    def write_keys(self, folder):
        """The files of their keys, in the order of the people."""
        folder.mkdir()
        files = [folder / f"{who:02}.key" for who in range(len(self.keys))]
        for file, key in zip(files, self.keys):
            file.touch(0o600)
            file.write_text(f"oort-account-key-v1 {key.hex()}\n")
        return files

    @staticmethod
    def name(place):
        return f"p{place:03}"

    def address(self, place):
        return f"s3://pictures/{self.name(place)}.pgm"

    def of_kind(self, kind):
        return self.people[KINDS.index(kind)::len(KINDS)]

    def answer(self, who, place):
        kind = KINDS[who % len(KINDS)]
        if kind == "one-answer":
            return 0
        if kind == "colluding":
            return (truth(place) + 1) % CLASSES
        chance = random.Random(f"answer {self.seed} {who} {place}")
        right = chance.random() < (0.97 if kind == "careful" else 0.85)
        return truth(place) if right else chance.randrange(CLASSES)

    def answer_to(self, who, address):
        """The label of the picture at an address, as `campaign work` shows it."""
        return f"c{self.answer(who, int(pathlib.PurePosixPath(address).stem[1:]))}"

    def samples_jsonl(self):
        return "".join(json.dumps({"sample": self.name(place), "content": self.address(place)})
                       + "\n" for place in range(self.samples))

    def gold_csv(self):
        lines = [f"{self.name(place)},c{truth(place)}" for place in range(self.gold)]
        return "sample,label\n" + "\n".join(lines) + "\n"

    def records_csv(self, labels):
        """Rows to train on: the label that the campaign found, then the pixels as signed bytes."""
        columns = ",".join(f"pixel_{i}" for i in range(SIDE * SIDE))
        rows = [f"class,{columns}"]
        for name, label in labels:
            pixels = self.pictures[int(name[1:])]
            rows.append(f"{label}," + ",".join(str(value - 128) for value in pixels))
        return "\n".join(rows) + "\n"


def fresh_pictures(seed, count):
    """Pictures that no model has seen, as (signed pixels, class)."""
    chance = random.Random(seed)
    return [([value - 128 for value in picture(chance, kind % CLASSES)], kind % CLASSES)
            for kind in range(count)]
