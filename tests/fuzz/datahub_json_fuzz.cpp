// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "oort/core/assert.hpp"
#include "oort/datahub/json.hpp"

// What parses has one canonical text, which parses to the same value, and so does the text for
// people.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oort;  // NOLINT: a program of its own
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = datahub::parse_json(text);
  if (!value) return 0;
  const auto one = datahub::canonical(*value);
  OORT_ASSERT(one, "what was read can be written");
  const auto back = datahub::parse_json(*one);
  OORT_ASSERT(back, "what we write is JSON");
  OORT_ASSERT(*datahub::canonical(*back) == *one, "one value has one text");
  const auto shown = datahub::indented(*value);
  OORT_ASSERT(shown, "what was read can be shown");
  OORT_ASSERT(*datahub::parse_json(*shown) == *value, "what is shown is the value");
  return 0;
}
