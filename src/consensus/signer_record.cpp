// SPDX-License-Identifier: Apache-2.0
#include "oort/consensus/signer_record.hpp"

#include "oort/codec/codec.hpp"
#include "oort/consensus/mutants.hpp"
#include "oort/core/assert.hpp"

namespace oort::consensus {

bool SignerRecord::enter(Epoch at, View in) {
  if (at < epoch) return false;
  if (at == epoch && in < view && !is_mutant(Mutant::SignerNotMonotone)) return false;
  if (at == epoch && in == view) return true;
  const View kept = at == epoch ? last_final_view : View();
  *this = {};
  epoch = at;
  view = in;
  last_final_view = kept;
  return true;
}

bool SignerRecord::propose(Epoch at, View in, const BlockId& id) {
  OORT_ASSERT(!id.is_zero(), "zero stands for no block");
  SignerRecord next = *this;
  if (!next.enter(at, in)) return false;
  const bool is_free = next.proposed.is_zero() || next.proposed == id;
  if (!is_free && !is_mutant(Mutant::DoublePropose)) return false;
  next.proposed = id;
  *this = next;
  return true;
}

bool SignerRecord::notarize(Epoch at, View in, const BlockId& id) {
  OORT_ASSERT(!id.is_zero(), "zero stands for no block");
  SignerRecord next = *this;
  if (!next.enter(at, in)) return false;
  // A view that was nullified may still be notarized: others may need this vote to move on.
  const bool is_free = next.notarized.is_zero() || next.notarized == id;
  if (!is_free && !is_mutant(Mutant::DoubleNotarize)) return false;
  next.notarized = id;
  *this = next;
  return true;
}

std::optional<View> SignerRecord::nullify(Epoch at, View in) {
  SignerRecord next = *this;
  if (!next.enter(at, in)) return std::nullopt;
  if (next.finalized && !is_mutant(Mutant::NullifyAfterFinalize)) return std::nullopt;
  next.nullified = true;
  *this = next;
  if (is_mutant(Mutant::NullifyFromZero)) return View(1);
  return std::min(last_final_view.next(), in);
}

bool SignerRecord::finalize(Epoch at, View in, const BlockId& id) {
  OORT_ASSERT(!id.is_zero(), "zero stands for no block");
  SignerRecord next = *this;
  if (!next.enter(at, in)) return false;
  if (next.notarized != id && !is_mutant(Mutant::FinalizeOtherBlock)) return false;
  if (next.nullified && !is_mutant(Mutant::FinalizeAfterNullify)) return false;
  next.finalized = true;
  next.last_final_view = in;
  *this = next;
  return true;
}

SignerRecord SignerRecord::after_amnesia(Epoch epoch, View floor) {
  OORT_ASSERT(floor.value() > 0, "the floor is a view");
  SignerRecord record;
  record.epoch = epoch;
  record.view = floor;
  if (!is_mutant(Mutant::AmnesiaClaimsPast)) record.last_final_view = View(floor.value() - 1);
  return record;
}

void encode(codec::Writer& out, const SignerRecord& value) {
  encode(out, value.epoch);
  encode(out, value.view);
  encode(out, value.proposed);
  encode(out, value.notarized);
  out.boolean(value.nullified);
  out.boolean(value.finalized);
  encode(out, value.last_final_view);
}

Result<void> decode(codec::Reader& in, SignerRecord& value) {
  OORT_TRY(decode(in, value.epoch));
  OORT_TRY(decode(in, value.view));
  OORT_TRY(decode(in, value.proposed));
  OORT_TRY(decode(in, value.notarized));
  OORT_TRY(decode(in, value.nullified));
  OORT_TRY(decode(in, value.finalized));
  return decode(in, value.last_final_view);
}

}  // namespace oort::consensus
