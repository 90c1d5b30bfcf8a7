// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "model_door.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/bytes.hpp"

// What programs say to the models' door is understood within its bounds, or refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oort;  // NOLINT: a program of its own
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  if (const auto question = node::parse_question(text)) {
    OORT_ASSERT(!question->samples.empty(), "a question asks something");
    OORT_ASSERT(question->samples.size() <= node::question_samples_max, "and not too much");
  }
  if (const auto source = node::parse_source(text)) {
    OORT_ASSERT(!source->manifest.origin.host.empty(), "a link leads somewhere");
    OORT_ASSERT(source->statement.size() <= 1, "one statement at most");
  }
  static_cast<void>(node::is_loopback(text));
  return 0;
}
