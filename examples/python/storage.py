#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ObjectService: an account's buckets, and whether all of the network's shards are where they
should be. Bytes themselves go through the S3 door."""
from oort.v1 import ledger_pb2, ledger_pb2_grpc, object_pb2, object_pb2_grpc

from connection import SECONDS, connect, pages, parser, run


def main():
    options = parser(__doc__)
    options.add_argument("account", type=bytes.fromhex, help="40 hexadecimal digits")
    options.add_argument("--object", help="bucket/name: is it there, by what the ledger proves?")
    options = options.parse_args()
    channel = connect(options.endpoint, options.ca)
    objects = object_pb2_grpc.ObjectServiceStub(channel)

    listing = objects.ListBuckets(object_pb2.ListBucketsRequest(account=options.account),
                                  timeout=SECONDS)
    for bucket in listing.buckets:
        print(f"bucket {bucket.name}, versioning {bucket.versioning}")

    missing = list(pages(objects.ListMissingShards, object_pb2.ListMissingShardsRequest(),
                         "shards"))
    print(f"{len(missing)} shards are missing")
    for shard in missing:
        print(f"shard {shard.index} of {shard.segment.hex()}: {shard.why}")

    if options.object:
        bucket, _, name = options.object.partition("/")
        ledger = ledger_pb2_grpc.LedgerServiceStub(channel)
        proof = ledger.GetProof(ledger_pb2.GetProofRequest(
            object=ledger_pb2.ObjectName(bucket=bucket, name=name)), timeout=SECONDS)
        print(f"{options.object} is {'present' if proof.is_present else 'not there'} "
              f"at height {proof.height}")


if __name__ == "__main__":
    run(main)
