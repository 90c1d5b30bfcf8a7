#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ComputeService: what nodes offer, and a job until the ledger has its end."""
import grpc
from oort.v1 import compute_pb2, compute_pb2_grpc, ledger_pb2, ledger_pb2_grpc

from connection import SECONDS, connect, explain, pages, parser, run


def follow(compute, job, ca):
    """Tasks are known to the broker in office alone, whose door the job names."""
    record = compute.GetJob(compute_pb2.GetJobRequest(job=job), timeout=SECONDS).job
    broker = compute_pb2_grpc.ComputeServiceStub(connect(record.broker_endpoint, ca))
    try:
        for seen in broker.WatchJob(compute_pb2.WatchJobRequest(job=job)):
            print(f"pending {seen.run.pending_count}, running {seen.run.running_count}, "
                  f"done {seen.run.done_count}", flush=True)
    except grpc.RpcError as problem:
        # Ten minutes after its end a broker has forgotten a job; the ledger keeps it for longer.
        if explain(problem)[0] != "NOT_FOUND":
            raise


def await_end(compute, ledger, job):
    """Looks again at every block: what the ledger says only changes by one."""
    height = ledger.GetChain(ledger_pb2.GetChainRequest(), timeout=SECONDS).state.height
    for _ in ledger.StreamBlocks(ledger_pb2.StreamBlocksRequest(from_height=max(height, 1))):
        record = compute.GetJob(compute_pb2.GetJobRequest(job=job), timeout=SECONDS).job
        if record.phase == "closed":
            return record


def main():
    options = parser(__doc__)
    options.add_argument("job", type=bytes.fromhex, help="64 hexadecimal digits")
    options = options.parse_args()
    channel = connect(options.endpoint, options.ca)
    compute = compute_pb2_grpc.ComputeServiceStub(channel)

    for offer in pages(compute.ListOffers, compute_pb2.ListOffersRequest(), "offers"):
        print(f"offer {offer.node_id.hex()}: {offer.cpu_milli / 1000:g} cores, "
              f"{offer.memory_mib} MiB, {offer.ask_per_core} microcredits a core and hour")

    follow(compute, options.job, options.ca)
    record = await_end(compute, ledger_pb2_grpc.LedgerServiceStub(channel), options.job)
    print(f"{record.outcome}, output {record.output.hex()}")
    cost = compute.JobCost(compute_pb2.JobCostRequest(job=options.job), timeout=SECONDS)
    print(f"paid {cost.paid} of {cost.budget} units of {cost.currency}, {cost.refund} went back")


if __name__ == "__main__":
    run(main)
