// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "oort/core/bytes.hpp"
#include "oort/core/error.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/limits.hpp"
#include "oort/core/result.hpp"
#include "oort/env/transport.hpp"

/// The bytes between two nodes, inside TLS.
///
/// A frame is a header of 16 bytes, little-endian, and a payload:
///   version u8 · class u8 · type u16 · length u32 · tag u64
/// The two highest bits of the tag say what the frame is, the others are the request's number.
namespace oort::net {

inline constexpr std::uint8_t frame_version = 1;
inline constexpr std::size_t frame_header_bytes = 16;
inline constexpr std::size_t payload_bytes_max = limits::frame_bytes_max - frame_header_bytes;

enum class FrameKind : std::uint8_t {
  Message = 0,
  Request = 1,
  Reply = 2,
  Failure = 3,  ///< A reply that is an error.
};

/// Types below 0x0100 are the transport's own.
inline constexpr env::MessageType type_hello = 1;
inline constexpr env::MessageType type_welcome = 2;
inline constexpr env::MessageType type_ping = 3;
/// The types of one room agree in these bits.
inline constexpr env::MessageType range_mask = 0xff00;

struct FrameHeader {
  env::TrafficClass traffic = env::TrafficClass::Consensus;
  env::MessageType type = 0;
  FrameKind kind = FrameKind::Message;
  /// Below 2^62; 0 for messages.
  std::uint64_t request = 0;
  std::uint32_t length = 0;

  friend bool operator==(const FrameHeader&, const FrameHeader&) = default;
};

using HeaderBytes = std::array<std::byte, frame_header_bytes>;
[[nodiscard]] HeaderBytes encode_header(const FrameHeader& header) noexcept;
/// Fails with UNSUPPORTED_VERSION, TOO_LARGE or MALFORMED.
[[nodiscard]] Result<FrameHeader> decode_header(std::span<const std::byte, frame_header_bytes> in);

/// A frame on its way out.
struct Frame {
  HeaderBytes header{};
  Bytes payload;
  [[nodiscard]] std::size_t size() const noexcept { return frame_header_bytes + payload.size(); }
};
/// Sets the length. Requires: the payload is at most `payload_bytes_max`.
[[nodiscard]] Frame make_frame(FrameHeader header, Bytes payload);

/// A frame that came in.
struct ArrivedFrame {
  FrameHeader header;
  Bytes payload;
};

/// First on a connection, from the node that dialled.
struct Hello {
  ChainId chain;
  env::TrafficClass traffic = env::TrafficClass::Consensus;
  /// Drawn once in the life of a process: tells a restarted peer from the one before.
  std::uint64_t boot = 0;
  friend bool operator==(const Hello&, const Hello&) = default;
};

enum class Verdict : std::uint8_t {
  Accepted = 0,
  WrongChain = 1,
  NotWelcome = 2,
  /// The other connection of the two stays.
  Duplicate = 3,
  Full = 4,
};

/// The answer. Nothing follows it unless the verdict is Accepted.
struct Welcome {
  Verdict verdict = Verdict::Accepted;
  ChainId chain;
  std::uint64_t boot = 0;
  friend bool operator==(const Welcome&, const Welcome&) = default;
};

/// Greetings are short; a longer one is refused before it is read.
inline constexpr std::size_t greeting_bytes_max = 64;

[[nodiscard]] Bytes encode_hello(const Hello& hello);
[[nodiscard]] Result<Hello> decode_hello(ByteView bytes);
[[nodiscard]] Bytes encode_welcome(const Welcome& welcome);
[[nodiscard]] Result<Welcome> decode_welcome(ByteView bytes);

/// An error as the payload of a Failure. A detail over 1 KiB is cut.
[[nodiscard]] Bytes encode_error(const Error& error);
/// What the peer reported. A reason that this version does not know becomes REMOTE_ERROR and leads
/// the detail. Fails with MALFORMED.
[[nodiscard]] Result<Error> decode_error(ByteView bytes);

}  // namespace oort::net
