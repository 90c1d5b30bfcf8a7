// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "oort/consensus/types.hpp"
#include "oort/env/random.hpp"
#include "oort/env/transport.hpp"
#include "oort/faults/faults.hpp"
#include "oort/node/hooks.hpp"

namespace oort::faults {

/// The vote of the same validator, view and kind for another block; nothing for a vote to skip a
/// view, which names no block.
[[nodiscard]] std::optional<consensus::Vote> contradicting(const consensus::Vote& vote,
                                                           const node::Identity& self);

/// `reply`, an encoded ReadShardReply, with one byte of the shard wrong, and a receipt, where there
/// is one, that states the wrong bytes; all else stays.
[[nodiscard]] Bytes with_wrong_byte(Bytes reply, std::uint64_t where, const node::Identity& self);

/// `result`, an encoded compute::TaskResult, with another result hash, signed; one without a result
/// stays as it is. Of one result it always makes the same lie.
[[nodiscard]] Bytes with_wrong_result(Bytes result, const node::Identity& self);

/// A transport that tells the truth except where the plan says otherwise. Borrows all but the plan.
class Liar final : public env::Transport {
 public:
  Liar(env::Transport& inner, const node::Identity& self, const Plan& plan, env::Random& random)
      : inner_(inner),
        self_(self),
        double_vote_chance_(plan.double_vote_chance),
        corrupt_shard_chance_(plan.corrupt_shard_chance),
        wrong_result_chance_(plan.wrong_result_chance),
        random_(random) {}

  NodeId self() const noexcept override { return inner_.self(); }
  void on_message(env::MessageType range, MessageHandler handler) override {
    inner_.on_message(range, std::move(handler));
  }
  void on_request(env::MessageType range, RequestHandler handler) override;
  Result<void> send(const NodeId& to, env::TrafficClass traffic, env::MessageType type,
                    ByteView payload) override;
  void request(const NodeId& to, env::TrafficClass traffic, env::MessageType type, Bytes payload,
               Duration deadline, Callback<Result<Bytes>> done) override {
    inner_.request(to, traffic, type, std::move(payload), deadline, std::move(done));
  }
  std::vector<NodeId> peers() const override { return inner_.peers(); }

 private:
  [[nodiscard]] bool happens(std::uint64_t chance) { return random_.below(chance_whole) < chance; }

  env::Transport& inner_;
  const node::Identity self_;
  const std::uint64_t double_vote_chance_;
  const std::uint64_t corrupt_shard_chance_;
  const std::uint64_t wrong_result_chance_;
  env::Random& random_;
};

}  // namespace oort::faults
