// SPDX-License-Identifier: Apache-2.0
#include "segment_work.hpp"

#include "coded_store.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/shard_receipt.hpp"
#include "oort/ledger/transaction.hpp"
#include "segment_read.hpp"

namespace oort::object {
namespace {

void order(const EnvPtr& env, ledger::SubmittedOperation operation, Callback<Result<void>> done) {
  std::vector<ledger::SubmittedOperation> operations;
  operations.push_back(std::move(operation));
  env->parts.submit.submit(
      std::move(operations), env->options.submit_deadline,
      [done = std::move(done)](Result<SubmitResult> result) mutable {
        if (!result) {
          done(fail(std::move(result).error()));
        } else if (result->receipts.front().rejection != ledger::Rejection::None) {
          done(fail(ledger::error_of(result->receipts.front().rejection)));
        } else {
          done({});
        }
      });
}

void store_sealed(const EnvPtr& env, const SegmentId& id, const ledger::Segment& record,
                  Bytes content, Callback<Result<void>> done) {
  CodedStoreRequest request;
  request.segment = id;
  request.generation = record.fence + 1;
  request.storage_class = record.storage_class;
  request.content = std::make_shared<const Bytes>(std::move(content));
  request.durability = Durability::Strict;
  store_coded(env, std::move(request),
              [env, id, fence = record.fence,
               done = std::move(done)](Result<CodedStoreResult> stored) mutable {
                if (!stored) {
                  done(fail(std::move(stored).error()));
                  return;
                }
                ledger::SegmentSeal seal;
                seal.segment = id;
                seal.fence = fence;
                seal.data_shards = stored->plan.scheme.data;
                seal.receipts = std::move(stored->receipts);
                order(env, {std::move(seal), {}}, std::move(done));
              });
}

/// The bytes of the shard that the action puts.
void read_shard(const EnvPtr& env, const RepairAction& action, const ledger::Segment& record,
                Callback<Result<Bytes>> done) {
  if (record.state == ledger::SegmentState::Open) {
    read_segment(env, action.segment, record, std::move(done));
    return;
  }
  if (action.index < record.shards.size()) {
    rebuild_shard(env, {action.segment, record, action.index}, std::move(done));
    return;
  }
  // One shard more than there are: the last of the code that is one wider.
  read_segment(env, action.segment, record,
               [index = action.index, k = record.data_shards,
                done = std::move(done)](Result<Bytes> content) mutable {
                 if (!content) {
                   done(std::move(content));
                   return;
                 }
                 const auto total = static_cast<std::uint8_t>(index + 1);
                 CodedSegment coded = code_segment(*Coder::make({k, total}), *content);
                 done(std::move(coded.shards.back()));
               });
}

/// What the ledger asks of the shard that takes the place of another one.
std::uint32_t generation_for(const RepairAction& action, const ledger::Segment& record) {
  const bool is_added = action.index == record.shards.size();
  if (is_added || record.state == ledger::SegmentState::Open) return record.fence;
  return record.shards[action.index].generation + 1;
}

void place(const EnvPtr& env, const RepairAction& action, const ledger::Segment& record,
           Bytes shard, Callback<Result<void>> done) {
  ShardPut put;
  put.node = action.target;
  put.shard = {action.segment, action.index, generation_for(action, record)};
  put.root = crypto::tree_root(shard);
  put.bytes = std::make_shared<const Bytes>(std::move(shard));
  put.hold_until = hold_until(env->parts.ledger.snapshot());
  put_shard(env, std::move(put),
            [env, action, done = std::move(done)](Result<ledger::ShardReceipt> receipt) mutable {
              if (!receipt) {
                env->health->refused(action.target, env->parts.clock.now_mono());
                done(fail(std::move(receipt).error().with("node " + action.target.short_hex() +
                                                          " took no shard")));
                return;
              }
              order(env, {ledger::ShardReplace{action.segment, action.replaces, *receipt}, {}},
                    std::move(done));
            });
}

}  // namespace

void seal_segment(const EnvPtr& env, const SegmentId& id, const ledger::Segment& record,
                  Callback<Result<void>> done) {
  read_segment(env, id, record,
               [env, id, record, done = std::move(done)](Result<Bytes> content) mutable {
                 if (!content) {
                   done(fail(std::move(content).error()));
                 } else {
                   store_sealed(env, id, record, std::move(*content), std::move(done));
                 }
               });
}

void repair_shard(const EnvPtr& env, const RepairAction& action, const ledger::Segment& record,
                  Callback<Result<void>> done) {
  read_shard(env, action, record,
             [env, action, record, done = std::move(done)](Result<Bytes> shard) mutable {
               if (!shard) {
                 done(fail(std::move(shard).error()));
               } else {
                 place(env, action, record, std::move(*shard), std::move(done));
               }
             });
}

}  // namespace oort::object
