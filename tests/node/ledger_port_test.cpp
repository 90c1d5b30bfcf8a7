// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "adapters.hpp"
#include "api_ports.hpp"
#include "memory_kv.hpp"
#include "oort/codec/codec.hpp"
#include "oort/consensus/evidence.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/keys.hpp"
#include "oort/object/sealing.hpp"

namespace oort::node::test {
namespace {

/// Machine 0's ledger port. Its gateway key is a real one, so that bucket secrets open with it.
struct Port {
  explicit Port(std::uint64_t seed)
      : net(running_world(seed)),
        node(*net),
        statements(StatementIndex::start(net->genesis,
                                         {net->chain(0), statement_store, net->nodes[0]->strand()})
                       .value()),
        parts{config,
              "test",
              keys,
              net->genesis,
              net->nodes[0]->clock(),
              net->nodes[0]->clock().now_mono(),
              net->chain(0),
              node.feed,
              node.view,
              net->program(0)->transport(),
              net->nodes[0]->strand(),
              net->nodes[0]->timers(),
              nullptr,
              nullptr,
              statements.get(),
              {},
              {},
              {},
              {}},
        port(make_ledger_port(parts)) {}

  /// What `call` answers with.
  template <class T, class Call>
  Result<T> await(Call call) {
    std::optional<Result<T>> answer;
    call([&](Result<T> result) { answer = std::move(result); });
    EXPECT_TRUE(net->run_until([&] { return answer.has_value(); }));
    return *std::move(answer);
  }
  Result<api::Proof> prove(const api::ProofTarget& target) {
    return await<api::Proof>([&](auto done) { port->prove(target, std::move(done)); });
  }
  Result<chain::Verified> verify(const api::Proof& proof) {
    return chain::verify_bundle(proof.bundle, net->genesis, chain::test::cheap_votes());
  }
  chain::Commit run(std::vector<ledger::SubmittedOperation> operations) {
    const TransactionId id = net->submit(0, net->transaction_of(1, std::move(operations)));
    EXPECT_TRUE(net->run_until([&] { return net->acknowledged.contains(id); }));
    return net->acknowledged.at(id);
  }
  /// A bucket of client 1 whose secret is sealed to this node, or to another.
  void make_bucket(const std::string& name, bool is_ours) {
    const crypto::KeyPair other{crypto::SecretSeed({std::byte{8}})};
    const crypto::KeyPair& to = is_ours ? keys : other;
    const Bytes sealed = object::seal_bucket_secret(to.public_key(), secret).value();
    run({{ledger::BucketCreate{chain::test::client_of(1), name, {}, {{to.node_id(), sealed}}, {}},
          {}}});
  }
  chain::Commit put(const std::string& bucket, const std::string& name) {
    const Bytes body = to_bytes("sealed");
    ledger::ObjectCommit operation;
    operation.bucket = ledger::View(net->chain(0).view()->state()).bucket_id(bucket).value();
    operation.name_hash = object::name_hash_of(secret, name);
    operation.body_digest = ledger::body_digest_of(ByteView(body));
    return run({{operation, body}});
  }

