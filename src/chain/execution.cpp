// SPDX-License-Identifier: Apache-2.0
#include "execution.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "evidence_judge.hpp"
#include "oort/codec/codec.hpp"
#include "oort/consensus/types.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/machine.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/state.hpp"
#include "oort/ledger/state_tree.hpp"
#include "oort/ledger/transaction.hpp"
#include "oort/ledger/view.hpp"

namespace oort::chain {
namespace {

tl::unexpected<Error> invalid(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::malformed, std::move(detail));
}

void put_writes(env::KvBatch& batch, std::span<const ledger::StateWrite> writes) {
  for (const ledger::StateWrite& write : writes) {
    const Bytes key = records::state_key(write.key);
    if (write.value) {
      batch.put(key, *write.value);
    } else {
      batch.erase(key);
    }
  }
}

/// All writes of a block, those outside of the state root too, ascending by key.
std::vector<ledger::StateWrite> all_writes(const ledger::ExecutionResult& result) {
  std::vector<ledger::StateWrite> all;
  all.reserve(result.writes.size() + result.body_writes.size());
  std::ranges::merge(result.writes, result.body_writes, std::back_inserter(all), {},
                     &ledger::StateWrite::key, &ledger::StateWrite::key);
  return all;
}

}  // namespace

std::optional<Bytes> StoreState::get(ByteView key) const {
  auto value = snapshot_->get(records::state_key(key));
  if (value) return *std::move(value);
  on_failure_(value.error());
  return std::nullopt;
}

void StoreState::scan(ByteView prefix, ByteView from, const Visit& visit) const {
  const auto iterator = snapshot_->iterate(records::state_key(prefix));
  if (ledger::KeyLess{}(prefix, from)) iterator->seek(records::state_key(from));
  for (; iterator->is_valid(); iterator->next()) {
    if (!visit(iterator->key().subspan(1), iterator->value())) return;
  }
  if (const auto status = iterator->status(); !status) on_failure_(status.error());
}

std::vector<TransactionId> ExecutedBlock::ids() const {
  std::vector<TransactionId> ids;
  ids.reserve(transactions.size());
  for (const TransactionRef& transaction : transactions) ids.push_back(transaction->id);
  return ids;
}

Execution::Execution(const TrustRoot& root, Settings settings, const Surroundings& around)
    : root_(root),
      ruling_(root),
      settings_(std::move(settings)),
      store_(around.store),
      vrf_(around.vrf),
      signatures_(around.signatures),
      evidence_(make_evidence_judge(root, around.votes)),
      machine_(root.chain, around.signatures, evidence_.get()),
      snapshot_(around.store.snapshot()),
      store_state_(snapshot_, settings_.on_failure) {}

Result<std::unique_ptr<Execution>> Execution::open(const ledger::GenesisParams& genesis,
                                                   const TrustRoot& root, Settings settings,
                                                   const Surroundings& around) {
  // The constructor is private: only an opened execution may be seen.
  std::unique_ptr<Execution> execution(new Execution(root, std::move(settings), around));
  OORT_TRY(execution->trees_, ledger::StateTrees::open(around.store, execution->settings_.trees));
  OORT_TRY(const auto tip, records::read<records::Tip>(around.store, records::tip_key()));
  if (!tip) {
    OORT_TRY(execution->begin(genesis));
    return execution;
  }
  execution->tip_ = *tip;
  OORT_TRY(execution->load());
  return execution;
}

Result<void> Execution::begin(const ledger::GenesisParams& genesis) {
  const std::vector<ledger::StateWrite> writes = ledger::genesis_writes(genesis);
  OORT_TRY(const auto version, trees_->update(trees_->final_version(), Height(0), writes));
  tip_ = {root_.chain, Height(0), root_.anchor, root_.time_ms, View(0), version.root(), {}, {}};
  env::KvBatch batch;
  OORT_TRY(trees_->finalize(version, batch));
  put_writes(batch, writes);
  batch.put(records::tip_key(), codec::to_bytes(tip_));
  OORT_TRY(store_.write(batch, env::Sync::Yes));
  trees_->finalized(version);
  take_snapshot();
  return {};
}

