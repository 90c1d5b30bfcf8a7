// SPDX-License-Identifier: Apache-2.0
#include "evidence_judge.hpp"

#include <utility>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/consensus/evidence.hpp"
#include "oort/consensus/verify.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/machine.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/view.hpp"

namespace oort::chain {
namespace {

constexpr crypto::Context fault_context{"oort.v1 consensus fault"};

/// Of what the evidence speaks; nothing where it holds neither votes nor headers.
std::optional<Epoch> epoch_of(const consensus::Evidence& evidence) {
  if (!evidence.votes.empty()) return evidence.votes.front().ballot.epoch;
  if (!evidence.headers.empty()) return evidence.headers.front().header.epoch;
  return std::nullopt;
}

class Judge final : public ledger::EvidenceVerifier {
 public:
  Judge(const TrustRoot& genesis, const consensus::Verifier& verifier)
      : genesis_(genesis), verifier_(verifier) {}

  [[nodiscard]] std::optional<ledger::Verdict> judge(
      ByteView proof, const ledger::StateReader& state) const noexcept override {
    const auto evidence = codec::from_bytes<consensus::Evidence>(proof);
    if (!evidence) return std::nullopt;
    const auto epoch = epoch_of(*evidence);
    if (!epoch) return std::nullopt;
    if (*epoch == genesis_.epoch()) return judge_in(genesis_, *evidence);
    auto validators = validators_in(state, *epoch);
    if (!validators) return std::nullopt;
    // The state does not name the block that a later epoch stands on, so whatever a header claims
    // to be that block is taken for it: nobody is convicted of standing on another one.
    const BlockId anchor =
        evidence->headers.empty() ? BlockId() : evidence->headers.front().header.parent;
    return judge_in({genesis_.chain, anchor, {}, 0, *std::move(validators), {}}, *evidence);
  }

 private:
  [[nodiscard]] std::optional<ledger::Verdict> judge_in(
      const TrustRoot& root, const consensus::Evidence& evidence) const noexcept {
    const auto offence = consensus::check_evidence(root.context(verifier_), evidence);
    if (!offence) return std::nullopt;
    return ledger::Verdict{fault_of(root.chain, *offence),
                           static_cast<std::uint16_t>(evidence.kind),
                           root.validators[offence->validator].node, offence->view, offence->epoch};
  }

  const TrustRoot& genesis_;
  const consensus::Verifier& verifier_;
};

}  // namespace

Bytes32 fault_of(const ChainId& chain, const consensus::Offence& offence) {
  codec::Writer fault;
  encode(fault, chain);
  codec::encode(fault, offence.epoch);
  codec::encode(fault, offence.view);
  codec::encode(fault, offence.validator);
  return crypto::hash(fault_context, fault.bytes());
}

std::optional<consensus::ValidatorSet> validators_in(const ledger::StateReader& state,
                                                     Epoch epoch) {
  const auto named = ledger::View(state).validator_set(epoch);
  if (!named) return std::nullopt;
  std::vector<consensus::Validator> validators;
  validators.reserve(named->validators.size());
  for (const ledger::Validator& validator : named->validators) {
    validators.push_back({validator.node, crypto::key_of(validator.node), validator.weight});
  }
  auto set = consensus::ValidatorSet::make(epoch, std::move(validators));
  if (!set) return std::nullopt;
  return *std::move(set);
}

std::unique_ptr<ledger::EvidenceVerifier> make_evidence_judge(const TrustRoot& genesis,
                                                              const consensus::Verifier& verifier) {
  return std::make_unique<Judge>(genesis, verifier);
}

}  // namespace oort::chain
