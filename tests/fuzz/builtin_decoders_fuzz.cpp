// SPDX-License-Identifier: Apache-2.0
// First byte: which record of the built-in workloads; the rest are its bytes. What decodes must
// encode to the same bytes.
#include <array>
#include <cstdint>
#include <span>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/blake3.hpp"
#include "oort/compute/builtin/dedup.hpp"
#include "oort/compute/builtin/federated.hpp"
#include "oort/compute/builtin/image.hpp"
#include "oort/compute/builtin/infer.hpp"
#include "oort/compute/builtin/text.hpp"
#include "oort/compute/builtin/train.hpp"
#include "oort/core/assert.hpp"

namespace oort::compute::builtin {
namespace {

template <class T>
void try_record(ByteView bytes) {
  const auto value = codec::from_bytes<T>(bytes);
  if (value) OORT_ASSERT(codec::to_bytes(*value) == to_bytes(bytes), "one value has one encoding");
}

/// A picture that is read is of the size that its first bytes say, and reads back from PNM.
void try_picture(ByteView bytes) {
  const auto size = picture_size(bytes);
  if (size && std::uint64_t{size->width} * size->height > 1U << 16U) return;
  const auto picture = decode_picture(bytes);
  if (!picture) return;
  OORT_ASSERT(size.has_value(), "what can be read has a size");
  OORT_ASSERT(size->width == picture->width && size->height == picture->height, "and that size");
  const auto again = decode_picture(encode_pnm(*picture));
  OORT_ASSERT(again.has_value(), "what is written can be read");
  OORT_ASSERT(*again == *picture, "and is the same");
}

// A record keeps its place, or the corpus would mean something else.
constexpr std::array records{
    try_record<Workload>,
    try_record<Blake3Parameters>,
    try_record<Blake3Output>,
    try_record<Model>,
    try_record<InferParameters>,
    try_record<Samples>,
    try_record<InferOutput>,
    try_record<Dataset>,
    try_record<Network>,
    try_record<TrainParameters>,
    try_record<TrainOutput>,
    try_record<ImageParameters>,
    try_record<ImageOutput>,
    try_record<DedupParameters>,
    try_record<DedupOutput>,
    try_record<TextParameters>,
    try_record<TextOutput>,
    try_record<Vocabulary>,
    try_picture,
    try_record<FederatedParameters>,
    try_record<LocalParameters>,
    try_record<GlobalState>,
    try_record<Delta>,
    try_record<Merged>,
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
