// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/datahub/manifest.hpp"
#include "oort/datahub/sample_tree.hpp"
#include "oort/datahub/tables.hpp"

// Statements and proofs of strangers: what reads can be written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oort;  // NOLINT: a program of its own
  const auto bytes = std::as_bytes(std::span(data, size));
  if (const auto manifest = datahub::parse_manifest_statement(as_text(bytes))) {
    const auto text = datahub::canonical(manifest->statement("again"));
    OORT_ASSERT(text, "what was read can be written");
    const auto again = datahub::parse_manifest_statement(*text);
    OORT_ASSERT(again, "what we write reads back");
    OORT_ASSERT(*again == *manifest, "as the same manifest");
  }
  if (const auto proof = codec::from_bytes<datahub::SampleProof>(bytes)) {
    const Bytes once = codec::to_bytes(*proof);
    OORT_ASSERT(as_text(once) == as_text(bytes), "one proof has one encoding");
    static_cast<void>(datahub::verify_sample({}, *proof, {}));
  }
  if (const auto table = datahub::table_in(as_text(bytes))) {
    OORT_ASSERT(datahub::sample_lines_of(as_text(bytes))->size() == table->rows.size(),
                "a row is a line");
    for (const auto& row : table->rows) {
      OORT_ASSERT(row.size() == table->columns.size(), "as long as the header");
    }
    static_cast<void>(datahub::boxes_in(*table, ""));
  }
  return 0;
}
