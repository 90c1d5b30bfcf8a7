// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>

#include "builtin/bytes_codec.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/federated.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"

namespace oort::compute::builtin {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr crypto::Context state_context("oort.v1 compute training state");
constexpr crypto::Context delta_context("oort.v1 compute training delta");
/// Twice a parameter's magnitude: from one end to the other.
constexpr std::uint32_t difference_max = std::uint32_t{2} * parameter_max;

void encode_block(codec::Writer& out, const DeltaBlock& block) {
  out.u32(block.largest);
  out.raw(bytes_of(block.values));
}

Result<DeltaBlock> decode_block(codec::Reader& in, std::size_t size) {
  DeltaBlock block;
  OORT_TRY(block.largest, in.u32());
  if (block.largest > difference_max) return refuse(reason::bad_argument, "a delta too large");
  OORT_TRY(block.values, read_i8s(in, size));
  int most = 0;
  for (const std::int8_t value : block.values) most = std::max(most, value < 0 ? -value : value);
  if (most != (block.largest == 0 ? 0 : 127)) {
    return refuse(reason::not_canonical, "a block's largest value is 127, unless all are zero");
  }
  return block;
}

}  // namespace

void encode(codec::Writer& out, const FederatedParameters& value) {
  out.u8(record_version);
  out.u32(value.local_steps);
  out.u16(value.trim);
  out.u32(value.outer_rate_q16);
  out.u32(value.outer_momentum_q16);
  out.u64(value.seed);
  encode(out, value.descent);
}

Result<void> decode(codec::Reader& in, FederatedParameters& value) {
  OORT_TRY(expect_version(in, record_version, "parameters of training by many"));
  OORT_TRY(value.local_steps, in.u32());
  OORT_TRY(value.trim, in.u16());
  OORT_TRY(value.outer_rate_q16, in.u32());
  OORT_TRY(value.outer_momentum_q16, in.u32());
  OORT_TRY(value.seed, in.u64());
  OORT_TRY(decode(in, value.descent));
  if (value.local_steps == 0 || value.local_steps > local_steps_max ||
      value.outer_rate_q16 >> 18U != 0 || value.outer_momentum_q16 >> 16U != 0) {
    return refuse(reason::bad_argument, "steps, rate or momentum out of range");
  }
  return {};
}

void encode(codec::Writer& out, const LocalParameters& value) {
  encode(out, value.federated);
  out.u32(value.member);
}

Result<void> decode(codec::Reader& in, LocalParameters& value) {
  OORT_TRY(decode(in, value.federated));
  OORT_TRY(value.member, in.u32());
  return {};
}

void encode(codec::Writer& out, const GlobalState& value) {
  out.u8(record_version);
  out.u32(value.round);
  encode(out, value.network);
  write_i32s(out, value.momentum);
}

Result<void> decode(codec::Reader& in, GlobalState& value) {
  OORT_TRY(expect_version(in, record_version, "a training state"));
  OORT_TRY(value.round, in.u32());
  OORT_TRY(decode(in, value.network));
  OORT_TRY(value.momentum, read_i32s(in, value.network.parameters.size(), parameter_max));
  return {};
}

Bytes32 state_digest(const GlobalState& state) {
  return crypto::hash(state_context, codec::to_bytes(state));
}

void encode(codec::Writer& out, const Delta& value) {
  out.u8(record_version);
  encode(out, value.state);
  out.u32(value.member);
  out.u32(value.count);
  for (const DeltaBlock& block : value.blocks) encode_block(out, block);
}

Result<void> decode(codec::Reader& in, Delta& value) {
  OORT_TRY(expect_version(in, record_version, "a delta"));
  OORT_TRY(codec::decode(in, value.state));
  OORT_TRY(value.member, in.u32());
  OORT_TRY(value.count, in.count(network_parameters_max, 1));
  value.blocks.clear();
  for (std::size_t at = 0; at < value.count; at += delta_block) {
    OORT_TRY(DeltaBlock block,
             decode_block(in, std::min<std::size_t>(delta_block, value.count - at)));
    value.blocks.push_back(std::move(block));
  }
  return {};
}

Bytes32 delta_digest(const Delta& delta) {
  return crypto::hash(delta_context, codec::to_bytes(delta));
}

void encode(codec::Writer& out, const Merged& value) {
  out.u8(record_version);
  encode(out, value.state);
  out.u32(static_cast<std::uint32_t>(value.standings.size()));
  for (const Standing& standing : value.standings) {
    out.u32(standing.member);
    out.u32(standing.left_out_permille);
  }
}

Result<void> decode(codec::Reader& in, Merged& value) {
  OORT_TRY(expect_version(in, record_version, "a merged state"));
  OORT_TRY(decode(in, value.state));
  OORT_TRY(const std::uint32_t count, in.count(members_max, 8));
  value.standings.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    Standing standing;
    OORT_TRY(standing.member, in.u32());
    OORT_TRY(standing.left_out_permille, in.u32());
    value.standings.push_back(standing);
  }
  return {};
}

}  // namespace oort::compute::builtin
