// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"
#include "oort/env/sandbox.hpp"

/// What a daemon and its launcher say to each other: one request, one reply. Both are of one build;
/// the version byte tells a mixed installation apart. Neither side believes the task: what it wrote
/// stands in the reply as text alone.
namespace oort::sandbox {

inline constexpr std::size_t request_bytes_max = 2U << 20U;
/// Two full outputs and some words.
inline constexpr std::size_t reply_bytes_max = (2U * (16U << 20U)) + (2U << 20U);

struct LaunchRequest {
  /// Whether to look for pieces and run nothing.
  bool is_probe = false;
  std::string crun;
  env::SandboxTask task{};
};

/// Pieces for a probe, an outcome for a run, or why there is none.
struct LaunchReply {
  std::string failure;
  std::vector<env::SandboxPiece> pieces;
  env::SandboxOutcome outcome{};

  friend bool operator==(const LaunchReply&, const LaunchReply&) = default;
};

[[nodiscard]] Bytes encode_request(const LaunchRequest& request);
/// Fails with UNSUPPORTED_VERSION, MALFORMED or TOO_LARGE.
[[nodiscard]] Result<LaunchRequest> decode_request(ByteView bytes);
[[nodiscard]] Bytes encode_reply(const LaunchReply& reply);
/// Fails as `decode_request` does.
[[nodiscard]] Result<LaunchReply> decode_reply(ByteView bytes);

}  // namespace oort::sandbox
