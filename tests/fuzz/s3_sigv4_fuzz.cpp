// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/assert.hpp"
#include "oort/s3/sigv4.hpp"

// The input is a target, then lines of "name: value" as a request's head would bring them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oort;  // NOLINT: a program of its own
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view first = text.substr(0, text.find('\n'));
  const auto target = http::parse_target(first);
  if (!target) return 0;
  text.remove_prefix(std::min(text.size(), first.size() + 1));
  std::vector<http::Field> fields;
  while (!text.empty() && fields.size() < 64) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    fields.push_back({line.substr(0, colon), line.substr(colon + 1)});
  }
  http::Request request;
  request.method = "GET";
  request.fields = fields;
  const auto parsed = s3::parse_authorization(request, *target);
  if (!parsed || !*parsed) return 0;
  const s3::Authorization& authorization = **parsed;
  OORT_ASSERT(authorization.signature.size() == 64, "a signature has its size");
  OORT_ASSERT(!authorization.access_key_id.empty(), "somebody signed");
  const std::string canonical = s3::canonical_request(
      request.method, *target, fields, authorization.signed_headers, authorization.payload_hash);
  OORT_ASSERT(canonical.starts_with("GET\n"), "the canonical request begins with the method");
  static_cast<void>(s3::payload_kind_of(authorization.payload_hash));
  return 0;
}
