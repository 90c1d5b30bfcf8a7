#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the curves of docs/HONESTY.md: reads lines "figure,series,x,y" as `./dev sim honesty
--equilibrium` prints them, and writes one SVG a figure into docs/figures.

    ./dev sim honesty --equilibrium | tools/honesty_curves.py
"""
import math
import pathlib
import sys

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 200, 36, 48
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]

# Title, x axis, y axis, is x logarithmic, is y logarithmic, least and greatest y.
FIGURES = {
    "profit": ("Gain of the best way to cheat on one task", "audited share of tasks, %",
               "gain over honest work, costs of a task", True, False, -3.0, 1.0),
    "region": ("Least audit rate at which cheating never pays", "stake, costs of a task",
               "audited share of tasks, %", True, True, 0.03, 100.0),
    "load": ("What a node may put at risk so that cheating never pays",
             "gain of one task, % of the stake", "all gain at risk, % of the stake", True, False,
             0.0, 100.0),
    "mixed": ("Executors and officers who learn from what paid", "steps",
              "tasks cheated on, %", False, False, 0.0, 100.0),
}


def read(lines):
    """Points by figure and series, both in their order. A series may have commas in its name."""
    figures = {}
    for line in lines:
        name, x, y = line.strip().rsplit(",", 2)
        figure, series = name.split(",", 1)
        figures.setdefault(figure, {}).setdefault(series, []).append((float(x), float(y)))
    return figures


def ticks(low, high, is_log):
    if is_log:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        marks = [digit * 10.0 ** power for power in range(first, last + 1) for digit in (1, 3)]
        return [mark for mark in marks if low * 0.999 <= mark <= high * 1.001]
    step = 10.0 ** math.floor(math.log10(high - low))
    for finer in (2, 5, 10):
        if (high - low) / step < 4:
            step = 10.0 ** math.floor(math.log10(high - low)) / finer
    marks, mark = [], math.ceil(low / step) * step
    while mark <= high + step / 1000:
        marks.append(mark)
        mark += step
    return marks


class Plot:
    def __init__(self, name, series):
        (self.title, self.x_name, self.y_name, self.x_log, self.y_log,
         self.y_low, self.y_high) = FIGURES[name]
        xs = [x for points in series.values() for x, _ in points]
        self.x_low, self.x_high, self.series = min(xs), max(xs), series

    @staticmethod
    def part(value, low, high, is_log):
        if is_log:
            value, low, high = math.log(value), math.log(low), math.log(high)
        return (value - low) / (high - low)

    def x(self, value):
        return LEFT + (WIDTH - LEFT - RIGHT) * self.part(value, self.x_low, self.x_high, self.x_log)

    def y(self, value):
        part = self.part(value, self.y_low, self.y_high, self.y_log)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part

    def axes(self):
        right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
        for mark in ticks(self.x_low, self.x_high, self.x_log):
            x = self.x(mark)
            yield f'<path d="M{x:.1f} {TOP}V{bottom}" class="grid"/>'
            yield f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{mark:g}</text>'
        for mark in ticks(self.y_low, self.y_high, self.y_log):
            y = self.y(mark)
            kind = "zero" if mark == 0 else "grid"
            yield f'<path d="M{LEFT} {y:.1f}H{right}" class="{kind}"/>'
            yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{mark:g}</text>'
        middle = (LEFT + right) / 2
        yield f'<text x="{middle:.0f}" y="{HEIGHT - 12}" text-anchor="middle">{self.x_name}</text>'
        height = (TOP + bottom) / 2
        yield (f'<text x="14" y="{height:.0f}" text-anchor="middle" '
               f'transform="rotate(-90 14 {height:.0f})">{self.y_name}</text>')

    def curves(self):
        for place, (name, points) in enumerate(self.series.items()):
            colour = COLOURS[place % len(COLOURS)]
            inside = [(x, y) for x, y in points if self.y_low <= y <= self.y_high]
            path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in inside)
            yield f'<polyline points="{path}" stroke="{colour}"/>'
            y = TOP + 10 + 30 * place
            left = WIDTH - RIGHT + 12
            yield f'<path d="M{left} {y}h18" stroke="{colour}" stroke-width="2"/>'
            for row, words in enumerate(self.wrapped(name)):
                yield f'<text x="{left + 24}" y="{y + 4 + 13 * row}">{words}</text>'

    @staticmethod
    def wrapped(text, width=25):
        rows = [""]
        for word in text.split():
            if rows[-1] and len(rows[-1]) + len(word) >= width:
                rows.append("")
            rows[-1] = (rows[-1] + " " + word).strip()
        return rows

    def svg(self):
        style = ("text{font:12px sans-serif;fill:#222}polyline{fill:none;stroke-width:2}"
                 ".grid{stroke:#ddd}.zero{stroke:#888}")
        head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
                f'width="{WIDTH}" height="{HEIGHT}"><style>{style}</style>'
                '<rect width="100%" height="100%" fill="#fff"/>')
        title = f'<text x="{LEFT}" y="20" style="font-weight:bold">{self.title}</text>'
        return "\n".join([head, title, *self.axes(), *self.curves(), "</svg>", ""])


def main():
    folder = pathlib.Path(__file__).resolve().parent.parent / "docs" / "figures"
    folder.mkdir(exist_ok=True)
    for name, series in read(sys.stdin).items():
        path = folder / f"honesty-{name}.svg"
        path.write_text(Plot(name, series).svg(), encoding="utf-8")
        print(path.name)


main()
