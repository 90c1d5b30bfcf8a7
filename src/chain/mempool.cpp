// SPDX-License-Identifier: Apache-2.0
#include "oort/chain/mempool.hpp"

#include <algorithm>

#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/transaction.hpp"

namespace oort::chain {
namespace {

tl::unexpected<Error> full(std::string detail) {
  return fail(ErrorCode::ResourceExhausted, reason::queue_full, std::move(detail));
}

}  // namespace

Uint128 Mempool::rate_of(const CheckedTransaction& transaction) noexcept {
  return transaction.transaction.fee_max.units() / std::max<std::size_t>(1, transaction.bytes);
}

std::size_t Mempool::ready_in(const Lane& lane) {
  std::size_t count = 0;
  for (auto slot = lane.slots.begin(); slot != lane.slots.end() && slot->first < lane.ready_end;
       ++slot) {
    if (slot->second.included_count == 0) ++count;
  }
  return count;
}

Mempool::Slot* Mempool::slot_of(const TransactionId& id, Lane** lane) {
  const auto place = by_id_.find(id);
  if (place == by_id_.end()) return nullptr;
  Lane& found = lanes_.at(place->second.first);
  if (lane != nullptr) *lane = &found;
  return &found.slots.at(place->second.second);
}

void Mempool::refresh_tail(const LaneKey& key, const Lane& lane, const TransactionRef& before) {
  if (before) tails_.erase({rate_of(*before), key});
  if (!lane.slots.empty()) {
    tails_.insert({rate_of(*lane.slots.rbegin()->second.transaction), key});
  }
}

void Mempool::erase(Lanes::iterator lane, std::map<std::uint64_t, Slot>::iterator slot) {
  const LaneKey key = lane->first;
  const TransactionRef tail = lane->second.slots.rbegin()->second.transaction;
  const TransactionRef gone = slot->second.transaction;
  if (slot->first < lane->second.ready_end && slot->second.included_count == 0) --ready_count_;
  if (slot->first < lane->second.ready_end) {
    // What follows the gap waits until it is filled.
    for (auto later = std::next(slot);
         later != lane->second.slots.end() && later->first < lane->second.ready_end; ++later) {
      if (later->second.included_count == 0) --ready_count_;
    }
    lane->second.ready_end = slot->first;
  }
  by_arrival_.erase(slot->second.arrival);
  by_expiry_.erase({gone->transaction.valid_until, gone->id});
  by_id_.erase(gone->id);
  bytes_ -= gone->bytes;
  const auto sender = per_sender_.find(key.first);
  if (--sender->second == 0) per_sender_.erase(sender);
  lane->second.slots.erase(slot);
  refresh_tail(key, lane->second, tail);
  if (lane->second.slots.empty()) lanes_.erase(lane);
}

Result<void> Mempool::make_room(const CheckedTransaction& transaction) {
  if (transaction.bytes > options_.bytes_max)
    return full("the transaction is larger than the pool");
  const LaneKey own{transaction.transaction.sender, transaction.transaction.lane};
  while (bytes_ + transaction.bytes > options_.bytes_max || by_id_.size() >= options_.count_max) {
    const auto worst = tails_.begin();
    if (worst == tails_.end() || worst->first >= rate_of(transaction) || worst->second == own) {
      return full("the pool of transactions is full; raise fee_max or retry later");
    }
    const auto lane = lanes_.find(worst->second);
    erase(lane, std::prev(lane->second.slots.end()));
  }
  return {};
}

void Mempool::insert(Lane& lane, TransactionRef transaction) {
  const std::uint64_t sequence = transaction->transaction.sequence;
  bytes_ += transaction->bytes;
  ++per_sender_[transaction->transaction.sender];
  by_arrival_.emplace(arrivals_, transaction->id);
  by_expiry_.emplace(transaction->transaction.valid_until, transaction->id);
  lane.slots.emplace(sequence, Slot{std::move(transaction), 0, arrivals_});
  ++arrivals_;
  if (sequence != lane.ready_end) return;
  for (auto slot = lane.slots.find(sequence);
       slot != lane.slots.end() && slot->first == lane.ready_end; ++slot) {
    ++lane.ready_end;
    if (slot->second.included_count == 0) ++ready_count_;
  }
}

Result<void> Mempool::add(TransactionRef transaction, std::uint64_t next_sequence) {
  const ledger::Transaction& body = transaction->transaction;
  const LaneKey key{body.sender, body.lane};
  if (by_id_.contains(transaction->id)) {
    return fail(ErrorCode::AlreadyExists, reason::already_exists, "the transaction is waiting");
  }
  if (body.sequence < next_sequence) {
    return fail(ErrorCode::FailedPrecondition, reason::rejected,
                "WrongSequence: the lane expects " + std::to_string(next_sequence));
  }
  if (body.sequence - next_sequence >= options_.sequence_window) {
    return full("the sequence is too far ahead of the lane, which expects " +
                std::to_string(next_sequence));
  }
  if (const auto lane = lanes_.find(key);
      lane != lanes_.end() && lane->second.slots.contains(body.sequence)) {
    return fail(ErrorCode::AlreadyExists, reason::already_exists,
                "another transaction with this sequence is waiting");
  }
  const auto sender = per_sender_.find(body.sender);
  if (sender != per_sender_.end() && sender->second >= options_.per_sender_count_max) {
    return full("the sender has too many transactions waiting");
  }
  OORT_TRY(make_room(*transaction));
  const auto [lane, is_new] = lanes_.try_emplace(key);
  if (is_new) lane->second.next = lane->second.ready_end = next_sequence;
  const TransactionRef tail =
      lane->second.slots.empty() ? nullptr : lane->second.slots.rbegin()->second.transaction;
  by_id_.emplace(transaction->id, std::pair(key, body.sequence));
  insert(lane->second, std::move(transaction));
  refresh_tail(key, lane->second, tail);
  return {};
}

TransactionRef Mempool::find(const TransactionId& id) const {
  const auto place = by_id_.find(id);
  if (place == by_id_.end()) return nullptr;
  return lanes_.at(place->second.first).slots.at(place->second.second).transaction;
}

std::vector<TransactionRef> Mempool::build(const Limits& limits, const NextSequence& next) {
  std::vector<TransactionRef> chosen;
  std::size_t bytes = 0;
  std::size_t operations = 0;
  auto lane = lanes_.upper_bound(turn_);
  for (std::size_t visited = 0; visited < lanes_.size(); ++visited, ++lane) {
    if (lane == lanes_.end()) lane = lanes_.begin();
    const auto& [key, queue] = *lane;
    std::uint64_t sequence = next(key.first, key.second);
    for (auto slot = queue.slots.find(sequence);
         slot != queue.slots.end() && slot->first == sequence; ++slot, ++sequence) {
      const TransactionRef& candidate = slot->second.transaction;
      // Included, and yet the state expects it: its block refused it.
      if (slot->second.included_count != 0) break;
      if (candidate->transaction.valid_until < limits.height) break;
      const std::size_t count = candidate->transaction.operations.size();
      if (chosen.size() >= limits.count_max || bytes + candidate->bytes > limits.bytes_max ||
          operations + count > limits.operations_max) {
        turn_ = key;
        return chosen;
      }
      bytes += candidate->bytes;
      operations += count;
      chosen.push_back(candidate);
    }
  }
  return chosen;
}

void Mempool::included(std::span<const TransactionId> ids) {
  for (const TransactionId& id : ids) {
    Lane* lane = nullptr;
    Slot* slot = slot_of(id, &lane);
    if (slot == nullptr) continue;
    const std::uint64_t sequence = slot->transaction->transaction.sequence;
    if (slot->included_count++ == 0 && sequence < lane->ready_end && sequence >= lane->next) {
      --ready_count_;
    }
  }
}

void Mempool::released(std::span<const TransactionId> ids) {
  for (const TransactionId& id : ids) {
    Lane* lane = nullptr;
    Slot* slot = slot_of(id, &lane);
    if (slot == nullptr || slot->included_count == 0) continue;
    const std::uint64_t sequence = slot->transaction->transaction.sequence;
    if (--slot->included_count == 0 && sequence < lane->ready_end && sequence >= lane->next) {
      ++ready_count_;
    }
  }
}

void Mempool::advance(const LaneKey& key, std::uint64_t next) {
  auto lane = lanes_.find(key);
  while (lane != lanes_.end() && lane->second.slots.begin()->first < next) {
    erase(lane, lane->second.slots.begin());
    lane = lanes_.find(key);
  }
  if (lane == lanes_.end()) return;
  Lane& queue = lane->second;
  ready_count_ -= ready_in(queue);
  queue.next = queue.ready_end = next;
  for (const auto& [sequence, slot] : queue.slots) {
    if (sequence != queue.ready_end) break;
    ++queue.ready_end;
  }
  ready_count_ += ready_in(queue);
}

void Mempool::finalized(std::span<const TransactionRef> transactions, Height height,
                        const NextSequence& next) {
  std::set<LaneKey> touched;
  for (const TransactionRef& transaction : transactions) {
    remove(transaction->id);
    touched.emplace(transaction->transaction.sender, transaction->transaction.lane);
  }
  for (const LaneKey& key : touched) {
    if (lanes_.contains(key)) advance(key, next(key.first, key.second));
  }
  while (!by_expiry_.empty() && by_expiry_.begin()->first <= height) {
    const TransactionId expired = by_expiry_.begin()->second;
    remove(expired);
  }
}

void Mempool::remove(const TransactionId& id) {
  const auto place = by_id_.find(id);
  if (place == by_id_.end()) return;
  const auto lane = lanes_.find(place->second.first);
  OORT_ASSERT(lane != lanes_.end(), "what is known by id stands in a lane");
  erase(lane, lane->second.slots.find(place->second.second));
}

std::vector<TransactionId> Mempool::oldest(std::size_t count_max) const {
  std::vector<TransactionId> ids;
  for (const auto& [arrival, id] : by_arrival_) {
    if (ids.size() == count_max) break;
    ids.push_back(id);
  }
  return ids;
}

}  // namespace oort::chain