void Execution::take_snapshot() {
  snapshot_ = store_.snapshot();
  store_state_.set(snapshot_);
}

Result<void> Execution::load() {
  if (tip_.chain != root_.chain) {
    return fail(ErrorCode::FailedPrecondition, reason::wrong_genesis,
                "the store is of chain " + tip_.chain.short_hex() + ", the genesis of chain " +
                    root_.chain.short_hex() + "; use another data folder");
  }
  const ledger::StateVersion version = trees_->final_version();
  if (version.root() == tip_.state_root && version.height() == tip_.height) return find_ruling();
  return fail(ErrorCode::DataLoss, reason::corrupt_data,
              "the state in the store is not that of its newest block");
}

Result<void> Execution::find_ruling() {
  const Epoch epoch = tip_.header ? turn_of(*tip_.header).epoch : root_.epoch();
  if (epoch == root_.epoch()) return {};
  const Epoch ended(epoch.value() - 1);
  OORT_TRY(auto handover, records::read<Handover>(*snapshot_, records::handover_key(ended)));
  // The first block of an epoch keeps the seed; before it, the beacon itself is that value.
  const ledger::View state(store_state_);
  const auto kept = state.epoch_seed(epoch);
  const auto seed = kept ? kept : state.beacon();
  if (!handover || handover->headers.empty() || !seed || handover->next.epoch() != epoch) {
    return fail(ErrorCode::DataLoss, reason::corrupt_data,
                "what epoch " + std::to_string(epoch.value()) + " stands on is not in the store");
  }
  const consensus::Header& last = handover->headers.front();
  ruling_ = {root_.chain,  consensus::id_of(last),    seed->value,
             last.time_ms, std::move(handover->next), last.height};
  return {};
}

std::optional<consensus::ValidatorSet> Execution::next_validators(
    const ledger::StateReader& parent) const {
  return validators_in(parent, ruling_.epoch().next());
}

std::optional<ParentFacts> Execution::facts(const BlockId& id) const {
  if (id == tip_.block) {
    return ParentFacts{tip_.height, tip_.state_root, tip_.result_root, &store_state_};
  }
  const ExecutedBlock* block = find(id);
  if (block == nullptr) return std::nullopt;
  return ParentFacts{block->block->header.height, block->state_root, block->result.result_root,
                     block->state.get()};
}

const ExecutedBlock* Execution::find(const BlockId& id) const {
  const auto found = blocks_.find(id);
  return found == blocks_.end() ? nullptr : found->second.get();
}

Result<std::vector<TransactionRef>> Execution::read_payload(const consensus::Block& block,
                                                            const Mempool& pool) const {
  const consensus::AppFields& app = block.header.app;
  if (block.payload.size() != app.payload_bytes) return invalid("the payload has another size");
  OORT_TRY(const auto parts, split_body(block.payload));
  if (parts.size() != app.payload_count) return invalid("the payload has another count");
  std::vector<TransactionRef> transactions;
  transactions.reserve(parts.size());
  for (const ByteView part : parts) {
    OORT_TRY(auto transaction, codec::from_bytes<ledger::Transaction>(part));
    const TransactionRef known = pool.find(ledger::id_of(transaction));
    if (known && known->transaction == transaction) {
      transactions.push_back(known);
      continue;
    }
    OORT_TRY(auto checked, check_transaction(root_.chain, signatures_, std::move(transaction)));
    transactions.push_back(std::move(checked));
  }
  if (payload_root_of(transactions) != app.payload_root) {
    return invalid("the payload is not the one of the header");
  }
  return transactions;
}

