// SPDX-License-Identifier: Apache-2.0
#include "oort/honesty/agent.hpp"

#include <algorithm>
#include <iterator>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/crypto/vrf.hpp"
#include "oort/env/random.hpp"
#include "oort/ledger/honesty_draws.hpp"
#include "oort/ledger/honesty_objects.hpp"

namespace oort::honesty {
namespace {

/// Near the time of a live task, and not at it; inside the epoch.
std::uint64_t near_offset(std::uint64_t offset_ms, std::uint64_t length_ms, env::Random& random) {
  OORT_ASSERT(length_ms > 0, "an epoch has a length");
  const std::uint64_t smear_ms = length_ms / 1024;
  const std::uint64_t low_ms = offset_ms - std::min(offset_ms, smear_ms);
  const std::uint64_t shifted_ms = low_ms + random.below(2 * smear_ms + 1);
  return std::min(shifted_ms, length_ms - 1);
}

}  // namespace

Agent::Agent(const crypto::KeyPair& keys, const AgentRules& rules, std::vector<TaskSource*> sources,
             env::Random& random)
    : keys_(keys),
      rules_(rules),
      sources_(std::move(sources)),
      random_(random),
      shapes_(rules.live_count_max) {}

std::vector<Action> Agent::step(const Event& event) {
  std::vector<Action> actions;
  std::visit([&](const auto& happened) { on(happened, actions); }, event);
  return actions;
}

std::size_t Agent::baits_count() const noexcept { return running_ ? running_->baits.size() : 0; }

std::optional<Epoch> Agent::epoch() const noexcept {
  if (!running_) return std::nullopt;
  return running_->draw.epoch;
}

void Agent::on(const event::EpochStarted& started, std::vector<Action>& actions) {
  if (running_ && started.draw.epoch <= running_->draw.epoch) return;
  reveal_all(actions);
  Running& now = running_.emplace();
  now.draw = started.draw;
  now.drawn = crypto::vrf_prove(keys_, ledger::officer_alpha(started.draw));
  const bool is_officer = ledger::is_officer(started.draw, keys_.node_id(), now.drawn);
  const std::uint32_t count = is_officer ? draw_count(rules_.baits, random_) : 0;
  std::vector<BaitSecret> secrets;
  for (std::uint32_t i = 0; i < count; ++i) {
    auto bait = mint(started.length_ms);
    // Another draw may be of a source that has one.
    if (!bait) continue;
    secrets.push_back(bait->secret);
    now.baits.push_back(*std::move(bait));
  }
  now.tree.emplace(secrets, random_);
  actions.emplace_back(action::PostRoot{now.draw.epoch, now.tree->root()});
  for (std::size_t i = 0; i < now.baits.size(); ++i) {
    actions.emplace_back(action::SetAlarm{now.draw.epoch, i, now.baits[i].offset_ms});
  }
}

std::optional<Agent::Bait> Agent::mint(std::uint64_t length_ms) {
  if (shapes_.count() < rules_.live_count_min) return std::nullopt;
  const auto like = shapes_.draw(random_);
  if (!like) return std::nullopt;
  const auto source = std::ranges::find_if(
      sources_, [&](const TaskSource* one) { return one->workload() == like->workload; });
  if (source == sources_.end()) return std::nullopt;
  const auto minted = (*source)->mint(*like, random_);
  if (!minted) return std::nullopt;
  Bait bait;
  TaskEnvelope& envelope = bait.envelope;
  random_.fill(envelope.task.mutable_view());
  envelope.workload = like->workload;
  envelope.broker = like->broker;
  envelope.price = like->price;
  envelope.input_bytes = minted->input_bytes;
  envelope.deadline_ms = like->deadline_ms;
  envelope.input_root = minted->input_root;
  const Bytes32 task = minted->task_commitment ? *minted->task_commitment
                                               : ledger::task_commitment(codec::to_bytes(envelope));
  bait.offset_ms = near_offset(like->offset_ms, length_ms, random_);
  bait.secret = commit_bait(task, minted->answer, minted->rule, random_);
  return bait;
}

void Agent::on(const event::TaskPassed& passed, std::vector<Action>&) {
  shapes_.saw(passed.shape, random_);
}

void Agent::on(const event::Alarm& alarm, std::vector<Action>& actions) {
  if (!running_ || alarm.epoch != running_->draw.epoch) return;
  if (alarm.bait >= running_->baits.size()) return;
  Bait& bait = running_->baits[alarm.bait];
  if (std::exchange(bait.is_sent, true)) return;
  actions.emplace_back(action::SendTask{bait.envelope, bait.secret.leaf.task_commitment});
}

void Agent::on(const event::ReceiptCame& came, std::vector<Action>&) {
  if (!running_ || came.receipt.epoch != running_->draw.epoch) return;
  if (!ledger::is_signed(came.receipt)) return;
  for (Bait& bait : running_->baits) {
    if (bait.secret.leaf.task_commitment != came.receipt.task_commitment) continue;
    // The first counts: a second, different one is its executor's own matter.
    if (bait.is_sent && !bait.receipt) bait.receipt = came.receipt;
  }
}

void Agent::reveal_all(std::vector<Action>& actions) {
  if (!running_) return;
  for (std::size_t i = 0; i < running_->baits.size(); ++i) {
    const Bait& bait = running_->baits[i];
    if (!bait.receipt) continue;
    ledger::Reveal reveal;
    reveal.epoch = running_->draw.epoch;
    reveal.officer = keys_.node_id();
    reveal.drawn = running_->drawn;
    reveal.leaf = bait.secret.leaf;
    reveal.path = running_->tree->path(i);
    reveal.salt = bait.secret.salt;
    reveal.answer = bait.secret.answer;
    reveal.receipt = *bait.receipt;
    actions.emplace_back(action::PostReveal{std::move(reveal)});
  }
  running_.reset();
}

void Agent::on(const event::SeatDrawn& seat, std::vector<Action>& actions) {
  const bool is_news = seats_.try_emplace(seat.fault).second;
  if (is_news) actions.emplace_back(action::Execute{seat.fault});
}

void Agent::on(const event::Executed& executed, std::vector<Action>& actions) {
  const auto seat = seats_.find(executed.fault);
  if (seat == seats_.end() || seat->second || executed.states.empty()) return;
  seat->second.emplace(executed.fault, keys_.node_id(), executed.states, executed.result_hash,
                       random_);
  actions.emplace_back(action::PostCommitment{executed.fault, seat->second->commitment()});
}

void Agent::on(const event::CommitmentsClosed& closed, std::vector<Action>& actions) {
  const auto seat = seats_.find(closed.fault);
  if (seat == seats_.end()) return;
  if (seat->second) actions.emplace_back(action::PostOpening{seat->second->open(closed.seed)});
  seats_.erase(seat);
}

}  // namespace oort::honesty
