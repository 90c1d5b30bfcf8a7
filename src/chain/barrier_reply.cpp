// SPDX-License-Identifier: Apache-2.0
#include "barrier_reply.hpp"

#include "oort/codec/codec.hpp"
#include "oort/consensus/types.hpp"
#include "oort/consensus/verify.hpp"
#include "oort/core/reasons.hpp"

namespace oort::chain {

Result<Turn> shown_turn(const RootOf& root_of, const consensus::Verifier& verifier, Turn known,
                        const wire::BarrierReply& reply) {
  if (!reply.certificate) return Turn{};
  OORT_TRY(const auto certificate, codec::from_bytes<consensus::Certificate>(*reply.certificate));
  if (certificate.kind == consensus::VoteKind::Nullify) {
    return fail(ErrorCode::InvalidArgument, reason::bad_certificate, "it shows no block");
  }
  const Turn turn{certificate.epoch, certificate.view};
  if (turn <= known) return turn;
  OORT_TRY(const TrustRoot* root, root_of(certificate.epoch));
  OORT_TRY(consensus::check_certificate(root->context(verifier), certificate));
  return turn;
}

}  // namespace oort::chain
