// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <tl/expected.hpp>
#include <vector>

#include "oort/ledger/keys.hpp"
#include "oort/ledger/machine.hpp"
#include "oort/ledger/view.hpp"
#include "stored.hpp"

namespace oort::ledger {

/// What all operations of a block share.
struct Block {
  const BlockContext& header;
  const ChainId& chain;
  const SignatureVerifier& signatures;
  const EvidenceVerifier* evidence;  ///< May be null.
  const Params& params;
  Overlay& state;
  std::uint32_t evidence_count = 0;  ///< Judged in this block so far.
  std::uint32_t reveals_count = 0;   ///< Judged in this block so far.

  [[nodiscard]] View view() const noexcept { return View(state); }
  [[nodiscard]] Height height_after(std::uint64_t blocks) const noexcept;
};

/// One operation under execution. It may write before it knows that it succeeds: whoever called it
/// rolls the state back when it is rejected.
struct Call {
  Block& block;
  const AccountId& sender;
  std::uint32_t transaction = 0;  ///< Index in the block.
  std::uint32_t operation = 0;    ///< Index in the transaction.
  const Bytes* body = nullptr;    ///< Null without one, or where history forgot it.
  std::vector<Event>& events;

  [[nodiscard]] Overlay& state() const noexcept { return block.state; }
  [[nodiscard]] View view() const noexcept { return block.view(); }
  [[nodiscard]] const Params& params() const noexcept { return block.params; }
  [[nodiscard]] ObjectVersionId version_id() const noexcept {
    return keys::version_id(block.header.height, transaction, operation);
  }
};

/// A value, or why the operation is refused.
template <class T>
using Accepted = tl::expected<T, Rejection>;
using Refused = tl::unexpected<Rejection>;

/// The sum, or the greatest height: a window never wraps.
[[nodiscard]] inline Height later(Height height, std::uint64_t blocks) noexcept {
  const std::uint64_t sum = height.value() + blocks;
  return Height(sum < height.value() ? ~std::uint64_t{0} : sum);
}
inline Height Block::height_after(std::uint64_t blocks) const noexcept {
  return later(header.height, blocks);
}

/// Whether `values` ascend strictly by what `key` takes of them.
template <class T, class Key>
[[nodiscard]] bool ascends(const std::vector<T>& values, Key key) {
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (!(key(values[i - 1]) < key(values[i]))) return false;
  }
  return true;
}
[[nodiscard]] inline bool ascends(const std::vector<KeySeal>& seals) {
  return ascends(seals, [](const KeySeal& seal) { return seal.gateway; });
}

/// Puts the body that a record now names, and never leaves an older one in its place.
void place_body(Call& call, ByteView key);

/// A counter of the state that is read and moved on; the first number is 1.
[[nodiscard]] std::uint64_t take_number(Overlay& state, ByteView key);

}  // namespace oort::ledger
