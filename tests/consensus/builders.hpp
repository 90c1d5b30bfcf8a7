// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "oort/consensus/core.hpp"
#include "oort/crypto/hash.hpp"
#include "sim/signer.hpp"

namespace oort::consensus::test {

/// The simulator's signatures: whoever knows a public key can make them, so tests can forge.
class CheapVerifier final : public Verifier {
 public:
  [[nodiscard]] bool verify(const PublicKey& key, ByteView bytes,
                            const Signature& signature) const noexcept override {
    ++calls_count;
    return sim::cheap_verify(key, bytes, signature);
  }
  mutable std::uint64_t calls_count = 0;
};
inline const CheapVerifier& cheap_verifier() {
  static const CheapVerifier verifier;
  return verifier;
}

template <class T>
T filled(std::uint8_t byte) {
  T value;
  for (std::byte& b : value.mutable_view()) b = std::byte{byte};
  return value;
}

/// One validator a weight; nodes ascend in the order of the weights.
inline ValidatorSet make_set(const std::vector<std::uint64_t>& weights, Epoch epoch = Epoch(7)) {
  std::vector<Validator> validators;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    NodeId node;
    node.mutable_view()[0] = static_cast<std::byte>(i / 256);
    node.mutable_view()[1] = static_cast<std::byte>(i % 256);
    validators.push_back({node, sim::cheap_public_key(i + 1), weights[i]});
  }
  return ValidatorSet::make(epoch, std::move(validators)).value();
}

inline EpochStart make_epoch(const std::vector<std::uint64_t>& weights = {1, 1, 1, 1}) {
  EpochStart start;
  start.chain = filled<ChainId>(0xc1);
  start.anchor = filled<BlockId>(0xa0);
  start.anchor_height = Height(100);
  start.anchor_time_ms = 1000;
  start.seed = filled<Bytes32>(0x5e);
  start.validators = make_set(weights);
  return start;
}

inline EpochContext context_of(const EpochStart& epoch) {
  return {epoch.chain, epoch.anchor, &epoch.validators, &cheap_verifier()};
}

inline Ballot notarize(std::uint64_t view, const BlockId& block) {
  return {VoteKind::Notarize, Epoch(7), View(view), block, {}};
}
inline Ballot finalize(std::uint64_t view, const BlockId& block) {
  return {VoteKind::Finalize, Epoch(7), View(view), block, {}};
}
inline Ballot nullify(std::uint64_t from, std::uint64_t view) {
  return {VoteKind::Nullify, Epoch(7), View(view), {}, View(from)};
}

inline Vote sign(const EpochStart& epoch, std::uint16_t voter, const Ballot& ballot) {
  const PublicKey& key = epoch.validators[ValidatorIndex(voter)].key;
  return {ballot, ValidatorIndex(voter), sim::cheap_sign(key, signed_bytes(epoch.chain, ballot))};
}

/// Of these voters, which must ascend; a NULLIFY certificate takes each its own `from`.
inline Certificate certify(const EpochStart& epoch, const std::vector<std::uint16_t>& voters,
                           Ballot ballot, const std::vector<std::uint64_t>& froms = {}) {
  Certificate certificate;
  certificate.kind = ballot.kind;
  certificate.epoch = ballot.epoch;
  certificate.view = ballot.view;
  certificate.block = ballot.block;
  for (std::size_t i = 0; i < voters.size(); ++i) {
    if (i < froms.size()) ballot.from = View(froms[i]);
    const Vote vote = sign(epoch, voters[i], ballot);
    certificate.votes.push_back({vote.validator, ballot.from, vote.signature});
    certificate.from = std::max(certificate.from, ballot.from);
  }
  return certificate;
}

/// A header on the anchor in view 1, led by who leads it, with a justification that holds.
inline Header make_header(const EpochStart& epoch, std::uint64_t view = 1,
                          const Justification& justification = {}) {
  const Schedule schedule(epoch.validators, epoch.seed);
  Header header;
  header.chain = epoch.chain;
  header.epoch = epoch.validators.epoch();
  header.view = View(view);
  header.height = epoch.anchor_height.next();
  header.parent = epoch.anchor;
  header.justification = hash_of(justification);
  header.time_ms = epoch.anchor_time_ms + 1;
  header.validators_hash = epoch.validators.hash();
  header.proposer = schedule.leader(View(view));
  return header;
}

inline SignedHeader sign(const EpochStart& epoch, const Header& header) {
  const PublicKey& key = epoch.validators[header.proposer].key;
  return {header, sim::cheap_sign(key, signed_bytes(id_of(header)))};
}

}  // namespace oort::consensus::test
