// SPDX-License-Identifier: Apache-2.0
// The queue of what a height has to look after.
#include "honesty/inner.hpp"
#include "key_writer.hpp"
#include "oort/core/assert.hpp"

namespace oort::ledger {
namespace {

/// Height and kind stand between the table and the subject.
constexpr std::size_t height_at = 2;
constexpr std::size_t kind_at = height_at + 8;
constexpr std::size_t subject_at = kind_at + 1;

std::uint64_t number_of(ByteView bytes) {
  std::uint64_t number = 0;
  for (const std::byte byte : bytes) number = number << 8 | std::to_integer<std::uint64_t>(byte);
  return number;
}

void go_on(Block& block, const HonestyParams& params, ByteView key, std::vector<Event>& events) {
  const ByteView subject = key.subspan(subject_at);
  switch (static_cast<keys::HonestyDue>(key[kind_at])) {
    case keys::HonestyDue::Case:
      return go_on_with_case(block, params, *Bytes32::from(subject), events);
    case keys::HonestyDue::Audit:
      return go_on_with_audit(block, params, number_of(subject), events);
    case keys::HonestyDue::ForgetCase: return forget_case(block.state, *Bytes32::from(subject));
  }
  OORT_ASSERT(false, "the queue holds what the machine put there");
}

}  // namespace

Bytes number_bytes(std::uint64_t number) {
  Bytes bytes;
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<std::byte>(number >> shift & 0xff));
  }
  return bytes;
}

void due_at(Overlay& state, Height height, keys::HonestyDue kind, ByteView subject) {
  state.put(keys::honesty_due(height, kind, subject), Bytes{});
}

void go_on_with_what_is_due(Block& block, const HonestyParams& params, std::vector<Event>& events) {
  std::vector<Bytes> due;
  const Bytes prefix = keys::honesty_due();
  block.state.scan(prefix, prefix, [&](ByteView key, ByteView) {
    const bool is_due =
        number_of(key.subspan(height_at, kind_at - height_at)) <= block.header.height.value();
    if (!is_due || due.size() == honesty_due_per_block_max) return false;
    due.push_back(to_bytes(key));
    return true;
  });
  for (const Bytes& key : due) {
    block.state.erase(key);
    go_on(block, params, key, events);
  }
}

}  // namespace oort::ledger
