// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "bft/options.hpp"
#include "oort/consensus/core.hpp"
#include "oort/crypto/signature.hpp"
#include "sim/generator.hpp"

namespace oort::bftsim {

/// What is given before the first event: keys, validator sets, the meaning of payloads.
class Facts {
 public:
  explicit Facts(const Options& options);

  [[nodiscard]] const ChainId& chain() const noexcept { return chain_; }
  [[nodiscard]] const BlockId& genesis() const noexcept { return genesis_; }
  /// The identity that may misbehave; past the last one when none does.
  [[nodiscard]] ValidatorIndex faulty() const noexcept { return faulty_; }
  /// The `i`-th one, where there are more.
  [[nodiscard]] ValidatorIndex faulty(std::uint32_t i) const noexcept;
  [[nodiscard]] bool is_faulty(ValidatorIndex index) const noexcept;
  [[nodiscard]] const NodeId& node(ValidatorIndex index) const { return nodes_[index.value()]; }
  /// All sets hold the same identities, so an index means the same in every epoch.
  [[nodiscard]] const consensus::ValidatorSet& set(std::uint64_t epoch);
  [[nodiscard]] const consensus::Schedule& schedule(std::uint64_t epoch);
  [[nodiscard]] Bytes32 epoch_seed(std::uint64_t epoch) const;

  [[nodiscard]] const consensus::Verifier& verifier() const noexcept { return *verifier_; }
  [[nodiscard]] Signature sign(ValidatorIndex who, ByteView message) const;
  [[nodiscard]] std::unique_ptr<env::Signer> signer(ValidatorIndex who) const;

  /// The state after a block, given the state before it: what execution means here.
  [[nodiscard]] static Bytes32 execute(const Bytes32& state, const BlockId& block);
  [[nodiscard]] static Bytes32 payload_root(ByteView payload);

 private:
  [[nodiscard]] consensus::ValidatorSet make_set(std::uint64_t epoch) const;

  struct EpochFacts {
    consensus::ValidatorSet set;
    consensus::Schedule schedule;
  };
  [[nodiscard]] const EpochFacts& epoch(std::uint64_t number);

  Options options_;
  ChainId chain_;
  BlockId genesis_;
  ValidatorIndex faulty_;
  std::vector<NodeId> nodes_;
  std::vector<crypto::KeyPair> keys_;
  std::unique_ptr<consensus::Verifier> verifier_;
  std::map<std::uint64_t, EpochFacts> epochs_;
};

}  // namespace oort::bftsim