  std::unique_ptr<ChainWorld> net;
  Adapters node;
  oort::test::MemoryKv statement_store;
  std::unique_ptr<StatementIndex> statements;
  Config config;
  crypto::KeyPair keys{crypto::SecretSeed({std::byte{7}})};
  object::BucketSecret secret = object::BucketSecret::generate(net->nodes[1]->random());
  NodeParts parts;
  std::unique_ptr<api::LedgerPort> port;
};

TEST(LedgerPort, AProofShowsWhatWasWrittenAMomentAgo) {
  Port world(1);
  world.make_bucket("photos", true);
  for (int i = 0; i < 5; ++i) {
    const std::string name = "page" + std::to_string(i);
    const chain::Commit commit = world.put("photos", name);
    // The state of the newest block is proven by the block above it, which is not there yet.
    const auto proof = world.prove(api::ObjectName{"photos", name});
    ASSERT_TRUE(proof) << proof.error().to_string();
    EXPECT_TRUE(proof->is_present);
    EXPECT_GE(proof->height, commit.height);
    const auto verified = world.verify(*proof);
    ASSERT_TRUE(verified) << verified.error().to_string();
    EXPECT_EQ(verified->claim(), chain::Claim::Present);
    EXPECT_EQ(verified->height, proof->height);
  }
}

TEST(LedgerPort, WhoWaitsForABlockOrAProofHearsOfTheStop_E1) {
  Port world(3);
  world.make_bucket("photos", true);
  world.put("photos", "page");
  std::vector<Error> errors;
  const auto note = [&errors](const auto& answer) {
    ASSERT_FALSE(answer);
    errors.push_back(answer.error());
  };
  world.port->await_block(Height(1'000'000), note);
  world.port->prove(api::ObjectName{"photos", "page"}, note);
  world.parts.calls.stop();
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0].reason(), reason::cancelled);
  EXPECT_EQ(errors[1].reason(), reason::cancelled);
  // Their blocks come all the same, and find nobody.
  world.net->world.run_for(2s);
  EXPECT_EQ(errors.size(), 2U);
}

TEST(LedgerPort, WithoutAQuorumAnOlderStateIsProvenAtOnce) {
  Port world(2);
  world.make_bucket("photos", true);
  world.put("photos", "page");
  world.net->world.run_for(1s);
  cut_off(*world.net);
  const MonoTime before = world.net->nodes[0]->clock().now_mono();
  const auto proof = world.prove(api::ObjectName{"photos", "page"});
  ASSERT_TRUE(proof) << proof.error().to_string();
  EXPECT_TRUE(proof->is_present);
  EXPECT_LT(world.net->nodes[0]->clock().now_mono() - before, 100ms);
}

TEST(LedgerPort, ProvesAbsenceDeletionAndAllVersionsOfAName) {
  Port world(3);
  world.make_bucket("photos", true);
  const auto bucket = ledger::View(world.net->chain(0).view()->state()).bucket_id("photos").value();
  const auto absent = world.prove(api::ObjectName{"photos", "page"});
  EXPECT_FALSE(absent->is_present);
  EXPECT_EQ(world.verify(*absent)->claim(), chain::Claim::Absent);
  world.run({{ledger::BucketSetVersioning{bucket, ledger::Versioning::Enabled, {}}, {}}});
  world.put("photos", "page");
  world.put("photos", "page");
  ledger::ObjectDelete remove;
  remove.bucket = bucket;
  remove.name_hash = object::name_hash_of(world.secret, "page");
  world.run({{remove, {}}});
  const auto deleted = world.prove(api::ObjectName{"photos", "page"});
  EXPECT_FALSE(deleted->is_present);
  EXPECT_EQ(world.verify(*deleted)->claim(), chain::Claim::Deleted);
  EXPECT_EQ(world.verify(*deleted)->records.size(), 1U);
  const auto history = world.prove(api::ObjectName{"photos", "page", true});
  EXPECT_EQ(world.verify(*history)->claim(), chain::Claim::Deleted);
  EXPECT_EQ(world.verify(*history)->records.size(), 3U);
}

TEST(LedgerPort, SaysWhyItCannotProve) {
  Port world(4);
  world.make_bucket("theirs", false);
  EXPECT_EQ(world.prove(api::ObjectName{"none", "page"}).error().reason(), "NOT_FOUND");
  EXPECT_EQ(world.prove(api::ObjectName{"theirs", "page"}).error().reason(), "NOT_ALLOWED");
  EXPECT_EQ(world.prove(api::StateKey{Bytes(300)}).error().reason(), "BAD_ARGUMENT");
}

