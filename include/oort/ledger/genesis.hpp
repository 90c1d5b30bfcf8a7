// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/state.hpp"

namespace oort::ledger {

inline constexpr std::size_t chain_name_bytes_max = 64;
inline constexpr std::size_t genesis_bytes_max = std::size_t{64} << 20;

struct GenesisAccount {
  AccountId id;
  Oort balance;
  friend bool operator==(const GenesisAccount&, const GenesisAccount&) = default;
};

/// What a pot holds from the start.
struct GenesisPot {
  Pot pot = Pot::Mining;
  Oort balance;
  friend bool operator==(const GenesisPot&, const GenesisPot&) = default;
};
/// How a module of the economy begins: a record of its own. A module that is not named is switched
/// off, and its operations are refused with ModuleOff.
struct GenesisModule {
  Module module = Module::Staking;
  Bytes genesis;
  friend bool operator==(const GenesisModule&, const GenesisModule&) = default;
};
inline constexpr std::size_t genesis_module_bytes_max = std::size_t{16} << 20;

/// Everything that a network starts from. Its hash is the chain id.
/// Without pots and modules it is written in format 1, which has neither; else in format 2.
struct GenesisParams {
  static constexpr std::uint8_t format_version = 2;
  std::string chain_name;  ///< 1 to 64 of [a-z0-9-].
  CellId cell;
  std::uint64_t time_ms = 0;  ///< Header time of block 0.
  Params params;
  std::vector<GenesisAccount> accounts;  ///< Ascending by id.
  std::vector<Node> nodes;               ///< Ascending by id.
  std::vector<Validator> validators;     ///< Ascending by node; each stands in `nodes` as super.
  std::vector<AccessKey> access_keys;    ///< Ascending by id.
  std::vector<GatewayGrant> grants;      ///< Ids 1, 2, 3 …
  std::vector<GenesisPot> pots;          ///< Ascending by pot, none empty.
  std::vector<GenesisModule> modules;    ///< Ascending by module.
  friend bool operator==(const GenesisParams&, const GenesisParams&) = default;
};

/// H("oort.v1 genesis", canonical bytes).
[[nodiscard]] ChainId chain_id_of(const GenesisParams& genesis);
/// Whether a network can start from it. Fails with BAD_ARGUMENT, naming the field.
[[nodiscard]] Result<void> check_genesis(const GenesisParams& genesis);

/// A genesis file: "OORTGEN1", u32 length, canonical bytes, and their 32-byte chain id, so that a
/// torn or edited file is noticed.
[[nodiscard]] Bytes genesis_to_file(const GenesisParams& genesis);
/// Fails with WRONG_GENESIS or as a decoder.
[[nodiscard]] Result<GenesisParams> genesis_from_file(ByteView file);

/// The state of block 0. Ascending by key. Requires: `check_genesis` passed.
[[nodiscard]] std::vector<StateWrite> genesis_writes(const GenesisParams& genesis);

}  // namespace oort::ledger