Result<Bytes32> Execution::check_header(const consensus::Block& block) const {
  const consensus::Header& header = block.header;
  const auto parent = facts(header.parent);
  OORT_ASSERT(parent.has_value(), "a block is checked after its parent was executed");
  if (header.height != parent->height.next()) return invalid("the height is not the parent's next");
  if (header.app.parent_state_root != parent->state_root) {
    return invalid("the parent's state root differs from what this node computed");
  }
  if (header.app.parent_result_root != parent->result_root) {
    return invalid("the parent's result root differs from what this node computed");
  }
  if (!header.app.evidence_root.is_zero()) {
    return invalid("the header names evidence, of which this version knows none");
  }
  OORT_TRY(check_ending(header, *parent->state));
  const auto beacon = beacon_of(header, *parent->state);
  if (!beacon) return invalid("the beacon's proof is not the proposer's");
  return *beacon;
}

Result<void> Execution::check_ending(const consensus::Header& header,
                                     const ledger::StateReader& parent) const {
  if (header.epoch != ruling_.epoch()) return invalid("the block is of another epoch");
  const auto next = next_validators(parent);
  if (header.is_last_of_epoch()) {
    if (next && next->hash() == header.app.next_validators_hash) return {};
    return invalid("the header names other validators of the next epoch than the ledger");
  }
  // An empty block may stand where the last of the epoch is due: far above finality, or behind a
  // last block that is not final yet, nothing else may.
  if (!next || header.app.is_empty()) return {};
  return invalid("the ledger names the next validators, and the header does not");
}

Execution::Judgement Execution::judge(const consensus::BlockRef& block, const Mempool& pool) const {
  if (!facts(block->header.parent)) return {Verdict::Open, {}, "its parent is not here"};
  // What is wrong with the payload alone says nothing of the block: anybody can send another.
  auto transactions = read_payload(*block, pool);
  if (!transactions) return {Verdict::Open, {}, transactions.error().to_string()};
  const auto beacon = check_header(*block);
  if (!beacon) return {Verdict::Invalid, {}, beacon.error().to_string()};
  return {Verdict::Valid, {block, *std::move(transactions), *beacon}, {}};
}

Bytes Execution::alpha(Height height, const ledger::StateReader& parent) const {
  const auto beacon = ledger::View(parent).beacon();
  return vrf_alpha(root_.chain, height, beacon ? beacon->value : Bytes32{});
}

std::optional<Bytes32> Execution::beacon_of(const consensus::Header& header,
                                            const ledger::StateReader& parent) const {
  return vrf_.verify(ruling_.validators[header.proposer].key, alpha(header.height, parent),
                     header.app.vrf_proof);
}

Result<const ExecutedBlock*> Execution::execute(consensus::BlockRef block,
                                                std::vector<TransactionRef> transactions,
                                                const Bytes32& beacon) {
  if (const ExecutedBlock* known = find(block->id)) return known;
  const consensus::Header& header = block->header;
  const auto parent = facts(header.parent);
  OORT_ASSERT(parent.has_value(), "a block is executed after its parent");
  const ExecutedBlock* parent_block = find(header.parent);
  auto executed = std::make_unique<ExecutedBlock>();
  std::vector<ledger::Transaction> bodies;
  bodies.reserve(transactions.size());
  for (const TransactionRef& transaction : transactions) bodies.push_back(transaction->transaction);
  const ledger::BlockContext context{header.height, header.time_ms,
                                     header.epoch,  ruling_.validators[header.proposer].node,
                                     beacon,        header.view};
  executed->result = machine_.execute(context, bodies, *parent->state);
  const ledger::StateVersion below =
      parent_block != nullptr ? parent_block->version : trees_->final_version();
  OORT_TRY(executed->version, trees_->update(below, header.height, executed->result.writes));
  executed->state_root = executed->version.root();
  executed->below = std::make_unique<ExecutedBlock::Below>(*parent->state);
  executed->state =
      std::make_unique<ledger::Overlay>(*executed->below, all_writes(executed->result));
  executed->transactions = std::move(transactions);
  const BlockId id = block->id;
  executed->block = std::move(block);
  return blocks_.emplace(id, std::move(executed)).first->second.get();
}

records::Tip Execution::tip_after(const ExecutedBlock& block) const {
  const consensus::Header& header = block.block->header;
  return {root_.chain, header.height,    block.block->id,          header.time_ms,
          header.view, block.state_root, block.result.result_root, header};
}

