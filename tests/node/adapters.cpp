// SPDX-License-Identifier: Apache-2.0
#include "adapters.hpp"

#include <gtest/gtest.h>

namespace oort::node::test {

Adapters::Adapters(ChainWorld& world, Submitter::Options options)
    : net(world),
      feed(net.chain(0), net.nodes[0]->clock(), net.nodes[0]->strand(), 1s),
      view(net.chain(0), feed, net.nodes[0]->strand(), net.program(0)->transport()),
      signer(sim::cheap_signer(chain::test::key_of(chain::test::first_client + sender))),
      submitter({net.chain(0).trust_root().chain, net.chain(0), feed, view, *signer,
                 net.nodes[0]->strand(), net.nodes[0]->timers()},
                options) {
  const auto listening =
      feed.listen(net.chain(0).view()->height(),
                  [this](const object::FinalBlock& block) { heard.push_back(block); });
  EXPECT_TRUE(listening.has_value());
  // The feed knows of a quorum from the first block that it sees.
  EXPECT_TRUE(net.run_until([this] { return feed.has_quorum(); }));
}

CallRef Adapters::ask(const std::vector<std::uint64_t>& amounts, Duration deadline) {
  std::vector<ledger::SubmittedOperation> operations;
  operations.reserve(amounts.size());
  for (const std::uint64_t amount : amounts) {
    operations.push_back({ledger::Transfer{chain::test::client_of(receiver), Oort(amount)}, {}});
  }
  auto call = std::make_shared<Call>();
  submitter.submit(std::move(operations), deadline,
                   [this, call](Result<object::SubmitResult> answer) {
                     call->answers.push_back(std::move(answer));
                     if (!heard.empty()) call->delivered = heard.back().height;
                   });
  return call;
}

std::vector<std::vector<std::uint64_t>> Adapters::ordered() {
  std::vector<std::vector<std::uint64_t>> found;
  EXPECT_TRUE(net.run_until([this] { return net.height(1) >= net.height(0); }));
  const Height last = net.chain(1).view()->height();
  bool is_done = false;
  const auto read = [&](const chain::FinalBlockRef& block) {
    for (const auto& checked : block->transactions) {
      if (checked->transaction.sender != chain::test::client_of(sender)) continue;
      std::vector<std::uint64_t>& amounts = found.emplace_back();
      for (const Bytes& bytes : checked->transaction.operations) {
        const auto operation = ledger::decode_operation(bytes);
        amounts.push_back(
            static_cast<std::uint64_t>(std::get<ledger::Transfer>(*operation).amount.units()));
      }
    }
    is_done = block->header.height >= last;
  };
  const auto id = net.chain(1).subscribe(Height(1), read);
  EXPECT_TRUE(net.run_until([&] { return is_done; }));
  net.chain(1).unsubscribe(id);
  net.world.run_for(1ms);
  return found;
}

std::unique_ptr<ChainWorld> running_world(std::uint64_t seed,
                                          const std::function<void(ChainWorld&)>& change) {
  auto net = std::make_unique<ChainWorld>(seed);
  net->options.submit_deadline = 1s;
  net->options.barrier_deadline = 1s;
  change(*net);
  net->start_all();
  EXPECT_TRUE(net->run_until([&] { return net->all_reached(10); }));
  return net;
}

void cut_off(ChainWorld& net) { net.network.links().partition({0, 1, 1, 1}); }

}  // namespace oort::node::test
