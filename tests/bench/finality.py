#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From the submission of a transfer to the answer that it is final and durable, without other load:
one transfer at a time through each of four validators."""
from network_load import ceilings, chosen, ledger_figures, report, validators


def measure():
    with validators() as network:
        limits = ceilings(network)
        figures = ledger_figures(network, senders=4, window=1, operations=1, transactions=8_000,
                                 seconds=12)
    limits["grpc_reads_per_second"] = figures["grpc_reads_per_second"]
    return chosen(figures, "p50_ms", "p99_ms", "transactions"), chosen(
        limits, "fdatasync_4k_per_second", "grpc_reads_per_second")


if __name__ == "__main__":
    report("finality", __doc__, measure)
