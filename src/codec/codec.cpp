// SPDX-License-Identifier: Apache-2.0
#include "oort/codec/codec.hpp"

#include <limits>

#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"

namespace oort::codec {
namespace {

template <class T>
Result<T> read_integer(ByteView& rest) {
  if (rest.size() < sizeof(T)) {
    return fail(ErrorCode::InvalidArgument, reason::malformed,
                "the input ends inside an integer of " + std::to_string(sizeof(T)) + " bytes");
  }
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(
        value | static_cast<T>(static_cast<T>(std::to_integer<std::uint8_t>(rest[i])) << (8 * i)));
  }
  rest = rest.subspan(sizeof(T));
  return value;
}

template <class T>
Result<void> assign(Result<T> read, T& value) {
  OORT_TRY(value, std::move(read));
  return {};
}

}  // namespace

void Writer::blob(ByteView bytes) {
  OORT_ASSERT(bytes.size() <= std::numeric_limits<std::uint32_t>::max(), "a length is a u32");
  u32(static_cast<std::uint32_t>(bytes.size()));
  raw(bytes);
}

Result<std::uint8_t> Reader::u8() { return read_integer<std::uint8_t>(rest_); }
Result<std::uint16_t> Reader::u16() { return read_integer<std::uint16_t>(rest_); }
Result<std::uint32_t> Reader::u32() { return read_integer<std::uint32_t>(rest_); }
Result<std::uint64_t> Reader::u64() { return read_integer<std::uint64_t>(rest_); }
Result<Uint128> Reader::u128() { return read_integer<Uint128>(rest_); }

Result<bool> Reader::boolean() {
  if (!rest_.empty() && std::to_integer<unsigned>(rest_.front()) > 1) {
    return fail(ErrorCode::InvalidArgument, reason::not_canonical, "a boolean is 0 or 1");
  }
  OORT_TRY(const std::uint8_t value, u8());
  return value == 1;
}

Result<ByteView> Reader::raw(std::size_t size) {
  if (rest_.size() < size) {
    return fail(ErrorCode::InvalidArgument, reason::malformed,
                "the input ends " + std::to_string(size - rest_.size()) + " bytes early");
  }
  const ByteView bytes = rest_.first(size);
  rest_ = rest_.subspan(size);
  return bytes;
}

Result<ByteView> Reader::blob(std::size_t size_max) {
  const ByteView before = rest_;
  OORT_TRY(const std::uint32_t size, u32());
  if (size > size_max) {
    rest_ = before;
    return fail(ErrorCode::InvalidArgument, reason::too_large,
                "a field of " + std::to_string(size) + " bytes; at most " +
                    std::to_string(size_max) + " are allowed");
  }
  auto bytes = raw(size);
  if (!bytes) rest_ = before;
  return bytes;
}

Result<std::string> Reader::text(std::size_t size_max) {
  OORT_TRY(const ByteView bytes, blob(size_max));
  return std::string(as_text(bytes));
}

Result<std::uint32_t> Reader::count(std::size_t count_max, std::size_t element_size_min) {
  OORT_ASSERT(element_size_min > 0, "an element of no bytes would leave the count unbounded");
  const ByteView before = rest_;
  OORT_TRY(const std::uint32_t count, u32());
  if (count > count_max) {
    rest_ = before;
    return fail(
        ErrorCode::InvalidArgument, reason::too_large,
        std::to_string(count) + " elements; at most " + std::to_string(count_max) + " are allowed");
  }
  if (count > rest_.size() / element_size_min) {
    rest_ = before;
    return fail(ErrorCode::InvalidArgument, reason::malformed,
                std::to_string(count) + " elements do not fit into the rest of the input");
  }
  return count;
}

Result<void> Reader::finish() const {
  if (rest_.empty()) return {};
  return fail(ErrorCode::InvalidArgument, reason::malformed,
              std::to_string(rest_.size()) + " bytes are left over");
}

Result<void> decode(Reader& in, std::uint8_t& value) { return assign(in.u8(), value); }
Result<void> decode(Reader& in, std::uint16_t& value) { return assign(in.u16(), value); }
Result<void> decode(Reader& in, std::uint32_t& value) { return assign(in.u32(), value); }
Result<void> decode(Reader& in, std::uint64_t& value) { return assign(in.u64(), value); }
Result<void> decode(Reader& in, bool& value) { return assign(in.boolean(), value); }

void encode(Writer& out, const SlotRef& value) {
  encode(out, value.segment);
  encode(out, value.slot);
}
Result<void> decode(Reader& in, SlotRef& value) {
  OORT_TRY(decode(in, value.segment));
  return decode(in, value.slot);
}

void encode(Writer& out, const ShardRef& value) {
  encode(out, value.segment);
  encode(out, value.index);
  encode(out, value.generation);
}
Result<void> decode(Reader& in, ShardRef& value) {
  OORT_TRY(decode(in, value.segment));
  OORT_TRY(decode(in, value.index));
  return decode(in, value.generation);
}

void encode(Writer& out, const LeaseId& value) {
  encode(out, value.id);
  encode(out, value.fence);
}
Result<void> decode(Reader& in, LeaseId& value) {
  OORT_TRY(decode(in, value.id));
  return decode(in, value.fence);
}

}  // namespace oort::codec
