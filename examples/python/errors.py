#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every failed call says why in a word that stays: here are some, on purpose."""
import grpc
from oort.v1 import (admin_pb2, admin_pb2_grpc, governance_pb2, governance_pb2_grpc, ledger_pb2,
                     ledger_pb2_grpc)

from connection import SECONDS, connect, explain, parser


def main():
    options = parser(__doc__).parse_args()
    channel = connect(options.endpoint, options.ca)
    ledger = ledger_pb2_grpc.LedgerServiceStub(channel)
    governance = governance_pb2_grpc.GovernanceServiceStub(channel)
    admin = admin_pb2_grpc.AdminServiceStub(channel)
    nobody = ledger_pb2_grpc.LedgerServiceStub(connect("127.0.0.1:1"))

    for what, call, request in (
            ("a transaction that is not there", ledger.GetTransaction,
             ledger_pb2.GetTransactionRequest(transaction_id=bytes(32))),
            ("an account of three bytes", ledger.GetAccount,
             ledger_pb2.GetAccountRequest(account=b"abc")),
            ("bytes that are no transaction", ledger.SubmitTransaction,
             ledger_pb2.SubmitTransactionRequest(transaction=b"pay me")),
            ("a page that nobody gave", governance.ListPools,
             governance_pb2.ListPoolsRequest(page={"page_token": "?"})),
            ("the operator's service, on a port", admin.DumpConsensus,
             admin_pb2.DumpConsensusRequest()),
            ("a door where nobody answers", nobody.GetChain, ledger_pb2.GetChainRequest())):
        try:
            call(request, timeout=SECONDS)
        except grpc.RpcError as problem:
            reason, detail = explain(problem)
            print(f"{what}: {problem.code().name} {reason}: {detail}")


if __name__ == "__main__":
    main()
