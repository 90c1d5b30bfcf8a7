// SPDX-License-Identifier: Apache-2.0
#include "kit.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "oort/ledger/storage_keys.hpp"

namespace oort::ledger::test {
namespace {

constexpr crypto::Context test_context("oort.v1 test");
constexpr std::size_t all = 1'000'000;

Oort whole(std::uint64_t amount) { return Oort(oort_base_units * amount); }

}  // namespace

crypto::KeyPair keys_of(std::uint8_t seed) {
  std::array<std::byte, 32> bytes{};
  bytes.fill(static_cast<std::byte>(seed));
  return crypto::KeyPair(crypto::SecretSeed(bytes));
}
AccountId account_of(const crypto::KeyPair& keys) { return crypto::account_of(keys.public_key()); }
NameHash name_hash(std::string_view name) {
  return NameHash(crypto::hash(test_context, as_bytes(name)).array());
}
TreeRoot root_of(std::string_view text) {
  return TreeRoot(crypto::hash(test_context, as_bytes(text)).array());
}

std::optional<Verdict> FakeEvidenceVerifier::judge(ByteView proof,
                                                   const StateReader&) const noexcept {
  if (proof.size() < 32) return std::nullopt;
  const oort::View view(proof.size() > 32 ? std::to_integer<std::uint64_t>(proof[32]) : 0);
  const Epoch epoch(proof.size() == 35 ? std::to_integer<std::uint64_t>(proof[34]) : 0);
  return Verdict{crypto::hash(test_context, proof), 7, *NodeId::from(proof.first(32)), view, epoch};
}

GenesisParams small_genesis() {
  GenesisParams genesis;
  genesis.chain_name = "test";
  genesis.time_ms = 900'000;
  genesis.params.fee_transaction = Oort(1000);
  genesis.params.fee_operation = Oort(100);
  genesis.params.fee_byte = Oort(1);
  genesis.params.undo_window = 20;
  genesis.params.orphan_window = 30;
  genesis.params.hold_margin = 5;
  genesis.params.segment_lease = 8;
  genesis.params.distinct_networks = false;
  genesis.params.distinct_systems = false;
  genesis.params.classes = {{StorageClass::Standard, 3, 2, 4, 2, 1},
                            {StorageClass::StandardIa, 3, 2, 5, 2, 2}};
  genesis.params.governor = account_of(keys_of(102));
  for (std::uint8_t seed = 100; seed <= 102; ++seed) {
    genesis.accounts.push_back({account_of(keys_of(seed)), whole(1000)});
  }
  for (std::uint8_t number = 1; number <= 5; ++number) {
    const crypto::KeyPair keys = keys_of(number);
    genesis.accounts.push_back({account_of(keys), whole(1000)});
    Node node;
    node.id = keys.node_id();
    node.owner = account_of(keys_of(static_cast<std::uint8_t>(10 + number)));
    node.roles = static_cast<std::uint8_t>(number <= 4 ? NodeRole::Super : NodeRole::Archive);
    node.endpoints = {
        {EndpointKind::Peer, "127.0.0.1", static_cast<std::uint16_t>(20000 + number)}};
    node.region = "test";
    node.network = number;
    node.system = number;
    node.capacity = 1'000'000;
    node.bond = whole(10);
    genesis.nodes.push_back(node);
    if (number <= 4) genesis.validators.push_back({node.id, 1});
  }
  std::ranges::sort(genesis.accounts, {}, &GenesisAccount::id);
  std::ranges::sort(genesis.nodes, {}, &Node::id);
  std::ranges::sort(genesis.validators, {}, &Validator::node);
  return genesis;
}

TestLedger::TestLedger(GenesisParams genesis, const SignatureVerifier& signatures)
    : chain_(chain_id_of(genesis)),
      signatures_(&signatures),
      machine_(chain_, signatures, &evidence_) {
  const auto checked = check_genesis(genesis);
  EXPECT_TRUE(checked.has_value()) << (checked ? "" : checked.error().to_string());
  state_.apply(genesis_writes(genesis));
}

Transaction TestLedger::make(const crypto::KeyPair& sender,
                             std::vector<SubmittedOperation> operations, std::uint8_t flags) const {
  Transaction transaction;
  transaction.chain = chain_;
  transaction.sequence = next_sequence_of(view().account(account_of(sender)), 0);
  transaction.valid_until = Height(height_.value() + 10);
  transaction.fee_max = whole(1);
  transaction.flags = flags;
  for (SubmittedOperation& operation : operations) {
    add_operation(transaction, std::move(operation));
  }
  sign(transaction, sender);
  return transaction;
}

BlockContext TestLedger::next_context() const {
  return {height_.next(),
          time_ms,
          epoch,
          keys_of(1).node_id(),
          crypto::hash(test_context, as_bytes(std::to_string(height_.value()))),
          consensus_view};
}

void TestLedger::set_status(const NodeId& id, NodeStatus status) {
  Node node = view().node(id).value();
  node.status = status;
  state_.apply(std::vector<StateWrite>{{keys::node(id), codec::to_bytes(node)}});
}

const ExecutionResult& TestLedger::block(const std::vector<Transaction>& transactions) {
  for (const Transaction& transaction : transactions) {
    EXPECT_TRUE(check_static(chain_, transaction).has_value());
    EXPECT_TRUE(check_signature(*signatures_, transaction).has_value());
  }
  last_ = machine_.execute(next_context(), transactions, state_);
  state_.apply(last_.writes);
  state_.apply(last_.body_writes);
  height_ = height_.next();
  expect_invariants(state_);
  return last_;
}

void TestLedger::pass(std::uint64_t blocks) {
  for (std::uint64_t i = 0; i < blocks; ++i) block({});
}

OperationReceipt TestLedger::run(const crypto::KeyPair& sender, const Operation& operation,
                                 std::string_view body) {
  block({make(sender, {{operation, to_bytes(body)}})});
  EXPECT_EQ(last_.receipts.at(0).rejection, Rejection::None)
      << to_string(last_.receipts.at(0).rejection);
  return last_.receipts.at(0).operations.at(0);
}

BucketId TestLedger::make_bucket(std::string_view name) {
  const auto done = run(owner, BucketCreate{account_of(owner), std::string(name), {}, {}, {}});
  EXPECT_EQ(done.rejection, Rejection::None) << to_string(done.rejection);
  return find_event<BucketChanged>(done)->bucket;
}

GrantId TestLedger::grant_to(const crypto::KeyPair& gateway, std::uint32_t operations) {
  const auto done = run(owner, GrantCreate{account_of(gateway), {}, operations, 0, Oort(), 0});
  EXPECT_EQ(done.rejection, Rejection::None) << to_string(done.rejection);
  return find_event<GrantChanged>(done)->grant;
}

ShardReceipt TestLedger::receipt(std::uint8_t node_number, const SegmentId& segment,
                                 std::uint8_t index, std::uint64_t length, std::uint32_t generation,
                                 const TreeRoot& root) const {
  const crypto::KeyPair keys = keys_of(node_number);
  ShardReceipt receipt{
      chain_,         segment, index, root, length, generation, Height(height_.value() + 100),
      keys.node_id(), {}};
  receipt.signature = keys.sign(sign_hash(receipt).view());
  return receipt;
}

SegmentStore TestLedger::store_operation(const crypto::KeyPair& gateway, std::uint64_t nonce,
                                         std::uint64_t length) const {
  const SegmentId id = segment_id_of(account_of(gateway), nonce);
  SegmentStore operation{nonce, StorageClass::Standard, 2, length, root_of("content"), {}};
  for (std::uint8_t i = 0; i < 4; ++i) {
    operation.receipts.push_back(receipt(static_cast<std::uint8_t>(i + 1), id, i, (length + 1) / 2,
                                         1, root_of(std::to_string(i))));
  }
  return operation;
}

SegmentId TestLedger::store_segment(const crypto::KeyPair& gateway, std::uint64_t nonce,
                                    std::uint64_t length) {
  EXPECT_EQ(send(gateway, store_operation(gateway, nonce, length)), Rejection::None);
  return segment_id_of(account_of(gateway), nonce);
}

ObjectVersionId TestLedger::put(const crypto::KeyPair& sender, BucketId bucket,
                                std::string_view name, const SegmentId& segment,
                                Authority authority) {
  ObjectCommit operation = commit_of(bucket, name, segment);
  operation.authority = authority;
  const auto done = run(sender, operation, "body");
  EXPECT_EQ(done.rejection, Rejection::None) << to_string(done.rejection);
  const auto newest = view().newest(bucket, name_hash(name));
  return newest ? newest->version : ObjectVersionId();
}

Extent extent_of(const SegmentId& segment, std::uint64_t offset, std::uint64_t length) {
  return {{segment, 0}, offset, length, root_of("extent")};
}

ObjectCommit commit_of(BucketId bucket, std::string_view name, const SegmentId& segment,
                       std::string_view body) {
  ObjectCommit operation;
  operation.bucket = bucket;
  operation.name_hash = name_hash(name);
  operation.size = 90;
  operation.body_digest = body_digest_of(as_bytes(body));
  operation.extents = {extent_of(segment)};
  return operation;
}

namespace {

template <class T, class Use>
void for_all(const StateReader& state, Module module, char table, Use use) {
  const Bytes prefix = keys::prefix(module, table);
  state.scan(prefix, prefix, [&](ByteView key, ByteView value) {
    use(key, *codec::from_bytes<T>(value));
    return true;
  });
}

void expect_money(const StateReader& state) {
  const View view(state);
  Oort sum = view.supply().fees;
  for_all<Account>(state, Module::Bank, table::account,
                   [&](ByteView, const Account& account) { sum = *sum.plus(account.balance); });
  for (const Node& node : view.nodes(NodeId(), all)) sum = *sum.plus(node.bond);
  for_all<PotBalance>(state, Module::Bank, table::pot,
                      [&](ByteView, const PotBalance& pot) { sum = *sum.plus(pot.balance); });
  EXPECT_EQ(sum, view.supply().total) << "L2";
}

void expect_escrows(const StateReader& state) {
  Uint128 oort = 0;
  Uint128 credits = 0;
  for_all<Escrow>(state, Module::Market, table::escrow, [&](ByteView, const Escrow& escrow) {
    EXPECT_EQ(escrow.funded, *escrow.paid.plus(escrow.refunded).value_or(Units()).plus(escrow.held))
        << "M1 of escrow " << escrow.id.value();
    (escrow.currency == Currency::Oort ? oort : credits) += escrow.held.units();
  });
  const View view(state);
  EXPECT_EQ(view.pot(Pot::Escrow), Oort(oort)) << "M2";
  EXPECT_EQ(view.credit_supply().escrowed, Credits(credits)) << "M3";
  Oort bonds;
  for_all<ReporterBond>(
      state, Module::Market, table::reporter_bond,
      [&](ByteView, const ReporterBond& bond) { bonds = *bonds.plus(bond.bond); });
  EXPECT_EQ(view.pot(Pot::OracleBonds), bonds) << "M2";
  for_all<CreditBalance>(
      state, Module::Bank, table::credits,
      [&](ByteView, const CreditBalance& account) { credits += account.balance.units(); });
  EXPECT_EQ(view.credit_supply().total, Credits(credits)) << "M3";
}

/// The holdings of each payer, by its account's record.
void expect_storage(const StateReader& state) {
  const View view(state);
  std::map<AccountId, StorageHolding> held;
  const Bytes prefix = keys::prefix(Module::Storage, table::storage_holding);
  const auto account_of_payer = [&](const AccountId& payer) {
    const auto bytes = state.get(keys::storage_account(payer));
    EXPECT_TRUE(bytes.has_value()) << "U1";
    return bytes ? *codec::from_bytes<StorageAccount>(*bytes) : StorageAccount{};
  };
  state.scan(prefix, prefix, [&](ByteView key, ByteView value) {
    const AccountId payer = *AccountId::from(key.last(AccountId::size_bytes));
    const auto holding =
        settled_with(*codec::from_bytes<StorageHolding>(value), account_of_payer(payer));
    StorageHolding& sum = held[payer];
    for (std::size_t i = 0; i < sum.bytes.size(); ++i) sum.bytes[i] += holding.bytes[i];
    sum.earned = plus(sum.earned, holding.earned);
    return true;
  });
  std::map<AccountId, ByClass<std::uint64_t>> stored;
  for (const auto& [id, segment] : view.segments(SegmentId(), all)) {
    for (const Shard& shard : segment.shards) {
      stored[segment.gateway][static_cast<std::size_t>(segment.storage_class)] += shard.length;
    }
  }
  const Bytes accounts = keys::prefix(Module::Storage, table::storage_account);
  state.scan(accounts, accounts, [&](ByteView key, ByteView value) {
    const AccountId payer = *AccountId::from(key.last(AccountId::size_bytes));
    const auto account = *codec::from_bytes<StorageAccount>(value);
    EXPECT_EQ(account.bytes, held[payer].bytes) << "U1";
    EXPECT_EQ(account.bytes, stored[payer]) << "U1";
    EXPECT_EQ(account.earned, held[payer].earned) << "U2";
    const Units funds = view.escrow(account.escrow)->held;
    EXPECT_FALSE(is_less({funds.units(), 0}, account.earned)) << "U2";
    return true;
  });
}

struct Counts {
  std::uint64_t versions = 0;
  std::uint64_t uploads = 0;
  std::uint64_t bytes = 0;
  bool operator==(const Counts&) const = default;
};

}  // namespace

void expect_invariants(const StateReader& state) {
  expect_money(state);
  expect_escrows(state);
  if (state.get(keys::storage_params())) expect_storage(state);
  const View view(state);
  std::map<SegmentId, std::uint64_t> references;
  std::map<BucketId, Counts> counts;
  const auto count = [&](const std::vector<Extent>& extents) {
    for (const Extent& extent : extents) ++references[extent.slot.segment];
  };
  for_all<Object>(state, Module::Objects, table::object, [&](ByteView, const Object& object) {
    count(object.extents);
    ++counts[object.bucket].versions;
    counts[object.bucket].bytes += object.sealed_size;
  });
  for_all<RemovedObject>(
      state, Module::Objects, table::removed,
      [&](ByteView, const RemovedObject& removed) { count(removed.object.extents); });
  for_all<Part>(state, Module::Objects, table::part,
                [&](ByteView, const Part& part) { count(part.extents); });
  for_all<Multipart>(state, Module::Objects, table::multipart,
                     [&](ByteView, const Multipart& upload) { ++counts[upload.bucket].uploads; });
  for (const auto& [id, segment] : view.segments(SegmentId(), all)) {
    EXPECT_EQ(segment.references, references[id]) << "L7";
    references.erase(id);
  }
  EXPECT_TRUE(std::ranges::all_of(references, [](const auto& pair) { return pair.second == 0; }))
      << "L7: a segment with references is gone";
  for (const Bucket& bucket : view.buckets(BucketId(), all)) {
    const Counts stored{bucket.versions_count, bucket.uploads_count, bucket.bytes};
    EXPECT_EQ(stored, counts[bucket.id]) << "counts of bucket " << bucket.name;
  }
}

}  // namespace oort::ledger::test
