// SPDX-License-Identifier: Apache-2.0
#include "kit.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "oort/crypto/hash.hpp"
#include "oort/ledger/keys.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/staking_records.hpp"

namespace oort::chain::test {
namespace {

constexpr crypto::Context test_context{"oort.v1 chain test"};

class CheapVotes final : public consensus::Verifier {
 public:
  [[nodiscard]] bool verify(const PublicKey& key, ByteView message,
                            const Signature& signature) const noexcept override {
    // All 64 bytes count, as they do in production.
    return signature == sim::cheap_sign(key, message);
  }
};

class CheapSignatures final : public ledger::SignatureVerifier {
 public:
  [[nodiscard]] bool verify(const PublicKey& key, ByteView message,
                            const Signature& signature) const noexcept override {
    return sim::cheap_verify(key, message, signature);
  }
};

/// Its output is a hash of key and input, and its proof the beginning of that.
class CheapVrf final : public Vrf {
 public:
  explicit CheapVrf(const PublicKey& key) : key_(key) {}
  [[nodiscard]] crypto::VrfProof prove(ByteView alpha) override { return proof_of(key_, alpha); }
  [[nodiscard]] std::optional<Bytes32> verify(const PublicKey& key, ByteView alpha,
                                              const crypto::VrfProof& proof) const override {
    if (proof != proof_of(key, alpha)) return std::nullopt;
    return crypto::hash(test_context, key.view(), alpha);
  }

 private:
  static crypto::VrfProof proof_of(const PublicKey& key, ByteView alpha) {
    crypto::VrfProof proof;
    const Bytes32 output = crypto::hash(test_context, key.view(), alpha);
    std::ranges::copy(output.view(), proof.mutable_view().begin());
    return proof;
  }
  PublicKey key_;
};

}  // namespace

PublicKey key_of(std::uint64_t number) { return sim::cheap_public_key(number); }
NodeId node_id_of(std::size_t index) { return NodeId(key_of(index + 1).array()); }
AccountId client_of(std::uint64_t number) {
  return crypto::account_of(key_of(first_client + number));
}

const consensus::Verifier& cheap_votes() {
  static const CheapVotes verifier;
  return verifier;
}
const ledger::SignatureVerifier& cheap_signatures() {
  static const CheapSignatures verifier;
  return verifier;
}

std::unique_ptr<Vrf> cheap_vrf(const PublicKey& key) { return std::make_unique<CheapVrf>(key); }

consensus::Vote vote_of(const TrustRoot& root, std::size_t index, View view, std::uint8_t block,
                        const ChainId& chain) {
  consensus::Vote vote;
  vote.ballot.epoch = root.validators.epoch();
  vote.ballot.view = view;
  vote.ballot.block.mutable_view()[0] = static_cast<std::byte>(block);
  vote.validator = root.validators.index_of(node_id_of(index)).value();
  const Bytes message = consensus::signed_bytes(chain, vote.ballot);
  vote.signature = sim::cheap_sign(crypto::key_of(node_id_of(index)), message);
  return vote;
}
consensus::Vote vote_of(const TrustRoot& root, std::size_t index, View view, std::uint8_t block) {
  return vote_of(root, index, view, block, root.chain);
}

ledger::GenesisParams make_genesis(std::size_t nodes, std::size_t validators) {
  ledger::GenesisParams genesis;
  genesis.chain_name = "test";
  genesis.time_ms = 1'600'000'000'000;
  genesis.params.classes = {{ledger::StorageClass::Standard, 3, 2, 4, 2, 1}};
  for (std::uint64_t client = 0; client < clients_count; ++client) {
    genesis.accounts.push_back({client_of(client), Oort(oort_base_units * 1000)});
  }
  for (std::size_t i = 0; i < nodes; ++i) {
    ledger::Node node;
    node.id = node_id_of(i);
    node.owner = crypto::account_of(crypto::key_of(node.id));
    const bool votes = i < validators;
    node.roles =
        static_cast<std::uint8_t>(votes ? ledger::NodeRole::Super : ledger::NodeRole::Archive);
    node.endpoints = {{ledger::EndpointKind::Peer, "127.0.0.1", 20000}};
    node.region = "test";
    node.system = static_cast<std::uint32_t>(i + 1);
    node.network = static_cast<std::uint32_t>(i + 1);
    node.capacity = 1'000'000;
    genesis.nodes.push_back(node);
    genesis.accounts.push_back({node.owner, Oort(oort_base_units)});
    if (votes) genesis.validators.push_back({node.id, 1});
  }
  std::ranges::sort(genesis.accounts, {}, &ledger::GenesisAccount::id);
  std::ranges::sort(genesis.nodes, {}, &ledger::Node::id);
  std::ranges::sort(genesis.validators, {}, &ledger::Validator::node);
  return genesis;
}

ledger::GenesisParams make_staking_genesis(std::size_t nodes, std::size_t validators,
                                           std::uint64_t epoch_ms) {
  ledger::GenesisParams genesis = make_genesis(nodes, validators);
  genesis.params.epoch_ms = epoch_ms;
  genesis.params.unbonding_epochs = 8;
  ledger::StakingGenesis staking;
  staking.params.creator_stake_min = Oort(oort_base_units);
  staking.params.pool_stake_min = Oort(oort_base_units);
  staking.params.delegation_min = Oort(oort_base_units);
  staking.params.jail_epochs = 2;
  const Oort stake(oort_base_units * 100);
  Oort sum;
  for (ledger::Validator& validator : genesis.validators) {
    staking.pools.push_back({validator.node, stake, 0});
    sum = *sum.plus(stake);
  }
  for (ledger::Node& node : genesis.nodes) {
    node.roles = static_cast<std::uint8_t>(ledger::NodeRole::Super);
  }
  for (std::size_t i = 0; i < nodes; ++i) {
    const AccountId owner = crypto::account_of(crypto::key_of(node_id_of(i)));
    const auto account = std::ranges::find(genesis.accounts, owner, &ledger::GenesisAccount::id);
    account->balance = Oort(oort_base_units * 1000);
  }
  genesis.pots = {{ledger::Pot::Stake, sum}};
  genesis.modules = {{ledger::Module::Staking, codec::to_bytes(staking)}};
  return genesis;
}

/// Runs tasks on the machine's strand, and knows when it does.
class StoreDisk final : public env::Executor {
 public:
  explicit StoreDisk(env::Executor& strand) : strand_(strand) {}
  void post(Task task) override {
    strand_.post([this, task = std::move(task)]() mutable {
      is_running_ = true;
      task();
      is_running_ = false;
    });
  }
  [[nodiscard]] bool is_running() const noexcept { return is_running_; }

