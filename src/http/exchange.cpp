// SPDX-License-Identifier: Apache-2.0
#include "oort/http/exchange.hpp"

#include <string>

#include "oort/core/assert.hpp"

namespace oort::http {

std::string_view Request::field(std::string_view name) const noexcept {
  for (const Field& candidate : fields) {
    if (candidate.name == name) return candidate.value;
  }
  return {};
}

bool Request::has_field(std::string_view name) const noexcept {
  for (const Field& candidate : fields) {
    if (candidate.name == name) return true;
  }
  return false;
}

ResponseHead::ResponseHead(unsigned status) : status_(status) {
  OORT_ASSERT(status >= 200 && status <= 599, "an answer has a final status");
}

ResponseHead& ResponseHead::add(std::string_view name, std::string_view value) {
  if (text_.empty()) text_.reserve(512);
  text_.append(name).append(": ");
  for (const char c : value) {
    const auto code = static_cast<unsigned char>(c);
    text_.push_back(code < 0x20 || code == 0x7f ? ' ' : c);
  }
  text_.append("\r\n");
  return *this;
}

ResponseHead& ResponseHead::add(std::string_view name, std::uint64_t value) {
  return add(name, std::to_string(value));
}

Exchange::~Exchange() {
  if (backend_) backend_->abort();
}

void Exchange::finish() {
  const auto backend = std::move(backend_);
  backend->finish();
}

void Exchange::abort() {
  const auto backend = std::move(backend_);
  backend->abort();
}

void Exchange::respond(ResponseHead head, Bytes body) {
  const auto backend = std::move(backend_);
  backend->respond(std::move(head), std::move(body));
}

void Exchange::respond(ResponseHead head, std::string_view body) {
  respond(std::move(head), to_bytes(body));
}

}  // namespace oort::http
