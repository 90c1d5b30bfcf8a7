// SPDX-License-Identifier: Apache-2.0
#include "bft/checker.hpp"

#include <algorithm>

#include "oort/codec/codec.hpp"
#include "oort/consensus/accountability.hpp"

namespace oort::bftsim {

using consensus::Ballot;
using consensus::Block;
using consensus::BlockRef;
using consensus::Certificate;
using consensus::SignerRecord;
using consensus::Vote;
using consensus::VoteKind;

namespace {

std::string text_of(ValidatorIndex who) { return "validator " + std::to_string(who.value()); }
std::string text_of(Epoch epoch, View view) {
  return "epoch " + std::to_string(epoch.value()) + " view " + std::to_string(view.value());
}

}  // namespace

Checker::Checker(const Options& options, Facts& facts)
    : options_(options),
      facts_(facts),
      books_(options.nodes),
      may_fork_(options.faulty_count * 3 >= options.nodes) {
  states_[facts.genesis()] = Bytes32();
}

void Checker::fail(std::string what) {
  if (failure_.empty()) failure_ = std::move(what);
}

void Checker::disagree(std::string what) {
  has_forked_ = true;
  if (!may_fork_) fail(std::move(what));
}

BlockRef Checker::learn(const consensus::SharedBytes& message) {
  auto block = consensus::decode_proposal(message);
  if (!block) return nullptr;
  return blocks_.emplace((*block)->id, *block).first->second;
}

BlockRef Checker::find(const BlockId& id) const {
  const auto found = blocks_.find(id);
  return found == blocks_.end() ? nullptr : found->second;
}

std::optional<Bytes32> Checker::state_after(const BlockId& id) {
  std::vector<BlockRef> path;
  BlockId at = id;
  auto known = states_.find(at);
  while (known == states_.end()) {
    const BlockRef block = find(at);
    if (!block) return std::nullopt;
    path.push_back(block);
    at = block->header.parent;
    known = states_.find(at);
  }
  Bytes32 state = known->second;
  for (auto block = path.rbegin(); block != path.rend(); ++block) {
    state = Facts::execute(state, (*block)->id);
    states_[(*block)->id] = state;
  }
  return state;
}

void Checker::on_durable(ValidatorIndex who, const SignerRecord& record) {
  auto& durable = books_[who.value()].durable;
  const Turn turn{record.epoch.value(), record.view.value()};
  if (!durable.empty() && turn < durable.rbegin()->first) {
    const SignerRecord& last = durable.rbegin()->second;
    fail("I4: the record of " + text_of(who) + " went back from " + text_of(last.epoch, last.view) +
         " to " + text_of(record.epoch, record.view));
  }
  durable[turn] = record;
}

void Checker::on_send(ValidatorIndex who, WallTime wall, env::MessageType type,
                      const consensus::SharedBytes& message) {
  namespace types = consensus::message;
  if (type == types::vote) {
    const auto vote = codec::from_bytes<Vote>(*message);
    if (!vote) return fail("a correct node sent a vote that does not decode");
    if (vote->validator == who) on_vote(who, wall, *vote);
  } else if (type == types::certificate) {
    const auto certificate = codec::from_bytes<Certificate>(*message);
    if (!certificate) return fail("a correct node sent a certificate that does not decode");
    on_certificate(*certificate, "sent");
  } else if (type == types::proposal) {
    const BlockRef block = learn(message);
    if (!block) return fail("a correct node sent a proposal that does not decode");
    if (const char* flaw = flaw_of(*block)) {
      fail("I9: " + text_of(who) + " sent a proposal: " + flaw);
    }
    if (block->header.proposer != who) return;
    const Turn turn{block->header.epoch.value(), block->header.view.value()};
    const auto& durable = books_[who.value()].durable;
    const auto found = durable.lower_bound(turn);
    const bool is_later = !durable.empty() && durable.rbegin()->first > turn;
    const bool is_here = found != durable.end() && found->first == turn;
    if (!is_later && !(is_here && found->second.proposed == block->id)) {
      fail("I4: " + text_of(who) + " proposed in " +
           text_of(block->header.epoch, block->header.view) + " before its record was durable");
    }
  } else if (type == types::status) {
    const auto status = codec::from_bytes<consensus::Status>(*message);
    if (!status) return fail("a correct node sent a status that does not decode");
    if (status->opening) on_certificate(*status->opening, "sent in a status");
  }
}

void Checker::on_vote(ValidatorIndex who, WallTime wall, const Vote& vote) {
  const Ballot& ballot = vote.ballot;
  Book& book = books_[who.value()];
  check_durable(who, book, vote);
  check_contradiction(who, book, ballot);
  if (ballot.kind == VoteKind::Nullify) return;
  const BlockRef block = find(ballot.block);
  if (!block) return fail("I9: " + text_of(who) + " voted for a block that nobody proposed");
  if (const char* flaw = flaw_of(*block)) {
    fail("I9 (E6): " + text_of(who) + " voted in " + text_of(ballot.epoch, ballot.view) +
         " for a bad block: " + flaw);
  }
  if (ballot.kind == VoteKind::Notarize) check_time(who, wall, *block);
}

void Checker::check_durable(ValidatorIndex who, const Book& book, const Vote& vote) {
  const Ballot& ballot = vote.ballot;
  const Turn turn{ballot.epoch.value(), ballot.view.value()};
  bool is_allowed = false;
  // A record of a later view allows it too: nothing else can be signed below it any more.
  for (auto found = book.durable.lower_bound(turn); found != book.durable.end(); ++found) {
    const SignerRecord& record = found->second;
    const bool is_later = found->first > turn;
    switch (ballot.kind) {
      case VoteKind::Notarize: is_allowed |= is_later || record.notarized == ballot.block; break;
      case VoteKind::Nullify: is_allowed |= is_later || record.nullified; break;
      case VoteKind::Finalize: is_allowed |= record.last_final_view == ballot.view; break;
    }
    if (is_later) break;
  }
  if (!is_allowed) {
    fail("I4: " + text_of(who) + " sent vote kind " +
         std::to_string(static_cast<int>(ballot.kind)) + " in " +
         text_of(ballot.epoch, ballot.view) + " before its record was durable");
  }
}

void Checker::check_contradiction(ValidatorIndex who, Book& book, const Ballot& ballot) {
  const Turn turn{ballot.epoch.value(), ballot.view.value()};
  const auto guilty = [&](const char* what) {
    fail("I9: " + text_of(who) + " is guilty of " + what + " in " +
         text_of(ballot.epoch, ballot.view));
  };
  switch (ballot.kind) {
    case VoteKind::Notarize: {
      const auto& first = book.notarized.emplace(turn, ballot.block).first->second;
      if (first != ballot.block) guilty("E1");
      const auto final_vote = book.finalized.find(turn);
      if (final_vote != book.finalized.end() && final_vote->second != ballot.block) guilty("E3");
      return;
    }
    case VoteKind::Finalize: {
      const auto& first = book.finalized.emplace(turn, ballot.block).first->second;
      if (first != ballot.block) guilty("E2");
      const auto notarized = book.notarized.find(turn);
      if (notarized != book.notarized.end() && notarized->second != ballot.block) guilty("E3");
      for (auto skip = book.nullified_from.lower_bound(turn); skip != book.nullified_from.end();
           ++skip) {
        if (skip->first.first == turn.first && skip->second <= turn.second) guilty("E4");
      }
      return;
    }
    case VoteKind::Nullify: {
      book.nullified_from.emplace(turn, ballot.from.value());
      const auto final_vote = book.finalized.lower_bound({turn.first, ballot.from.value()});
      if (final_vote != book.finalized.end() && final_vote->first <= turn) guilty("E4");
      return;
    }
  }
}

const char* Checker::flaw_of(const Certificate& certificate) {
  const auto& set = facts_.set(certificate.epoch.value());
  if (certificate.votes.empty()) return "it is empty";
  const Turn turn{certificate.epoch.value(), certificate.view.value()};
  const auto key = std::tuple(static_cast<int>(certificate.kind), turn, certificate.from.value(),
                              certificate.votes.back().signature);
  if (sound_.contains(key)) return nullptr;
  std::uint64_t weight = 0;
  std::uint64_t from_max = 0;
  std::optional<ValidatorIndex> previous;
  for (const auto& vote : certificate.votes) {
    if (!set.has(vote.validator)) return "a signer is no validator";
    if (previous && vote.validator <= *previous) return "a validator counts twice";
    previous = vote.validator;
    weight += set[vote.validator].weight;
    from_max = std::max(from_max, vote.from.value());
    const Bytes message = signed_bytes(facts_.chain(), certificate.ballot_of(vote));
    if (!facts_.verifier().verify(set[vote.validator].key, message, vote.signature)) {
      return "a signature is not valid";
    }
  }
  // More than two thirds, without the engine's own formula.
  if (Uint128{weight} * 3 <= Uint128{set.weight_total()} * 2) return "it has no quorum";
  if (certificate.kind == VoteKind::Nullify && certificate.from.value() != from_max) {
    return "it covers more than its votes";
  }
  sound_.insert(key);
  return nullptr;
}

void Checker::on_certificate(const Certificate& certificate, const char* where) {
  if (const char* flaw = flaw_of(certificate)) {
    return fail("a correct node holds a certificate for good (" + std::string(where) + ", " +
                text_of(certificate.epoch, certificate.view) + "), but " + flaw);
  }
  const std::uint64_t epoch = certificate.epoch.value();
  const Turn turn{epoch, certificate.view.value()};
  switch (certificate.kind) {
    case VoteKind::Notarize:
      on_notarized(certificate.epoch, certificate.view, certificate.block);
      return;
    case VoteKind::Finalize:
      on_notarized(certificate.epoch, certificate.view, certificate.block);
      final_turns_.insert(turn);
      if (skipped_.contains(turn)) {
        disagree("I3: " + text_of(certificate.epoch, certificate.view) + " is skipped and final");
      }
      return;
    case VoteKind::Nullify: {
      const auto final_turn = final_turns_.lower_bound({epoch, certificate.from.value()});
      if (final_turn != final_turns_.end() && *final_turn <= turn) {
        disagree("I3: " + text_of(certificate.epoch, View(final_turn->second)) +
                 " is final and skipped");
      }
      for (std::uint64_t view = certificate.view.value(); view >= certificate.from.value();
           --view) {
        skipped_.insert({epoch, view});
        if (view == 0) return;
      }
      return;
    }
  }
}

void Checker::on_notarized(Epoch epoch, View view, const BlockId& block) {
  const auto& first = notarized_.emplace(Turn{epoch.value(), view.value()}, block).first->second;
  if (first != block) disagree("I2: two blocks are notarized in " + text_of(epoch, view));
}

const char* Checker::flaw_of(const Block& block) {
  const auto judged = judged_.find(block.id);
  if (judged != judged_.end()) return judged->second;
  const char* flaw = flaw_of_header(block);
  if (flaw == nullptr) flaw = flaw_of_justification(block);
  if (flaw == nullptr) flaw = flaw_of_parent(block);
  judged_[block.id] = flaw;
  return flaw;
}

const char* Checker::flaw_of_header(const Block& block) {
  const consensus::Header& header = block.header;
  const auto& set = facts_.set(header.epoch.value());
  if (header.chain != facts_.chain()) return "its chain is another";
  if (header.validators_hash != set.hash()) return "its validator set is another";
  if (header.proposer != facts_.schedule(header.epoch.value()).leader(header.view)) {
    return "its proposer does not lead the view";
  }
  const Bytes message = consensus::signed_bytes(block.id);
  if (!facts_.verifier().verify(set[header.proposer].key, message, block.signature)) {
    return "its proposer did not sign it";
  }
  if (header.app.payload_root != Facts::payload_root(block.payload)) {
    return "its payload is not what its header says";
  }
  return nullptr;
}

bool Checker::is_anchor(const consensus::Header& header) const {
  return header.parent_view.value() == 0;
}

const char* Checker::flaw_of_parent(const Block& block) {
  const consensus::Header& header = block.header;
  const auto state = state_after(header.parent);
  if (!state) return "nobody knows its ancestors";
  if (header.app.parent_state_root != *state) return "I5: its state is not its parent's";
  const BlockRef parent = find(header.parent);
  const std::uint64_t height = parent ? parent->header.height.value() : 0;
  if (header.height.value() != height + 1) return "its height is not its parent's plus one";
  if (!parent) {
    return header.parent == facts_.genesis() ? nullptr : "its anchor is not the epoch's";
  }
  if (header.time_ms <= parent->header.time_ms) return "its time is not after its parent's";
  if (is_anchor(header)) {
    if (!parent->header.is_last_of_epoch()) return "it begins an epoch on no boundary";
    if (parent->header.epoch.next() != header.epoch)
      return "I15: its anchor's epoch is not the last";
    return nullptr;
  }
  if (parent->header.epoch != header.epoch) return "I15: its parent is of another epoch";
  bool is_after_boundary = false;
  for (BlockRef at = parent; at && at->header.epoch == header.epoch; at = find(at->header.parent)) {
    is_after_boundary |= at->header.is_last_of_epoch();
    // Deeper ones were judged when their own children were.
    if (judged_.contains(at->id) && !at->header.is_last_of_epoch() &&
        at->header.app.payload_count) {
      break;
    }
  }
  if (is_after_boundary && (!header.app.is_empty() || header.is_last_of_epoch())) {
    return "I15: it carries payload after the boundary";
  }
  return nullptr;
}

const char* Checker::flaw_of_justification(const Block& block) {
  const consensus::Header& header = block.header;
  const auto& justification = block.justification;
  if (consensus::hash_of(justification) != header.justification) {
    return "its justification is another";
  }
  if (is_anchor(header)) {
    if (justification.parent) return "its anchor needs no certificate";
  } else {
    if (!justification.parent) return "its parent's certificate is missing";
    const Certificate& parent = *justification.parent;
    if (parent.kind == VoteKind::Nullify) return "its parent's certificate is a NULLIFY";
    if (parent.block != header.parent || parent.view != header.parent_view ||
        parent.epoch != header.epoch) {
      return "its parent's certificate is another's";
    }
    if (const char* flaw = flaw_of(parent)) return flaw;
  }
  std::uint64_t covered_to = header.parent_view.value();
  for (const Certificate& skip : justification.skips) {
    if (skip.kind != VoteKind::Nullify || skip.epoch != header.epoch) return "a skip is none";
    if (const char* flaw = flaw_of(skip)) return flaw;
    if (skip.from.value() > covered_to + 1) return "a view between is not skipped";
    covered_to = std::max(covered_to, skip.view.value());
  }
  if (covered_to + 1 != header.view.value()) return "the views between are not all skipped";
  return nullptr;
}

void Checker::check_time(ValidatorIndex who, WallTime wall, const Block& block) {
  const std::uint64_t skipped = block.header.view.value() - block.header.parent_view.value() - 1;
  const consensus::Config config;
  const auto drift = static_cast<std::uint64_t>(config.drift_max.count()) / 1'000'000;
  // The record was made durable between the decision and the sending; the clock went on.
  if (block.header.time_ms > wall.milliseconds + drift * (1 + skipped)) {
    fail(text_of(who) + " voted for a block of the future");
  }
}

void Checker::on_finalized(Epoch epoch, Height height_before, const BlockId& last_before,
                           const consensus::Finalized& report) {
  std::uint64_t height = height_before.value();
  BlockId last = last_before;
  for (const BlockRef& block : report.blocks) {
    const std::string name = "height " + std::to_string(height + 1);
    if (block->header.height.value() != height + 1 || block->header.parent != last) {
      return fail("I1: the final block of " + name + " does not stand on the one before");
    }
    if (height < chain_.size() && chain_[height] != block->id) {
      disagree("I1: two blocks are final at " + name);
    }
    if (height == chain_.size()) chain_.push_back(block->id);
    ++height;
    last = block->id;
  }
  if (report.blocks.empty() || !report.certificate) return fail("a report names no final block");
  const BlockRef& certified = report.beyond.empty() ? report.blocks.back() : report.beyond.back();
  const Certificate& certificate = *report.certificate;
  if (certificate.kind != VoteKind::Finalize || certificate.block != certified->id ||
      certificate.epoch != epoch) {
    return fail("I1: the certificate of a final block is another's");
  }
  if (report.ends_epoch != report.blocks.back()->header.is_last_of_epoch()) {
    return fail("I15: an epoch ends where no boundary is final");
  }
  on_certificate(certificate, "final");
}

void Checker::on_evidence(const consensus::EpochContext& context,
                          const consensus::EvidenceFound& found) {
  ++evidence_count_;
  const auto& evidence = found.evidence;
  if (!facts_.is_faulty(found.offence.validator)) {
    return fail("I9: evidence names the correct " + text_of(found.offence.validator));
  }
  convicted_.insert(found.offence.validator);
  const auto offence = consensus::check_evidence(context, evidence);
  if (!offence || *offence != found.offence) return fail("I9: evidence does not verify");
  const bool is_same_vote =
      evidence.votes.size() == 2 && evidence.votes[0].ballot == evidence.votes[1].ballot;
  const bool is_same_header =
      evidence.headers.size() == 2 && evidence.headers[0].header == evidence.headers[1].header;
  if (is_same_vote || is_same_header) fail("I9: evidence holds one thing twice");
}

std::uint64_t Checker::convicted_percent() {
  const auto& set = facts_.set(0);
  std::uint64_t weight = 0;
  for (const ValidatorIndex who : convicted_) weight += set[who].weight;
  return weight * 100 / set.weight_total();
}

void Checker::compare(const std::vector<LedgerEntry>& one, const std::vector<LedgerEntry>& other) {
  const std::size_t common = std::min(one.size(), other.size());
  std::size_t fork = 0;
  while (fork < common && one[fork].block->id == other[fork].block->id) ++fork;
  if (fork == common) return;
  const auto certified = [fork](const std::vector<LedgerEntry>& ledger) {
    return std::find_if(ledger.begin() + static_cast<std::ptrdiff_t>(fork), ledger.end(),
                        [](const LedgerEntry& entry) { return entry.certificate != nullptr; });
  };
  const auto a = certified(one);
  const auto b = certified(other);
  if (a == one.end() || b == other.end()) return fail("a ledger ends without a certificate");
  const bool is_low = a->certificate->view <= b->certificate->view;
  const LedgerEntry& low = is_low ? *a : *b;
  const LedgerEntry& high = is_low ? *b : *a;
  std::vector<BlockRef> path;
  for (const LedgerEntry& entry : is_low ? other : one) path.push_back(entry.block);
  const consensus::EpochContext context{facts_.chain(), facts_.genesis(), &facts_.set(0),
                                        &facts_.verifier()};
  std::uint64_t weight = 0;
  for (const auto& evidence : accuse(context, *low.certificate, *high.certificate, path)) {
    const auto offence = check_evidence(context, evidence);
    if (!offence || !facts_.is_faulty(offence->validator)) {
      return fail("I9: a fork is blamed on the correct");
    }
    weight += facts_.set(0)[offence->validator].weight;
  }
  if (3 * weight <= facts_.set(0).weight_total()) {
    fail("I10: a fork names " + std::to_string(weight) + " of " +
         std::to_string(facts_.set(0).weight_total()));
  }
}

void Checker::on_misbehaved(ValidatorIndex who, const NodeId& peer, std::string_view reason) {
  for (std::uint16_t i = 0; i < options_.nodes; ++i) {
    const ValidatorIndex index(i);
    if (facts_.node(index) != peer || facts_.is_faulty(index)) continue;
    fail("I9: " + text_of(who) + " blames the correct " + text_of(index) + ": " +
         std::string(reason));
  }
}

void Checker::on_diagnosis(const consensus::Diagnosis& diagnosis) {
  const std::uint64_t open =
      diagnosis.view.value() - std::min(diagnosis.view.value(), diagnosis.committed_view.value());
  const consensus::Config config;
  const std::uint64_t views_max = open + config.views_ahead + config.views_kept + 8;
  if (diagnosis.views_count > views_max) {
    fail("I12: an engine holds " + std::to_string(diagnosis.views_count) + " views, bound " +
         std::to_string(views_max));
  }
}

}  // namespace oort::bftsim
