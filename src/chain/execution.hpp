// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oort/chain/body.hpp"
#include "oort/chain/chain.hpp"
#include "oort/ledger/state_tree.hpp"
#include "records.hpp"

namespace oort::chain {

/// Told of a disk that cannot be trusted any more; does not return in production.
using OnFailure = std::function<void(const Error&)>;

/// A store as it was after one block. Owned by all who read the state of that block.
using SnapshotRef = std::shared_ptr<const env::KvReader>;

/// The state that a snapshot of the store holds. Never that of the store itself: the disk's thread
/// may have written the next block before the strand hears of it.
class StoreState final : public ledger::StateReader {
 public:
  StoreState(SnapshotRef snapshot, OnFailure on_failure)
      : snapshot_(std::move(snapshot)), on_failure_(std::move(on_failure)) {}
  void set(SnapshotRef snapshot) noexcept { snapshot_ = std::move(snapshot); }
  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override;
  void scan(ByteView prefix, ByteView from, const Visit& visit) const override;

 private:
  SnapshotRef snapshot_;
  OnFailure on_failure_;
};

/// A block that is not in the store yet, executed.
struct ExecutedBlock {
  /// Reads what is below the block: its parent's overlay, or the store once the parent is there.
  class Below final : public ledger::StateReader {
   public:
    explicit Below(const ledger::StateReader& target) : target_(&target) {}
    void set(const ledger::StateReader& target) noexcept { target_ = &target; }
    [[nodiscard]] std::optional<Bytes> get(ByteView key) const override {
      return target_->get(key);
    }
    void scan(ByteView prefix, ByteView from, const Visit& visit) const override {
      target_->scan(prefix, from, visit);
    }

   private:
    const ledger::StateReader* target_;
  };

  consensus::BlockRef block;
  std::vector<TransactionRef> transactions;
  ledger::ExecutionResult result;
  ledger::StateVersion version;
  Bytes32 state_root;
  std::unique_ptr<Below> below;
  std::unique_ptr<ledger::Overlay> state;

  [[nodiscard]] std::vector<TransactionId> ids() const;
};

/// What a child's header must say of its parent.
struct ParentFacts {
  Height height;
  Bytes32 state_root;
  Bytes32 result_root;
  const ledger::StateReader* state = nullptr;
};

/// The ledger's state machine over a tree of blocks above the last stored one.
///
/// Invariants
///   B1  A batch of `commit_batch` moves the store from one height to the next, or not at all.
///   B4  `committed` removes every block that does not stand on the one committed.
///   B8  What is said of a block depends on its bytes and on its parent's state alone; the state of
///       the tip stays as it was until `committed`, whatever the store holds by then.
///   E1  Only a block whose parent's state names validators of the next epoch is the last of its
///       epoch, and names just those; any other such block is empty.
///   E2  Every block executed here is of the ruling epoch.
/// Threads: the chain's strand.
class Execution {
 public:
  struct Settings {
    ledger::StateTrees::Options trees;
    OnFailure on_failure;
  };
  /// Opens; an empty store becomes that of `genesis`. Blocks.
  /// Fails with WRONG_GENESIS, CORRUPT_DATA, DISK_FULL, DISK_FAILED.
  [[nodiscard]] static Result<std::unique_ptr<Execution>> open(const ledger::GenesisParams& genesis,
                                                               const TrustRoot& root,
                                                               Settings settings,
                                                               const Surroundings& around);

  [[nodiscard]] const records::Tip& tip() const noexcept { return tip_; }
  /// The epoch that the next block is of; it begins when the last block of the one before is the
  /// tip. The seed is the beacon's value as it began.
  [[nodiscard]] const TrustRoot& ruling() const noexcept { return ruling_; }
  [[nodiscard]] const consensus::ValidatorSet& validators() const noexcept {
    return ruling_.validators;
  }
  /// The validators that a block on this parent names, which makes it the last of its epoch;
  /// nothing while the ledger names none.
  [[nodiscard]] std::optional<consensus::ValidatorSet> next_validators(
      const ledger::StateReader& parent) const;
  [[nodiscard]] const ledger::StateReader& tip_state() const noexcept { return store_state_; }
  [[nodiscard]] const SnapshotRef& tip_snapshot() const noexcept { return snapshot_; }
  [[nodiscard]] ledger::StateVersion tip_version() const { return trees_->final_version(); }
  [[nodiscard]] ledger::StateTrees& trees() noexcept { return *trees_; }
  [[nodiscard]] std::size_t blocks_count() const noexcept { return blocks_.size(); }

