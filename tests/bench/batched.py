#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Transfers in signed batches of 256 that become final in a second: 32 accounts, through four
validators, with 128 batches on their way at a time."""
from network_load import ceilings, chosen, ledger_figures, report, validators


def measure():
    with validators() as network:
        limits = ceilings(network)
        figures = ledger_figures(network, senders=32, window=4, operations=256,
                                 transactions=3_200, seconds=12)
    metrics = chosen(figures, "operations_per_second", "transactions_per_second", "p50_ms",
                     "p99_ms", "resent")
    return metrics, chosen(limits, "fdatasync_4k_per_second", "blake3_mb_per_second_per_core")


if __name__ == "__main__":
    report("batched", __doc__, measure)
