#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""S3 objects of 4 KiB, each of its own bytes: stored, then read through another gateway and
compared, over 64 connections that are kept alive, with presigned requests, to four gateways."""
from network_load import ceilings, chosen, report, s3_figures, validators


def measure():
    with validators() as network:
        limits = ceilings(network, body_bytes=4096, connections=64)
        figures = s3_figures(network, object_bytes=4096, connections=64, requests=1000, seconds=10)
    metrics = {"put_4k_per_second": figures["put_per_second"],
               "get_4k_per_second": figures["get_per_second"]}
    metrics.update(chosen(figures, "put_p50_ms", "put_p99_ms", "get_p50_ms", "get_p99_ms",
                          "put_count", "get_count"))
    return metrics, chosen(limits, "fdatasync_4k_per_second", "loopback_get_per_second")


if __name__ == "__main__":
    report("s3-small", __doc__, measure)
