// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "oort/core/assert.hpp"
#include "oort/s3/aws_chunked.hpp"

namespace {

using namespace oort;  // NOLINT: a program of its own

/// The payload, if all of `body` decodes when it comes in pieces of `step` bytes.
std::optional<std::string> decode(ByteView body, std::size_t step, std::uint64_t size) {
  s3::ChunkedPlan plan;
  plan.decoded_bytes = size;
  plan.has_trailers = true;
  plan.announced = {"x-amz-checksum-crc32"};
  s3::AwsChunkedDecoder decoder(std::move(plan));
  std::string payload;
  while (!body.empty()) {
    ByteView piece = body.first(std::min(step, body.size()));
    body = body.subspan(piece.size());
    while (!piece.empty()) {
      const auto taken = decoder.step(piece);
      if (!taken) return std::nullopt;
      OORT_ASSERT(taken->used_bytes > 0, "every step makes progress");
      payload.append(as_text(taken->payload));
      piece = piece.subspan(taken->used_bytes);
    }
  }
  if (!decoder.end()) return std::nullopt;
  OORT_ASSERT(payload.size() == size, "no more and no less than was promised");
  return payload;
}

}  // namespace

// However a body is cut into pieces, it means the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint64_t promised = data[0];
  const ByteView body = std::as_bytes(std::span(data + 1, size - 1));
  const auto whole = decode(body, body.size() + 1, promised);
  OORT_ASSERT(decode(body, 1, promised) == whole, "byte by byte");
  OORT_ASSERT(decode(body, 3, promised) == whole, "three by three");
  return 0;
}
