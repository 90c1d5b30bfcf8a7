#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""LedgerService: final blocks as they come. A final block is never taken back."""
import sys

import grpc
from oort.v1 import ledger_pb2, ledger_pb2_grpc

from connection import connect, explain, parser, run


def blocks(ledger, height):
    """Every block from `height` on, once. A stream that breaks goes on behind the last block."""
    while True:
        try:
            # Without a deadline: this one call is meant to last. Until the node is back, it waits.
            for block in ledger.StreamBlocks(
                    ledger_pb2.StreamBlocksRequest(from_height=height), wait_for_ready=True):
                yield block
                height = block.height + 1
        except grpc.RpcError as problem:
            if problem.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                raise
            print("again, after {}: {}".format(*explain(problem)), file=sys.stderr, flush=True)


def main():
    options = parser(__doc__)
    options.add_argument("--from", dest="height", type=int, default=1, help="the first height")
    options.add_argument("--count", type=int, help="end after so many")
    options = options.parse_args()
    ledger = ledger_pb2_grpc.LedgerServiceStub(connect(options.endpoint, options.ca))

    for number, block in enumerate(blocks(ledger, options.height), 1):
        print(f"{block.height} {block.block_id.hex()} {len(block.transaction_ids)} transactions",
              flush=True)
        if number == options.count:
            return


if __name__ == "__main__":
    run(main)