 private:
  env::Executor& strand_;
  bool is_running_ = false;
};

namespace {

/// The machine's strand, which gets to what a store's disk posted only after a while.
class LateStrand final : public env::Executor {
 public:
  LateStrand(sim::Node& node, const StoreDisk& disk, Duration gap)
      : node_(node), disk_(disk), gap_(gap) {}
  void post(Task task) override {
    if (!disk_.is_running() || gap_ == Duration(0)) return node_.strand().post(std::move(task));
    node_.timers().after(gap_, std::move(task));
  }

 private:
  sim::Node& node_;
  const StoreDisk& disk_;
  Duration gap_;
};

}  // namespace

ChainProgram::ChainProgram(sim::Node& node, sim::SimNetwork& network,
                           const ledger::GenesisParams& genesis, const Options& options,
                           bool is_fresh_key, Duration commit_gap)
    : store_(node.disk().open_kv("ledger")),
      logs_(node.disk().open_blobs("consensus")),
      transport_(network.attach(node)) {
  const PublicKey key = crypto::key_of(node.id());
  signer_ = sim::cheap_signer(key);
  vrf_ = cheap_vrf(key);
  disk_ = std::make_unique<StoreDisk>(node.strand());
  strand_ = std::make_unique<LateStrand>(node, *disk_, commit_gap);
  const bool votes = std::ranges::any_of(genesis.nodes, [&](const auto& listed) {
    return listed.id == node.id() && ledger::has_role(listed, ledger::NodeRole::Super);
  });
  if (votes && is_fresh_key) {
    EXPECT_TRUE(begin_log(*logs_, node.random()).has_value());
  }
  Surroundings around{node.clock(),
                      *strand_,
                      node.timers(),
                      node.pool(),
                      node.strand(),
                      *disk_,
                      node.random(),
                      *store_,
                      *logs_,
                      *transport_,
                      votes ? signer_.get() : nullptr,
                      *vrf_,
                      cheap_votes(),
                      cheap_signatures(),
                      [failure = failure_](const Error& error) { *failure = error; }};
  auto chain = Chain::open(genesis, options, around);
  if (!chain) {
    *failure_ = chain.error();
    ADD_FAILURE() << chain.error().to_string();
    return;
  }
  chain_ = *std::move(chain);
  chain_->start();
}
ChainProgram::~ChainProgram() = default;

ChainWorld::ChainWorld(std::uint64_t seed, std::size_t nodes_count, std::size_t validators,
                       sim::LinkOptions links)
    : world(seed),
      genesis(make_genesis(nodes_count, validators)),
      network(world, nodes_count, links) {
  options.consensus.delta = 20ms;
  options.consensus.execution = 20ms;
  options.consensus.idle_max = 50ms;
  options.consensus.standstill = 300ms;
  options.status_interval = 100ms;
  was_started.resize(nodes_count);
  for (std::size_t i = 0; i < nodes_count; ++i) {
    nodes.push_back(
        std::make_unique<sim::Node>(world, static_cast<std::uint32_t>(i), node_id_of(i)));
    nodes.back()->crash();
    nodes.back()->set_program([this, i](sim::Node& node) {
      const bool is_fresh = !was_started[i];
      was_started[i] = true;
      return std::make_unique<ChainProgram>(node, network, genesis, options, is_fresh, commit_gap);
    });
  }
}
ChainWorld::~ChainWorld() {
  for (auto& node : nodes) {
    if (node->is_up()) node->crash();
  }
}

void ChainWorld::start(std::size_t index) { nodes[index]->start(); }
void ChainWorld::start_all() {
  for (std::size_t i = 0; i < nodes.size(); ++i) start(i);
}

bool ChainWorld::all_reached(std::uint64_t target) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (is_up(i) && height(i) < target) return false;
  }
  return true;
}

