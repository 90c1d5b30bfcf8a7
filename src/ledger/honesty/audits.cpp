// SPDX-License-Identifier: Apache-2.0
// Public audits of storage: a leaf that nobody could foresee, shown under the root that the ledger
// holds, within a window.
#include "bank/bank.hpp"
#include "honesty/inner.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/tree.hpp"

namespace oort::ledger {
namespace {

using keys::HonestyDue;

void put_audit(Overlay& state, const Audit& audit) {
  save(state, keys::audit(audit.number), audit);
}

/// The shard as it is now, if it is of a sealed segment and the very one that was asked for.
std::optional<Shard> find_shard(const StateReader& state, const SegmentId& id, std::uint8_t index) {
  const auto segment = View(state).segment(id);
  if (!segment || segment->state != SegmentState::Sealed || index >= segment->shards.size()) {
    return std::nullopt;
  }
  const Shard& shard = segment->shards[index];
  if (shard.length == 0) return std::nullopt;
  return shard;
}
bool is_still_there(const StateReader& state, const Audit& audit) {
  const StorageChallenge& asked = audit.challenge;
  const auto shard = find_shard(state, asked.shard.segment, asked.shard.index);
  return shard && shard->node == asked.node && shard->generation == asked.shard.generation;
}

/// Who asks, and after how many misses.
struct Asking {
  std::optional<AccountId> challenger;
  Oort fee;
  std::uint32_t misses = 0;
};

void open_audit(Block& block, const HonestyParams& params, const SegmentId& segment,
                std::uint8_t index, const Shard& shard, const Asking& asking) {
  HonestyState honesty = honesty_state(block.state);
  const auto round = load<Round>(block.state, keys::round(honesty.round));
  OORT_ASSERT(round.has_value(), "a round runs");
  Audit audit;
  audit.number = ++honesty.audits_count;
  save(block.state, keys::honesty_state(), honesty);
  audit.challenge.epoch = Epoch(honesty.round);
  audit.challenge.ordinal = static_cast<std::uint32_t>(audit.number);
  audit.challenge.node = shard.node;
  audit.challenge.shard = {segment, index, shard.generation};
  audit.root = shard.root;
  audit.length = shard.length;
  audit.challenger = asking.challenger;
  audit.fee = asking.fee;
  audit.misses = asking.misses;
  audit.staking_epoch = round->staking_epoch;
  put_audit(block.state, audit);
  Standing standing = standing_now(block.state, params, honesty.round, shard.node);
  ++standing.audits_open;
  save_standing(block.state, shard.node, standing);
  due_at(block.state, block.header.height.next(), HonestyDue::Audit, number_bytes(audit.number));
}

/// Forgets the audit; its fee goes to whoever it is due.
void close_audit(Block& block, const HonestyParams& params, const Audit& audit, bool is_answered,
                 AuditChanged::Kind kind, std::vector<Event>& events) {
  const NodeId& node = audit.challenge.node;
  block.state.erase(keys::audit(audit.number));
  Standing standing = standing_now(block.state, params, honesty_state(block.state).round, node);
  --standing.audits_open;
  save_standing(block.state, node, standing);
  events.emplace_back(AuditChanged{kind, audit.number, node});
  if (audit.fee.is_zero() || !audit.challenger) return;
  const auto record = block.view().node(node);
  OORT_ASSERT(record.has_value(), "a node that was asked is registered for ever");
  draw(block.state, Pot::Honesty, audit.fee);
  credit(block.state, events, is_answered ? record->owner : *audit.challenger, audit.fee,
         is_answered ? Purpose::AuditFeePaid : Purpose::AuditFeeReturned,
         audit_subject(audit.number));
}

void draw_leaf(Block& block, const HonestyParams& params, Audit audit, std::vector<Event>& events) {
  audit.challenge.leaf = static_cast<std::uint64_t>(
      draw_below(beacon_value(block.state), DrawPurpose::StorageLeaf, audit_subject(audit.number),
                 0, crypto::tree_leaves_count(audit.length)));
  audit.is_drawn = true;
  audit.deadline = block.height_after(params.audit_blocks);
  put_audit(block.state, audit);
  due_at(block.state, later(audit.deadline, 1), HonestyDue::Audit, number_bytes(audit.number));
  events.emplace_back(AuditChanged{AuditChanged::Kind::Drawn, audit.number, audit.challenge.node});
}

/// Silence about one shard is unavailability at first and asked again at once; from `misses_max` on
/// the shard counts as lost.
void miss(Block& block, const HonestyParams& params, const Audit& audit,
          std::vector<Event>& events) {
  const std::uint32_t misses = audit.misses + 1;
  const bool is_lost = misses >= params.misses_max;
  close_audit(block, params, audit, false, AuditChanged::Kind::Missed, events);
  punish(block, params,
         {audit.challenge.node, is_lost ? Offence::MissedAudit : Offence::Unavailable,
          audit_subject(audit.number), audit.staking_epoch, audit.challenger},
         events);
  if (is_lost) return;
  const ShardRef& ref = audit.challenge.shard;
  const auto shard = find_shard(block.state, ref.segment, ref.index);
  OORT_ASSERT(shard.has_value(), "it is still there");
  open_audit(block, params, ref.segment, ref.index, *shard, {std::nullopt, Oort(), misses});
}

}  // namespace

Rejection apply(Call& call, const AuditDemand& operation) {
  const auto params = honesty_params(call.state());
  if (!params) return Rejection::ModuleOff;
  const auto shard = find_shard(call.state(), operation.segment, operation.shard);
  if (!shard) return Rejection::AuditTargetInvalid;
  if (own_node(call, shard->node)) return Rejection::AuditOwn;
  const HonestyState honesty = honesty_state(call.state());
  const Standing standing = standing_now(call.state(), *params, honesty.round, shard->node);
  if (standing.audits_open >= params->audits_per_node) return Rejection::AuditsTooMany;
  const Rejection refused = debit(call.state(), call.events, call.sender, params->audit_fee,
                                  Purpose::AuditFeePosted, audit_subject(honesty.audits_count + 1));
  if (refused != Rejection::None) return refused;
  put_in(call.state(), Pot::Honesty, params->audit_fee);
  open_audit(call.block, *params, operation.segment, operation.shard, *shard,
             {call.sender, params->audit_fee, 0});
  return Rejection::None;
}

Rejection apply(Call& call, const AuditAnswer& operation) {
  const auto params = honesty_params(call.state());
  if (!params) return Rejection::ModuleOff;
  const auto audit = load<Audit>(call.state(), keys::audit(operation.audit));
  if (!audit) return Rejection::AuditUnknown;
  const auto node = own_node(call, audit->challenge.node);
  if (!node) return node.error();
  if (!audit->is_drawn) return Rejection::AuditNotDrawn;
  if (!proves(operation.proof, audit->challenge, audit->root, audit->length)) {
    return Rejection::AuditAnswerWrong;
  }
  close_audit(call.block, *params, *audit, true, AuditChanged::Kind::Answered, call.events);
  return Rejection::None;
}

void go_on_with_audit(Block& block, const HonestyParams& params, std::uint64_t number,
                      std::vector<Event>& events) {
  const auto audit = load<Audit>(block.state, keys::audit(number));
  if (!audit) return;
  // A shard that went elsewhere, or whose segment went, is nobody's fault.
  if (!is_still_there(block.state, *audit)) {
    return close_audit(block, params, *audit, false, AuditChanged::Kind::Void, events);
  }
  if (!audit->is_drawn) return draw_leaf(block, params, *audit, events);
  if (block.header.height > audit->deadline) miss(block, params, *audit, events);
}

void draw_audit(Block& block, const HonestyParams& params) {
  const std::uint64_t every = params.audit_every_blocks;
  const Height now = block.header.height;
  if (every == 0 || now.value() % every != 0) return;
  const Bytes32 seed = beacon_value(block.state);
  // Segments are named by hashes: the first from a random point on is near a uniform draw.
  const auto found = View(block.state).segments(*SegmentId::from(seed.view()), 1);
  if (found.empty() || found.front().second.shards.empty()) return;
  const auto& [id, segment] = found.front();
  const auto index = static_cast<std::uint8_t>(
      draw_below(seed, DrawPurpose::StorageShard, Bytes32(id.array()), 0, segment.shards.size()));
  const auto shard = find_shard(block.state, id, index);
  if (shard) open_audit(block, params, id, index, *shard, {});
}

}  // namespace oort::ledger