TEST(LedgerPort, ListsFaultsOfTheLastState) {
  Port world(8);
  const auto list = [&](const Bytes32& from, std::size_t count_max) {
    return world
        .await<api::FaultsView>(
            [&](auto done) { world.port->list_faults(from, count_max, std::move(done)); })
        .value();
  };
  EXPECT_TRUE(list({}, 10).faults.empty());
  const auto root = chain::TrustRoot::of(world.net->genesis).value();
  std::vector<chain::Commit> commits;
  for (const std::size_t offender : {1U, 2U}) {
    const auto proof = consensus::contradiction(chain::test::vote_of(root, offender, View(5), 1),
                                                chain::test::vote_of(root, offender, View(5), 2));
    commits.push_back(world.run({{ledger::EvidenceSubmit{codec::to_bytes(proof.value())}, {}}}));
  }
  const api::FaultsView all = list({}, 10);
  EXPECT_GE(all.state.height, commits[1].height);
  EXPECT_FALSE(all.state.is_stale);
  ASSERT_EQ(all.faults.size(), 2U);
  EXPECT_LT(all.faults[0].id, all.faults[1].id);
  for (const api::FaultView& fault : all.faults) {
    const bool is_first = fault.offender == chain::test::node_id_of(1);
    EXPECT_TRUE(is_first || fault.offender == chain::test::node_id_of(2));
    EXPECT_EQ(fault.height, commits[is_first ? 0 : 1].height);
    EXPECT_EQ(fault.kind, static_cast<std::uint16_t>(consensus::EvidenceKind::DoubleNotarize));
    EXPECT_EQ(fault.reporter, chain::test::client_of(1));
  }
  ASSERT_EQ(list({}, 1).faults.size(), 1U);
  const auto rest = list(all.faults[1].id, 10).faults;
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].id, all.faults[1].id);
}

TEST(LedgerPort, WaitsForATransactionOrDoesNot) {
  Port world(5);
  ChainWorld& net = *world.net;
  const auto submit = [&](const ledger::Transaction& transaction, bool waits) {
    return world.await<api::Submitted>([&](auto done) {
      world.port->submit(codec::to_bytes(transaction), waits, 10s, std::move(done));
    });
  };
  const ledger::Transaction first = net.transfer(2, 3, 4);
  const auto waited = submit(first, true);
  ASSERT_TRUE(waited) << waited.error().to_string();
  ASSERT_TRUE(waited->outcome);
  EXPECT_EQ(waited->id, ledger::id_of(first));
  EXPECT_EQ(waited->outcome->operations.at(0).operation, ledger::Transfer::code);
  const auto again = submit(first, true);
  EXPECT_EQ(again->outcome->height, waited->outcome->height) << "it ran once";
  const auto sent = submit(net.transfer(2, 3, 4), false);
  EXPECT_FALSE(sent->outcome);
  ASSERT_TRUE(net.run_until([&] { return net.find(0, sent->id).has_value(); }));
  const auto found = world.await<api::TransactionOutcome>(
      [&](auto done) { world.port->find_transaction(sent->id, std::move(done)); });
  EXPECT_GT(found->height, waited->outcome->height);
  ledger::Transaction forged = net.transfer(2, 3, 4);
  forged.fee_max = Oort(1);
  EXPECT_EQ(submit(forged, true).error().reason(), "BAD_SIGNATURE");
  const auto garbage = world.await<api::Submitted>(
      [&](auto done) { world.port->submit(to_bytes("?"), true, 10s, std::move(done)); });
  EXPECT_FALSE(garbage);
}

TEST(LedgerPort, AnAccountSaysWhetherItMayBeOld) {
  Port world(6);
  const AccountId account = chain::test::client_of(3);
  const auto read = [&](api::Consistency consistency) {
    return world
        .await<api::AccountView>(
            [&](auto done) { world.port->get_account(account, consistency, std::move(done)); })
        .value();
  };
  world.net->pay(2, 2, 3, 11);
  world.net->world.run_for(2s);
  const api::AccountView strong = read(api::Consistency::Strong);
  EXPECT_FALSE(strong.state.is_stale);
  EXPECT_EQ(strong.balance, Oort(oort_base_units * 1000 + 11));
  EXPECT_FALSE(read(api::Consistency::Local).state.is_stale);
  cut_off(*world.net);
  EXPECT_TRUE(read(api::Consistency::Strong).state.is_stale);
  EXPECT_TRUE(read(api::Consistency::Local).state.is_stale);
  EXPECT_EQ(read(api::Consistency::Strong).balance, strong.balance);
}

