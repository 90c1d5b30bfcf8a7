// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/signer.hpp"
#include "oort/env/transport.hpp"

namespace oort::consensus {

ViewState::ViewState(View view) noexcept
    : notarize(VoteKind::Notarize, view),
      nullify(VoteKind::Nullify, view),
      finalize(VoteKind::Finalize, view) {}

VoteSet& ViewState::votes(VoteKind kind) noexcept {
  if (kind == VoteKind::Notarize) return notarize;
  return kind == VoteKind::Nullify ? nullify : finalize;
}

CertificateRef& ViewState::certificate(VoteKind kind) noexcept {
  if (kind == VoteKind::Notarize) return notarization;
  return kind == VoteKind::Nullify ? nullification : finalization;
}

Core::Engine::Engine(const Config& config, EpochStart epoch, const Verifier& verifier,
                     env::Signer* signer)
    : config_(config),
      epoch_(std::move(epoch)),
      schedule_(epoch_.validators, epoch_.seed),
      verifier_(verifier),
      signer_(signer),
      view_(1),
      root_{epoch_.anchor, View(), epoch_.anchor_height, epoch_.anchor_time_ms},
      last_heard_(epoch_.validators.count()),
      jitter_(config.jitter_seed) {
  if (signer_ == nullptr) return;
  const PublicKey key = signer_->public_key();
  for (std::size_t i = 0; i < set().count(); ++i) {
    if (set().validators()[i].key == key) self_ = ValidatorIndex(static_cast<std::uint16_t>(i));
  }
}

EpochContext Core::Engine::context() const noexcept {
  return {epoch_.chain, epoch_.anchor, &epoch_.validators, &verifier_};
}

Outputs Core::Engine::step(const Input& input) {
  OORT_ASSERT(is_started_ == !std::holds_alternative<Start>(input.event),
              "Start comes first, and once");
  now_ = input.now;
  wall_ = input.wall;
  out_.clear();
  std::visit([this](const auto& event) { on(event); }, input.event);
  settle();
  return std::exchange(out_, {});
}

// Whatever happened may have enabled any of these; each does nothing where it is not its time.
void Core::Engine::settle() {
  commit();
  request_checks();
  consider_vote();
  consider_proposal();
  plan_fetch(false);
  flush_records();
}

void Core::Engine::on(const Start& start) {
  is_started_ = true;
  entered_at_ = now_;
  final_at_ = now_;
  resume(start);
  last_heard_.assign(set().count(), view_);
  if (self_ && !start.recovered.record && !is_mutant(Mutant::ForgetRecordAtRestart)) {
    recovery_ = Recovery{.nonce = start.nonce, .view_max = view_, .heard = {}};
    ask_status();
  }
  begin_view();
  arm_standstill();
  if (can_sign()) resume_votes();
}

// Brings back what the log held. It was verified before it was written, and whoever can change the
// log can change the record too.
void Core::Engine::resume(const Start& start) {
  is_resuming_ = true;
  if (start.recovered.record && !is_mutant(Mutant::ForgetRecordAtRestart)) {
    record_ = *start.recovered.record;
    knows_past_ = true;
  }
  if (start.committed) {
    const Header& last = *start.committed;
    root_ = {id_of(last), last.view, last.height, last.time_ms};
    is_ended_ = last.is_last_of_epoch();
  }
  for (const CertificateRef& certificate : start.recovered.certificates) {
    if (certificate->epoch == set().epoch()) store(certificate, false);
  }
  for (const BlockRef& block : start.recovered.blocks) {
    const Header& header = block->header;
    if (header.epoch != set().epoch() || header.chain != epoch_.chain) continue;
    // A block of one's own that the crash took before the record never left. To know it would be to
    // vote for it, and then to propose another.
    const bool is_own = self_ && header.proposer == *self_ && header.view >= record_.view;
    const bool is_recorded = header.view == record_.view && block->id == record_.proposed;
    if (!is_own || is_recorded) accept_block(block);
  }
  prune_views();
  is_resuming_ = false;
}

// A vote that was recorded may not have left before the crash: the same one may be sent again.
void Core::Engine::resume_votes() {
  if (record_.epoch != set().epoch() || record_.view.value() == 0) return;
  const SignerRecord before = record_;
  const View in = before.view;
  if (!before.proposed.is_zero()) {
    const BlockRef block = find(before.proposed);
    if (block && in == view_) release({0, block});
  }
  if (!before.notarized.is_zero())
    cast({VoteKind::Notarize, before.epoch, in, before.notarized, {}});
  if (before.finalized) cast({VoteKind::Finalize, before.epoch, in, before.notarized, {}});
  if (before.nullified) {
    if (const auto from = record_.nullify(before.epoch, in)) {
      cast({VoteKind::Nullify, before.epoch, in, {}, *from});
    }
  }
  if (opening_ && opening_->kind == VoteKind::Notarize) finalize_vote(*opening_);
}

void Core::Engine::on(const MessageReceived& received) {
  if (const auto sender = set().index_of(received.from)) last_heard_[sender->value()] = view_;
  const ByteView bytes = *received.bytes;
  switch (received.type) {
    case message::proposal: return receive_block(received.from, received.bytes, false);
    case message::vote: return on_vote(received.from, bytes);
    case message::certificate: return on_certificate(received.from, bytes);
    case message::status: return on_status(received.from, bytes);
    case message::status_request: return on_status_request(received.from, bytes);
    case message::evidence: return on_evidence(received.from, bytes);
    default: misbehaved(received.from, reason::malformed);
  }
}

void Core::Engine::on(const TimerFired& fired) {
  auto& deadline = deadlines_[static_cast<std::size_t>(fired.timer)];
  if (!deadline) return;
  // Early: another clock was asked. The wait goes on.
  if (now_ < *deadline) return set_timer(fired.timer, *deadline);
  deadline.reset();
  switch (fired.timer) {
    case Timer::Proposal: {
      const ViewState* current = find_state(view_);
      if (current == nullptr || !current->proposal) nullify();
      return;
    }
    case Timer::View: return nullify();
    case Timer::Idle: has_idled_ = true; return;
    case Timer::Standstill: return retransmit();
    case Timer::Fetch: return fetch_missing(false);
    case Timer::Recovery: return ask_status();
  }
}

void Core::Engine::on(const Persisted& persisted) {
  while (!gated_.empty() && gated_.front().token <= persisted.token) {
    const Gated gated = std::move(gated_.front());
    gated_.pop_front();
    release(gated);
  }
}

void Core::Engine::on(const PayloadBuilt& built) { propose(built); }

void Core::Engine::on(const PayloadReady& ready) { is_payload_ready_ = ready.is_ready; }

void Core::Engine::on(const PayloadChecked& checked) {
  const auto at = blocks_.find(checked.block);
  if (at == blocks_.end() || at->second.check != Check::Asked) return;
  const View in = at->second.block->header.view;
  at->second.check = checked.is_valid ? Check::Valid : Check::Invalid;
  if (checked.is_payload_foreign) forget_block(checked.block);
  if (!checked.is_valid && in == view_) nullify();
}

void Core::Engine::on(const BlockFetched& fetched) {
  receive_block(fetched.from, fetched.bytes, true);
  plan_fetch(true);
}

void Core::Engine::on(const Synced& synced) {
  const Header& header = synced.header;
  if (header.view <= root_.view || header.epoch != set().epoch()) return;
  if (!check_final(context(), header, synced.certificate)) return;
  store(std::make_shared<const Certificate>(synced.certificate), false);
  is_ended_ = is_ended_ || header.is_last_of_epoch();
  move_root({id_of(header), header.view, header.height, header.time_ms});
}

void Core::Engine::keep(RecordKind kind, SharedBytes bytes) {
  if (!is_resuming_) records_.push_back({kind, std::move(bytes)});
}

// Records what the signer record now says; the message leaves when that is durable.
void Core::Engine::gate(std::variant<Ballot, BlockRef> what) {
  needs_sync_ = true;
  if (is_mutant(Mutant::SendBeforeSync)) return release({0, std::move(what)});
  gated_.push_back({token_ + 1, std::move(what)});
}

void Core::Engine::flush_records() {
  if (needs_sync_) {
    // After the certificates of this step: a record of a view implies what opened the view.
    keep(RecordKind::Signer, shared_bytes(record_));
    ++token_;
  }
  if (records_.empty()) return;
  out_.emplace_back(Persist{std::exchange(records_, {}), token_, needs_sync_});
  needs_sync_ = false;
}

void Core::Engine::release(const Gated& gated) {
  if (const auto* ballot = std::get_if<Ballot>(&gated.what)) return cast(*ballot);
  const BlockRef& block = std::get<BlockRef>(gated.what);
  broadcast(env::TrafficClass::Proposal, message::proposal, block->message);
}

// Signs, sends and counts a vote whose record is durable.
void Core::Engine::cast(const Ballot& ballot) {
  if (is_refused_) return;
  auto signature = signer_->sign(signed_bytes(epoch_.chain, ballot));
  if (!signature) return refuse(signature.error().reason(), signature.error().detail());
  const Vote vote{ballot, *self_, *signature};
  broadcast(env::TrafficClass::Consensus, message::vote, shared_bytes(vote));
  if (is_admitted(ballot.view)) count(vote, true);
}

void Core::Engine::refuse(std::string_view reason, std::string detail) {
  if (is_refused_) return;
  is_refused_ = true;
  gated_.clear();
  out_.emplace_back(VotingRefused{reason, std::move(detail)});
}

void Core::Engine::misbehaved(const NodeId& peer, std::string_view reason) {
  out_.emplace_back(Misbehaved{peer, reason});
}

void Core::Engine::broadcast(env::TrafficClass traffic, env::MessageType type, SharedBytes bytes) {
  if (!is_resuming_) out_.emplace_back(Broadcast{traffic, type, std::move(bytes)});
}

bool Core::Engine::can_sign() const noexcept {
  return self_ && !is_refused_ && !is_ended_ && !recovery_;
}

BlockRef Core::Engine::find(const BlockId& id) const {
  const auto at = blocks_.find(id);
  return at == blocks_.end() ? nullptr : at->second.block;
}

// Records in the order in which they would have been written: a certificate before what it allows.
std::vector<WalRecord> Core::Engine::durable_state() const {
  std::vector<WalRecord> records;
  const auto add = [&records](const CertificateRef& certificate) {
    if (certificate) records.push_back({RecordKind::Certificate, shared_bytes(*certificate)});
  };
  for (const auto& [view, known] : views_) {
    if (view < root_.view) continue;
    add(known.notarization);
    add(known.nullification);
    add(known.finalization);
  }
  for (const auto& [id, node] : blocks_) {
    if (node.block->header.view >= root_.view) {
      records.push_back({RecordKind::Block, node.block->message});
    }
  }
  // No record stands for an unknown past, so none is written before the past is known. One of a
  // key that has no vote now is kept: it may have one again in a later epoch.
  if (knows_past_) records.push_back({RecordKind::Signer, shared_bytes(record_)});
  return records;
}

Diagnosis Core::Engine::diagnose() const {
  Diagnosis diagnosis;
  diagnosis.view = view_;
  diagnosis.final_view = final_ ? final_->view : View();
  diagnosis.committed_view = root_.view;
  diagnosis.committed_height = root_.height;
  diagnosis.leader = schedule_.leader(view_);
  diagnosis.is_recovering = recovery_.has_value();
  diagnosis.is_voting = can_sign();
  diagnosis.is_ended = is_ended_;
  diagnosis.quorum = set().quorum();
  if (const ViewState* current = find_state(view_)) {
    diagnosis.weight_notarize = current->notarize.weight_max();
    diagnosis.weight_nullify = current->nullify.weight_max();
  }
  diagnosis.last_heard = last_heard_;
  diagnosis.views_count = views_.size();
  diagnosis.blocks_count = blocks_.size();
  return diagnosis;
}

}  // namespace oort::consensus
