// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/genesis.hpp"

#include <algorithm>
#include <limits>

#include "access/access.hpp"
#include "bank/bank.hpp"
#include "module_genesis.hpp"
#include "nodes/nodes.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/limits.hpp"
#include "oort/crypto/hash.hpp"
#include "params/params.hpp"
#include "record_fields.hpp"

namespace oort::ledger {
namespace {

constexpr std::size_t accounts_max = 1'000'000;
constexpr std::size_t nodes_max = 10'000;
constexpr std::size_t access_keys_max = 10'000;
constexpr std::size_t grants_max = 10'000;
constexpr std::size_t genesis_modules_max = 20;

}  // namespace

template <class F>
void walk(F& f, typename F::template As<GenesisAccount>& v) {
  f(v.id);
  f(v.balance);
}
template <class F>
void walk(F& f, typename F::template As<GenesisParams>& v) {
  f.text(v.chain_name, chain_name_bytes_max);
  f(v.cell);
  f(v.time_ms);
  f(v.params);
  f.list(v.accounts, accounts_max);
  f.list(v.nodes, nodes_max);
  f.list(v.validators, limits::validators_count_max);
  f.list(v.access_keys, access_keys_max);
  f.list(v.grants, grants_max);
}
template <class F>
void walk(F& f, typename F::template As<GenesisPot>& v) {
  f.enumeration(v.pot, static_cast<Pot>(pot_last), Pot::Escrow);
  f(v.balance);
}
template <class F>
void walk(F& f, typename F::template As<GenesisModule>& v) {
  f.enumeration(v.module, Module::Reserved20);
  f.blob(v.genesis, genesis_module_bytes_max);
}

template <>
void encode(codec::Writer& out, const GenesisParams& genesis) {
  const bool has_economy = !genesis.pots.empty() || !genesis.modules.empty();
  out.u8(has_economy ? 2 : 1);
  FieldWriter fields(out);
  walk(fields, genesis);
  if (!has_economy) return;
  fields.list(genesis.pots, pot_last);
  fields.list(genesis.modules, genesis_modules_max);
}

template <>
Result<void> decode(codec::Reader& in, GenesisParams& genesis) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version < 1 || version > GenesisParams::format_version) {
    return fail(ErrorCode::InvalidArgument, reason::unsupported_version,
                "a genesis of version " + std::to_string(version) +
                    "; this program reads versions 1 and 2");
  }
  FieldReader fields(in);
  walk(fields, genesis);
  genesis.pots.clear();
  genesis.modules.clear();
  if (version == 2) {
    fields.list(genesis.pots, pot_last);
    fields.list(genesis.modules, genesis_modules_max);
    if (genesis.pots.empty() && genesis.modules.empty()) {
      fields.refuse(reason::not_canonical, "a genesis without an economy is of version 1");
    }
  }
  return std::move(fields).finish();
}

namespace {

constexpr crypto::Context genesis_context("oort.v1 genesis");
constexpr std::string_view file_magic = "OORTGEN1";

Result<void> refuse(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument, "genesis: " + std::move(detail));
}

bool is_chain_name(std::string_view name) {
  return !name.empty() && name.size() <= chain_name_bytes_max &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

/// Balances, bonds and pots together; empty on overflow.
std::optional<Oort> total_of(const GenesisParams& genesis) {
  std::optional<Oort> total = Oort();
  for (const GenesisAccount& account : genesis.accounts) {
    total = total ? total->plus(account.balance) : std::nullopt;
  }
  for (const Node& node : genesis.nodes) {
    total = total ? total->plus(node.bond) : std::nullopt;
  }
  for (const GenesisPot& pot : genesis.pots) {
    total = total ? total->plus(pot.balance) : std::nullopt;
  }
  return total;
}

Result<void> check_nodes_of(const GenesisParams& genesis) {
  if (!ascends(genesis.nodes, [](const Node& node) { return node.id; })) {
    return refuse("nodes do not ascend by id");
  }
  for (const Node& node : genesis.nodes) {
    if (!is_possible(node.roles, node.endpoints) || node.status == NodeStatus::Faulty) {
      return refuse("node " + node.id.short_hex() + " has impossible fields");
    }
  }
  return {};
}

Result<void> check_validators(const GenesisParams& genesis) {
  const auto& validators = genesis.validators;
  if (validators.empty() || validators.size() > genesis.params.validators_max) {
    return refuse("there must be 1 to validators_max validators");
  }
  if (!ascends(validators, [](const Validator& validator) { return validator.node; })) {
    return refuse("validators do not ascend by node");
  }
  std::uint64_t total = 0;
  for (const Validator& validator : validators) {
    const auto node = std::ranges::lower_bound(genesis.nodes, validator.node, {}, &Node::id);
    if (node == genesis.nodes.end() || node->id != validator.node ||
        !has_role(*node, NodeRole::Super)) {
      return refuse("validator " + validator.node.short_hex() + " is no super node of the list");
    }
    if (validator.weight == 0 || validator.weight > limits::validator_weight_total_max - total) {
      return refuse("weights must be over zero and add up to at most 2^60");
    }
    total += validator.weight;
  }
  return {};
}

Result<void> check_access(const GenesisParams& genesis) {
  if (!ascends(genesis.access_keys, [](const AccessKey& key) { return key.id; })) {
    return refuse("access keys do not ascend by id");
  }
  for (const AccessKey& key : genesis.access_keys) {
    if (!is_possible(key)) return refuse("access key " + key.id + " has impossible fields");
  }
  std::uint64_t number = 0;
  for (const GatewayGrant& grant : genesis.grants) {
    if (grant.id != GrantId(++number)) return refuse("grants are not numbered from 1");
    if (!is_possible(grant) || grant.bytes_used != 0 || !grant.spend_used.is_zero()) {
      return refuse("grant " + std::to_string(number) + " has impossible fields");
    }
  }
  return {};
}

Result<void> check_economy(const GenesisParams& genesis) {
  if (!ascends(genesis.pots, [](const GenesisPot& pot) { return pot.pot; })) {
    return refuse("pots do not ascend");
  }
  for (const GenesisPot& pot : genesis.pots) {
    if (pot.balance.is_zero()) return refuse("an empty pot is named");
  }
  if (!ascends(genesis.modules, [](const GenesisModule& module) { return module.module; })) {
    return refuse("modules do not ascend");
  }
  for (const GenesisModule& module : genesis.modules) {
    OORT_TRY(check_module(genesis, module));
  }
  return {};
}

}  // namespace

