// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/kernels.hpp"
#include "oort/compute/builtin/network.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/result.hpp"

/// Training by many with little traffic, after DiLoCo (2023): in each round every member descends
/// some steps on data of its own and sends how far it came, one byte a parameter; the next state
/// follows from the deltas alone, by a mean that leaves out the extremes.
///
/// `train_local` version 1: inputs a state and the member's dataset, output its delta; a unit is
/// one step, and the last one packs. `train_merge` version 1: inputs a state and deltas ascending
/// by member, output the next state with each member's standing; a unit is 65,536 parameters.
///
/// Invariants
///   F3  Whoever merges the same deltas has the same state, to the bit.
///   F4  Up to `trim` members, whatever they send, move no parameter beyond what honest members
///   sent. F5  A member's delta follows from state, dataset and member: who sent another is proven
///   to have.
namespace oort::compute::builtin {

inline constexpr std::size_t delta_block = 256;
inline constexpr std::uint32_t members_max = 1024;
inline constexpr std::uint32_t local_steps_max = 100'000;

struct FederatedParameters {
  std::uint32_t local_steps = 20;
  std::uint16_t trim = 1;                     ///< Of the deltas, at each end; 2·trim < members.
  std::uint32_t outer_rate_q16 = 45'875;      ///< 0.7; below 2^18.
  std::uint32_t outer_momentum_q16 = 32'768;  ///< Nesterov's; below 2^16.
  std::uint64_t seed = 0;
  SgdOptions descent;
};
void encode(codec::Writer& out, const FederatedParameters& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, FederatedParameters& value);

/// What every member holds between rounds.
struct GlobalState {
  std::uint32_t round = 0;
  Network network;
  std::vector<std::int32_t> momentum;  ///< One a parameter, Q20.
  friend bool operator==(const GlobalState&, const GlobalState&) = default;
};
void encode(codec::Writer& out, const GlobalState& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, GlobalState& value);
[[nodiscard]] Bytes32 state_digest(const GlobalState& state);

/// 256 values as bytes of which the largest is ±127, times `largest` / 127; all zero when it is 0.
struct DeltaBlock {
  std::uint32_t largest = 0;
  std::vector<std::int8_t> values;
  friend bool operator==(const DeltaBlock&, const DeltaBlock&) = default;
};
/// How far a member came from a state.
struct Delta {
  Bytes32 state;
  std::uint32_t member = 0;
  std::uint32_t count = 0;  ///< Parameters.
  std::vector<DeltaBlock> blocks;
  friend bool operator==(const Delta&, const Delta&) = default;
};
void encode(codec::Writer& out, const Delta& value);
/// Fails with NOT_CANONICAL for a block that does not fill its bytes.
[[nodiscard]] Result<void> decode(codec::Reader& in, Delta& value);
[[nodiscard]] Bytes32 delta_digest(const Delta& delta);

/// One member's part of a round, from its state on. The same bytes as `train_local` gives.
/// Fails with BAD_ARGUMENT when the dataset does not fit the network or fills no batch.
[[nodiscard]] Result<Delta> local_delta(const FederatedParameters& parameters,
                                        const GlobalState& state, std::uint32_t member,
                                        const Dataset& dataset, const Kernels& kernels);
/// What the member's delta must be: compared with what it sent, it proves or clears.
[[nodiscard]] Result<Bytes32> replay(const FederatedParameters& parameters,
                                     const GlobalState& state, std::uint32_t member,
                                     const Dataset& dataset, const Kernels& kernels);

/// How often a member's value was left out as an extreme, among the parameters where any was.
struct Standing {
  std::uint32_t member = 0;
  std::uint32_t left_out_permille = 0;
  friend bool operator==(const Standing&, const Standing&) = default;
};
struct Merged {
  GlobalState state;
  std::vector<Standing> standings;
};
void encode(codec::Writer& out, const Merged& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, Merged& value);

struct LocalParameters {
  FederatedParameters federated;
  std::uint32_t member = 0;
};
void encode(codec::Writer& out, const LocalParameters& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, LocalParameters& value);

[[nodiscard]] Result<std::unique_ptr<Work>> start_train_local(ByteView parameters,
                                                              std::vector<Bytes> inputs,
                                                              const Kernels& kernels);
[[nodiscard]] Result<std::unique_ptr<Work>> start_train_merge(ByteView parameters,
                                                              std::vector<Bytes> inputs,
                                                              const Kernels& kernels);

}  // namespace oort::compute::builtin
