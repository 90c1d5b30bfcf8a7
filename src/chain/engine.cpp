// SPDX-License-Identifier: Apache-2.0
// Carries out what the engine says.
#include <algorithm>

#include "impl.hpp"
#include "oort/consensus/core.hpp"
#include "oort/consensus/types.hpp"
#include "oort/consensus/validator_set.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/log.hpp"
#include "oort/core/metrics.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/transport.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/view.hpp"

namespace oort::chain {
namespace {

constexpr std::string_view room = "chain";
/// Parents that must be executed before a block: the engine bounds how far it runs ahead.
constexpr std::size_t ancestors_count_max = 1024;

}  // namespace

void Chain::Impl::step(Event event) {
  inputs_.push_back(std::move(event));
  if (is_stepping_) return;
  is_stepping_ = true;
  while (!inputs_.empty() && !is_closed_) {
    const consensus::Input input{around_.clock.now_mono(), around_.clock.now_wall(),
                                 std::move(inputs_.front())};
    inputs_.pop_front();
    consensus::Outputs outputs = core_->step(input);
    for (consensus::Output& output : outputs) {
      std::visit([this](auto& what) { handle(what); }, output);
    }
  }
  is_stepping_ = false;
}

void Chain::Impl::handle(consensus::Persist& output) {
  log_token_ = log_token_base_ + output.token;
  log_->append(output.records, log_token_, output.is_sync);
}

void Chain::Impl::on_persisted(std::uint64_t token) {
  // What an engine of an earlier epoch waited for frees nothing in this one.
  if (token > log_token_base_) step(consensus::Persisted{token - log_token_base_});
}

void Chain::Impl::send(const NodeId& to, env::TrafficClass traffic, env::MessageType type,
                       ByteView bytes) {
  // Best effort: the engine sends again what was lost.
  if (const auto sent = around_.transport.send(to, traffic, type, bytes); !sent) {
    metrics::counter("oort_chain_sends_refused_total", "Frames that the transport refused").add();
  }
}

void Chain::Impl::handle(consensus::Broadcast& output) {
  if (output.type == consensus::message::certificate) note_certificate(*output.bytes);
  for (const consensus::Validator& validator : validators().validators()) {
    if (validator.node == around_.transport.self()) continue;
    send(validator.node, output.traffic, output.type, *output.bytes);
  }
  for (const auto& [node, peer] : peers_) {
    if (!peer.is_observer || is_validator(node)) continue;
    send(node, output.traffic, output.type, *output.bytes);
  }
}

void Chain::Impl::handle(consensus::Send& output) {
  send(output.to, output.traffic, output.type, *output.bytes);
}

void Chain::Impl::handle(consensus::SetTimer& output) {
  consensus::CancelTimer cancel{output.timer};
  handle(cancel);
  const MonoTime now = around_.clock.now_mono();
  const Duration delay = output.at > now ? output.at - now : Duration(0);
  const auto timer = output.timer;
  const auto place = static_cast<std::size_t>(timer);
  const env::TimerId id = around_.timers.after(delay, guarded([timer, place](Impl& self) {
                                                 self.timers_[place].reset();
                                                 self.step(consensus::TimerFired{timer});
                                               }));
  timers_[place] = ArmedTimer{id, output.at};
}

void Chain::Impl::handle(consensus::CancelTimer& output) {
  auto& armed = timers_[static_cast<std::size_t>(output.timer)];
  if (armed) around_.timers.cancel(armed->id);
  armed.reset();
}

Mempool::NextSequence Chain::Impl::next_after(const ledger::StateReader& state) const {
  return [&state](const AccountId& sender, std::uint32_t lane) {
    return ledger::next_sequence_of(ledger::View(state).account(sender), lane);
  };
}

void Chain::Impl::handle(consensus::BuildPayload& output) {
  if (!ensure_executed(output.parent)) {
    log::warn(room, "cannot propose: the parent is not here", {{"view", output.view.value()}});
    return;
  }
  const auto parent = execution_->facts(output.parent);
  std::vector<TransactionRef> chosen;
  if (!output.must_be_empty) {
    Mempool::Limits limits;
    limits.height = output.height;
    // The version and the count come on top of the transactions, and a length before each.
    limits.bytes_max -= limits.count_max * 4 + 16;
    chosen = pool_.build(limits, next_after(*parent->state));
  }
  Bytes payload = encode_body(chosen);
  consensus::AppFields fields;
  fields.payload_root = payload_root_of(chosen);
  fields.payload_bytes = static_cast<std::uint32_t>(payload.size());
  fields.payload_count = static_cast<std::uint32_t>(chosen.size());
  fields.parent_state_root = parent->state_root;
  fields.parent_result_root = parent->result_root;
  if (!output.must_be_empty) {
    if (const auto next = execution_->next_validators(*parent->state)) {
      fields.next_validators_hash = next->hash();
    }
  }
  fields.vrf_proof = around_.vrf.prove(execution_->alpha(output.height, *parent->state));
  built_root_ = fields.payload_root;
  built_ = std::move(chosen);
  step(consensus::PayloadBuilt{output.view, fields, std::move(payload)});
}

void Chain::Impl::handle(consensus::Proposed& output) {
  const consensus::BlockRef& block = output.block;
  if (block->header.app.payload_root == built_root_) {
    checked_[block->id] = {block, built_, {}};
  }
  execute_later(block->id);
}

void Chain::Impl::handle(consensus::CheckPayload& output) {
  const consensus::BlockRef& block = output.block;
  if (block->header.height <= accepted_height_) {
    // Catching up brought the blocks of this height and beyond before the engine came to them. They
    // are final, so there is nothing to judge; another block of their height says nothing of them.
    const bool is_final = is_accepted(block->id);
    if (!is_final) tell_refused(*block, "another block of its height is final");
    step(consensus::PayloadChecked{block->id, is_final, !is_final});
    return;
  }
  auto checked = judge(block);
  if (checked.verdict != Execution::Verdict::Valid) {
    // The engine fetches again what is open, and asks anew.
    tell_refused(*block, checked.why);
    step(consensus::PayloadChecked{block->id, false, checked.verdict == Execution::Verdict::Open});
    return;
  }
  checked_[block->id] = std::move(checked.block);
  step(consensus::PayloadChecked{block->id, true});
  // The vote does not depend on what the block does, so it leaves first.
  execute_later(block->id);
}

Execution::Judgement Chain::Impl::judge(const consensus::BlockRef& block) {
  static_cast<void>(ensure_executed(block->header.parent));
  return execution_->judge(block, pool_);
}

void Chain::Impl::tell_refused(const consensus::Block& block, std::string_view why) {
  metrics::counter("oort_chain_proposals_refused_total", "Blocks that could not be found valid")
      .add();
  log::warn(room, "a proposal is refused",
            {{"height", block.header.height.value()},
             {"view", block.header.view.value()},
             {"block", block.id.short_hex()},
             {"why", why}});
}

bool Chain::Impl::is_accepted(const BlockId& id) {
  const auto is_it = [&id](const Final& final) { return final.block->id == id; };
  if (std::ranges::any_of(finals_, is_it)) return true;
  const auto place = records::read<records::Place>(around_.store, records::block_place_key(id));
  if (!place) fail_for_ever(place.error());
  return place && *place;
}

void Chain::Impl::execute_later(const BlockId& id) {
  on_strand([id](Impl& self) {
    if (self.ensure_executed(id)) self.refresh_ready();
  });
}

consensus::BlockRef Chain::Impl::find_block(const BlockId& id) const {
  if (const auto checked = checked_.find(id); checked != checked_.end()) {
    return checked->second.block;
  }
  for (const Final& final : finals_) {
    if (final.block->id == id) return final.block;
  }
  return core_->find(id);
}

Result<Execution::Checked> Chain::Impl::take_checked(const consensus::BlockRef& block) {
  Execution::Checked checked{block, {}, {}};
  if (const auto known = checked_.find(block->id); known != checked_.end()) {
    checked = std::move(known->second);
    checked_.erase(known);
  } else {
    OORT_TRY(checked.transactions, execution_->read_payload(*block, pool_));
  }
  // What a quorum certified must still agree with the state that was computed here.
  if (!checked.beacon) {
    OORT_TRY(checked.beacon, execution_->check_header(*block));
  }
  return checked;
}

bool Chain::Impl::ensure_executed(const BlockId& id) {
  std::vector<consensus::BlockRef> missing;
  BlockId next = id;
  while (!execution_->facts(next)) {
    consensus::BlockRef block = find_block(next);
    if (!block || block->header.height <= execution_->tip().height ||
        missing.size() == ancestors_count_max) {
      return false;
    }
    next = block->header.parent;
    missing.push_back(std::move(block));
  }
  for (; !missing.empty(); missing.pop_back()) {
    const consensus::BlockRef& block = missing.back();
    auto checked = take_checked(block);
    if (!checked) {
      tell_refused(*block, checked.error().to_string());
      return false;
    }
    const auto executed =
        execution_->execute(block, std::move(checked->transactions), *checked->beacon);
    if (!executed) {
      fail_for_ever(executed.error());
      return false;
    }
    pool_.included((*executed)->ids());
  }
  return true;
}

void Chain::Impl::refresh_ready() {
  const bool is_ready = pool_.ready_count() > 0;
  if (is_ready == said_ready_) return;
  said_ready_ = is_ready;
  step(consensus::PayloadReady{is_ready});
}

void Chain::Impl::handle(consensus::FetchBlock& output) { fetch(std::move(output), 0); }

void Chain::Impl::handle(consensus::Finalized& output) {
  for (const consensus::BlockRef& block : output.blocks) {
    Execution::Finality finality;
    if (block == output.blocks.back()) {
      if (output.beyond.empty()) finality.certificate = output.certificate;
      for (const auto& behind : output.beyond) finality.beyond.push_back(behind->header);
      if (output.ends_epoch) finality.ending = output.certificate;
    }
    accept_final(block, std::move(finality), false);
  }
}

void Chain::Impl::handle(consensus::Notarized& output) {
  metrics::gauge("oort_chain_notarized_view", "Highest view with a notarized block")
      .set(static_cast<double>(output.view.value()));
}

void Chain::Impl::handle(consensus::ViewEntered& output) {
  metrics::gauge("oort_chain_view", "The view that this node is in")
      .set(static_cast<double>(output.view.value()));
  if (output.reason == consensus::VoteKind::Nullify) {
    metrics::counter("oort_chain_views_skipped_total", "Views that ended without a block").add();
  }
}

void Chain::Impl::handle(consensus::Misbehaved& output) {
  metrics::counter("oort_chain_misbehaviour_total", "Messages that no correct node sends").add();
  log::warn(room, "a peer misbehaved", {{"peer", output.peer.short_hex()}, {"why", output.reason}});
}

void Chain::Impl::handle(consensus::VotingRefused& output) {
  voting_refused_ = std::string(output.reason) + ": " + output.detail;
  log::error(room, "this node does not vote", {{"why", voting_refused_}});
}

}  // namespace oort::chain