ChainId chain_id_of(const GenesisParams& genesis) {
  return ChainId(crypto::hash(genesis_context, codec::to_bytes(genesis)).array());
}

Result<void> check_genesis(const GenesisParams& genesis) {
  if (!is_chain_name(genesis.chain_name)) {
    return refuse("chain_name must be 1 to 64 of a-z, 0-9 and hyphens");
  }
  if (!is_possible(genesis.params)) return refuse("params contradict each other or a bound");
  if (!ascends(genesis.accounts, [](const GenesisAccount& account) { return account.id; })) {
    return refuse("accounts do not ascend by id");
  }
  if (!total_of(genesis)) return refuse("balances add up to more than an amount can hold");
  OORT_TRY(check_nodes_of(genesis));
  OORT_TRY(check_validators(genesis));
  OORT_TRY(check_access(genesis));
  return check_economy(genesis);
}

Bytes genesis_to_file(const GenesisParams& genesis) {
  const Bytes bytes = codec::to_bytes(genesis);
  codec::Writer out;
  out.raw(as_bytes(file_magic));
  out.blob(bytes);
  codec::encode(out, ChainId(crypto::hash(genesis_context, bytes).array()));
  return std::move(out).take();
}

Result<GenesisParams> genesis_from_file(ByteView file) {
  codec::Reader in(file);
  const auto magic = in.raw(file_magic.size());
  if (!magic || as_text(*magic) != file_magic) {
    return fail(ErrorCode::InvalidArgument, reason::wrong_genesis, "this is no genesis file");
  }
  OORT_TRY(const ByteView bytes, in.blob(genesis_bytes_max));
  ChainId named;
  OORT_TRY(codec::decode(in, named));
  OORT_TRY(in.finish());
  if (crypto::hash(genesis_context, bytes).array() != named.array()) {
    return fail(
        ErrorCode::InvalidArgument, reason::wrong_genesis,
        "the genesis file is damaged: its content is not that of chain " + named.short_hex());
  }
  OORT_TRY(auto genesis, codec::from_bytes<GenesisParams>(bytes));
  OORT_TRY(check_genesis(genesis));
  return genesis;
}

std::vector<StateWrite> genesis_writes(const GenesisParams& genesis) {
  const MemoryState nothing;
  Overlay state(nothing);
  const auto total = total_of(genesis);
  OORT_ASSERT(total.has_value(), "check_genesis passed");
  save(state, keys::supply(), Supply{*total, Oort()});
  for (const GenesisAccount& account : genesis.accounts) {
    save(state, keys::account(account.id), Account{account.balance, {}});
  }
  for (const Node& node : genesis.nodes) {
    enter(state, node);
    if (!state.get(keys::account(node.owner))) save(state, keys::account(node.owner), Account{});
  }
  save(state, keys::validator_set(Epoch()), ValidatorSet{Epoch(), genesis.validators});
  for (const GenesisPot& pot : genesis.pots) put_in(state, pot.pot, pot.balance);
  for (const GenesisModule& module : genesis.modules) enter_module(state, genesis, module);
  for (const AccessKey& key : genesis.access_keys) enter(state, key);
  for (const GatewayGrant& grant : genesis.grants) enter(state, grant);
  codec::Writer next;
  next.u64(genesis.grants.size() + 1);
  state.put(keys::grant_next(), std::move(next).take());
  save(state, keys::params(), genesis.params);
  const ChainId chain = chain_id_of(genesis);
  state.put(keys::chain(), to_bytes(chain.view()));
  // The first epoch's seed is what the chain's name makes of it.
  save(state, keys::beacon(), Beacon{Height(), Epoch(), Bytes32(chain.array())});
  save(state, keys::epoch_seed(Epoch()), Beacon{Height(), Epoch(), Bytes32(chain.array())});

  std::vector<StateWrite> writes;
  for (const auto& [key, value] : state.changes()) writes.push_back({key, value});
  return writes;
}

}  // namespace oort::ledger