  /// Nothing for a block that is neither the tip nor executed.
  [[nodiscard]] std::optional<ParentFacts> facts(const BlockId& id) const;
  [[nodiscard]] const ExecutedBlock* find(const BlockId& id) const;

  /// The transactions of a block's payload, each checked once in its life: those in `pool` were.
  /// Fails when the payload is not what the header says.
  [[nodiscard]] Result<std::vector<TransactionRef>> read_payload(const consensus::Block& block,
                                                                 const Mempool& pool) const;
  /// Whether the header says of its parent and of its proposer what it must; the beacon's value
  /// that it carries. Requires: the parent is the tip or executed.
  [[nodiscard]] Result<Bytes32> check_header(const consensus::Block& block) const;
  /// A block whose payload, and whose header where `beacon` is set, were found valid.
  struct Checked {
    consensus::BlockRef block;
    std::vector<TransactionRef> transactions;
    std::optional<Bytes32> beacon;
  };
  enum class Verdict : std::uint8_t {
    Valid,
    Invalid,  ///< For ever: by the header and the state of the parent.
    Open,     ///< Nothing is known of the block: its parent or its own payload is not here.
  };
  struct Judgement {
    Verdict verdict;
    Checked block;    ///< Of a valid one.
    std::string why;  ///< Not valid.
  };
  [[nodiscard]] Judgement judge(const consensus::BlockRef& block, const Mempool& pool) const;

  /// Executes a block on its parent; a block that was executed is left as it is. `beacon` is what
  /// `check_header` gave.
  /// Requires: the parent is the tip or executed; payload and header were checked.
  /// Fails with DISK_FAILED or CORRUPT_DATA.
  [[nodiscard]] Result<const ExecutedBlock*> execute(consensus::BlockRef block,
                                                     std::vector<TransactionRef> transactions,
                                                     const Bytes32& beacon);

  /// How a block became final: with a certificate of its own where it has one, and the last block
  /// of an epoch with what proves it and with the headers between.
  struct Finality {
    consensus::CertificateRef certificate;
    std::vector<consensus::Header> beyond;
    consensus::CertificateRef ending;
  };
  /// Everything that makes `block` the tip. Requires: it stands on the tip; the last one of an
  /// epoch has its ending.
  [[nodiscard]] Result<env::KvBatch> commit_batch(const ExecutedBlock& block,
                                                  const Finality& finality);
  /// The batch was written. Returns the blocks that lost, and the committed one itself. With the
  /// last block of an epoch the next one rules, and nothing of the old one stays.
  struct Committed {
    std::unique_ptr<ExecutedBlock> block;
    std::vector<std::unique_ptr<ExecutedBlock>> dropped;
  };
  [[nodiscard]] Result<Committed> committed(const BlockId& id);

  /// What the proposer of a block of `height` on `parent` proves with its key.
  [[nodiscard]] Bytes alpha(Height height, const ledger::StateReader& parent) const;

 private:
  Execution(const TrustRoot& root, Settings settings, const Surroundings& around);
  [[nodiscard]] Result<void> begin(const ledger::GenesisParams& genesis);
  [[nodiscard]] Result<void> load();
  /// Finds out who rules, from the tip and its state.
  [[nodiscard]] Result<void> find_ruling();
  void take_snapshot();
  /// What the header says of the end of its epoch.
  [[nodiscard]] Result<void> check_ending(const consensus::Header& header,
                                          const ledger::StateReader& parent) const;
  /// A transaction stands where it took effect, else where it was first refused.
  [[nodiscard]] Result<void> put_places(env::KvBatch& batch, const ExecutedBlock& block) const;
  [[nodiscard]] records::Tip tip_after(const ExecutedBlock& block) const;
  [[nodiscard]] std::optional<Bytes32> beacon_of(const consensus::Header& header,
                                                 const ledger::StateReader& parent) const;

  const TrustRoot& root_;
  TrustRoot ruling_;
  Settings settings_;
  env::KvStore& store_;
  Vrf& vrf_;
  const ledger::SignatureVerifier& signatures_;
  std::unique_ptr<ledger::EvidenceVerifier> evidence_;
  ledger::Machine machine_;
  SnapshotRef snapshot_;
  StoreState store_state_;
  std::unique_ptr<ledger::StateTrees> trees_;
  records::Tip tip_;
  std::map<BlockId, std::unique_ptr<ExecutedBlock>> blocks_;
};

}  // namespace oort::chain
