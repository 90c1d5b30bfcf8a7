// SPDX-License-Identifier: Apache-2.0
#include "oort/s3/aws_chunked.hpp"

#include <algorithm>

#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/http/target.hpp"

namespace oort::s3 {
namespace {

constexpr std::size_t line_bytes_max = 4 * 1024;
constexpr std::size_t trailers_bytes_max = 16 * 1024;
constexpr std::string_view signature_word = "chunk-signature=";
constexpr std::string_view trailer_signature_name = "x-amz-trailer-signature";

tl::unexpected<Error> broken(const std::string& detail) {
  return fail(ErrorCode::InvalidArgument, reason::malformed,
              "the aws-chunked body is malformed: " + detail);
}

tl::unexpected<Error> wrong_size(std::string_view what) {
  return fail(ErrorCode::InvalidArgument, reason::body_too_short,
              "the body has " + std::string(what) + " x-amz-decoded-content-length promised");
}

tl::unexpected<Error> wrong_signature(std::string_view what) {
  return fail(ErrorCode::PermissionDenied, reason::signature_mismatch,
              "the signature of " + std::string(what) + " does not match");
}

/// 1 to 16 hexadecimal digits.
std::optional<std::uint64_t> parse_size(std::string_view text) noexcept {
  if (text.empty() || text.size() > 16) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const char lower = static_cast<char>(c >= 'A' && c <= 'F' ? c | 0x20 : c);
    const bool is_digit = lower >= '0' && lower <= '9';
    if (!is_digit && !(lower >= 'a' && lower <= 'f')) return std::nullopt;
    value = value << 4U | static_cast<std::uint64_t>(is_digit ? lower - '0' : lower - 'a' + 10);
  }
  return value;
}

std::string lower_trimmed_name(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '\t') out.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c | 32 : c));
  }
  return out;
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_equal(std::string_view a, std::string_view b) noexcept {
  return crypto::equal_constant_time(as_bytes(a), as_bytes(b));
}

}  // namespace

AwsChunkedDecoder::AwsChunkedDecoder(ChunkedPlan plan) : plan_(std::move(plan)) {
  std::sort(plan_.announced.begin(), plan_.announced.end());
}

Result<AwsChunkedDecoder::Step> AwsChunkedDecoder::step(ByteView input) {
  OORT_ASSERT(!input.empty(), "a step takes at least one byte");
  Step out;
  if (state_ == State::Done) return broken("bytes follow its end");
  if (state_ == State::Data) {
    out.used_bytes = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, input.size()));
    out.payload = input.first(out.used_bytes);
    if (chunk_digest_) chunk_digest_->update(out.payload);
    chunk_left_ -= out.used_bytes;
    if (chunk_left_ == 0) state_ = State::DataEnd;
    return out;
  }
  OORT_TRY(const bool is_complete, take_line(input, out.used_bytes));
  if (!is_complete) return out;
  if (state_ == State::SizeLine) {
    OORT_TRY(on_size_line());
  } else if (state_ == State::DataEnd) {
    OORT_TRY(on_data_end());
  } else {
    OORT_TRY(on_trailer_line());
  }
  line_.clear();
  return out;
}

Result<bool> AwsChunkedDecoder::take_line(ByteView input, std::size_t& used) {
  const std::string_view text = as_text(input);
  const std::size_t at = text.find('\n');
  used = at == std::string_view::npos ? text.size() : at + 1;
  if (line_.size() + used > line_bytes_max) return broken("a line is too long");
  line_.append(text.substr(0, used));
  if (at == std::string_view::npos) return false;
  line_.pop_back();
  const bool has_return = !line_.empty() && line_.back() == '\r';
  if (has_return) line_.pop_back();
  // Only trailers come with a bare line feed from some clients; their signature covers it so.
  if (!has_return && state_ != State::Trailers) return broken("a line does not end with CRLF");
  return true;
}

