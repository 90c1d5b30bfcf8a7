#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Transfers, each signed and submitted on its own, that become final in a second: 64 accounts,
through four validators, with 2,048 on their way at a time."""
from network_load import ceilings, chosen, ledger_figures, report, validators


def measure():
    with validators() as network:
        limits = ceilings(network)
        figures = ledger_figures(network, senders=64, window=32, operations=1,
                                 transactions=24_000, seconds=12)
    metrics = {"per_second": figures["transactions_per_second"]}
    metrics.update(chosen(figures, "p50_ms", "p99_ms", "transactions", "resent"))
    return metrics, chosen(limits, "fdatasync_4k_per_second",
                           "ed25519_verifications_per_second_per_core")


if __name__ == "__main__":
    report("transfers", __doc__, measure)
