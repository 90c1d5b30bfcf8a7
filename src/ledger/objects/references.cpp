// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "objects/objects.hpp"
#include "oort/core/assert.hpp"

namespace oort::ledger {
namespace {

/// Calls `use(segment id, first, last)` for each run of neighbouring extents of one segment; stops
/// at the first rejection.
template <class Use>
Rejection for_each_run(const std::vector<Extent>& extents, Use use) {
  for (auto first = extents.begin(); first != extents.end();) {
    const SegmentId& id = first->slot.segment;
    const auto last = std::find_if(
        first, extents.end(), [&id](const Extent& extent) { return extent.slot.segment != id; });
    if (const Rejection rejection = use(id, first, last); rejection != Rejection::None) {
      return rejection;
    }
    first = last;
  }
  return Rejection::None;
}

bool lies_within(const Extent& extent, const Segment& segment) noexcept {
  return extent.length != 0 && extent.offset <= segment.length &&
         extent.length <= segment.length - extent.offset;
}

}  // namespace

Accepted<std::uint64_t> sealed_size_of(const std::vector<Extent>& extents) {
  std::uint64_t size = 0;
  for (const Extent& extent : extents) {
    if (extent.length > limits::segment_bytes_max) return Refused(Rejection::ExtentInvalid);
    size += extent.length;  // At most 10,000 times 64 MiB.
  }
  return size;
}

Accepted<Content> refer(Call& call, const std::vector<Extent>& extents, const ClassPolicy& policy,
                        bool must_own) {
  Content content{.sealed_size = 0, .tolerance = 255, .is_degraded = false};
  const auto use = [&](const SegmentId& id, auto first, auto last) {
    auto segment = call.view().segment(id);
    if (!segment) return Rejection::SegmentUnknown;
    if (must_own && segment->gateway != call.sender) return Rejection::SegmentNotYours;
    for (auto extent = first; extent != last; ++extent) {
      if (!lies_within(*extent, *segment)) return Rejection::ExtentInvalid;
      content.sealed_size += extent->length;
    }
    segment->references += static_cast<std::uint64_t>(last - first);
    content.tolerance = std::min(content.tolerance, segment->tolerance);
    save_segment(call.block, id, *segment);
    return Rejection::None;
  };
  if (const Rejection rejection = for_each_run(extents, use); rejection != Rejection::None) {
    return Refused(rejection);
  }
  // Nothing to store is as safe as the class promises.
  if (extents.empty()) content.tolerance = policy.tolerance;
  content.is_degraded = content.tolerance < policy.tolerance;
  return content;
}

void release(Block& block, const std::vector<Extent>& extents, std::vector<Event>& events) {
  const auto use = [&](const SegmentId& id, auto first, auto last) {
    auto segment = block.view().segment(id);
    const auto count = static_cast<std::uint64_t>(last - first);
    OORT_ASSERT(segment.has_value(), "a segment with references is never dropped");
    OORT_ASSERT(segment->references >= count, "every extent was counted once");
    segment->references -= count;
    if (segment->references == 0 && segment->state == SegmentState::Sealed) {
      drop_segment(block, id, *segment, events);
    } else {
      save_segment(block, id, *segment);
    }
    return Rejection::None;
  };
  static_cast<void>(for_each_run(extents, use));
}

}  // namespace oort::ledger
