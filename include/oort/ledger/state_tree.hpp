// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/env/kv_store.hpp"

namespace oort::ledger {

/// One change of the state: the new value of a key, or its removal.
struct StateWrite {
  Bytes key;
  std::optional<Bytes> value;
  friend bool operator==(const StateWrite&, const StateWrite&) = default;
};

/// H("oort.v1 state value", value): what a tree commits to for a key.
[[nodiscard]] Bytes32 state_value_hash(ByteView value) noexcept;

inline constexpr std::size_t state_key_bytes_max = 256;

/// Names one stored page of a tree: the hash of the subtree below it, and the height of the block
/// that made it. A zero hash names the empty tree.
struct PageRef {
  Bytes32 hash;
  Height born;
  [[nodiscard]] bool is_empty() const noexcept { return hash.is_zero(); }
  friend bool operator==(const PageRef&, const PageRef&) noexcept = default;
  friend auto operator<=>(const PageRef&, const PageRef&) noexcept = default;
};

/// A part of a tree that proves what the tree holds, and does not hold, over a range of keys:
/// everything outside the range is cut away and stands there as its hash.
///
/// Bytes: version u8 = 1, then the nodes in preorder; `00 hash` is a cut subtree, `01 key-blob
/// value-hash` a leaf, `02 bits-u16 prefix left right` a branch, `03` the empty tree. One set of
/// keys, one range: one encoding, without slack.
struct TreeProof {
  Bytes bytes;
  friend bool operator==(const TreeProof&, const TreeProof&) = default;
};
inline constexpr std::size_t tree_proof_bytes_max = std::size_t{4} << 20;

struct ProvenValue {
  Bytes key;
  Bytes32 value_hash;
  friend bool operator==(const ProvenValue&, const ProvenValue&) = default;
};

/// The hash of `key`'s value under `root`, or nothing where the proof shows that there is none.
/// Fails with BAD_PROOF for a proof of anything else. Threads: any.
[[nodiscard]] Result<std::optional<Bytes32>> verify_value(const Bytes32& root,
                                                          const TreeProof& proof, ByteView key);
/// All keys under `root` in [first, end), ascending; an empty `end` has no bound. Complete: a key
/// that was left out is BAD_PROOF. Threads: any.
[[nodiscard]] Result<std::vector<ProvenValue>> verify_range(const Bytes32& root,
                                                            const TreeProof& proof, ByteView first,
                                                            ByteView end);

class StateTreeVersion;

/// An ordered, authenticated map from keys to hashes of values, kept as pages in a KvStore.
///
/// It is a binary Patricia tree over the bits of the key, each byte preceded by a 1 and the end of
/// the key marked by a 0, so that no key is a prefix of another and the order of the tree is that
/// of the bytes. The branches within one nibble make a page. README, "State trees", has the hashes.
///
/// Invariants
///   S1  The root is a function of the keys and values alone, not of the order of changes.
///   S2  Depth is bounded by the length of the keys; nobody can choose keys that make a page large
///       (at most 17 entries).
///   S3  A version never changes; versions of different blocks share pages; dropping a version
///       drops its fork.
///   S4  Only `finalize` changes the store, through a batch that the caller writes; a page is never
///       overwritten, and removed only `retained_blocks` after it was replaced.
/// Threads: one strand; verification is free.
class StateTree {
 public:
  struct Options {
    /// First bytes of every key in the store that belongs to this tree.
    Bytes prefix;
    std::size_t cache_bytes_max = std::size_t{64} << 20;
    /// For how many final blocks replaced pages remain, so that proofs at older heights work.
    std::uint64_t retained_blocks = 256;
  };
  using VersionPtr = std::shared_ptr<const StateTreeVersion>;

  /// Opens at the last finalized version. Borrows `store` for its lifetime.
  /// Fails with DISK_FAILED or CORRUPT_DATA.
  [[nodiscard]] static Result<std::unique_ptr<StateTree>> open(const env::KvReader& store,
                                                               Options options);
  ~StateTree();
  StateTree(const StateTree&) = delete;
  StateTree& operator=(const StateTree&) = delete;

  /// The last finalized version; of height 0 and empty in an empty store.
  [[nodiscard]] const VersionPtr& final_version() const noexcept;

  /// The version after `writes`, made by a block of `height` upon `parent`.
  /// Requires: `height` is above the parent's, or the parent is empty (genesis); `writes` ascend
  /// strictly by key; keys are no longer
  /// than state_key_bytes_max. Fails with DISK_FAILED or CORRUPT_DATA; then nothing happened.
  [[nodiscard]] Result<VersionPtr> update(const VersionPtr& parent, Height height,
                                          std::span<const StateWrite> writes);

  /// Adds to `batch` what makes `version` the final one after a restart.
  /// Requires: `version` was made from the final version. Fails with DISK_FAILED, CORRUPT_DATA.
  [[nodiscard]] Result<void> finalize(const VersionPtr& version, env::KvBatch& batch);
  /// The batch of `finalize` was written: `version` is the final one.
  void finalized(const VersionPtr& version);

