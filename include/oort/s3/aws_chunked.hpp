// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/http/target.hpp"
#include "oort/s3/sigv4.hpp"

namespace oort::s3 {

/// What the head of a request promised about its aws-chunked body.
struct ChunkedPlan {
  /// x-amz-decoded-content-length.
  std::uint64_t decoded_bytes = 0;
  bool has_trailers = false;
  /// Names from x-amz-trailer, in lower case: exactly these must come.
  std::vector<std::string> announced;
  /// Present when chunks are signed.
  std::optional<ChunkSigner> signer;
};

/// Takes the framing off an aws-chunked body, chunk by chunk, as it arrives.
///
/// Invariants
///   A1  No byte of framing is ever given out as payload.
///   A2  `end` succeeds only if every chunk and the trailers carried the right signature (when
///       signed), exactly the announced trailers came, and exactly the promised bytes.
///   A3  Memory is bounded by 16 KiB, whatever comes.
/// Bytes are given out before the signature of their chunk is known; whoever stores them must not
/// keep them unless `end` succeeded. Threads: none.
class AwsChunkedDecoder {
 public:
  explicit AwsChunkedDecoder(ChunkedPlan plan);

  struct Step {
    std::size_t used_bytes = 0;
    /// A view into the input; may be empty.
    ByteView payload;
  };
  /// Takes bytes from the front of `input`, at least one. Requires: `input` is not empty.
  /// Fails with MALFORMED, SIGNATURE_MISMATCH, MALFORMED_TRAILER, BODY_TOO_SHORT (fewer or more
  /// bytes than promised); then the body is lost.
  [[nodiscard]] Result<Step> step(ByteView input);
  /// The body is over. Fails with BODY_TOO_SHORT when it ended early.
  [[nodiscard]] Result<void> end();
  /// Valid after `end` succeeded.
  [[nodiscard]] const std::vector<http::Parameter>& trailers() const noexcept { return trailers_; }

 private:
  enum class State : std::uint8_t { SizeLine, Data, DataEnd, Trailers, Done };

  /// Gathers a line; true when it is complete, without its end, in `line_`.
  [[nodiscard]] Result<bool> take_line(ByteView input, std::size_t& used);
  [[nodiscard]] Result<void> on_size_line();
  [[nodiscard]] Result<void> on_data_end();
  [[nodiscard]] Result<void> on_trailer_line();
  [[nodiscard]] Result<void> check_chunk();
  [[nodiscard]] Result<void> check_trailers();

  ChunkedPlan plan_;
  State state_ = State::SizeLine;
  std::string line_;
  std::uint64_t chunk_left_ = 0;
  std::uint64_t decoded_ = 0;
  std::string chunk_signature_;
  std::optional<crypto::StreamDigest> chunk_digest_;
  std::size_t trailers_bytes_ = 0;
  std::string canonical_trailers_;
  bool is_trailer_signed_ = false;
  std::vector<http::Parameter> trailers_;
};

}  // namespace oort::s3
