# SPDX-License-Identifier: Apache-2.0
"""Pictures to label, and the people who label them."""
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
    """Contributors of four kinds, as many of each; everybody sees the gold, the rest is shared."""

    def __init__(self, chance, people=60, samples=240, gold=30, overlap=9):
        self.random = chance
        self.samples, self.gold, self.overlap = samples, gold, overlap
        self.pictures = [picture(chance, truth(place)) for place in range(samples)]
        # Their accounts need no money: they are paid, and send nothing.
        self.people = [f"{number + 1:040x}" for number in range(people)]

    @staticmethod
    def name(place):
        return f"p{place:03}"

    def of_kind(self, kind):
        return self.people[KINDS.index(kind)::len(KINDS)]

    def answer(self, who, place):
        kind = KINDS[who % len(KINDS)]
        if kind == "one-answer":
            return 0
        if kind == "colluding":
            return (truth(place) + 1) % CLASSES
        right = self.random.random() < (0.97 if kind == "careful" else 0.85)
        return truth(place) if right else self.random.randrange(CLASSES)

    def answers_csv(self):
        lines = ["sample,account,label"]
        for place in range(self.samples):
            seen = range(len(self.people)) if place < self.gold else \
                self.random.sample(range(len(self.people)), self.overlap)
            lines += [f"{self.name(place)},{self.people[who]},c{self.answer(who, place)}"
                      for who in seen]
        return "\n".join(lines) + "\n"

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
