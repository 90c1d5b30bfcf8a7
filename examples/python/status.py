#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""NodeService: who answers, how it does, and whom it knows."""
from oort.v1 import ledger_pb2, ledger_pb2_grpc, node_pb2, node_pb2_grpc

from connection import SECONDS, connect, parser, run


def main():
    options = parser(__doc__).parse_args()
    channel = connect(options.endpoint, options.ca)
    node = node_pb2_grpc.NodeServiceStub(channel)
    ledger = ledger_pb2_grpc.LedgerServiceStub(channel)

    chain = ledger.GetChain(ledger_pb2.GetChainRequest(), timeout=SECONDS)
    print(f"chain {chain.chain_name} {chain.chain_id.hex()}")

    status = node.GetStatus(node_pb2.GetStatusRequest(), timeout=SECONDS)
    state = "ready" if status.is_ready else f"not ready: {status.not_ready_reason}"
    print(f"node {status.name} {status.role} {status.node_id.hex()}")
    print(f"height {status.height}, {state}, "
          f"{'with' if status.has_quorum else 'without'} a quorum")
    print(f"stores {status.storage.shards_count} shards, {status.storage.shard_bytes} bytes")

    for peer in node.ListPeers(node_pb2.ListPeersRequest(), timeout=SECONDS).peers:
        link = "connected" if peer.is_connected else "away"
        print(f"peer {peer.node_id.hex()} {'+'.join(peer.roles)} {link}")


if __name__ == "__main__":
    run(main)
