// SPDX-License-Identifier: Apache-2.0
// What of an agent outlives its process.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/honesty/agent.hpp"
#include "oort/ledger/honesty_draws.hpp"
#include "oort/ledger/honesty_objects.hpp"
#include "oort/ledger/record.hpp"

namespace oort::honesty {
namespace {

constexpr std::uint8_t layout_version = 1;
constexpr std::size_t states_count_max = 1 << 20;
constexpr std::size_t seats_count_max = 1 << 12;
/// The least that a bait and a seat take.
constexpr std::size_t bait_bytes_min = 200;
constexpr std::size_t seat_bytes_min = 100;

tl::unexpected<Error> malformed(std::string detail) {
  return fail(ErrorCode::DataLoss, reason::malformed, "an agent's memory: " + std::move(detail));
}

void write(codec::Writer& out, const ledger::OfficerDraw& draw) {
  codec::encode(out, draw.chain);
  codec::encode(out, draw.epoch);
  codec::encode(out, draw.seed);
  out.u128(draw.weight);
  out.u128(draw.total);
  out.u32(draw.expected);
}
Result<ledger::OfficerDraw> read_draw(codec::Reader& in) {
  ledger::OfficerDraw draw;
  OORT_TRY(codec::decode(in, draw.chain));
  OORT_TRY(codec::decode(in, draw.epoch));
  OORT_TRY(codec::decode(in, draw.seed));
  OORT_TRY(draw.weight, in.u128());
  OORT_TRY(draw.total, in.u128());
  OORT_TRY(draw.expected, in.u32());
  return draw;
}

void write(codec::Writer& out, const BaitTree& tree) {
  for (const Bytes32& leaf : tree.leaves()) codec::encode(out, leaf);
  for (const std::uint64_t place : tree.places()) out.u64(place);
}
Result<BaitTree> read_tree(codec::Reader& in, std::size_t baits_count) {
  std::vector<Bytes32> leaves(ledger::bait_leaves_count);
  for (Bytes32& leaf : leaves) OORT_TRY(codec::decode(in, leaf));
  std::vector<std::uint64_t> places(baits_count);
  for (std::uint64_t& place : places) {
    OORT_TRY(place, in.u64());
    if (place >= leaves.size()) return malformed("a bait outside of its tree");
  }
  return BaitTree(std::move(leaves), std::move(places));
}

void write(codec::Writer& out, const TraceRecord& trace) {
  ledger::encode(out, trace.answer());
  for (const Bytes32& state : trace.states()) codec::encode(out, state);
}
Result<TraceRecord> read_trace(codec::Reader& in) {
  ledger::PanelAnswer answer;
  OORT_TRY(ledger::decode(in, answer));
  if (answer.steps_count == 0 || answer.steps_count > states_count_max ||
      answer.steps_count * Bytes32::size_bytes > in.rest().size()) {
    return malformed("a trace of " + std::to_string(answer.steps_count) + " states");
  }
  std::vector<Bytes32> states(answer.steps_count);
  for (Bytes32& state : states) OORT_TRY(codec::decode(in, state));
  TraceRecord trace(answer, std::move(states));
  if (trace.answer() != answer) return malformed("a trace with another root");
  return trace;
}

}  // namespace

/// How the parts of an agent are written.
struct Agent::Saved {
  static void write_bait(codec::Writer& out, const Bait& bait) {
    ledger::encode(out, bait.secret.leaf);
    codec::encode(out, bait.secret.salt);
    codec::encode(out, bait.secret.answer);
    encode(out, bait.envelope);
    out.u64(bait.offset_ms);
    out.boolean(bait.is_sent);
    codec::encode(out, bait.receipt);
  }
  static Result<Bait> read_bait(codec::Reader& in) {
    Bait bait;
    OORT_TRY(ledger::decode(in, bait.secret.leaf));
    OORT_TRY(codec::decode(in, bait.secret.salt));
    OORT_TRY(codec::decode(in, bait.secret.answer));
    OORT_TRY(decode(in, bait.envelope));
    OORT_TRY(bait.offset_ms, in.u64());
    OORT_TRY(bait.is_sent, in.boolean());
    OORT_TRY(codec::decode(in, bait.receipt));
    return bait;
  }

  static void write_running(codec::Writer& out, const Running& running) {
    write(out, running.draw);
    codec::encode(out, running.drawn);
    out.u32(static_cast<std::uint32_t>(running.baits.size()));
    for (const Bait& bait : running.baits) write_bait(out, bait);
    write(out, *running.tree);
  }
  static Result<Running> read_running(codec::Reader& in) {
    Running running;
    OORT_TRY(running.draw, read_draw(in));
    OORT_TRY(codec::decode(in, running.drawn));
    OORT_TRY(const std::uint32_t count, in.count(ledger::bait_leaves_count, bait_bytes_min));
    for (std::uint32_t i = 0; i < count; ++i) {
      OORT_TRY(const Bait bait, read_bait(in));
      running.baits.push_back(bait);
    }
    OORT_TRY(BaitTree tree, read_tree(in, count));
    running.tree.emplace(std::move(tree));
    return running;
  }

  static std::vector<Action> again(const Agent& agent) {
    std::vector<Action> actions;
    if (agent.running_) {
      const Running& now = *agent.running_;
      actions.emplace_back(action::PostRoot{now.draw.epoch, now.tree->root()});
      for (std::size_t i = 0; i < now.baits.size(); ++i) {
        if (now.baits[i].is_sent) continue;
        actions.emplace_back(action::SetAlarm{now.draw.epoch, i, now.baits[i].offset_ms});
      }
    }
    for (const auto& [fault, trace] : agent.seats_) {
      actions.emplace_back(action::PostCommitment{fault, trace->commitment()});
    }
    return actions;
  }
};

Bytes Agent::save() const {
  codec::Writer out;
  out.u8(layout_version);
  out.boolean(running_.has_value());
  if (running_) Saved::write_running(out, *running_);
  std::uint32_t seats_count = 0;
  for (const auto& [fault, trace] : seats_) seats_count += trace ? 1 : 0;
  out.u32(seats_count);
  for (const auto& [fault, trace] : seats_) {
    if (trace) write(out, *trace);
  }
  return std::move(out).take();
}

Result<std::vector<Action>> Agent::restore(ByteView saved) {
  codec::Reader in(saved);
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != layout_version) {
    return fail(ErrorCode::Unimplemented, reason::unsupported_version,
                "an agent's memory of version " + std::to_string(version));
  }
  OORT_TRY(const bool is_running, in.boolean());
  std::optional<Running> running;
  if (is_running) {
    OORT_TRY(running, Saved::read_running(in));
  }
  OORT_TRY(const std::uint32_t count, in.count(seats_count_max, seat_bytes_min));
  std::map<Bytes32, std::optional<TraceRecord>> seats;
  for (std::uint32_t i = 0; i < count; ++i) {
    OORT_TRY(TraceRecord trace, read_trace(in));
    seats.insert_or_assign(trace.answer().fault, std::move(trace));
  }
  OORT_TRY(in.finish());
  running_ = std::move(running);
  seats_ = std::move(seats);
  return Saved::again(*this);
}

}  // namespace oort::honesty
