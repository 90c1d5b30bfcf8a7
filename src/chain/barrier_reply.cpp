// SPDX-License-Identifier: Apache-2.0
#include "barrier_reply.hpp"

#include "oort/codec/codec.hpp"
#include "oort/consensus/types.hpp"
#include "oort/consensus/verify.hpp"
#include "oort/core/reasons.hpp"

namespace oort::chain {

Result<View> shown_view(const consensus::EpochContext& context, View known,
                        const wire::BarrierReply& reply) {
  if (!reply.certificate) return View(0);
  OORT_TRY(const auto certificate, codec::from_bytes<consensus::Certificate>(*reply.certificate));
  if (certificate.kind == consensus::VoteKind::Nullify) {
    return fail(ErrorCode::InvalidArgument, reason::bad_certificate, "it shows no block");
  }
  if (certificate.view > known) {
    OORT_TRY(consensus::check_certificate(context, certificate));
  }
  return certificate.view;
}

}  // namespace oort::chain
