// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/builtin/network.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "builtin/bytes_codec.hpp"
#include "builtin/fixed_point.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/draws.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"

namespace oort::compute::builtin {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr std::uint64_t weights_stream = 1;
constexpr std::uint64_t order_stream = 2;

}  // namespace

void encode(codec::Writer& out, const Dataset& value) {
  out.u8(record_version);
  out.u32(value.features);
  out.u32(value.classes);
  out.u32(value.count());
  out.raw(bytes_of(value.values));
  for (const std::uint16_t label : value.labels) out.u16(label);
}

Result<void> decode(codec::Reader& in, Dataset& value) {
  OORT_TRY(expect_version(in, record_version, "a dataset"));
  OORT_TRY(value.features, in.u32());
  OORT_TRY(value.classes, in.u32());
  if (value.features == 0 || value.features > network_units_max || value.classes < 2 ||
      value.classes > classes_max) {
    return refuse(reason::bad_argument, "a dataset without features or classes, or with too many");
  }
  OORT_TRY(const std::uint32_t count, in.count(dataset_count_max, value.features + 2));
  if (count == 0) return refuse(reason::bad_argument, "an empty dataset");
  OORT_TRY(value.values, read_i8s(in, std::size_t{count} * value.features));
  value.labels.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    OORT_TRY(const std::uint16_t label, in.u16());
    if (label >= value.classes) return refuse(reason::bad_argument, "a label that is no class");
    value.labels.push_back(label);
  }
  return {};
}

void encode(codec::Writer& out, const Network& value) {
  out.u8(record_version);
  codec::encode_vector(out, value.sizes);
  write_i32s(out, value.parameters);
}

Result<void> decode(codec::Reader& in, Network& value) {
  OORT_TRY(expect_version(in, record_version, "a network"));
  OORT_TRY(codec::decode_vector(in, value.sizes, network_layers_max + 1));
  OORT_TRY(check_sizes(value.sizes));
  OORT_TRY(value.parameters, read_i32s(in, parameters_count(value.sizes), parameter_max));
  return {};
}

void encode(codec::Writer& out, const SgdOptions& value) {
  out.u32(value.rate_q16);
  out.u32(value.momentum_q16);
  out.u8(value.batch_log2);
}

Result<void> decode(codec::Reader& in, SgdOptions& value) {
  OORT_TRY(value.rate_q16, in.u32());
  OORT_TRY(value.momentum_q16, in.u32());
  OORT_TRY(value.batch_log2, in.u8());
  if (value.rate_q16 >> 20U != 0 || value.momentum_q16 >> 16U != 0 || value.batch_log2 > 8) {
    return refuse(reason::bad_argument, "rate, momentum or batch out of range");
  }
  return {};
}

Result<void> check_sizes(std::span<const std::uint32_t> sizes) {
  if (sizes.size() < 2 || sizes.size() > network_layers_max + 1) {
    return refuse(reason::bad_argument, "a network of " + std::to_string(sizes.size()) + " sizes");
  }
  for (const std::uint32_t size : sizes) {
    if (size == 0 || size > network_units_max) {
      return refuse(reason::bad_argument, "a layer of " + std::to_string(size) + " units");
    }
  }
  if (parameters_count(sizes) > network_parameters_max) {
    return refuse(reason::too_large, "a network of too many parameters");
  }
  if (sizes.back() > classes_max) return refuse(reason::too_large, "too many classes");
  return {};
}

std::size_t parameters_count(std::span<const std::uint32_t> sizes) {
  std::size_t count = 0;
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    count += std::size_t{sizes[i]} * (std::size_t{sizes[i - 1]} + 1);
  }
  return count;
}

Network initial_network(std::vector<std::uint32_t> sizes, std::uint64_t seed) {
  Network network{std::move(sizes), {}};
  network.parameters.reserve(parameters_count(network.sizes));
  for (std::size_t layer = 1; layer < network.sizes.size(); ++layer) {
    const std::uint64_t inputs = network.sizes[layer - 1];
    const std::int64_t limit =
        std::min<std::int64_t>(integer_root((std::uint64_t{6} << 40U) / inputs), parameter_max);
    for (std::uint64_t i = 0; i < inputs * network.sizes[layer]; ++i) {
      const std::uint64_t draw = drawn(seed, weights_stream, network.parameters.size());
      const auto place =
          static_cast<std::int64_t>(below(draw, static_cast<std::uint64_t>(2 * limit + 1)));
      network.parameters.push_back(static_cast<std::int32_t>(place - limit));
    }
    network.parameters.resize(network.parameters.size() + network.sizes[layer], 0);
  }
  return network;
}

Shuffle::Shuffle(std::uint64_t seed, std::uint32_t count, std::uint8_t batch_log2)
    : seed_(seed), batch_(std::uint32_t{1} << batch_log2), epoch_(0), order_(count) {
  OORT_ASSERT(count >= batch_, "an epoch has a batch");
  order_for(0);
}

std::uint64_t Shuffle::batches_per_epoch() const noexcept { return order_.size() / batch_; }

std::span<const std::uint32_t> Shuffle::batch(std::uint64_t step) {
  const std::uint64_t epoch = step / batches_per_epoch();
  if (epoch != epoch_) order_for(epoch);
  return std::span<const std::uint32_t>(order_).subspan((step % batches_per_epoch()) * batch_,
                                                        batch_);
}

void Shuffle::order_for(std::uint64_t epoch) {
  for (std::uint32_t i = 0; i < order_.size(); ++i) order_[i] = i;
  const std::uint64_t epoch_seed = drawn(seed_, order_stream, epoch);
  for (std::size_t i = order_.size() - 1; i > 0; --i) {
    std::swap(order_[i], order_[below(drawn(epoch_seed, order_stream, i), i + 1)]);
  }
  epoch_ = epoch;
}

}  // namespace oort::compute::builtin
