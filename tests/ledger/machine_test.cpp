// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "kit.hpp"

namespace oort::ledger::test {
namespace {

Operation transfer(const crypto::KeyPair& to, std::uint64_t units) {
  return Transfer{account_of(to), Oort(units)};
}

TEST(Machine, MovesMoneyAndTakesTheFee_L2) {
  TestLedger ledger;
  const Oort before = ledger.view().account(account_of(ledger.owner)).balance;
  const auto done = ledger.run(ledger.owner, transfer(ledger.stranger, 500));
  ASSERT_EQ(done.rejection, Rejection::None);
  EXPECT_EQ(*find_event<Transferred>(done),
            (Transferred{account_of(ledger.owner), account_of(ledger.stranger), Oort(500)}));
  const Oort fee = ledger.last().receipts[0].fee;
  EXPECT_EQ(ledger.view().account(account_of(ledger.owner)).balance,
            *before.minus(*fee.plus(Oort(500))));
  EXPECT_EQ(ledger.view().account(account_of(ledger.stranger)).balance, *before.plus(Oort(500)));
  EXPECT_EQ(ledger.view().supply().fees, fee);
}

TEST(Machine, RefusesTransfersThatCannotBe) {
  TestLedger ledger;
  EXPECT_EQ(ledger.send(ledger.owner, transfer(ledger.stranger, 0)), Rejection::ZeroAmount);
  EXPECT_EQ(ledger.send(ledger.owner,
                        Transfer{account_of(ledger.stranger), Oort(oort_base_units * 2000)}),
            Rejection::BalanceTooLow);
  // To oneself changes nothing but the fee.
  const Oort before = ledger.view().account(account_of(ledger.owner)).balance;
  EXPECT_EQ(ledger.send(ledger.owner, transfer(ledger.owner, 7)), Rejection::None);
  EXPECT_EQ(ledger.view().account(account_of(ledger.owner)).balance,
            *before.minus(ledger.last().receipts[0].fee));
}

TEST(Machine, ExecutesATransactionOnce_L3) {
  TestLedger ledger;
  const Transaction transaction = ledger.make(ledger.owner, {{transfer(ledger.stranger, 1), {}}});
  const auto& result = ledger.block({transaction, transaction});
  EXPECT_EQ(result.receipts[0].rejection, Rejection::None);
  EXPECT_EQ(result.receipts[1].rejection, Rejection::WrongSequence);
  EXPECT_TRUE(result.receipts[1].operations.empty());
  EXPECT_TRUE(result.receipts[1].fee.is_zero());
  EXPECT_EQ(ledger.block({transaction}).receipts[0].rejection, Rejection::WrongSequence);
}

TEST(Machine, LanesAreIndependentAndBounded_L3) {
  TestLedger ledger;
  const auto on_lane = [&](std::uint32_t lane, std::uint64_t sequence) {
    Transaction transaction = ledger.make(ledger.owner, {{transfer(ledger.stranger, 1), {}}});
    transaction.lane = lane;
    transaction.sequence = sequence;
    sign(transaction, ledger.owner);
    return ledger.block({transaction}).receipts[0].rejection;
  };
  EXPECT_EQ(on_lane(9, 0), Rejection::None);
  EXPECT_EQ(on_lane(3, 0), Rejection::None);
  EXPECT_EQ(on_lane(9, 0), Rejection::WrongSequence);
  EXPECT_EQ(on_lane(9, 2), Rejection::WrongSequence);
  EXPECT_EQ(on_lane(9, 1), Rejection::None);
  EXPECT_EQ(on_lane(9, 1), Rejection::WrongSequence);
  for (std::uint32_t lane = 100; lane < 162; ++lane) ASSERT_EQ(on_lane(lane, 0), Rejection::None);
  EXPECT_EQ(on_lane(200, 0), Rejection::TooManyLanes);
  const auto lanes = ledger.view().account(account_of(ledger.owner)).lanes;
  EXPECT_TRUE(std::ranges::is_sorted(lanes, {}, &Lane::lane));
}

TEST(Machine, RefusesWhatCannotBeChargedForWithoutAnyEffect_L4) {
  TestLedger ledger;
  ledger.pass(20);
  const auto with = [&](auto change) {
    Transaction transaction = ledger.make(ledger.owner, {{transfer(ledger.stranger, 1), {}}});
    change(transaction);
    sign(transaction, ledger.owner);
    const Bytes before = *ledger.state().get(keys::account(account_of(ledger.owner)));
    const Rejection rejection = ledger.block({transaction}).receipts[0].rejection;
    EXPECT_EQ(before, *ledger.state().get(keys::account(account_of(ledger.owner))));
    EXPECT_EQ(check_state(ledger.state(), ledger.height().next(), transaction), rejection);
    return rejection;
  };
  EXPECT_EQ(with([](Transaction& t) { t.valid_until = Height(5); }), Rejection::Expired);
  EXPECT_EQ(with([](Transaction& t) { t.valid_until = Height(5000); }), Rejection::ValidTooLong);
  EXPECT_EQ(with([](Transaction& t) { t.fee_max = Oort(10); }), Rejection::FeeTooLow);
  EXPECT_EQ(with([](Transaction& t) { t.flags = 2; }), Rejection::UnknownFlag);

  const crypto::KeyPair nobody = keys_of(200);
  EXPECT_EQ(
      ledger.block({ledger.make(nobody, {{transfer(ledger.owner, 1), {}}})}).receipts[0].rejection,
      Rejection::AccountUnknown);
  ASSERT_EQ(ledger.send(ledger.owner, transfer(nobody, 5)), Rejection::None);
  EXPECT_EQ(
      ledger.block({ledger.make(nobody, {{transfer(ledger.owner, 1), {}}})}).receipts[0].rejection,
      Rejection::FeeNotCovered);
}

TEST(Machine, OperationsAreIndependentUnlessAtomic_L4) {
  TestLedger ledger;
  const std::vector<SubmittedOperation> operations = {{transfer(ledger.stranger, 3), {}},
                                                      {transfer(ledger.stranger, 0), {}},
                                                      {transfer(ledger.stranger, 4), {}}};
  const Oort before = ledger.view().account(account_of(ledger.stranger)).balance;
  const Receipt loose = ledger.block({ledger.make(ledger.owner, operations)}).receipts[0];
  EXPECT_EQ(loose.operations[0].rejection, Rejection::None);
  EXPECT_EQ(loose.operations[1].rejection, Rejection::ZeroAmount);
  EXPECT_TRUE(loose.operations[1].events.empty());
  EXPECT_EQ(loose.operations[2].rejection, Rejection::None);
  EXPECT_EQ(ledger.view().account(account_of(ledger.stranger)).balance, *before.plus(Oort(7)));

  const auto atomic = static_cast<std::uint8_t>(TransactionFlag::Atomic);
  const Receipt whole = ledger.block({ledger.make(ledger.owner, operations, atomic)}).receipts[0];
  EXPECT_EQ(whole.operations[0].rejection, Rejection::AtomicAborted);
  EXPECT_EQ(whole.operations[1].rejection, Rejection::ZeroAmount);
  EXPECT_EQ(whole.operations[2].rejection, Rejection::AtomicAborted);
  EXPECT_TRUE(whole.operations[0].events.empty());
  EXPECT_FALSE(whole.fee.is_zero());
  EXPECT_EQ(ledger.view().account(account_of(ledger.stranger)).balance, *before.plus(Oort(7)));
}

TEST(Machine, ARejectedOperationLeavesNoTrace_L4) {
  TestLedger ledger;
  const BucketId bucket = ledger.make_bucket("photos");
  const SegmentId segment = ledger.store_segment(ledger.owner, 1);
  const Segment before = *ledger.view().segment(segment);
  // The reference to the first segment is written before the second is found missing.
  ObjectCommit operation = commit_of(bucket, "a", segment);
  operation.extents.push_back(extent_of(SegmentId()));
  EXPECT_EQ(ledger.send(ledger.owner, operation, "body"), Rejection::SegmentUnknown);
  EXPECT_EQ(*ledger.view().segment(segment), before);
  EXPECT_TRUE(ledger.last().body_writes.empty());
}

TEST(Machine, RejectsAnOperationThatItCannotRead_L4) {
  TestLedger ledger;
  Transaction transaction = ledger.make(ledger.owner, {{transfer(ledger.stranger, 1), {}}});
  transaction.operations.push_back(to_bytes("\x7f\x7f"));
  Bytes cut = transaction.operations[0];
  cut.pop_back();
  transaction.operations.push_back(cut);
  sign(transaction, ledger.owner);
  const Receipt receipt = ledger.block({transaction}).receipts[0];
  EXPECT_EQ(receipt.operations[0].rejection, Rejection::None);
  EXPECT_EQ(receipt.operations[1].rejection, Rejection::UndecodableOperation);
  EXPECT_EQ(receipt.operations[2].rejection, Rejection::UndecodableOperation);
}

TEST(Machine, BodiesDoNotChangeTheStateRoot_L8) {
  TestLedger ledger;
  const BucketId bucket = ledger.make_bucket("photos");
  Transaction transaction = ledger.make(
      ledger.owner,
      {{MultipartCreate{bucket, name_hash("a"), {}, body_digest_of(as_bytes("body")), {}},
        to_bytes("body")}});
  const auto full =
      ledger.machine().execute(ledger.next_context(), {&transaction, 1}, ledger.state());
  transaction.bodies.clear();
  const auto forgotten =
      ledger.machine().execute(ledger.next_context(), {&transaction, 1}, ledger.state());
  EXPECT_EQ(full.receipts[0].operations[0].rejection, Rejection::None);
  EXPECT_EQ(full.body_writes.size(), 1U);
  EXPECT_TRUE(forgotten.body_writes.empty());
  EXPECT_EQ(full.writes, forgotten.writes);
  EXPECT_EQ(full.result_root, forgotten.result_root);
}

TEST(Machine, SameInputsSameBytes_L1) {
  TestLedger ledger;
  const std::vector<Transaction> transactions = {
      ledger.make(ledger.owner, {{transfer(ledger.stranger, 5), {}}}),
      ledger.make(ledger.stranger, {{transfer(ledger.owner, 6), {}}})};
  const auto one = ledger.machine().execute(ledger.next_context(), transactions, ledger.state());
  const auto two = ledger.machine().execute(ledger.next_context(), transactions, ledger.state());
  EXPECT_EQ(one.writes, two.writes);
  EXPECT_EQ(one.receipts, two.receipts);
  EXPECT_EQ(one.result_root, two.result_root);
  EXPECT_TRUE(std::ranges::is_sorted(one.writes, KeyLess{}, &StateWrite::key));
  // Another order is another result.
  const std::vector<Transaction> swapped = {transactions[1], transactions[0]};
  EXPECT_NE(ledger.machine().execute(ledger.next_context(), swapped, ledger.state()).result_root,
            one.result_root);
}

TEST(Check, RefusesWhatCanNeverBeExecuted) {
  TestLedger ledger;
  const auto reason_of = [&](auto change) {
    Transaction transaction = ledger.make(
        ledger.owner,
        {{MultipartCreate{BucketId(1), name_hash("a"), {}, body_digest_of(as_bytes("body")), {}},
          to_bytes("body")}});
    change(transaction);
    const auto checked = check_static(ledger.chain(), transaction);
    return checked ? std::string() : std::string(checked.error().reason());
  };
  EXPECT_EQ(reason_of([](Transaction&) {}), "");
  EXPECT_EQ(reason_of([](Transaction& t) { t.chain = ChainId(); }), "WRONG_CHAIN");
  EXPECT_EQ(reason_of([](Transaction& t) { t.operations.clear(); }), "MALFORMED");
  EXPECT_EQ(reason_of([](Transaction& t) { t.operations.resize(257); }), "MALFORMED");
  EXPECT_EQ(reason_of([](Transaction& t) { t.sender = AccountId(); }), "MALFORMED");
  EXPECT_EQ(reason_of([](Transaction& t) { t.bodies.clear(); }), "MALFORMED");
  EXPECT_EQ(reason_of([](Transaction& t) { t.bodies[0].bytes.pop_back(); }), "MALFORMED");
  EXPECT_EQ(reason_of([](Transaction& t) { t.bodies[0].operation = 1; }), "MALFORMED");
  EXPECT_EQ(reason_of([](Transaction& t) { t.bodies.push_back(t.bodies[0]); }), "MALFORMED");
  EXPECT_EQ(reason_of([](Transaction& t) { ++t.body_bytes; }), "MALFORMED");
  EXPECT_EQ(reason_of([](Transaction& t) { t.operations.emplace_back(1U << 20); }), "TOO_LARGE");
  EXPECT_EQ(reason_of([](Transaction& t) { t.scheme = static_cast<SignatureScheme>(2); }),
            "NOT_SUPPORTED");
}

TEST(Check, TheSignatureCoversEverythingButBodies) {
  TestLedger ledger;
  const Transaction good = ledger.make(ledger.owner, {{transfer(ledger.stranger, 5), {}}});
  EXPECT_TRUE(check_signature(ed25519_verifier(), good));
  EXPECT_EQ(encoded_size(good), codec::to_bytes(good).size());
  Bytes bytes = codec::to_bytes(good);
  // All but the count of bodies at the end.
  for (std::size_t i = 0; i + 4 < bytes.size(); ++i) {
    bytes[i] ^= std::byte{1};
    const auto changed = codec::from_bytes<Transaction>(bytes);
    if (changed) {
      const bool is_good = check_static(ledger.chain(), *changed).has_value() &&
                           check_signature(ed25519_verifier(), *changed).has_value();
      EXPECT_FALSE(is_good) << "byte " << i;
    }
    bytes[i] ^= std::byte{1};
  }
}

TEST(Check, IdsDoNotDependOnSignatureOrBodies) {
  TestLedger ledger;
  Transaction transaction = ledger.make(ledger.owner, {{transfer(ledger.stranger, 5), {}}});
  const TransactionId id = id_of(transaction);
  transaction.signature = Signature();
  transaction.bodies.push_back({0, to_bytes("x")});
  EXPECT_EQ(id_of(transaction), id);
  ++transaction.sequence;
  EXPECT_NE(id_of(transaction), id);
}

}  // namespace
}  // namespace oort::ledger::test
