// SPDX-License-Identifier: Apache-2.0
// Tells others how far this node is, fetches what it lacks, serves what they lack.
#include <algorithm>
#include <span>
#include <utility>

#include "impl.hpp"
#include "oort/codec/codec.hpp"
#include "oort/consensus/core.hpp"
#include "oort/consensus/types.hpp"
#include "oort/consensus/validator_set.hpp"
#include "oort/consensus/verify.hpp"
#include "oort/core/log.hpp"
#include "oort/core/metrics.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/env/transport.hpp"

namespace oort::chain {
namespace {

constexpr std::string_view room = "chain";
/// A gap that votes alone will not close soon.
constexpr std::uint64_t far_behind = 8;
/// Blocks that wait for the disk before more are asked for.
constexpr std::size_t finals_waiting_max = 256;
/// Peers whose last word is older are not asked.
constexpr Duration silence_max = 10s;
/// Answers that are being read from the disk; each may be several megabytes.
constexpr std::size_t serving_count_max = 8;
constexpr std::size_t peers_count_max = 4096;

tl::unexpected<Error> bad_blocks(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::peer_misbehaved, std::move(detail));
}

/// Ends the answer with the last block of an epoch, which its handover proves: the headers behind
/// it are no part of the ledger, and what follows is for others to certify.
Result<Bytes> end_with_handover(const env::KvReader& store, const consensus::Header& last,
                                wire::BlocksReply reply) {
  OORT_TRY(auto handover, records::read<Handover>(store, records::handover_key(last.epoch)));
  if (!handover) {
    return fail(ErrorCode::DataLoss, reason::corrupt_data, "what ended an epoch is missing");
  }
  reply.beyond.insert(reply.beyond.end(), handover->headers.begin() + 1, handover->headers.end());
  reply.certificate = std::move(handover->certificate);
  return codec::to_bytes(reply);
}

/// Blocks of one epoch from `from` on, and what proves them: up to the last one with a certificate
/// of its own that fits, or the last of the epoch, else with the headers up to the next such one.
/// Runs where blocking is allowed.
Result<Bytes> collect_blocks(const env::KvReader& store, Height from) {
  wire::BlocksReply reply;
  std::size_t bytes = 0;
  std::size_t certified_count = 0;
  for (Height height = from;; height = height.next()) {
    const bool is_full =
        bytes > wire::blocks_reply_bytes || reply.proposals.size() == wire::blocks_reply_count_max;
    if (is_full && certified_count > 0) break;
    if (reply.beyond.size() == wire::blocks_reply_count_max) break;
    OORT_TRY(const auto stored, store.get(records::block_key(height)));
    if (!stored) break;
    OORT_TRY(const auto block, records::read_block(store, height));
    if (is_full) {
      reply.beyond.push_back(block->header);
    } else {
      bytes += block->message->size();
      reply.proposals.push_back(*block->message);
    }
    if (block->header.is_last_of_epoch()) {
      return end_with_handover(store, block->header, std::move(reply));
    }
    OORT_TRY(const auto certificate,
             records::read<consensus::Certificate>(store, records::certificate_key(height)));
    if (!certificate) continue;
    reply.certificate = *certificate;
    if (is_full) return codec::to_bytes(reply);
    certified_count = reply.proposals.size();
  }
  if (certified_count == 0) {
    return fail(ErrorCode::Unavailable, reason::not_ready, "nothing here proves these blocks yet");
  }
  reply.proposals.resize(certified_count);
  reply.beyond.clear();
  return codec::to_bytes(reply);
}

Result<Bytes> read_proposal(const env::KvReader& store, const BlockId& id) {
  OORT_TRY(const auto place, records::read<records::Place>(store, records::block_place_key(id)));
  if (!place) return fail(ErrorCode::NotFound, reason::not_found, "no such block");
  OORT_TRY(const consensus::BlockRef block, records::read_block(store, place->height));
  return *block->message;
}

}  // namespace

void Chain::Impl::listen_sync() {
  around_.transport.on_request(env::message_range::chain, [weak = weak_from_this()](
                                                              NodeId from, env::MessageType type,
                                                              Bytes payload,
                                                              Callback<Result<Bytes>> reply) {
    const auto self = weak.lock();
    if (!self) return reply(fail(ErrorCode::Unavailable, reason::cancelled, "closing"));
    self->on_strand([from, type, payload = std::move(payload),
                     reply = std::move(reply)](Impl& chain) mutable {
      switch (type) {
        case wire::blocks: return chain.serve_blocks(payload, std::move(reply));
        case wire::proposal: return chain.serve_proposal(payload, std::move(reply));
        case wire::barrier: {
          return reply(codec::to_bytes(wire::BarrierReply{chain.highest_certificate_}));
        }
        case wire::head: {
          if (chain.head_) return reply(codec::to_bytes(*chain.head_));
          return reply(fail(ErrorCode::Unavailable, reason::not_ready, "nothing is final"));
        }
        case wire::handovers:
        case wire::prove_from_genesis:
        case wire::submit:
        case wire::outcome:
        case wire::prove:
        case wire::block_ids: {
          return chain.serve_light(from, type, std::move(payload), std::move(reply));
        }
        default: {
          return reply(fail(ErrorCode::Unimplemented, reason::not_supported, "no such request"));
        }
      }
    });
  });
}

