// SPDX-License-Identifier: Apache-2.0
#include "parser.hpp"

#include <algorithm>

namespace oort::http {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool is_continue(std::string_view value) noexcept {
  static constexpr std::string_view word = "100-continue";
  return std::equal(value.begin(), value.end(), word.begin(), word.end(),
                    [](char a, char b) { return lower(a) == b; });
}

}  // namespace

void HeadStorage::clear() noexcept {
  method.clear();
  target.clear();
  text_.clear();
  spans_.clear();
  fields_.clear();
}

void HeadStorage::add(std::string_view name, std::string_view value) {
  for (const char c : name) text_.push_back(lower(c));
  text_.append(value);
  spans_.push_back(
      {static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size())});
}

const std::vector<Field>& HeadStorage::fields() {
  if (fields_.size() == spans_.size()) return fields_;
  fields_.clear();
  std::string_view rest = text_;
  for (const Span& span : spans_) {
    const std::string_view name = rest.substr(0, span.name_size);
    rest.remove_prefix(span.name_size);
    fields_.push_back({name, rest.substr(0, span.value_size)});
    rest.remove_prefix(span.value_size);
  }
  return fields_;
}

RequestParser::RequestParser(const Limits& limits, HeadStorage& storage)
    : fields_count_max_(limits.fields_count_max), storage_(storage) {
  header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
  body_limit(limits.body_bytes_max);
  storage_.clear();
}

ByteView RequestParser::take_piece() noexcept {
  const ByteView piece = piece_;
  piece_ = {};
  return piece;
}

void RequestParser::on_request_impl(boost::beast::http::verb, View method, View target, int version,
                                    Code&) {
  storage_.version = version;
  storage_.method.assign(method.data(), method.size());
  storage_.target.assign(target.data(), target.size());
}

void RequestParser::on_response_impl(int, View, int, Code&) {}

void RequestParser::on_field_impl(boost::beast::http::field field, View name, View value,
                                  Code& error) {
  namespace beast = boost::beast::http;
  // Trailers after a chunked body are read past: what they say was not announced to anybody.
  if (is_head_done_) return;
  if (storage_.fields_count() >= fields_count_max_) {
    error = beast::error::header_limit;
    return;
  }
  const std::string_view text(value.data(), value.size());
  wants_continue_ |= field == beast::field::expect && is_continue(text);
  has_length_ |= field == beast::field::content_length;
  has_transfer_encoding_ |= field == beast::field::transfer_encoding;
  storage_.add({name.data(), name.size()}, text);
}

void RequestParser::on_header_impl(Code& error) {
  is_head_done_ = true;
  // Two answers to "where does the body end" are an attempt to smuggle, and so is a coding that
  // this server does not speak.
  if (has_transfer_encoding_ && (has_length_ || !chunked())) {
    error = boost::beast::http::error::bad_transfer_encoding;
  }
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) {}

std::size_t RequestParser::on_body_impl(View body, Code&) {
  piece_ = as_bytes({body.data(), body.size()});
  return body.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t, View, Code&) {}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, View body, Code&) {
  piece_ = as_bytes({body.data(), body.size()});
  return body.size();
}

void RequestParser::on_finish_impl(Code&) {}

}  // namespace oort::http
