// SPDX-License-Identifier: Apache-2.0
#include "payload.hpp"

#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/http/exchange.hpp"
#include "oort/http/target.hpp"

namespace oort::s3 {
namespace {

/// The transport's words in S3's: a body that does not come in time is the client's fault.
Error client_error(Error error) {
  if (error.reason() != reason::deadline_exceeded) return error;
  return {ErrorCode::InvalidArgument, reason::request_timeout,
          "Your socket connection to the server was not read from or written to within the "
          "timeout period."};
}

}  // namespace

Payload::Payload(http::Exchange& exchange, PayloadPlan plan)
    : exchange_(exchange),
      kind_(plan.kind),
      expected_hash_(std::move(plan.hash)),
      size_(plan.size) {
  if (plan.chunked) decoder_.emplace(std::move(*plan.chunked));
  if (kind_ == PayloadKind::Hashed) digest_.emplace(crypto::Digest::Sha256);
}

void Payload::pull(Callback<Result<Bytes>> done) {
  exchange_.read([this, moved = std::move(done)](Result<ByteView> piece) mutable {
    if (!piece) return moved(fail(client_error(std::move(piece).error())));
    if (piece->empty()) {
      auto checked = check_end();
      if (!checked) return moved(fail(std::move(checked).error()));
      return moved(Bytes());
    }
    auto bytes = take(*piece);
    // A piece may hold framing alone; an empty answer would mean the end.
    if (bytes && bytes->empty()) return pull(std::move(moved));
    moved(std::move(bytes));
  });
}

Result<Bytes> Payload::take(ByteView piece) {
  if (digest_) digest_->update(piece);
  if (!decoder_) return to_bytes(piece);
  Bytes out;
  out.reserve(piece.size());
  while (!piece.empty()) {
    OORT_TRY(const auto step, decoder_->step(piece));
    out.insert(out.end(), step.payload.begin(), step.payload.end());
    piece = piece.subspan(step.used_bytes);
  }
  return out;
}

Result<void> Payload::check_end() {
  if (decoder_) OORT_TRY(decoder_->end());
  if (!digest_) return {};
  const std::string hash = to_hex(digest_->finish());
  digest_.reset();
  if (crypto::equal_constant_time(as_bytes(hash), as_bytes(expected_hash_))) return {};
  return fail(ErrorCode::InvalidArgument, reason::payload_hash_mismatch,
              "The provided 'x-amz-content-sha256' header does not match what was computed.");
}

void Payload::collect(std::size_t bytes_max, Callback<Result<std::string>> done) {
  collected_.clear();
  collect_more(bytes_max, std::move(done));
}

void Payload::collect_more(std::size_t bytes_max, Callback<Result<std::string>> done) {
  pull([this, bytes_max, moved = std::move(done)](Result<Bytes> piece) mutable {
    if (!piece) return moved(fail(std::move(piece).error()));
    if (piece->empty()) return moved(std::move(collected_));
    if (collected_.size() + piece->size() > bytes_max) {
      return moved(fail(ErrorCode::InvalidArgument, reason::too_large,
                        "the body of this request is larger than allowed"));
    }
    collected_.append(as_text(*piece));
    collect_more(bytes_max, std::move(moved));
  });
}

const std::vector<http::Parameter>& Payload::trailers() const noexcept {
  static const std::vector<http::Parameter> none;
  return decoder_ ? decoder_->trailers() : none;
}

}  // namespace oort::s3
