// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/state_tree.hpp"
#include "state/proof.hpp"

namespace oort::ledger {
namespace {

constexpr crypto::Context root_context{"oort.v1 state root"};
constexpr std::uint8_t state_proof_version = 1;
/// The module whose records are too many for memory: buckets, objects, segments, multiparts.
constexpr auto objects_module = static_cast<std::byte>(Module::Objects);

tl::unexpected<Error> bad_proof(std::string detail) {
  return fail(ErrorCode::InvalidArgument, reason::bad_proof, std::move(detail));
}

/// Whether every key in [first, end) stands in the tree of `first`.
bool is_of_one_tree(ByteView first, ByteView end) {
  const Bytes objects{objects_module};
  const Bytes behind{static_cast<std::byte>(std::to_integer<unsigned>(objects_module) + 1)};
  const auto ends_by = [end](ByteView bound) {
    return !end.empty() && !std::ranges::lexicographical_compare(bound, end);
  };
  if (tree_of(first) == StateTreeKind::Index) return ends_by(behind);
  return !std::ranges::lexicographical_compare(first, objects) || ends_by(objects);
}

StateTree::Options tree_options(const StateTrees::Options& options, StateTreeKind kind,
                                std::size_t cache_bytes_max) {
  StateTree::Options tree;
  tree.prefix = options.prefix;
  tree.prefix.push_back(static_cast<std::byte>(kind));
  tree.cache_bytes_max = cache_bytes_max;
  tree.retained_blocks = options.retained_blocks;
  return tree;
}

}  // namespace

StateTreeKind tree_of(ByteView key) noexcept {
  return !key.empty() && key.front() == objects_module ? StateTreeKind::Index
                                                       : StateTreeKind::Accounts;
}

Bytes32 state_root(const Bytes32& accounts, const Bytes32& index) noexcept {
  return crypto::hash(root_context, accounts.view(), index.view());
}

Bytes32 StateVersion::root() const noexcept { return state_root(accounts->root(), index->root()); }

void encode(codec::Writer& out, const StateProof& value) {
  out.u8(state_proof_version);
  out.u8(static_cast<std::uint8_t>(value.tree));
  encode(out, value.other_root);
  out.blob(value.proof.bytes);
}

Result<void> decode(codec::Reader& in, StateProof& value) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != state_proof_version) return bad_proof("unknown version of a state proof");
  OORT_TRY(const std::uint8_t tree, in.u8());
  if (tree > static_cast<std::uint8_t>(StateTreeKind::Index)) return bad_proof("no such tree");
  value.tree = static_cast<StateTreeKind>(tree);
  OORT_TRY(decode(in, value.other_root));
  OORT_TRY(const ByteView bytes, in.blob(2 * tree_proof_bytes_max));
  value.proof.bytes = to_bytes(bytes);
  return {};
}

Result<std::optional<Bytes32>> verify_state_value(const Bytes32& root, const StateProof& proof,
                                                  ByteView key) {
  if (tree_of(key) != proof.tree) return bad_proof("the proof is of the wrong tree");
  Bytes end = to_bytes(key);
  end.push_back(std::byte{0});
  OORT_TRY(const auto values, verify_state_range(root, proof, key, end));
  if (values.empty()) return std::optional<Bytes32>();
  return std::optional<Bytes32>(values.front().value_hash);
}

Result<std::vector<ProvenValue>> verify_state_range(const Bytes32& root, const StateProof& proof,
                                                    ByteView first, ByteView end) {
  if (tree_of(first) != proof.tree) return bad_proof("the proof is of the wrong tree");
  // One proof would be silent about the other tree's keys, so it would not be complete.
  if (!is_of_one_tree(first, end)) return bad_proof("the range reaches into both trees");
  // The root of the proof's own tree is not sent: it is what the path leads to.
  OORT_TRY(auto opened, state::open_range(proof.proof, first, end));
  const bool is_accounts = proof.tree == StateTreeKind::Accounts;
  const Bytes32 computed = is_accounts ? state_root(opened.root, proof.other_root)
                                       : state_root(proof.other_root, opened.root);
  if (computed != root) return bad_proof("the path does not lead to the state root");
  return std::move(opened.values);
}

StateTrees::StateTrees(std::unique_ptr<StateTree> accounts, std::unique_ptr<StateTree> index)
    : accounts_(std::move(accounts)), index_(std::move(index)) {}

Result<std::unique_ptr<StateTrees>> StateTrees::open(const env::KvReader& store,
                                                     const Options& options) {
  OORT_TRY(auto accounts, StateTree::open(store, tree_options(options, StateTreeKind::Accounts,
                                                              options.accounts_cache_bytes_max)));
  OORT_TRY(auto index, StateTree::open(store, tree_options(options, StateTreeKind::Index,
                                                           options.index_cache_bytes_max)));
  return std::unique_ptr<StateTrees>(new StateTrees(std::move(accounts), std::move(index)));
}

StateTree& StateTrees::tree(StateTreeKind kind) noexcept {
  return kind == StateTreeKind::Accounts ? *accounts_ : *index_;
}

StateVersion StateTrees::final_version() const {
  return {accounts_->final_version(), index_->final_version()};
}

Result<StateVersion> StateTrees::update(const StateVersion& parent, Height height,
                                        std::span<const StateWrite> writes) {
  // Keys of one module are neighbours, so the index's writes are one run among the others.
  const auto is_index = [](const StateWrite& write) {
    return tree_of(write.key) == StateTreeKind::Index;
  };
  const auto first = std::ranges::find_if(writes, is_index);
  const auto last = std::find_if_not(first, writes.end(), is_index);
  std::vector<StateWrite> rest(writes.begin(), first);
  rest.insert(rest.end(), last, writes.end());
  StateVersion version;
  OORT_TRY(version.accounts, accounts_->update(parent.accounts, height, rest));
  OORT_TRY(version.index, index_->update(parent.index, height, {first, last}));
  return version;
}

Result<void> StateTrees::finalize(const StateVersion& version, env::KvBatch& batch) {
  OORT_TRY(accounts_->finalize(version.accounts, batch));
  return index_->finalize(version.index, batch);
}

void StateTrees::finalized(const StateVersion& version) {
  accounts_->finalized(version.accounts);
  index_->finalized(version.index);
}

Result<StateProof> StateTrees::prove(const StateVersion& version, ByteView key) {
  Bytes end = to_bytes(key);
  end.push_back(std::byte{0});
  return prove_range(version, key, end);
}

Result<StateProof> StateTrees::prove_range(const StateVersion& version, ByteView first,
                                           ByteView end) {
  if (!is_of_one_tree(first, end)) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "the range reaches into both trees");
  }
  StateProof proof;
  proof.tree = tree_of(first);
  const bool is_accounts = proof.tree == StateTreeKind::Accounts;
  proof.other_root = is_accounts ? version.index->root() : version.accounts->root();
  const auto& own = is_accounts ? version.accounts : version.index;
  OORT_TRY(proof.proof, tree(proof.tree).prove_range(own, first, end));
  return proof;
}

}  // namespace oort::ledger