Result<void> Execution::put_places(env::KvBatch& batch, const ExecutedBlock& block) const {
  const Height height = block.block->header.height;
  std::set<TransactionId> placed;
  const auto put = [&](std::size_t i) {
    const TransactionId& id = block.transactions[i]->id;
    if (!placed.insert(id).second) return;
    batch.put(records::transaction_place_key(id),
              codec::to_bytes(records::Place{height, static_cast<std::uint32_t>(i)}));
  };
  const auto has_effect = [&](std::size_t i) {
    return block.result.receipts[i].rejection == ledger::Rejection::None;
  };
  for (std::size_t i = 0; i < block.transactions.size(); ++i) {
    if (has_effect(i)) put(i);
  }
  for (std::size_t i = 0; i < block.transactions.size(); ++i) {
    if (has_effect(i)) continue;
    // A proposer may bring a transaction again that took effect before: its place stays.
    const Bytes key = records::transaction_place_key(block.transactions[i]->id);
    OORT_TRY(const auto before, records::read<records::Place>(store_, key));
    if (!before) put(i);
  }
  return {};
}

Result<env::KvBatch> Execution::commit_batch(const ExecutedBlock& block, const Finality& finality) {
  const consensus::Header& header = block.block->header;
  OORT_ASSERT(header.parent == tip_.block, "blocks reach the store in the order of heights");
  env::KvBatch batch;
  put_writes(batch, block.result.writes);
  put_writes(batch, block.result.body_writes);
  OORT_TRY(trees_->finalize(block.version, batch));
  batch.put(records::block_key(header.height), *block.block->message);
  if (finality.certificate) {
    batch.put(records::certificate_key(header.height), codec::to_bytes(*finality.certificate));
  }
  if (header.is_last_of_epoch()) {
    OORT_ASSERT(finality.ending != nullptr, "what ends an epoch came with its proof");
    auto next = next_validators(store_state_);
    OORT_ASSERT(next.has_value(), "the header was checked: its parent's state names them");
    Handover handover{{header}, *finality.ending, *std::move(next)};
    handover.headers.insert(handover.headers.end(), finality.beyond.begin(), finality.beyond.end());
    batch.put(records::handover_key(header.epoch), codec::to_bytes(handover));
  }
  batch.put(records::outcome_key(header.height),
            codec::to_bytes(records::Outcome{block.result.receipts, block.result.block_events}));
  batch.put(records::block_place_key(block.block->id),
            codec::to_bytes(records::Place{header.height, 0}));
  OORT_TRY(put_places(batch, block));
  batch.put(records::tip_key(), codec::to_bytes(tip_after(block)));
  return batch;
}

Result<Execution::Committed> Execution::committed(const BlockId& id) {
  const auto found = blocks_.find(id);
  OORT_ASSERT(found != blocks_.end(), "what is committed was executed");
  Committed out;
  out.block = std::move(found->second);
  blocks_.erase(found);
  trees_->finalized(out.block->version);
  tip_ = tip_after(*out.block);
  take_snapshot();
  const bool ends_epoch = tip_.header->is_last_of_epoch();
  if (ends_epoch) OORT_TRY(find_ruling());
  std::vector<ExecutedBlock*> by_height;
  by_height.reserve(blocks_.size());
  for (const auto& [other, block] : blocks_) by_height.push_back(block.get());
  std::ranges::sort(by_height, {}, [](const ExecutedBlock* block) {
    return std::pair(block->block->header.height, block->block->id);
  });
  for (ExecutedBlock* block : by_height) {
    const BlockId& parent = block->block->header.parent;
    if (parent == id && !ends_epoch) {
      block->below->set(store_state_);
    } else if (!blocks_.contains(parent)) {
      const auto lost = blocks_.find(block->block->id);
      out.dropped.push_back(std::move(lost->second));
      blocks_.erase(lost);
    }
  }
  return out;
}

}  // namespace oort::chain