  /// A version of the past by its root; usable as long as its pages are retained.
  [[nodiscard]] VersionPtr version_at(const PageRef& root, Height height) const;

  /// Whether the tree holds `key`, and what. Fails with DISK_FAILED, CORRUPT_DATA, NOT_FOUND (the
  /// version's pages were removed).
  [[nodiscard]] Result<TreeProof> prove(const VersionPtr& version, ByteView key);
  /// What the tree holds in [first, end). Fails also with TOO_LARGE beyond tree_proof_bytes_max.
  [[nodiscard]] Result<TreeProof> prove_range(const VersionPtr& version, ByteView first,
                                              ByteView end);
  /// Hash of the value of `key`, or nothing.
  [[nodiscard]] Result<std::optional<Bytes32>> get(const VersionPtr& version, ByteView key);

 private:
  struct Impl;
  explicit StateTree(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The tree after one block. Owned by whoever may still need it: its descendants, and the chain.
class StateTreeVersion {
 public:
  struct Changes;
  StateTreeVersion(PageRef root, Height height, std::shared_ptr<const StateTreeVersion> parent,
                   std::unique_ptr<Changes> changes);
  ~StateTreeVersion();
  StateTreeVersion(const StateTreeVersion&) = delete;
  StateTreeVersion& operator=(const StateTreeVersion&) = delete;

  [[nodiscard]] const Bytes32& root() const noexcept { return root_.hash; }
  [[nodiscard]] const PageRef& root_page() const noexcept { return root_; }
  [[nodiscard]] Height height() const noexcept { return height_; }

 private:
  friend class StateTree;
  PageRef root_;
  Height height_;
  // Owned together with the parent's other children; cut when the parent becomes final.
  mutable std::shared_ptr<const StateTreeVersion> parent_;
  mutable std::unique_ptr<Changes> changes_;
};

/// The two trees of a ledger: records of buckets, objects and segments stand in the index, of
/// which a billion are planned for; everything else stands among the accounts.
enum class StateTreeKind : std::uint8_t { Accounts = 0, Index = 1 };
[[nodiscard]] StateTreeKind tree_of(ByteView key) noexcept;

/// H("oort.v1 state root", accounts root ‖ index root).
[[nodiscard]] Bytes32 state_root(const Bytes32& accounts, const Bytes32& index) noexcept;

/// Both trees after one block.
struct StateVersion {
  StateTree::VersionPtr accounts;
  StateTree::VersionPtr index;
  [[nodiscard]] Bytes32 root() const noexcept;
  [[nodiscard]] Height height() const noexcept { return accounts->height(); }
};

/// A tree proof and what connects it to the state root: the root of the other tree.
struct StateProof {
  StateTreeKind tree = StateTreeKind::Accounts;
  Bytes32 other_root;
  TreeProof proof;
  friend bool operator==(const StateProof&, const StateProof&) = default;
};
void encode(codec::Writer& out, const StateProof& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, StateProof& value);

/// As verify_value and verify_range, against a state root. A range of both trees is BAD_PROOF.
[[nodiscard]] Result<std::optional<Bytes32>> verify_state_value(const Bytes32& state_root,
                                                                const StateProof& proof,
                                                                ByteView key);
[[nodiscard]] Result<std::vector<ProvenValue>> verify_state_range(const Bytes32& state_root,
                                                                  const StateProof& proof,
                                                                  ByteView first, ByteView end);

/// The authenticated state: both trees moved together, block by block. Same rules as StateTree.
class StateTrees {
 public:
  struct Options {
    /// First bytes of all keys of both trees in the store.
    Bytes prefix;
    std::size_t accounts_cache_bytes_max = std::size_t{192} << 20;
    std::size_t index_cache_bytes_max = std::size_t{64} << 20;
    std::uint64_t retained_blocks = 256;
  };
  [[nodiscard]] static Result<std::unique_ptr<StateTrees>> open(const env::KvReader& store,
                                                                const Options& options);

  [[nodiscard]] StateVersion final_version() const;
  [[nodiscard]] Result<StateVersion> update(const StateVersion& parent, Height height,
                                            std::span<const StateWrite> writes);
  [[nodiscard]] Result<void> finalize(const StateVersion& version, env::KvBatch& batch);
  void finalized(const StateVersion& version);
  [[nodiscard]] Result<StateProof> prove(const StateVersion& version, ByteView key);
  /// Fails also with BAD_ARGUMENT for a range that reaches into both trees: one proof is of one.
  [[nodiscard]] Result<StateProof> prove_range(const StateVersion& version, ByteView first,
                                               ByteView end);

 private:
  StateTrees(std::unique_ptr<StateTree> accounts, std::unique_ptr<StateTree> index);
  [[nodiscard]] StateTree& tree(StateTreeKind kind) noexcept;
  std::unique_ptr<StateTree> accounts_;
  std::unique_ptr<StateTree> index_;
};

}  // namespace oort::ledger
