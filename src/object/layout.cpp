// SPDX-License-Identifier: Apache-2.0
#include "oort/object/layout.hpp"

#include <algorithm>

#include "oort/core/assert.hpp"

namespace oort::object {

std::uint64_t Layout::stripes_count() const noexcept {
  return (length_ + stripe_bytes() - 1) / stripe_bytes();
}

std::uint64_t Layout::unit_bytes(std::uint64_t stripe) const noexcept {
  OORT_ASSERT(stripe < stripes_count(), "the stripe is one of this segment");
  const std::uint64_t rest = length_ - stripe * stripe_bytes();
  return rest >= stripe_bytes() ? stripe_unit_bytes : (rest + data_ - 1) / data_;
}

std::uint64_t Layout::shard_bytes() const noexcept {
  const std::uint64_t stripes = stripes_count();
  if (stripes == 0) return 0;
  return (stripes - 1) * stripe_unit_bytes + unit_bytes(stripes - 1);
}

std::vector<ShardRun> Layout::runs(std::uint64_t offset, std::uint64_t size) const {
  OORT_ASSERT(offset <= length_, "the range lies inside the segment");
  OORT_ASSERT(size <= length_ - offset, "the range lies inside the segment");
  std::vector<ShardRun> runs;
  while (size > 0) {
    const std::uint64_t stripe = stripe_of(offset);
    const std::uint64_t unit = unit_bytes(stripe);
    const std::uint64_t in_stripe = offset - stripe * stripe_bytes();
    const std::uint64_t shard = in_stripe / unit;
    const std::uint64_t in_unit = in_stripe - shard * unit;
    const std::uint64_t run = std::min(size, unit - in_unit);
    runs.push_back({static_cast<std::uint8_t>(shard), shard_offset(stripe) + in_unit, offset, run});
    offset += run;
    size -= run;
  }
  return runs;
}

}  // namespace oort::object
