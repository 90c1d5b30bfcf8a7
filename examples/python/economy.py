#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""MarketService and GovernanceService: prices, where the money is, who votes, what is proposed."""
from oort.v1 import (governance_pb2, governance_pb2_grpc, ledger_pb2, ledger_pb2_grpc, market_pb2,
                     market_pb2_grpc)

from connection import SECONDS, connect, oort, pages, parser, run


def show_market(channel):
    market = market_pb2_grpc.MarketServiceStub(channel)
    price = market.GetPrice(market_pb2.GetPriceRequest(), timeout=SECONDS)
    kind = "fixed" if price.is_fixed else "old" if price.is_old else "reported"
    print(f"one credit (one US cent) is {oort(price.rate)}, {kind}")

    storage = market.GetStoragePrice(market_pb2.GetStoragePriceRequest(), timeout=SECONDS)
    for one in storage.prices:
        print(f"a GiB of {one.storage_class} for a month: {int(one.credits) / 10 ** 6:g} credits")

    ledger = ledger_pb2_grpc.LedgerServiceStub(channel)
    supply = ledger.GetSupply(ledger_pb2.GetSupplyRequest(), timeout=SECONDS)
    print(f"supply {oort(supply.total)}")
    for pot in supply.pots:
        print(f"pot {pot.pot}: {oort(pot.balance)}")


def show_governance(channel):
    governance = governance_pb2_grpc.GovernanceServiceStub(channel)
    staking = governance.GetStaking(governance_pb2.GetStakingRequest(), timeout=SECONDS)
    print(f"epoch {staking.epoch}: {staking.witnesses_count} witnesses with "
          f"{oort(staking.weight)}")
    for pool in pages(governance.ListPools, governance_pb2.ListPoolsRequest(), "pools"):
        print(f"pool {pool.node.hex()} {pool.pool_state}, own {oort(pool.self)}, "
              f"delegated {oort(pool.delegated)}")
    for one in pages(governance.ListProposals, governance_pb2.ListProposalsRequest(), "proposals"):
        print(f"proposal {one.id} {one.proposal_state}: {one.text}")
    params = governance.GetParams(governance_pb2.GetParamsRequest(), timeout=SECONDS)
    print("parameters of " + ", ".join(module.module for module in params.modules))


def main():
    options = parser(__doc__).parse_args()
    channel = connect(options.endpoint, options.ca)
    show_market(channel)
    show_governance(channel)


if __name__ == "__main__":
    run(main)
