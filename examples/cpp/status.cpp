// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/ledger.grpc.pb.h>
#include <oort/v1/node.grpc.pb.h>

#include <iostream>

#include "client.hpp"

/// NodeService and LedgerService: who answers, how it does, and whom it knows.
int main(int count, char** words) {
  return example::run(count, words, "ENDPOINT", [](const char* const* arguments) {
    const auto channel = example::connect(arguments[0]);
    const auto ledger = oort::v1::LedgerService::NewStub(channel);
    const auto chain = example::call<oort::v1::GetChainResponse>(
        *ledger, &oort::v1::LedgerService::Stub::GetChain, oort::v1::GetChainRequest());
    std::cout << "chain " << chain.chain_name() << " " << example::to_hex(chain.chain_id()) << "\n";

    const auto node = oort::v1::NodeService::NewStub(channel);
    const auto status = example::call<oort::v1::GetStatusResponse>(
        *node, &oort::v1::NodeService::Stub::GetStatus, oort::v1::GetStatusRequest());
    std::cout << "node " << status.name() << " " << status.role() << " "
              << example::to_hex(status.node_id()) << "\n"
              << "height " << status.height() << ", "
              << (status.is_ready() ? "ready" : "not ready: " + status.not_ready_reason()) << "\n";

    const auto peers = example::call<oort::v1::ListPeersResponse>(
        *node, &oort::v1::NodeService::Stub::ListPeers, oort::v1::ListPeersRequest());
    for (const oort::v1::Peer& peer : peers.peers()) {
      std::cout << "peer " << example::to_hex(peer.node_id())
                << (peer.is_connected() ? " connected\n" : " away\n");
    }
  });
}
