// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "objects/objects.hpp"
#include "oort/core/assert.hpp"

namespace oort::ledger {
namespace {

// Module, table, height, kind; then what it is about.
constexpr std::size_t kind_at = 2 + 8;
constexpr std::size_t subject_at = kind_at + 1;

/// The markers whose height has come, oldest first.
std::vector<Bytes> due(const Block& block) {
  std::vector<Bytes> found;
  const Bytes prefix = keys::expiry();
  // What lies before this key is due: no marker is of a kind 0xff.
  const Bytes end = keys::expiry(block.header.height, static_cast<keys::Expiry>(0xff), {});
  block.state.scan(prefix, prefix, [&](ByteView key, ByteView) {
    if (!KeyLess{}(key, end) || found.size() == expiries_per_block_max) return false;
    found.push_back(to_bytes(key));
    return true;
  });
  return found;
}

/// A segment that may be unused: dropped if it is, looked at again while it is open.
void look_at_segment(Block& block, ByteView subject, std::vector<Event>& events) {
  const auto id = SegmentId::from(subject);
  OORT_ASSERT(id.has_value(), "the subject of such a marker is a segment");
  const auto segment = block.view().segment(*id);
  if (!segment) return;
  const bool is_open = segment->state == SegmentState::Open;
  const bool has_lease = is_open && block.header.height <= segment->lease_until;
  if (segment->references == 0 && !has_lease) return drop_segment(block, *id, *segment, events);
  if (is_open) {
    const Height from = std::max(segment->lease_until, block.header.height);
    // At least one block on, so that a window of zero does not come back within this block.
    const std::uint64_t window = std::max<std::uint64_t>(block.params.orphan_window, 1);
    watch_segment(block, *id, later(from, window));
  }
}

/// A removed version whose undo window may have passed.
void look_at_removed(Block& block, ByteView subject, std::vector<Event>& events) {
  Bytes key = keys::prefix(Module::Objects, table::removed);
  key.insert(key.end(), subject.begin(), subject.end());
  const auto removed = load<RemovedObject>(block.state, key);
  // Restored meanwhile, or removed anew after that.
  if (!removed || block.header.height < removed->purge_at) return;
  const Object& object = removed->object;
  const ObjectVersionRef ref{object.bucket, object.name_hash, object.version};
  block.state.erase(key);
  block.state.erase(keys::object_body(ref));
  release(block, object.extents, events);
  events.emplace_back(ObjectPurged{ref});
}

}  // namespace

void expire(Block& block, std::vector<Event>& events) {
  for (const Bytes& key : due(block)) {
    block.state.erase(key);
    const ByteView subject = ByteView(key).subspan(subject_at);
    switch (static_cast<keys::Expiry>(key[kind_at])) {
      case keys::Expiry::UnusedSegment: look_at_segment(block, subject, events); break;
      case keys::Expiry::RemovedObject: look_at_removed(block, subject, events); break;
    }
  }
}

}  // namespace oort::ledger
