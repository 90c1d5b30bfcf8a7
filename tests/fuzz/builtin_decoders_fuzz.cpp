// SPDX-License-Identifier: Apache-2.0
// First byte: which record of the built-in workloads; the rest are its bytes. What decodes must
// encode to the same bytes.
#include <array>
#include <cstdint>
#include <span>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/blake3.hpp"
#include "oort/compute/builtin/infer.hpp"
#include "oort/compute/builtin/train.hpp"
#include "oort/core/assert.hpp"

namespace oort::compute::builtin {
namespace {

template <class T>
void try_record(ByteView bytes) {
  const auto value = codec::from_bytes<T>(bytes);
  if (value) OORT_ASSERT(codec::to_bytes(*value) == to_bytes(bytes), "one value has one encoding");
}

// A record keeps its place, or the corpus would mean something else.
constexpr std::array records{
    try_record<Workload>,        try_record<Blake3Parameters>, try_record<Blake3Output>,
    try_record<Model>,           try_record<InferParameters>,  try_record<Samples>,
    try_record<InferOutput>,     try_record<Dataset>,          try_record<Network>,
    try_record<TrainParameters>, try_record<TrainOutput>,
};

}  // namespace
}  // namespace oort::compute::builtin

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using oort::compute::builtin::records;
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size));
  records.at(data[0] % records.size())(bytes.subspan(1));
  return 0;
}