void Chain::Impl::serve_blocks(ByteView bytes, Callback<Result<Bytes>> reply) {
  const auto request = codec::from_bytes<wire::BlocksRequest>(bytes);
  if (!request) return reply(fail(Error(request.error())));
  if (request->from > execution_->tip().height || request->from == Height(0)) {
    return reply(fail(ErrorCode::NotFound, reason::not_found, "no such block yet"));
  }
  if (serving_count_ == serving_count_max) {
    return reply(fail(ErrorCode::ResourceExhausted, reason::rate_limited, "busy; ask another"));
  }
  ++serving_count_;
  around_.store_disk.post(
      [self = shared_from_this(), from = request->from, reply = std::move(reply)]() mutable {
        reply(collect_blocks(self->around_.store, from));
        self->on_strand([](Impl& chain) { --chain.serving_count_; });
      });
}

void Chain::Impl::serve_proposal(ByteView bytes, Callback<Result<Bytes>> reply) {
  const auto id = codec::from_bytes<BlockId>(bytes);
  if (!id) return reply(fail(Error(id.error())));
  if (const consensus::BlockRef block = find_block(*id)) return reply(*block->message);
  around_.store_disk.post(
      [self = shared_from_this(), id = *id, reply = std::move(reply)]() mutable {
        reply(read_proposal(self->around_.store, id));
      });
}

void Chain::Impl::fetch(consensus::FetchBlock wanted, std::size_t attempt) {
  while (attempt < wanted.peers.size() && wanted.peers[attempt] == around_.transport.self()) {
    ++attempt;
  }
  if (attempt >= wanted.peers.size()) return;
  const NodeId peer = wanted.peers[attempt];
  around_.transport.request(peer, env::TrafficClass::Proposal, wire::proposal,
                            codec::to_bytes(wanted.block), options_.request_deadline,
                            [weak = weak_from_this(), wanted, attempt, peer,
                             epoch = execution_->ruling().epoch()](Result<Bytes> reply) mutable {
                              const auto self = weak.lock();
                              if (!self) return;
                              self->on_strand([wanted = std::move(wanted), attempt, peer, epoch,
                                               reply = std::move(reply)](Impl& chain) mutable {
                                // The engine that asked is gone.
                                if (chain.execution_->ruling().epoch() != epoch) return;
                                if (!reply) return chain.fetch(std::move(wanted), attempt + 1);
                                chain.step(consensus::BlockFetched{
                                    peer, std::make_shared<const Bytes>(*std::move(reply))});
                              });
                            });
}

void Chain::Impl::on_status(const NodeId& from, ByteView bytes) {
  const auto status = codec::from_bytes<wire::Status>(bytes);
  if (!status || (peers_.size() >= peers_count_max && !peers_.contains(from))) return;
  peers_[from] = {status->height, status->is_observer, around_.clock.now_mono()};
}

void Chain::Impl::tell_status() {
  const Bytes bytes = codec::to_bytes(
      wire::Status{execution_->tip().height, !is_validator(around_.transport.self())});
  std::set<NodeId> told;
  for (const consensus::Validator& validator : validators().validators()) {
    told.insert(validator.node);
  }
  for (const NodeId& peer : around_.transport.peers()) told.insert(peer);
  told.erase(around_.transport.self());
  for (const NodeId& peer : told) send(peer, env::TrafficClass::Bulk, wire::status, bytes);
}

void Chain::Impl::tick() {
  const MonoTime now = around_.clock.now_mono();
  std::erase_if(peers_, [now](const auto& peer) { return now - peer.second.heard > silence_max; });
  tell_status();
  light_turns_.clear();
  stragglers_told_.clear();
  light_turns_count_ = 0;
  if (++ticks_count_ % 2 == 0) announce();
  sync_if_behind();
  report_evidence();
  height_at_last_tick_ = accepted_height_;
  tick_ = around_.timers.after(options_.status_interval, guarded([](Impl& self) { self.tick(); }));
}

std::optional<NodeId> Chain::Impl::best_peer() const {
  std::vector<NodeId> ahead;
  std::uint64_t highest = 0;
  for (const auto& [node, peer] : peers_) {
    if (peer.height <= accepted_height_) continue;
    highest = std::max(highest, peer.height.value());
    ahead.push_back(node);
  }
  if (ahead.empty()) return std::nullopt;
  const bool is_stuck = accepted_height_ == height_at_last_tick_;
  if (!is_stuck && highest - accepted_height_.value() < far_behind) return std::nullopt;
  // Any of them: whoever claims most may be lying, and then another is asked the next time.
  return ahead[around_.random.below(ahead.size())];
}

