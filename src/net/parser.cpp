// SPDX-License-Identifier: Apache-2.0
#include "parser.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "oort/core/assert.hpp"

namespace oort::net {
namespace {

constexpr std::size_t buffer_bytes = 32 * limits::kib;

}  // namespace

FrameParser::FrameParser() : buffer_(buffer_bytes) {}

std::span<std::byte> FrameParser::area() {
  if (header_) {
    // The rest of a payload goes straight to its place.
    if (filled_ == payload_.size()) {
      const std::size_t grown = std::max(2 * filled_, buffer_bytes);
      payload_.resize(std::min<std::size_t>(grown, header_->length));
    }
    return std::span(payload_).subspan(filled_);
  }
  if (begin_ != 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return std::span(buffer_).subspan(end_);
}

Result<void> FrameParser::take(std::size_t size, std::vector<ArrivedFrame>& out) {
  if (header_) {
    OORT_ASSERT(size <= payload_.size() - filled_, "no more came than there was room for");
    filled_ += size;
    if (filled_ < header_->length) return {};
    out.push_back({*header_, std::exchange(payload_, {})});
    header_.reset();
    return {};
  }
  OORT_ASSERT(size <= buffer_.size() - end_, "no more came than there was room for");
  end_ += size;
  for (;;) {
    OORT_TRY(const bool is_there, take_header());
    if (!is_there || !take_payload(out)) return {};
  }
}

Result<bool> FrameParser::take_header() {
  if (end_ - begin_ < frame_header_bytes) return false;
  const auto bytes = std::span(buffer_).subspan(begin_).first<frame_header_bytes>();
  OORT_TRY(const FrameHeader header, decode_header(bytes));
  header_ = header;
  begin_ += frame_header_bytes;
  return true;
}

// Moves what is there of the payload out of the buffer; whether that is all of it.
bool FrameParser::take_payload(std::vector<ArrivedFrame>& out) {
  const std::size_t size = std::min<std::size_t>(header_->length, end_ - begin_);
  const auto part = std::span(buffer_).subspan(begin_, size);
  payload_.assign(part.begin(), part.end());
  begin_ += size;
  filled_ = size;
  if (size < header_->length) return false;
  out.push_back({*header_, std::exchange(payload_, {})});
  header_.reset();
  return true;
}

}  // namespace oort::net
