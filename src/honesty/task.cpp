// SPDX-License-Identifier: Apache-2.0
#include "oort/honesty/task.hpp"

#include <algorithm>
#include <string>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/random.hpp"

namespace oort::honesty {
namespace {

/// The greatest power of `base` that divides the value; 1 for zero.
std::uint64_t granule(std::uint64_t value, std::uint64_t base) noexcept {
  std::uint64_t power = 1;
  while (value != 0 && value % base == 0) {
    value /= base;
    power *= base;
  }
  return power;
}

/// Sizes that people or block devices choose, and that come again and again.
bool is_round(std::uint64_t bytes) noexcept { return granule(bytes, 2) >= bytes / 16; }

/// from + (to − from) · part / whole, as round in tens as both. Prices need not rise with sizes.
Uint128 between(Uint128 from, Uint128 to, std::uint64_t part, std::uint64_t whole) noexcept {
  constexpr Uint128 most = ~std::uint64_t{0};
  if (from == to || from > most || to > most) return from;
  const Uint128 gap = (from < to ? to - from : from - to) * part / whole;
  const Uint128 price = from < to ? from + gap : from - gap;
  const std::uint64_t step = std::min(granule(static_cast<std::uint64_t>(from), 10),
                                      granule(static_cast<std::uint64_t>(to), 10));
  return price / step * step;
}

}  // namespace

void encode(codec::Writer& out, const TaskEnvelope& value) {
  out.u8(envelope_format_version);
  for_each_field(value, [&out](const auto& field) { codec::encode(out, field); });
}

Result<void> decode(codec::Reader& in, TaskEnvelope& value) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != envelope_format_version) {
    return fail(ErrorCode::InvalidArgument, reason::unsupported_version,
                "a task envelope of version " + std::to_string(version));
  }
  Result<void> result;
  for_each_field(value, [&](auto& field) {
    if (result) result = codec::decode(in, field);
  });
  return result;
}

TaskShape shape_of(const TaskEnvelope& envelope, std::uint64_t offset_ms) noexcept {
  return {envelope.workload,    envelope.broker,      envelope.price,
          envelope.input_bytes, envelope.deadline_ms, offset_ms};
}

void LiveShapes::saw(const TaskShape& shape, env::Random& random) {
  if (shapes_.size() < capacity_) {
    shapes_.push_back(shape);
  } else {
    shapes_[random.below(capacity_)] = shape;
  }
}

const TaskShape* LiveShapes::next_of(const TaskShape& shape) const noexcept {
  const TaskShape* next = nullptr;
  for (const TaskShape& other : shapes_) {
    const bool is_alike =
        other.workload == shape.workload && other.deadline_ms == shape.deadline_ms;
    if (!is_alike || other.input_bytes <= shape.input_bytes) continue;
    if (next == nullptr || other.input_bytes < next->input_bytes) next = &other;
  }
  return next;
}

std::optional<TaskShape> LiveShapes::draw(env::Random& random) const {
  if (shapes_.empty()) return std::nullopt;
  constexpr std::uint32_t tries_count = 8;
  for (std::uint32_t i = 0; i < tries_count; ++i) {
    TaskShape shape = shapes_[random.below(shapes_.size())];
    if (is_round(shape.input_bytes)) return shape;
    // The greatest of its kind has no neighbour, and as it is it would be known again.
    const TaskShape* next = next_of(shape);
    if (next == nullptr) continue;
    const std::uint64_t gap = next->input_bytes - shape.input_bytes;
    const std::uint64_t part = random.below(gap);
    shape.input_bytes += part;
    shape.price = Credits(between(shape.price.units(), next->price.units(), part, gap));
    return shape;
  }
  return std::nullopt;
}

}  // namespace oort::honesty