/// All lines of client `client`, in pages of `count_max`.
std::vector<api::StatementLine> statement_of(Port& world, std::uint64_t client,
                                             std::size_t count_max) {
  std::vector<api::StatementLine> all;
  api::StatementPlace from;
  while (true) {
    const auto page = world.await<api::StatementView>([&](auto done) {
      world.port->list_statement(chain::test::client_of(client), from, count_max, std::move(done));
    });
    EXPECT_TRUE(page);
    if (!page || page->lines.empty()) return all;
    all.insert(all.end(), page->lines.begin(), page->lines.end());
    from = {all.back().height, all.back().index + 1};
  }
}

TEST(LedgerPort, AStatementAddsUpToTheBalance_N1_N4) {
  Port world(9);
  for (int i = 0; i < 6; ++i)
    world.run({{ledger::Transfer{chain::test::client_of(3), Oort(5)}, {}}});
  for (const std::uint64_t client : {1U, 3U}) {
    const auto lines = statement_of(world, client, 4);
    ASSERT_FALSE(lines.empty());
    EXPECT_EQ(lines.front().purpose, "genesis");
    Oort balance;
    for (const api::StatementLine& line : lines) {
      const auto next = line.is_income ? balance.plus(line.amount) : balance.minus(line.amount);
      ASSERT_TRUE(next);
      balance = *next;
      EXPECT_EQ(line.balance_after, balance);
    }
    const ledger::View view(world.net->chain(0).view()->state());
    EXPECT_EQ(balance, view.account(chain::test::client_of(client)).balance);
    // This network takes no fees.
    EXPECT_EQ(lines.size(), 7U);
  }
}

TEST(LedgerPort, StatementsAreWrittenAnewOnceAfterALossAndGoOnAfterAStop_N2_N3) {
  Port world(10);
  for (int i = 0; i < 3; ++i)
    world.run({{ledger::Transfer{chain::test::client_of(3), Oort(5)}, {}}});
  const auto before = statement_of(world, 3, 100);
  ASSERT_EQ(before.size(), 4U);
  const auto start = [&](env::KvStore& store) {
    return StatementIndex::start(world.net->genesis,
                                 {world.net->chain(0), store, world.net->nodes[0]->strand()})
        .value();
  };
  const auto lines_in = [&](StatementIndex& index) {
    std::vector<Oort> balances;
    const auto view = world.await<api::StatementView>(
        [&](auto done) { index.list(chain::test::client_of(3), {}, 100, std::move(done)); });
    for (const api::StatementLine& line : view->lines) balances.push_back(line.balance_after);
    return balances;
  };
  oort::test::MemoryKv empty;
  const auto anew = start(empty);
  world.statements.reset();
  world.parts.statements = nullptr;
  world.run({{ledger::Transfer{chain::test::client_of(3), Oort(5)}, {}}});
  const auto resumed = start(world.statement_store);
  const auto all = lines_in(*resumed);
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(lines_in(*anew), all);

  // What another network wrote is no beginning.
  env::KvBatch other;
  other.put(Bytes{std::byte{'h'}}, Bytes(49, std::byte{1}));
  ASSERT_TRUE(empty.write(other, env::Sync::No));
  const auto replaced = start(empty);
  EXPECT_EQ(lines_in(*replaced), all);
}

TEST(LedgerPort, BlocksAreReadOrAwaited) {
  Port world(7);
  const Height newest = world.net->chain(0).view()->height();
  const auto get = [&](Height height) {
    return world.await<api::BlockView>(
        [&](auto done) { world.port->get_block(height, std::move(done)); });
  };
  EXPECT_EQ(get(newest)->height, newest);
  EXPECT_EQ(get(newest)->parent, get(Height(newest.value() - 1))->id);
  EXPECT_EQ(get(Height(0)).error().reason(), "NOT_FOUND");
  EXPECT_EQ(get(Height(newest.value() + 1000)).error().reason(), "NOT_FOUND");
  const Height later(newest.value() + 20);
  const auto awaited = world.await<api::BlockView>(
      [&](auto done) { world.port->await_block(later, std::move(done)); });
  EXPECT_EQ(awaited->height, later);
}

}  // namespace
}  // namespace oort::node::test
