#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""LedgerService: an account's balance, what made it, and a proof for who trusts no node."""
from oort.v1 import common_pb2, ledger_pb2, ledger_pb2_grpc

from connection import SECONDS, connect, oort, pages, parser, run


def main():
    options = parser(__doc__)
    options.add_argument("account", type=bytes.fromhex, help="40 hexadecimal digits")
    options.add_argument("--proof", help="write a proof here, for `oortd verify`")
    options = options.parse_args()
    ledger = ledger_pb2_grpc.LedgerServiceStub(connect(options.endpoint, options.ca))

    # STRONG waits for all that was final anywhere when the question arrived; LOCAL does not.
    account = ledger.GetAccount(
        ledger_pb2.GetAccountRequest(account=options.account,
                                     consistency=common_pb2.CONSISTENCY_STRONG), timeout=SECONDS)
    print(f"balance {oort(account.balance)} at height {account.state.height}")

    statement = ledger_pb2.ListStatementRequest(account=options.account)
    for line in pages(ledger.ListStatement, statement, "lines"):
        sign = "+" if line.is_income else "-"
        print(f"{line.height} {line.purpose} {sign}{oort(line.amount)}")

    if options.proof:
        # The bundle leads from the genesis file to the account, by signatures of the validators.
        proof = ledger.GetProof(ledger_pb2.GetProofRequest(account=options.account),
                                timeout=SECONDS)
        with open(options.proof, "wb") as file:
            file.write(proof.bundle)
        print(f"proof of height {proof.height}, {len(proof.bundle)} bytes, in {options.proof}")


if __name__ == "__main__":
    run(main)
