// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "oort/chain/chain.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/view.hpp"
#include "sim/network.hpp"
#include "sim/node.hpp"
#include "sim/signer.hpp"
#include "sim/world.hpp"

/// Whole chains on simulated machines: cheap signatures, real logs and stores on simulated disks.
namespace oort::chain::test {

/// A key of the cheap scheme, for nodes and for clients.
[[nodiscard]] PublicKey key_of(std::uint64_t number);
[[nodiscard]] NodeId node_id_of(std::size_t index);
[[nodiscard]] AccountId client_of(std::uint64_t number);
[[nodiscard]] const consensus::Verifier& cheap_votes();
[[nodiscard]] const ledger::SignatureVerifier& cheap_signatures();
[[nodiscard]] std::unique_ptr<Vrf> cheap_vrf(const PublicKey& key);
/// A validator's vote to notarize `block`, on the root's chain or on `chain`.
[[nodiscard]] consensus::Vote vote_of(const TrustRoot& root, std::size_t index, View view,
                                      std::uint8_t block, const ChainId& chain);
[[nodiscard]] consensus::Vote vote_of(const TrustRoot& root, std::size_t index, View view,
                                      std::uint8_t block);
inline constexpr std::uint64_t clients_count = 8;
inline constexpr std::uint64_t first_client = 1000;

/// `validators` of `nodes` machines vote; eight clients have 1,000 OORT each; nothing costs a fee.
[[nodiscard]] ledger::GenesisParams make_genesis(std::size_t nodes, std::size_t validators);

/// All machines are super nodes, and `validators` of them begin with a pool of 100 OORT; an epoch
/// takes so long. Every node's account has 1,000 OORT to put at stake.
[[nodiscard]] ledger::GenesisParams make_staking_genesis(std::size_t nodes, std::size_t validators,
                                                         std::uint64_t epoch_ms);

/// One machine's chain and everything under it, in the order in which a process builds it.
class ChainProgram final : public sim::Program {
 public:
  ChainProgram(sim::Node& node, sim::SimNetwork& network, const ledger::GenesisParams& genesis,
               const Options& options, bool is_fresh_key, Duration commit_gap);
  ~ChainProgram() override;
  [[nodiscard]] Chain& chain() { return *chain_; }
  [[nodiscard]] const std::optional<Error>& failure() const { return *failure_; }
  [[nodiscard]] env::KvStore& store() { return *store_; }
  [[nodiscard]] env::Transport& transport() { return *transport_; }

 private:
  std::shared_ptr<std::optional<Error>> failure_ = std::make_shared<std::optional<Error>>();
  std::unique_ptr<env::KvStore> store_;
  std::unique_ptr<env::BlobStore> logs_;
  std::unique_ptr<env::Transport> transport_;
  std::unique_ptr<env::Signer> signer_;
  std::unique_ptr<Vrf> vrf_;
  std::unique_ptr<class StoreDisk> disk_;
  std::unique_ptr<env::Executor> strand_;
  std::unique_ptr<Chain> chain_;
};

/// A network of chains.
struct ChainWorld {
  ChainWorld(std::uint64_t seed, std::size_t nodes = 4, std::size_t validators = 4,
             sim::LinkOptions links = {});
  ~ChainWorld();

  void start(std::size_t index);
  void start_all();
  void crash(std::size_t index) { nodes[index]->crash(); }
  [[nodiscard]] bool is_up(std::size_t index) const { return nodes[index]->is_up(); }
  [[nodiscard]] ChainProgram* program(std::size_t index) {
    return static_cast<ChainProgram*>(nodes[index]->program());
  }
  [[nodiscard]] Chain& chain(std::size_t index) { return program(index)->chain(); }
  [[nodiscard]] std::uint64_t height(std::size_t index) {
    return program(index) != nullptr ? chain(index).view()->height().value() : 0;
  }
  [[nodiscard]] bool all_reached(std::uint64_t height);
  template <class F>
  bool run_until(F is_done, Duration limit = 60s) {
    return world.run_until_holds(is_done, limit);
  }

  /// A signed transfer with the client's next number.
  [[nodiscard]] ledger::Transaction transfer(std::uint64_t client, std::uint64_t to,
                                             std::uint64_t amount);
  /// Operations signed with the client's next number.
  [[nodiscard]] ledger::Transaction transaction_of(
      std::uint64_t client, std::vector<ledger::SubmittedOperation> operations);
  /// The same of a machine's own account.
  [[nodiscard]] ledger::Transaction transaction_of_node(
      std::size_t index, std::vector<ledger::SubmittedOperation> operations);
  /// The epoch that the machine's next block is of.
  [[nodiscard]] std::uint64_t epoch(std::size_t index) {
    return program(index) != nullptr ? chain(index).validators()->epoch().value() : 0;
  }
  /// Submits at a machine and remembers what becomes of it.
  TransactionId submit(std::size_t index, ledger::Transaction transaction);
  TransactionId pay(std::size_t index, std::uint64_t client, std::uint64_t to,
                    std::uint64_t amount) {
    return submit(index, transfer(client, to, amount));
  }
  [[nodiscard]] std::optional<Commit> find(std::size_t index, const TransactionId& id);
  [[nodiscard]] Result<ProofBundle> prove(std::size_t index, const KeyRange& range,
                                          std::size_t records_max = 1'000'000);

  /// Expects that no chain of a live machine contradicts another or lost what was acknowledged.
  void expect_agreement();

  sim::World world;
  ledger::GenesisParams genesis;
  Options options;
  /// How long a chain hears nothing of a batch that its store holds already: the disk has a thread
  /// of its own. For programs that start from now on.
  Duration commit_gap{0};
  sim::SimNetwork network;
  std::vector<std::unique_ptr<sim::Node>> nodes;
  std::vector<bool> was_started;
  std::map<std::uint64_t, std::uint64_t> sequences;
  std::map<std::size_t, std::uint64_t> node_sequences;
  std::map<TransactionId, Commit> acknowledged;
  std::map<TransactionId, Error> failed;
};

}  // namespace oort::chain::test
