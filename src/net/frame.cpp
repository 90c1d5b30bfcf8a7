// SPDX-License-Identifier: Apache-2.0
#include "frame.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "known_reasons.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/transport.hpp"

namespace oort::net {
namespace {

constexpr unsigned kind_shift = 62;
constexpr std::uint64_t request_mask = (std::uint64_t{1} << kind_shift) - 1;
constexpr std::size_t reason_chars_max = 64;
constexpr std::size_t detail_bytes_max = 1024;
constexpr auto error_code_last = static_cast<std::uint8_t>(ErrorCode::Internal);

Result<env::TrafficClass> to_class(std::uint8_t value) {
  if (value < env::traffic_classes_count) return static_cast<env::TrafficClass>(value);
  return fail(ErrorCode::InvalidArgument, reason::malformed,
              "there is no traffic class " + std::to_string(value));
}

Error wrong_version(std::uint8_t version) {
  return {ErrorCode::FailedPrecondition, reason::unsupported_version,
          "the peer speaks version " + std::to_string(version) + " of the node protocol, not " +
              std::to_string(frame_version)};
}

/// Cuts before a UTF-8 character that does not fit.
std::string_view cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end);
}

}  // namespace

HeaderBytes encode_header(const FrameHeader& header) noexcept {
  OORT_ASSERT(header.request <= request_mask, "numbers of requests count up from one");
  OORT_ASSERT(header.length <= payload_bytes_max, "the sender checked the payload's size");
  const std::uint64_t tag =
      (std::uint64_t{static_cast<std::uint8_t>(header.kind)} << kind_shift) | header.request;
  HeaderBytes out{};
  out[0] = std::byte{frame_version};
  out[1] = static_cast<std::byte>(header.traffic);
  out[2] = static_cast<std::byte>(header.type & 0xffU);
  out[3] = static_cast<std::byte>(header.type >> 8U);
  for (std::size_t i = 0; i < 4; ++i) out[4 + i] = static_cast<std::byte>(header.length >> (8 * i));
  for (std::size_t i = 0; i < 8; ++i) out[8 + i] = static_cast<std::byte>(tag >> (8 * i));
  return out;
}

Result<FrameHeader> decode_header(std::span<const std::byte, frame_header_bytes> in) {
  codec::Reader reader(in);
  OORT_TRY(const std::uint8_t version, reader.u8());
  if (version != frame_version) return fail(wrong_version(version));
  FrameHeader header;
  OORT_TRY(const std::uint8_t traffic, reader.u8());
  OORT_TRY(header.traffic, to_class(traffic));
  OORT_TRY(header.type, reader.u16());
  OORT_TRY(header.length, reader.u32());
  OORT_TRY(const std::uint64_t tag, reader.u64());
  header.kind = static_cast<FrameKind>(tag >> kind_shift);
  header.request = tag & request_mask;
  if (header.length > payload_bytes_max) {
    return fail(ErrorCode::InvalidArgument, reason::too_large,
                "a frame of " + std::to_string(header.length) + " bytes");
  }
  if ((header.kind == FrameKind::Message) != (header.request == 0)) {
    return fail(ErrorCode::InvalidArgument, reason::malformed,
                "a message has no number, anything else has one");
  }
  return header;
}

Frame make_frame(FrameHeader header, Bytes payload) {
  header.length = static_cast<std::uint32_t>(payload.size());
  return {encode_header(header), std::move(payload)};
}

Bytes encode_hello(const Hello& hello) {
  codec::Writer out;
  out.u8(frame_version);
  encode(out, hello.chain);
  out.u8(static_cast<std::uint8_t>(hello.traffic));
  out.u64(hello.boot);
  return std::move(out).take();
}

Result<Hello> decode_hello(ByteView bytes) {
  codec::Reader in(bytes);
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != frame_version) return fail(wrong_version(version));
  Hello hello;
  OORT_TRY(codec::decode(in, hello.chain));
  OORT_TRY(const std::uint8_t traffic, in.u8());
  OORT_TRY(hello.traffic, to_class(traffic));
  OORT_TRY(hello.boot, in.u64());
  OORT_TRY(in.finish());
  return hello;
}

Bytes encode_welcome(const Welcome& welcome) {
  codec::Writer out;
  out.u8(frame_version);
  out.u8(static_cast<std::uint8_t>(welcome.verdict));
  encode(out, welcome.chain);
  out.u64(welcome.boot);
  return std::move(out).take();
}

Result<Welcome> decode_welcome(ByteView bytes) {
  codec::Reader in(bytes);
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != frame_version) return fail(wrong_version(version));
  Welcome welcome;
  OORT_TRY(const std::uint8_t verdict, in.u8());
  if (verdict > static_cast<std::uint8_t>(Verdict::Full)) {
    return fail(ErrorCode::InvalidArgument, reason::malformed,
                "there is no verdict " + std::to_string(verdict));
  }
  welcome.verdict = static_cast<Verdict>(verdict);
  OORT_TRY(codec::decode(in, welcome.chain));
  OORT_TRY(welcome.boot, in.u64());
  OORT_TRY(in.finish());
  return welcome;
}

Bytes encode_error(const Error& error) {
  codec::Writer out;
  out.u8(static_cast<std::uint8_t>(error.code()));
  out.text(cut(error.reason(), reason_chars_max));
  out.text(cut(error.detail(), detail_bytes_max));
  return std::move(out).take();
}

Result<Error> decode_error(ByteView bytes) {
  codec::Reader in(bytes);
  OORT_TRY(const std::uint8_t code, in.u8());
  if (code > error_code_last) {
    return fail(ErrorCode::InvalidArgument, reason::malformed,
                "there is no error code " + std::to_string(code));
  }
  OORT_TRY(const std::string told, in.text(reason_chars_max));
  OORT_TRY(std::string detail, in.text(detail_bytes_max));
  OORT_TRY(in.finish());
  const auto known = std::ranges::find(known_reasons, told);
  if (known != known_reasons.end()) {
    return Error(static_cast<ErrorCode>(code), *known, std::move(detail));
  }
  return Error(static_cast<ErrorCode>(code), reason::remote_error, told + ": " + detail);
}

}  // namespace oort::net
