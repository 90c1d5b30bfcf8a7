// SPDX-License-Identifier: Apache-2.0
// Fetches what is proven, and takes nothing that is not.
#include "light_impl.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/transport.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/state_tree.hpp"

namespace oort::chain {
namespace {

tl::unexpected<Error> another(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_proof, std::move(detail));
}

}  // namespace

void LightNode::Impl::read(Bytes key, Freshness freshness, env::MessageType asked,
                           Callback<Result<Proven>> done) {
  if (key.empty() || key.size() > ledger::state_key_bytes_max) {
    return done(fail(ErrorCode::InvalidArgument, reason::bad_argument,
                     "a key of the state has 1 to 256 bytes"));
  }
  if (freshness == Freshness::Local) {
    return fetch_proof(std::move(key), std::max(head_.height, Height(1)), asked, std::move(done));
  }
  barrier(
      [this, key = std::move(key), asked, done = std::move(done)](Result<Height> height) mutable {
        if (!height) return done(fail(std::move(height).error()));
        fetch_proof(std::move(key), height->next(), asked, std::move(done));
      });
}

void LightNode::Impl::fetch_proof(Bytes key, Height first, env::MessageType asked,
                                  Callback<Result<Proven>> done) {
  // Nobody can prove a state before the next header is certified.
  await_head(first, Turn{}, options_.read_deadline,
             [this, key = std::move(key), first, asked,
              done = std::move(done)](Result<void> reached) mutable {
               if (!reached) return done(fail(std::move(reached).error()));
               query_proof(std::move(key), first, asked, std::move(done));
             });
}

void LightNode::Impl::query_proof(Bytes key, Height first, env::MessageType asked,
                                  Callback<Result<Proven>> done) {
  // Shared by the two ways in which the query ends.
  const auto told = std::make_shared<Callback<Result<Proven>>>(std::move(done));
  const auto query = std::make_shared<Query>();
  query->type = asked;
  query->payload = key;
  query->give_up = [told](Error error) { (*told)(fail(std::move(error))); };
  query->judge = [this, told, key = std::move(key), first, asked](
                     const NodeId&, const Result<Bytes>& reply) -> Result<bool> {
    if (!reply) return false;
    // What is for others must prove to them what it does here.
    const bool is_for_others = asked == wire::prove_from_genesis;
    OORT_TRY(Verified shown, is_for_others
                                 ? verify_bundle(*reply, TrustRoots(genesis_), around_.votes)
                                 : verify_bundle(*reply, client_.roots(), around_.votes));
    if (shown.range != range_of_key(key)) return another("the bundle is for another key");
    // Its sender may be behind: no lie, and no answer.
    if (shown.height.next() < first) return false;
    (*told)(Proven{std::move(shown), *reply});
    return true;
  };
  begin(query);
}

Result<Commit> LightNode::Impl::read_outcome(const TransactionId& id, ByteView bytes) const {
  OORT_TRY(const auto outcome, codec::from_bytes<OutcomeProof>(bytes));
  if (outcome.receipt.transaction != id) return another("the receipt is another transaction's");
  OORT_TRY(const TrustRoot* root, root_for(client_.roots(), outcome.headers));
  return verify_outcome(*root, around_.votes, outcome);
}

void LightNode::Impl::find(const TransactionId& id, Callback<Result<Commit>> done) {
  const auto told = std::make_shared<Callback<Result<Commit>>>(std::move(done));
  const auto query = std::make_shared<Query>();
  query->type = wire::outcome;
  query->payload = codec::to_bytes(id);
  query->give_up = [told](Error error) { (*told)(fail(std::move(error))); };
  query->judge = [this, told, id, absent = Tally(validators()), rejected = Tally(validators())](
                     const NodeId& peer, const Result<Bytes>& reply) mutable -> Result<bool> {
    if (!reply) {
      if (reply.error().code() != ErrorCode::NotFound) return false;
      absent.add(peer);
      if (!absent.has_correct()) return false;
      (*told)(fail(reply.error()));
      return true;
    }
    OORT_TRY(Commit commit, read_outcome(id, *reply));
    if (commit.receipt.rejection != ledger::Rejection::None) {
      rejected.add(peer);
      if (!rejected.has_correct()) return false;
    }
    (*told)(std::move(commit));
    return true;
  };
  begin(query);
}

void LightNode::Impl::block(Height height, Callback<Result<BlockProof>> done) {
  if (height == Height(0)) {
    return done(fail(ErrorCode::InvalidArgument, reason::bad_argument,
                     "genesis has no block; the first one is 1"));
  }
  await_head(height, Turn{}, std::nullopt,
             [this, height, done = std::move(done)](Result<void> reached) mutable {
               if (!reached) return done(fail(std::move(reached).error()));
               query_block(height, std::move(done));
             });
}

void LightNode::Impl::query_block(Height height, Callback<Result<BlockProof>> done) {
  const auto told = std::make_shared<Callback<Result<BlockProof>>>(std::move(done));
  const auto query = std::make_shared<Query>();
  query->type = wire::block_ids;
  query->payload = codec::to_bytes(height);
  query->give_up = [told](Error error) { (*told)(fail(std::move(error))); };
  query->judge = [this, told, height](const NodeId&, const Result<Bytes>& reply) -> Result<bool> {
    if (!reply) return false;
    OORT_TRY(auto proof, codec::from_bytes<BlockProof>(*reply));
    OORT_TRY(const TrustRoot* root, root_for(client_.roots(), proof.headers));
    OORT_TRY(verify_block(*root, around_.votes, proof));
    if (proof.headers.headers.front().height != height) return another("it is another block");
    (*told)(std::move(proof));
    return true;
  };
  begin(query);
}

}  // namespace oort::chain
