#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HonestyService: how credible each node is, who is accused of what, and what is audited."""
from oort.v1 import honesty_pb2, honesty_pb2_grpc

from connection import SECONDS, connect, oort, pages, parser, run


def main():
    options = parser(__doc__).parse_args()
    honesty = honesty_pb2_grpc.HonestyServiceStub(connect(options.endpoint, options.ca))

    now = honesty.GetRound(honesty_pb2.GetHonestyRoundRequest(), timeout=SECONDS)
    print(f"round {now.round}: heights {now.starts} to {now.ends}, "
          f"roots of {now.nodes_count} nodes")

    for one in pages(honesty.ListStandings, honesty_pb2.ListStandingsRequest(), "standings"):
        print(f"node {one.node.hex()} credibility {one.credibility / 10 ** 9:.6f}, "
              f"stake {oort(one.stake)}, {one.verdicts_count} verdicts")
        if one.verdicts_count:
            told = honesty.GetStanding(honesty_pb2.GetStandingRequest(node=one.node),
                                       timeout=SECONDS)
            for verdict in told.verdicts:
                print(f"  {verdict.offence} at height {verdict.height}, "
                      f"{oort(verdict.burnt)} burnt")

    for case in pages(honesty.ListCases, honesty_pb2.ListCasesRequest(), "cases"):
        print(f"case {case.case.hex()} of {case.executor.hex()}: "
              f"{case.phase} {case.verdict or 'undecided'}")

    audits = list(pages(honesty.ListAudits, honesty_pb2.ListAuditsRequest(), "audits"))
    print(f"{len(audits)} audits of storage are open")


if __name__ == "__main__":
    run(main)
