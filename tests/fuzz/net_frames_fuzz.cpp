// SPDX-License-Identifier: Apache-2.0
// Bytes of a peer: the first chooses what they are taken for.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "frame.hpp"
#include "oort/core/assert.hpp"
#include "parser.hpp"

namespace {

using namespace oort;       // tidy: allow(using-namespace) a fuzz target is one function.
using namespace oort::net;  // tidy: allow(using-namespace) a fuzz target is one function.

void parse(ByteView stream) {
  FrameParser parser;
  std::vector<ArrivedFrame> frames;
  const std::size_t came = stream.size();
  std::size_t used = 0;
  for (std::size_t piece = 1; !stream.empty(); piece = piece * 3 % 257 + 1) {
    const auto area = parser.area();
    const std::size_t size = std::min({piece, area.size(), stream.size()});
    OORT_ASSERT(size > 0, "there is always room for the next byte");
    std::ranges::copy(stream.first(size), area.begin());
    if (!parser.take(size, frames)) return;
    stream = stream.subspan(size);
  }
  for (const ArrivedFrame& frame : frames) {
    OORT_ASSERT(frame.payload.size() == frame.header.length, "a frame is as long as it says");
    used += frame_header_bytes + frame.payload.size();
  }
  OORT_ASSERT(used <= came, "no frame has bytes that did not come");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes = std::as_bytes(std::span(data + 1, size - 1));
  switch (data[0] % 4) {
    case 0: parse(bytes); break;
    case 1:
      if (const auto hello = decode_hello(bytes)) {
        OORT_ASSERT(std::ranges::equal(encode_hello(*hello), bytes), "one encoding a value");
      }
      break;
    case 2:
      if (const auto welcome = decode_welcome(bytes)) {
        OORT_ASSERT(std::ranges::equal(encode_welcome(*welcome), bytes), "one encoding a value");
      }
      break;
    default: static_cast<void>(decode_error(bytes)); break;
  }
  return 0;
}