Result<void> AwsChunkedDecoder::on_size_line() {
  const std::string_view line = line_;
  const std::size_t semicolon = line.find(';');
  const auto size = parse_size(line.substr(0, semicolon));
  if (!size) return broken("a chunk's size is not hexadecimal");
  chunk_signature_.clear();
  if (semicolon != std::string_view::npos) {
    const std::string_view extension = line.substr(semicolon + 1);
    if (!extension.starts_with(signature_word)) return broken("an unknown chunk extension");
    chunk_signature_ = std::string(extension.substr(signature_word.size()));
  }
  if (plan_.signer && chunk_signature_.size() != 64) return broken("a chunk has no signature");
  if (!plan_.signer && !chunk_signature_.empty()) return broken("a chunk is signed unasked");
  if (*size > plan_.decoded_bytes - decoded_) return wrong_size("more bytes than");
  decoded_ += *size;
  chunk_left_ = *size;
  if (plan_.signer) chunk_digest_.emplace(crypto::Digest::Sha256);
  if (*size > 0) {
    state_ = State::Data;
    return {};
  }
  OORT_TRY(check_chunk());
  if (decoded_ != plan_.decoded_bytes) return wrong_size("fewer bytes than");
  state_ = State::Trailers;
  return {};
}

Result<void> AwsChunkedDecoder::on_data_end() {
  if (!line_.empty()) return broken("a chunk is longer than its size says");
  OORT_TRY(check_chunk());
  state_ = State::SizeLine;
  return {};
}

Result<void> AwsChunkedDecoder::check_chunk() {
  if (!plan_.signer) return {};
  const auto hash = Bytes32::from(chunk_digest_->finish());
  chunk_digest_.reset();
  if (!is_equal(plan_.signer->next_chunk(*hash), chunk_signature_)) {
    return wrong_signature("a chunk");
  }
  return {};
}

Result<void> AwsChunkedDecoder::on_trailer_line() {
  trailers_bytes_ += line_.size() + 2;
  if (trailers_bytes_ > trailers_bytes_max) return broken("the trailers are too long");
  if (line_.empty()) {
    // Between the trailers and their signature some clients leave an empty line.
    const bool waits = plan_.has_trailers && plan_.signer && !is_trailer_signed_;
    if (waits) return {};
    OORT_TRY(check_trailers());
    state_ = State::Done;
    return {};
  }
  if (!plan_.has_trailers) return broken("trailers that were not announced");
  if (is_trailer_signed_) return broken("trailers follow their signature");
  const std::size_t colon = line_.find(':');
  if (colon == std::string::npos) {
    return fail(ErrorCode::InvalidArgument, reason::malformed_trailer,
                "a trailer is not of the form name:value");
  }
  const std::string name = lower_trimmed_name(std::string_view(line_).substr(0, colon));
  const std::string value(trimmed(std::string_view(line_).substr(colon + 1)));
  if (name == trailer_signature_name) {
    if (!plan_.signer) return broken("the trailers are signed unasked");
    if (!is_equal(plan_.signer->trailers(canonical_trailers_), value)) {
      return wrong_signature("the trailers");
    }
    is_trailer_signed_ = true;
    return {};
  }
  canonical_trailers_.append(name).append(":").append(value).append("\n");
  trailers_.push_back({name, value});
  return {};
}

Result<void> AwsChunkedDecoder::check_trailers() {
  std::vector<std::string> names;
  names.reserve(trailers_.size());
  for (const http::Parameter& trailer : trailers_) names.push_back(trailer.name);
  std::sort(names.begin(), names.end());
  if (names != plan_.announced) {
    return fail(ErrorCode::InvalidArgument, reason::malformed_trailer,
                "the trailers are not those that x-amz-trailer announced");
  }
  return {};
}

Result<void> AwsChunkedDecoder::end() {
  // A client may leave the last empty line out: the length of the body says that it is over.
  if (state_ == State::Trailers && line_.empty() && (!plan_.has_trailers || !trailers_.empty()) &&
      (!plan_.signer || !plan_.has_trailers || is_trailer_signed_)) {
    OORT_TRY(check_trailers());
    state_ = State::Done;
  }
  if (state_ != State::Done) {
    return fail(ErrorCode::InvalidArgument, reason::body_too_short,
                "the aws-chunked body ended before its last chunk");
  }
  return {};
}

}  // namespace oort::s3
