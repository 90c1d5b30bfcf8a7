// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "frame.hpp"

namespace oort::net {

/// Cuts a stream of bytes into frames.
///
/// Memory grows with the bytes that arrived, at most twofold, never with a length that a header
/// only claims. Threads: none.
class FrameParser {
 public:
  FrameParser();

  /// Where the next bytes of the stream belong; never empty.
  [[nodiscard]] std::span<std::byte> area();
  /// The first `size` bytes of the area were filled; adds the frames that are complete to `out`.
  /// After a failure the parser is of no more use: the stream has no known border of frames.
  [[nodiscard]] Result<void> take(std::size_t size, std::vector<ArrivedFrame>& out);

 private:
  Result<bool> take_header();
  bool take_payload(std::vector<ArrivedFrame>& out);

  // Bytes [begin_, end_) are not cut yet.
  Bytes buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  // The frame whose header was read, with the part of its payload that arrived.
  std::optional<FrameHeader> header_;
  Bytes payload_;
  std::size_t filled_ = 0;
};

}  // namespace oort::net
