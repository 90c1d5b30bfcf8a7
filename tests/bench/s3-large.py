#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""S3 objects of 1 MiB, each of its own bytes: stored, then read through another gateway and
compared, over 16 connections that are kept alive, with presigned requests, to four gateways."""
from network_load import ceilings, chosen, report, s3_figures, validators


def measure():
    with validators() as network:
        limits = ceilings(network, body_bytes=1 << 20, connections=16)
        figures = s3_figures(network, object_bytes=1 << 20, connections=16, requests=200,
                             seconds=10)
    metrics = {"put_1m_mb_per_second": figures["put_mb_per_second"],
               "get_1m_mb_per_second": figures["get_mb_per_second"]}
    metrics.update(chosen(figures, "put_p50_ms", "put_p99_ms", "get_p50_ms", "get_p99_ms",
                          "put_count", "get_count"))
    return metrics, chosen(limits, "disk_write_mb_per_second", "loopback_get_mb_per_second",
                           "md5_mb_per_second_per_core", "blake3_mb_per_second_per_core")


if __name__ == "__main__":
    report("s3-large", __doc__, measure)
