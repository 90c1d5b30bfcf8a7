// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "oort/core/assert.hpp"
#include "oort/http/date.hpp"
#include "oort/http/target.hpp"

// What was decoded, encoded again and decoded, is the same; dates that were read are written back.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oort;  // NOLINT: a program of its own
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto target = http::parse_target(text)) {
    std::string again = http::percent_encode(target->path, http::Slash::Keep) + "?";
    for (const http::Parameter& parameter : target->query) {
      again += http::percent_encode(parameter.name, http::Slash::Encode) + "=" +
               http::percent_encode(parameter.value, http::Slash::Encode) + "&";
    }
    const auto repeated = http::parse_target(again);
    OORT_ASSERT(repeated && *repeated == *target, "decoding and encoding are inverse");
  }
  if (const auto time = http::from_basic_date(text)) {
    const auto again = http::from_basic_date(http::to_basic_date(*time));
    OORT_ASSERT(again == time, "a date survives being written");
  }
  if (const auto time = http::from_http_date(text)) {
    OORT_ASSERT(http::from_http_date(http::to_http_date(*time)) == time, "so does this one");
  }
  return 0;
}
