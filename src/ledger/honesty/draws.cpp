// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/crypto/vrf.hpp"
#include "oort/ledger/honesty_draws.hpp"
#include "oort/ledger/honesty_math.hpp"

namespace oort::ledger {
namespace {

constexpr crypto::Context officer_context("oort.v1 officer draw");
constexpr crypto::Context draw_context("oort.v1 honesty draw");
constexpr Uint128 uint128_max = ~Uint128{0};

Uint128 first_number(ByteView bytes) noexcept {
  Uint128 number = 0;
  for (std::size_t i = 16; i > 0; --i) {
    number = (number << 8) | std::to_integer<std::uint8_t>(bytes[i - 1]);
  }
  return number;
}

}  // namespace

Bytes officer_alpha(const OfficerDraw& draw) {
  codec::Writer out;
  codec::encode(out, draw.chain);
  codec::encode(out, draw.epoch);
  codec::encode(out, draw.seed);
  return to_bytes(crypto::hash(officer_context, out.bytes()).view());
}

bool is_drawn(const OfficerDraw& draw, const crypto::VrfOutput& output) noexcept {
  OORT_ASSERT(draw.total > 0, "somebody is a candidate");
  const Uint128 wanted = saturating_mul_div(draw.weight, draw.expected, 1, Rounding::Down);
  if (wanted >= draw.total) return true;
  return first_number(output.view()) <
         saturating_mul_div(uint128_max, wanted, draw.total, Rounding::Down);
}

bool is_officer(const OfficerDraw& draw, const NodeId& candidate, const crypto::VrfProof& proof) {
  const auto output = crypto::vrf_verify(crypto::key_of(candidate), officer_alpha(draw), proof);
  return output && is_drawn(draw, *output);
}

Uint128 draw_below(const Bytes32& seed, DrawPurpose purpose, const Bytes32& subject,
                   std::uint64_t ordinal, Uint128 bound) noexcept {
  OORT_ASSERT(bound > 0, "there is no number below zero");
  codec::Writer out;
  codec::encode(out, seed);
  out.u8(static_cast<std::uint8_t>(purpose));
  codec::encode(out, subject);
  out.u64(ordinal);
  const Uint128 number = first_number(crypto::hash(draw_context, out.bytes()).view());
  return std::min(saturating_mul_div(number, bound, uint128_max, Rounding::Down), bound - 1);
}

std::vector<NodeId> draw_panel(const PanelDraw& draw, std::span<const PanelCandidate> candidates) {
  std::vector<PanelCandidate> left;
  Uint128 total = 0;
  for (const PanelCandidate& candidate : candidates) {
    OORT_DEBUG_ASSERT(&candidate == candidates.data() || (&candidate - 1)->node < candidate.node,
                      "candidates ascend");
    if (std::ranges::find(draw.excluded, candidate.owner) != draw.excluded.end()) continue;
    total += candidate.weight;
    left.push_back(candidate);
  }
  std::vector<NodeId> panel;
  while (panel.size() < draw.count && total > 0) {
    const std::uint64_t ordinal = (std::uint64_t{draw.round} << 32) + panel.size();
    Uint128 point = draw_below(draw.seed, DrawPurpose::Panel, draw.fault, ordinal, total);
    auto chosen = left.begin();
    while (point >= chosen->weight) {
      point -= chosen->weight;
      ++chosen;
    }
    panel.push_back(chosen->node);
    const OperatorId owner = chosen->owner;
    std::erase_if(left, [&](const PanelCandidate& candidate) {
      if (candidate.owner != owner) return false;
      total -= candidate.weight;
      return true;
    });
  }
  return panel;
}

}  // namespace oort::ledger