void Chain::Impl::sync_if_behind() {
  // Nobody knows here who certified the blocks of the next epoch before it began.
  if (syncing_from_ || is_switching_ || is_closed_) return;
  if (finals_.size() > finals_waiting_max) return;
  const auto peer = best_peer();
  if (!peer) return;
  syncing_from_ = *peer;
  const wire::BlocksRequest request{accepted_height_.next()};
  around_.transport.request(
      *peer, env::TrafficClass::Bulk, wire::blocks, codec::to_bytes(request),
      options_.request_deadline, [weak = weak_from_this(), peer = *peer](Result<Bytes> reply) {
        if (const auto self = weak.lock()) {
          self->on_strand([peer, reply = std::move(reply)](Impl& chain) mutable {
            chain.on_blocks(peer, std::move(reply));
          });
        }
      });
}

void Chain::Impl::on_blocks(const NodeId& from, Result<Bytes> reply) {
  syncing_from_.reset();
  const Result<std::size_t> taken =
      reply ? take_blocks(*reply) : Result<std::size_t>(fail(Error(reply.error())));
  // The engine was faster: nothing is wrong with the peer, and nothing is urgent.
  if (taken && *taken == 0) return;
  if (taken) {
    // More of it while there is a gap; a short one closes by votes.
    height_at_last_tick_ = Height(0);
    return sync_if_behind();
  }
  log::warn(room, "a peer's blocks were of no use",
            {{"peer", from.short_hex()}, {"why", taken.error().to_string()}});
  peers_.erase(from);
}

Result<void> Chain::Impl::check_synced(const consensus::Block& block) const {
  const consensus::EpochContext context = execution_->ruling().context(around_.votes);
  if (!validators().has(block.header.proposer)) return bad_blocks("no such proposer");
  OORT_TRY(consensus::check_proposer(context, block.id, block.header.proposer, block.signature));
  if (consensus::hash_of(block.justification) == block.header.justification) return {};
  return bad_blocks("the justification is not the header's");
}

Result<std::size_t> Chain::Impl::take_blocks(ByteView bytes) {
  OORT_TRY(const auto reply, codec::from_bytes<wire::BlocksReply>(bytes));
  std::vector<consensus::BlockRef> blocks;
  std::vector<consensus::Header> headers;
  for (const Bytes& proposal : reply.proposals) {
    OORT_TRY(auto block, consensus::decode_proposal(std::make_shared<const Bytes>(proposal)));
    headers.push_back(block->header);
    blocks.push_back(std::move(block));
  }
  const auto is_known = [this](const consensus::BlockRef& block) {
    return block->header.height <= accepted_height_;
  };
  // Asked for before the engine brought them, perhaps in another epoch.
  if (is_switching_) return std::size_t{0};
  if (!blocks.empty() && std::ranges::all_of(blocks, is_known)) return std::size_t{0};
  headers.insert(headers.end(), reply.beyond.begin(), reply.beyond.end());
  OORT_TRY(verify_chain(execution_->ruling(), around_.votes, headers, reply.certificate));
  // What stands behind the last block of the epoch proves it, and is no part of the ledger.
  const auto last = std::ranges::find_if(
      blocks, [](const auto& block) { return block->header.is_last_of_epoch(); });
  if (last != blocks.end()) blocks.erase(last + 1, blocks.end());
  const std::size_t beyond_from = blocks.size();
  blocks.erase(blocks.begin(), std::ranges::find_if_not(blocks, is_known));
  if (blocks.empty()) return std::size_t{0};
  if (blocks.front()->header.parent != accepted_) return bad_blocks("they do not follow");
  for (const consensus::BlockRef& block : blocks) {
    OORT_TRY(check_synced(*block));
    OORT_TRY(auto transactions, execution_->read_payload(*block, pool_));
    checked_[block->id] = {block, std::move(transactions), {}};
  }
  const std::span<const consensus::Header> beyond = std::span(headers).subspan(beyond_from);
  accept_synced(blocks, {beyond.begin(), beyond.end()}, reply.certificate);
  return blocks.size();
}

void Chain::Impl::accept_synced(const std::vector<consensus::BlockRef>& blocks,
                                std::vector<consensus::Header> beyond,
                                const consensus::Certificate& proof) {
  const auto certificate = std::make_shared<const consensus::Certificate>(proof);
  const bool is_certified = beyond.empty();
  const bool ends_epoch = blocks.back()->header.is_last_of_epoch();
  // Kept until its block comes, so that no two certificates are further apart here than there.
  if (!is_certified && !ends_epoch) certified_beyond_ = {beyond.back().height, certificate};
  for (std::size_t i = 0; i + 1 < blocks.size(); ++i) accept_final(blocks[i], {}, false);
  Execution::Finality finality;
  if (is_certified) finality.certificate = certificate;
  if (ends_epoch) {
    finality.ending = certificate;
    finality.beyond = std::move(beyond);
  }
  accept_final(blocks.back(), std::move(finality), is_certified);
  metrics::counter("oort_chain_blocks_synced_total", "Blocks that came by catching up")
      .add(static_cast<double>(blocks.size()));
}

}  // namespace oort::chain
