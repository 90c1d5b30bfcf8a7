#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeds of the simulator in a minute of one core's time: whole networks under faults, each run to
its end. Counted by CPU time, so that other load on the machine does not matter."""
import os
import pathlib
import resource
import subprocess

from network_load import report

SEEDS_A_RUN = 20
CPU_SECONDS = 15


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure():
    program = str(pathlib.Path(os.environ["OORT_BIN"]) / "oort-sim")
    seeds = 0
    begin = cpu_seconds()
    while cpu_seconds() - begin < CPU_SECONDS:
        subprocess.run([program, "--seed", str(seeds + 1), "--seeds", str(SEEDS_A_RUN)], check=True,
                       stdout=subprocess.DEVNULL)
        seeds += SEEDS_A_RUN
    minutes = (cpu_seconds() - begin) / 60
    return {"seeds_per_minute_per_core": round(seeds / minutes, 1), "seeds": seeds}, {}


if __name__ == "__main__":
    report("simulator", __doc__, measure)