ledger::Transaction ChainWorld::transfer(std::uint64_t client, std::uint64_t to,
                                         std::uint64_t amount) {
  return transaction_of(client, {{ledger::Transfer{client_of(to), Oort(amount)}, {}}});
}

ledger::Transaction ChainWorld::transaction_of(std::uint64_t client,
                                               std::vector<ledger::SubmittedOperation> operations) {
  ledger::Transaction transaction;
  transaction.chain = ledger::chain_id_of(genesis);
  transaction.sequence = sequences[client]++;
  transaction.valid_until = Height(900);
  for (ledger::SubmittedOperation& operation : operations) {
    ledger::add_operation(transaction, std::move(operation));
  }
  const auto signer = sim::cheap_signer(key_of(first_client + client));
  EXPECT_TRUE(ledger::sign(transaction, *signer).has_value());
  return transaction;
}

ledger::Transaction ChainWorld::transaction_of_node(
    std::size_t index, std::vector<ledger::SubmittedOperation> operations) {
  const auto signer = sim::cheap_signer(crypto::key_of(node_id_of(index)));
  ledger::Transaction transaction;
  transaction.chain = ledger::chain_id_of(genesis);
  transaction.sequence = node_sequences[index]++;
  transaction.valid_until = Height(900);
  for (ledger::SubmittedOperation& operation : operations) {
    ledger::add_operation(transaction, std::move(operation));
  }
  EXPECT_TRUE(ledger::sign(transaction, *signer).has_value());
  return transaction;
}

TransactionId ChainWorld::submit(std::size_t index, ledger::Transaction transaction) {
  const TransactionId id = ledger::id_of(transaction);
  chain(index).submit(std::move(transaction), [this, id](Result<Commit> done) {
    if (done) {
      acknowledged.emplace(id, *std::move(done));
    } else {
      failed.insert_or_assign(id, done.error());
    }
  });
  return id;
}

std::optional<Commit> ChainWorld::find(std::size_t index, const TransactionId& id) {
  std::optional<Commit> found;
  bool is_answered = false;
  chain(index).find(id, [&](Result<Commit> done) {
    is_answered = true;
    if (done) found = *std::move(done);
  });
  EXPECT_TRUE(run_until([&] { return is_answered; }, 5s));
  return found;
}

Result<ProofBundle> ChainWorld::prove(std::size_t index, const KeyRange& range,
                                      std::size_t records_max) {
  std::optional<Result<ProofBundle>> bundle;
  chain(index).prove(range, records_max,
                     [&](Result<ProofBundle> done) { bundle = std::move(done); });
  EXPECT_TRUE(run_until([&] { return bundle.has_value(); }, 5s));
  return *std::move(bundle);
}

void ChainWorld::expect_agreement() {
  std::map<std::uint64_t, BlockId> seen;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!is_up(i)) continue;
    EXPECT_FALSE(program(i)->failure().has_value())
        << "machine " << i << ": " << program(i)->failure()->to_string();
    const FinalViewRef view = chain(i).view();
    const auto [place, is_new] = seen.emplace(view->height().value(), view->block());
    EXPECT_EQ(place->second, view->block()) << "machine " << i;
    for (const auto& [id, commit] : acknowledged) {
      if (commit.height > view->height()) continue;
      const auto found = find(i, id);
      ASSERT_TRUE(found.has_value()) << "machine " << i << " lost an acknowledged transaction";
      EXPECT_EQ(found->height, commit.height);
      EXPECT_EQ(found->block, commit.block);
      EXPECT_EQ(found->receipt, commit.receipt);
    }
  }
}

}  // namespace oort::chain::test
