// SPDX-License-Identifier: Apache-2.0
// Answers light clients. Whoever holds a key may ask, so the work for one peer and for all of them
// is bounded for each tick; what reads blocks runs beside the strand.
#include "impl.hpp"
#include "oort/chain/body.hpp"
#include "oort/codec/codec.hpp"
#include "oort/consensus/types.hpp"
#include "oort/core/metrics.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/env/transport.hpp"
#include "oort/ledger/receipt.hpp"
#include "oort/ledger/state_tree.hpp"
#include "oort/ledger/transaction.hpp"

namespace oort::chain {
namespace {

constexpr std::size_t turns_per_peer_max = 128;
constexpr std::size_t turns_max = 1024;
/// Answers that wait for the disk.
constexpr std::size_t reads_count_max = 64;
/// Blocks that one answer reads on its way to a certificate.
constexpr std::size_t read_bytes_max = 16 * limits::mib;

tl::unexpected<Error> busy(std::string detail) {
  return fail(ErrorCode::ResourceExhausted, reason::rate_limited, std::move(detail));
}

/// The last block of an epoch is proven by its handover.
Result<FinalHeaders> end_with_handover(const env::KvReader& store, FinalHeaders out) {
  const Bytes key = records::handover_key(out.headers.back().epoch);
  OORT_TRY(auto handover, records::read<Handover>(store, key));
  if (!handover) {
    return fail(ErrorCode::DataLoss, reason::corrupt_data, "what ended an epoch is missing");
  }
  out.headers.insert(out.headers.end(), handover->headers.begin() + 1, handover->headers.end());
  out.certificate = std::move(handover->certificate);
  if (out.headers.size() <= final_headers_count_max) return out;
  return fail(ErrorCode::Unavailable, reason::not_ready, "no proof is so long");
}

/// That `from` and the epochs after it ended, as much as one answer takes.
Result<Bytes> collect_handovers(const env::KvReader& store, Epoch from) {
  wire::HandoversReply reply;
  std::size_t bytes = 0;
  for (Epoch epoch = from; reply.handovers.size() < wire::handovers_reply_count_max;
       epoch = epoch.next()) {
    OORT_TRY(const auto stored, store.get(records::handover_key(epoch)));
    if (!stored || bytes > wire::handovers_reply_bytes) break;
    bytes += stored->size();
    OORT_TRY(auto handover, codec::from_bytes<Handover>(*stored));
    reply.handovers.push_back(std::move(handover));
  }
  if (!reply.handovers.empty()) return codec::to_bytes(reply);
  return fail(ErrorCode::NotFound, reason::not_found, "this epoch has not ended here");
}

/// Headers from `from` on up to one with a certificate of its own.
Result<FinalHeaders> certified_from(const env::KvReader& store, Height from) {
  FinalHeaders out;
  std::size_t bytes = 0;
  for (Height height = from;; height = height.next()) {
    OORT_TRY(auto message, store.get(records::block_key(height)));
    const bool is_enough = out.headers.size() == final_headers_count_max || bytes > read_bytes_max;
    if (!message || is_enough) {
      return fail(ErrorCode::Unavailable, reason::not_ready,
                  "nothing above block " + std::to_string(from.value()) + " is certified here");
    }
    bytes += message->size();
    OORT_TRY(const auto block,
             consensus::decode_proposal(std::make_shared<const Bytes>(*std::move(message))));
    out.headers.push_back(block->header);
    if (block->header.is_last_of_epoch()) return end_with_handover(store, std::move(out));
    OORT_TRY(auto certificate,
             records::read<consensus::Certificate>(store, records::certificate_key(height)));
    if (!certificate) continue;
    out.certificate = *std::move(certificate);
    return out;
  }
}

Result<Bytes> collect_outcome(const env::KvReader& store, const TransactionId& id) {
  OORT_TRY(const auto place,
           records::read<records::Place>(store, records::transaction_place_key(id)));
  if (!place) {
    return fail(ErrorCode::NotFound, reason::not_found, "no final block holds this transaction");
  }
  OORT_TRY(auto done, records::read<records::Outcome>(store, records::outcome_key(place->height)));
  if (!done || place->index >= done->receipts.size()) {
    return fail(ErrorCode::DataLoss, reason::corrupt_data, "a receipt is missing");
  }
  OutcomeProof outcome;
  OORT_TRY(outcome.headers, certified_from(store, place->height.next()));
  outcome.proof = ledger::prove_receipt(done->receipts, done->events, place->index);
  outcome.receipt = std::move(done->receipts[place->index]);
  return codec::to_bytes(outcome);
}

Result<Bytes> collect_block(const env::KvReader& store, Height height) {
  OORT_TRY(const consensus::BlockRef block, records::read_block(store, height));
  BlockProof proof;
  OORT_TRY(proof.headers, certified_from(store, height));
  OORT_TRY(const auto parts, split_body(block->payload));
  for (const ByteView part : parts) {
    OORT_TRY(const auto transaction, codec::from_bytes<ledger::Transaction>(part));
    proof.transactions.push_back(ledger::id_of(transaction));
  }
  return codec::to_bytes(proof);
}

}  // namespace

bool Chain::Impl::take_turn(const NodeId& from) {
  if (light_turns_count_ == turns_max || light_turns_[from] == turns_per_peer_max) {
    metrics::counter("oort_chain_light_refused_total", "Requests of light clients over the bound")
        .add();
    return false;
  }
  ++light_turns_[from];
  ++light_turns_count_;
  return true;
}

void Chain::Impl::serve_light(const NodeId& from, env::MessageType type, Bytes payload,
                              Callback<Result<Bytes>> reply) {
  if (!take_turn(from)) return reply(busy("too many requests; ask another"));
  switch (type) {
    case wire::submit: return serve_submit(std::move(payload), std::move(reply));
    case wire::prove: return serve_proof(payload, ProofFor::Follower, std::move(reply));
    case wire::prove_from_genesis: return serve_proof(payload, ProofFor::Anyone, std::move(reply));
    case wire::handovers: {
      const auto epoch = codec::from_bytes<Epoch>(payload);
      if (!epoch) return reply(fail(Error(epoch.error())));
      const auto collect = [epoch = *epoch](const env::KvReader& store) {
        return collect_handovers(store, epoch);
      };
      return serve_from_store(collect, std::move(reply));
    }
    case wire::outcome: {
      const auto id = codec::from_bytes<TransactionId>(payload);
      if (!id) return reply(fail(Error(id.error())));
      const auto collect = [id = *id](const env::KvReader& store) {
        return collect_outcome(store, id);
      };
      return serve_from_store(collect, std::move(reply));
    }
    default: {
      const auto height = codec::from_bytes<Height>(payload);
      if (!height) return reply(fail(Error(height.error())));
      const auto collect = [height = *height](const env::KvReader& store) {
        return collect_block(store, height);
      };
      return serve_from_store(collect, std::move(reply));
    }
  }
}

void Chain::Impl::serve_submit(Bytes bytes, Callback<Result<Bytes>> reply) {
  check_later(std::move(bytes), [reply = std::move(reply)](
                                    Impl& chain, const Result<TransactionRef>& checked) mutable {
    auto taken = chain.take_in(checked);
    if (taken) return reply(Bytes());
    reply(fail(std::move(taken).error()));
  });
}

Result<void> Chain::Impl::take_in(const Result<TransactionRef>& transaction) {
  if (!transaction) return fail(transaction.error());
  const TransactionId& id = (*transaction)->id;
  OORT_TRY(const auto known, read_commit(id));
  if (known || pool_.find(id)) return {};
  OORT_TRY(admit(*transaction));
  spread(**transaction);
  refresh_ready();
  return {};
}

void Chain::Impl::serve_proof(const Bytes& key, ProofFor reader, Callback<Result<Bytes>> reply) {
  if (key.empty() || key.size() > ledger::state_key_bytes_max) {
    return reply(fail(ErrorCode::InvalidArgument, reason::bad_argument, "no key is so long"));
  }
  prove(range_of_key(key), 1, reader,
        [reply = std::move(reply)](Result<ProofBundle> bundle) mutable {
          if (!bundle) return reply(fail(std::move(bundle).error()));
          reply(codec::to_bytes(*bundle));
        });
}

void Chain::Impl::serve_from_store(Collect collect, Callback<Result<Bytes>> reply) {
  if (light_reads_count_ == reads_count_max) return reply(busy("busy; ask another"));
  ++light_reads_count_;
  around_.store_disk.post([self = shared_from_this(), collect = std::move(collect),
                           reply = std::move(reply)]() mutable {
    reply(collect(self->around_.store));
    self->on_strand([](Impl& chain) { --chain.light_reads_count_; });
  });
}

}  // namespace oort::chain
