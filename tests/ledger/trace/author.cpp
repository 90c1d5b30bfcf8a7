// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "oort/ledger/honesty_view.hpp"
#include "trace/trace.hpp"

namespace oort::ledger::trace {

Bytes32 Dice::bytes32() {
  Bytes32 bytes;
  for (std::byte& byte : bytes.mutable_view()) byte = static_cast<std::byte>(pick(256));
  return bytes;
}

Draw Author::access() {
  const std::uint8_t sender = person();
  const std::string id = "OORT000" + std::to_string(dice_->pick(8));
  const AccountId trusted = account_of(gateway());
  switch (dice_->pick(4)) {
    case 0: return {sender, {AccessKeyCreate{id, {}, {}, granted_operations_all, 0}, {}}};
    case 1: return {sender, {AccessKeyDelete{id}, {}}};
    case 2: {
      const std::uint64_t bytes_max = dice_->pick(1'000'000);
      return {sender, {GrantCreate{trusted, {}, granted_operations_all, bytes_max, Oort(), 0}, {}}};
    }
    default: return {sender, {GrantRevoke{GrantId(1 + dice_->pick(20))}, {}}};
  }
}

Draw Author::honesty(const View& view) {
  const std::uint8_t number = dice_->between(1, 5);
  if (dice_->is_one_in(3)) {
    const auto found = view.segments(SegmentId(dice_->bytes32().array()), 1);
    const SegmentId id = found.empty() ? SegmentId() : found.front().first;
    const auto shard = static_cast<std::uint8_t>(dice_->pick(4));
    return {person(), {AuditDemand{id, shard}, {}}};
  }
  if (dice_->is_one_in(6)) {
    AuditAnswer answer;
    answer.audit = 1 + dice_->pick(40);
    answer.proof.leaf = to_bytes("no leaf");
    return {number, {answer, {}}};
  }
  if (dice_->is_one_in(6)) return {person(), {CaseAppeal{dice_->bytes32()}, {}}};
  RoundPost post;
  post.node = node_of(number);
  post.round = HonestyView(view.state()).state().value_or(HonestyState{}).round;
  post.baits = dice_->bytes32();
  post.assignments = {dice_->bytes32(), 3};
  post.receipts = {dice_->bytes32(), 4};
  return {number, {post, {}}};
}

/// Nodes, evidence and the governor.
Draw Author::network(const View& view) {
  const std::uint8_t number = dice_->between(1, 5);
  const auto node = view.node(node_of(number));
  const auto operator_of = static_cast<std::uint8_t>(10 + number);
  switch (dice_->pick(8)) {
    case 0: {
      Bytes proof = to_bytes(node_of(number).view());
      proof.push_back(static_cast<std::byte>(dice_->pick(256)));
      return {person(), {EvidenceSubmit{proof}, {}}};
    }
    case 1: {
      Params params = view.params();
      params.fee_byte = Oort(dice_->pick(5));
      const Height from(height_.value() + dice_->pick(9));
      return {105, {ParamsChange{params, from}, {}}};
    }
    case 2: {
      NodeRegister joins;
      joins.node = node_of(dice_->between(6, 9));
      joins.roles = 1;
      joins.capacity = 1'000;
      return {operator_of, {joins, {}}};
    }
    default: break;
  }
  const bool drains = dice_->is_one_in(6);
  return {operator_of,
          {NodeUpdate{node_of(number), drains ? NodeStatus::Draining : NodeStatus::Active,
                      node->endpoints, 1'000'000 + dice_->pick(9)},
           {}}};
}

Draw Author::next(const View& view, Height height, std::uint64_t time_ms) {
  height_ = height;
  time_ms_ = time_ms;
  switch (dice_->pick(30)) {
    case 0:
    case 1: return money();
    case 2:
    case 3: return stake();
    case 4: return vote(view);
    case 5:
    case 6: return market();
    case 7: return bucket(view);
    case 8:
    case 9:
    case 10: return object(view);
    case 11: return upload(view);
    case 12:
    case 13:
    case 14: return segment(view);
    case 15:
    case 16: return storage();
    case 17: return access();
    case 18: return honesty(view);
    case 19:
    case 20:
    case 21: return jobs(view);
    case 22:
    case 23:
    case 24: return campaigns(view);
    case 25:
    case 26: return datasets(view);
    case 27:
    case 28: return models(view);
    default: return network(view);
  }
}

}  // namespace oort::ledger::trace
