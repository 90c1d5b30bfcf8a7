#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints tests/ledger/honesty_oracle.hpp: what honesty's arithmetic is exactly.

Everything is computed with fractions, or with decimals of 80 digits where a logarithm or Euler's
number is irrational; nothing here shares code or method with the program.
"""
import decimal
import fractions
import math
import random
import textwrap

Q = fractions.Fraction
PPB, QUINT = 10**9, 10**18
decimal.getcontext().prec = 80
EULER = Q(decimal.Decimal(1).exp())
chance = random.Random(20011)


def survivals():
    cases = [(0, 5), (PPB, 1), (PPB, 0), (1, 10**6), (2_000_000, 1000), (333_333_333, 7)]
    cases += [(chance.randrange(1, 10**chance.randrange(3, 10)), chance.randrange(1, 3000))
              for _ in range(40)]
    for d, n in cases:
        yield d, n, math.ceil((1 - Q(d, PPB))**n * QUINT)


def error(passed, f, h):
    plain = Q(f, PPB)
    if passed == 0 or h == 0:
        return plain
    k = Q(passed, 10**6) * Q(h, PPB)
    return min(plain, plain / ((1 - plain) * k * EULER))


def credibilities():
    for f in (10**6, 5 * 10**7, 2 * 10**8, 5 * 10**8, 9 * 10**8):
        for k in (0, 1, 500_000, 10**6, 10**7, 10**8, 10**9, 123_456_789, 10**15):
            for h in (PPB, 750_000_000, 1000):
                yield k, f, h, math.floor((1 - error(k, f, h)) * PPB)


def posterior(groups, leading, f, h):
    odds = []
    for index, group in enumerate(groups):
        good = math.prod(1 - error(k, f, h) for k in group)
        if index == leading:
            share = Q(f, PPB)
            bad = share**len(group)
            passed = Q(sum(group), 10**6) * Q(h, PPB)
            if passed:
                bad = min(bad, (share / (1 - share))**len(group) / (EULER * passed))
        else:
            bad = math.prod(error(k, f, h) for k in group)
        odds.append(good / bad)
    return odds[leading] / (1 + sum(odds))


def posteriors():
    cases = [([[0]], 2 * 10**8, PPB), ([[10**7, 10**7]], 2 * 10**8, PPB),
             ([[10**8], [10**8]], 2 * 10**8, PPB)]
    for _ in range(30):
        groups = [[chance.choice((0, 10**6, 10**7, 10**8, chance.randrange(10**9)))
                   for _ in range(chance.randrange(1, 4))] for _ in range(chance.randrange(1, 4))]
        cases.append((groups, chance.choice((10**7, 10**8, 2 * 10**8, 4 * 10**8)),
                      chance.choice((PPB, 8 * 10**8))))
    for groups, f, h in cases:
        yield groups, f, h, math.floor(posterior(groups, 0, f, h) * PPB)


def capacities():
    """By trying every number of tasks: whether some subset pays."""
    for _ in range(40):
        d = chance.choice((10**6, 10**7, 5 * 10**7, 3 * 10**8, PPB))
        stake, gain = chance.randrange(1, 10**6), chance.randrange(1, 3000)
        loss = [(1 - (1 - Q(d, PPB))**m) * stake for m in range(0, 2002)]
        m = next((m for m in range(1, 2001) if loss[m] < m * gain), None)
        if m is None:
            continue
        yield d, stake, gain, max((m - 1) * gain, min(math.floor(loss[m]), m * gain - 1))


def detect_rates():
    for missed in (10**7, 1000):
        for n in (100, 1000, 10000):
            for s in (PPB, 5 * 10**8, 10**8, 10**7):
                for h in (PPB, 5 * 10**8):
                    x = 1 - (decimal.Decimal(missed) / PPB)**(decimal.Decimal(1) / n)
                    rate = Q(x) / (Q(s, PPB) * Q(h, PPB))
                    yield missed, n, s, h, min(PPB, math.ceil(rate * PPB))


def logs():
    cases = [(1, 1), (2, 1), (10**9, 1), (3, 2), ((1 << 63) - 1, 1), (10**9, 10**9 - 1)]
    cases += [sorted((chance.randrange(1, 10**9), chance.randrange(1, 10**9)), reverse=True)
              for _ in range(40)]
    for a, b in cases:
        yield a, b, math.floor((decimal.Decimal(a) / b).ln() * PPB)


def braces(value):
    if isinstance(value, (list, tuple)):
        return "{" + ", ".join(map(braces, value)) + "}"
    return str(value) + ("U" if value > 2**31 else "")


def table(kind, name, rows):
    print(f"inline const std::vector<{kind}> {name} = {{")
    for row in rows:
        print(textwrap.fill(f"{braces(row)},", 98, initial_indent=" " * 4,
                            subsequent_indent=" " * 6))
    print("};\n")


def struct(name, fields):
    print(f"struct {name} {{")
    for field in fields:
        print(f"  {field};")
    print("};")


def numbers(*names):
    return [f"std::uint64_t {name}" for name in names]


def main():
    print("// SPDX-License-Identifier: Apache-2.0\n// Printed by honesty_oracle.py.")
    print("#pragma once\n")
    print("#include <cstdint>\n#include <vector>\n")
    print("// clang-format off\nnamespace oort::ledger::test::oracle {\n")
    struct("Survival", numbers("d", "n", "ceiling"))
    table("Survival", "survivals", survivals())
    struct("Credibility", numbers("passed", "saboteurs", "strength", "floor"))
    table("Credibility", "credibilities", credibilities())
    struct("Posterior", ["std::vector<std::vector<std::uint64_t>> groups"] +
           numbers("saboteurs", "strength", "floor"))
    table("Posterior", "posteriors", posteriors())
    struct("Capacity", numbers("d", "at_stake", "gain", "greatest"))
    table("Capacity", "capacities", capacities())
    struct("DetectRate", numbers("missed", "within", "share", "strength", "ceiling"))
    table("DetectRate", "detect_rates", detect_rates())
    struct("Log", numbers("a", "b", "floor"))
    table("Log", "logs", logs())
    print("}  // namespace oort::ledger::test::oracle\n// clang-format on")


if __name__ == "__main__":
    main()
