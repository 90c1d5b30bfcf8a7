// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "edge_models.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"
#include "oort/http/exchange.hpp"

/// The models of this device over HTTP, for programs of the same machine:
///
///   GET  /v1/models             {"models": [MODEL, …]}
///   PUT  /v1/models/ROOT        takes {"manifest": URL, "statement": URL, "files": {NAME: URL}}
///                               and answers MODEL once it is on the disk
///   POST /v1/models/ROOT/infer  takes {"samples": [[-128 … 127, …], …], "head": HEAD} and answers
///                               {"model", "head", "classes", "results", "output"}
///
/// MODEL is {"model", "name", "version", "grade", "bytes", "features", "classes", "height",
/// "is_served", "why"}. HEAD is "argmax" (a result is a class), "softmax" (class and probabilities
/// in 65,536ths: {"class", "probabilities"}) or "logits" (the sums). "output" is InferOutput,
/// canonical, in hexadecimal. A failure is {"error": {"reason", "detail"}}, its words those of
/// docs/ERRORS.md.
///
/// Invariants
///   D1  A request whose `Host` is no loopback name is refused: a page of the web whose name leads
///       here cannot ask.
///   D2  A body over the bound is refused before it is held.
namespace oort::node {

inline constexpr std::size_t question_bytes_max = std::size_t{4} << 20;

/// `models` outlives it.
[[nodiscard]] std::unique_ptr<http::Handler> model_door(EdgeModels& models);

/// What the bodies above say. Fail with MALFORMED or BAD_ARGUMENT, naming the member.
[[nodiscard]] Result<ModelSource> parse_source(std::string_view text);
[[nodiscard]] Result<InferQuestion> parse_question(std::string_view text);
/// Whether `Host` names this machine itself.
[[nodiscard]] bool is_loopback(std::string_view host) noexcept;

}  // namespace oort::node
