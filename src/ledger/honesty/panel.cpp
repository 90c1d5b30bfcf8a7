// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <utility>

#include "honesty/honesty_fields.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/honesty_objects.hpp"

namespace oort::ledger {
namespace {

constexpr crypto::Context panel_context("oort.v1 panel commitment");
constexpr crypto::Context trace_context("oort.v1 trace step");

bool keeps_its_word(const PanelReveal& reveal, const Bytes32& fault, const Bytes32& seed) {
  const PanelAnswer& answer = reveal.answer;
  return answer.fault == fault && answer.steps_count > 0 &&
         commitment_of(answer) == reveal.commitment &&
         opens(answer, drawn_step(seed, fault, answer.steps_count), reveal.opening);
}

}  // namespace

Bytes32 commitment_of(const PanelAnswer& answer) {
  return crypto::hash(panel_context, codec::to_bytes(answer));
}

Bytes32 trace_leaf(const PanelAnswer& answer, std::uint64_t index, const Bytes32& state_hash) {
  codec::Writer out;
  codec::encode(out, answer.nonce);
  codec::encode(out, answer.fault);
  codec::encode(out, answer.panelist);
  out.u64(index);
  codec::encode(out, state_hash);
  return crypto::hash(trace_context, out.bytes());
}

bool opens(const PanelAnswer& answer, std::uint64_t index, const TraceOpening& opening) {
  if (opening.path.index != index || opening.path.count != answer.steps_count) return false;
  return crypto::merkle_verify(answer.trace_root, opening.path,
                               trace_leaf(answer, index, opening.state_hash));
}

std::uint64_t drawn_step(const Bytes32& seed, const Bytes32& fault,
                         std::uint64_t steps_count) noexcept {
  return static_cast<std::uint64_t>(
      draw_below(seed, DrawPurpose::TraceStep, fault, 0, steps_count));
}

std::vector<PanelVote> panel_votes(const Bytes32& fault, const Bytes32& seed,
                                   std::span<const std::optional<PanelReveal>> reveals) {
  // What each shows at the drawn step: its result and its state there.
  using Shown = std::pair<Bytes32, Bytes32>;
  std::vector<std::optional<Shown>> shown;
  std::map<Shown, std::size_t> counts;
  for (const auto& reveal : reveals) {
    shown.emplace_back();
    if (!reveal || !keeps_its_word(*reveal, fault, seed)) continue;
    shown.back() = Shown{reveal->answer.result_hash, reveal->opening.state_hash};
    ++counts[*shown.back()];
  }
  std::map<Bytes32, std::size_t> most;
  for (const auto& [pair, count] : counts) most[pair.first] = std::max(most[pair.first], count);
  std::vector<PanelVote> votes;
  for (const auto& one : shown) {
    votes.emplace_back();
    if (one && counts[*one] == most[one->first]) votes.back() = one->first;
  }
  return votes;
}

PanelVerdict judge_panel(std::span<const PanelVote> votes, const Bytes32& claimed,
                         const Bytes32& expected) {
  if (votes.empty() || claimed == expected) return PanelVerdict::Split;
  const auto all = [votes](const Bytes32& result) {
    return std::ranges::all_of(votes, [&](const PanelVote& vote) { return vote == result; });
  };
  if (all(expected)) return PanelVerdict::Convicted;
  return all(claimed) ? PanelVerdict::Acquitted : PanelVerdict::Split;
}

std::uint32_t panel_size(std::uint32_t round) noexcept {
  OORT_ASSERT(round < panel_rounds_count, "a case has three rounds");
  constexpr std::uint32_t sizes[panel_rounds_count] = {3, 7, 21};
  return sizes[round];
}

}  // namespace oort::ledger
