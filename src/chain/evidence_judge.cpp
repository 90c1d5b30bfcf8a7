// SPDX-License-Identifier: Apache-2.0
#include "evidence_judge.hpp"

#include "oort/codec/codec.hpp"
#include "oort/consensus/evidence.hpp"
#include "oort/consensus/verify.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/machine.hpp"
#include "oort/ledger/state.hpp"

namespace oort::chain {
namespace {

constexpr crypto::Context fault_context{"oort.v1 consensus fault"};

class Judge final : public ledger::EvidenceVerifier {
 public:
  Judge(const TrustRoot& root, const consensus::Verifier& verifier)
      : root_(root), verifier_(verifier) {}

  [[nodiscard]] std::optional<ledger::Verdict> judge(
      ByteView proof, const ledger::StateReader&) const noexcept override {
    const auto evidence = codec::from_bytes<consensus::Evidence>(proof);
    if (!evidence) return std::nullopt;
    const auto offence = consensus::check_evidence(root_.context(verifier_), *evidence);
    if (!offence) return std::nullopt;
    return ledger::Verdict{fault_of(root_.chain, *offence),
                           static_cast<std::uint16_t>(evidence->kind),
                           root_.validators[offence->validator].node, offence->view};
  }

 private:
  const TrustRoot& root_;
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

std::unique_ptr<ledger::EvidenceVerifier> make_evidence_judge(const TrustRoot& root,
                                                              const consensus::Verifier& verifier) {
  return std::make_unique<Judge>(root, verifier);
}

}  // namespace oort::chain
