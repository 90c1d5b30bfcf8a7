// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"

/// What the decoders of the built-in workloads share.
namespace oort::compute::builtin {

[[nodiscard]] inline tl::unexpected<Error> refuse(std::string_view reason, std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason, std::move(detail));
}

/// The version byte that every record begins with.
[[nodiscard]] inline Result<void> expect_version(codec::Reader& in, std::uint8_t known,
                                                 std::string_view what) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != known) {
    return refuse(reason::unsupported_version,
                  std::string(what) + " of version " + std::to_string(version));
  }
  return {};
}

/// Signed bytes as they lie in memory: one byte each.
[[nodiscard]] inline ByteView bytes_of(std::span<const std::int8_t> values) noexcept {
  return std::as_bytes(values);
}
[[nodiscard]] inline Result<std::vector<std::int8_t>> read_i8s(codec::Reader& in,
                                                               std::size_t count) {
  OORT_TRY(const ByteView bytes, in.raw(count));
  std::vector<std::int8_t> values(count);
  if (count > 0) std::memcpy(values.data(), bytes.data(), count);
  return values;
}

/// 32-bit integers in two's complement, without their number.
inline void write_i32s(codec::Writer& out, std::span<const std::int32_t> values) {
  for (const std::int32_t value : values) out.u32(static_cast<std::uint32_t>(value));
}
/// Fails with BAD_ARGUMENT for a magnitude over `magnitude_max`.
[[nodiscard]] inline Result<std::vector<std::int32_t>> read_i32s(codec::Reader& in,
                                                                 std::size_t count,
                                                                 std::int32_t magnitude_max) {
  if (in.rest().size() / 4 < count) {
    return refuse(reason::malformed,
                  "the input ends inside " + std::to_string(count) + " integers");
  }
  std::vector<std::int32_t> values;
  values.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    OORT_TRY(const std::uint32_t word, in.u32());
    const auto value = static_cast<std::int32_t>(word);
    if (value > magnitude_max || value < -magnitude_max) {
      return refuse(reason::bad_argument, "an integer is out of its range");
    }
    values.push_back(value);
  }
  return values;
}

}  // namespace oort::compute::builtin
