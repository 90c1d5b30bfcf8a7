#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Agreement alone, without a ledger: payloads of 32 bytes that four validators bring into one
order, each with its own log on the disk and TLS between them. Two runs: as many as go, then one
at a time for the shortest wait."""
import tempfile

from network_load import bench_load, chosen, report


def measure():
    with tempfile.TemporaryDirectory(prefix="oort-ordering-") as folder:
        limits = bench_load("ceilings", folder=folder)
        full = bench_load("ordering", folder=f"{folder}/full", window=1024, seconds=12)
        single = bench_load("ordering", folder=f"{folder}/single", window=1, seconds=8)
    metrics = chosen(full, "per_second", "p50_ms", "p99_ms", "blocks_per_second", "skipped_views")
    metrics["single_p50_ms"] = single["p50_ms"]
    return metrics, chosen(limits, "fdatasync_4k_per_second",
                           "ed25519_verifications_per_second_per_core")


if __name__ == "__main__":
    report("ordering", __doc__, measure)
