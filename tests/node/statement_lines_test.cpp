// SPDX-License-Identifier: Apache-2.0
#include "statement_lines.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "oort/codec/codec.hpp"
#include "oort/ledger/receipt.hpp"

namespace oort::node {
namespace {

AccountId account(char digit) { return *AccountId::from_hex(std::string(40, digit)); }

chain::TransactionRef transaction_of(const AccountId& sender) {
  auto transaction = std::make_shared<chain::CheckedTransaction>();
  transaction->id = *TransactionId::from_hex(std::string(64, '7'));
  transaction->transaction.sender = sender;
  return transaction;
}

TEST(StatementLines, GoldenBytes) {
  const StoredLine line{1,
                        0x0203,
                        true,
                        Oort(5),
                        Oort(9),
                        to_bytes("ab"),
                        *TransactionId::from_hex(std::string(64, '7'))};
  const Bytes bytes = codec::to_bytes(line);
  EXPECT_EQ(to_hex(bytes),
            "01"
            "0100000000000000"
            "0302"
            "01"
            "05000000000000000000000000000000"
            "09000000000000000000000000000000"
            "02000000"
            "6162"
            "01" +
                std::string(64, '7'));
  EXPECT_EQ(codec::from_bytes<StoredLine>(bytes).value(), line);
  Bytes later = bytes;
  later[0] = std::byte{2};
  EXPECT_EQ(codec::from_bytes<StoredLine>(later).error().reason(), "UNSUPPORTED_VERSION");
}

TEST(StatementLines, ABlocksOwnComesFirstThenFeesAndEffectsInTheirOrder) {
  chain::FinalBlock block;
  const AccountId alice = account('a');
  const AccountId bob = account('b');
  block.transactions = {transaction_of(alice)};
  ledger::Receipt receipt;
  receipt.fee = Oort(2);
  receipt.operations.push_back(
      {ledger::Rejection::None, {ledger::Transferred{alice, bob, Oort(7)}}});
  block.receipts = {receipt};
  block.events = {ledger::BalanceChanged{alice, true, Oort(3), ledger::Purpose::StakeReturned, {}}};
  const auto all = movements_of(block);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(purpose_name(all[0].purpose), "stake returned");
  EXPECT_FALSE(all[0].transaction);
  EXPECT_EQ(purpose_name(all[1].purpose), "fee");
  EXPECT_EQ(all[1].amount, Oort(2));
  EXPECT_EQ(all[2].account, alice);
  EXPECT_FALSE(all[2].is_income);
  EXPECT_EQ(all[2].subject, to_bytes(bob.view()));
  EXPECT_EQ(all[3].account, bob);
  EXPECT_TRUE(all[3].is_income);
  EXPECT_EQ(all[3].transaction, block.transactions[0]->id);
}

TEST(StatementLines, ATransactionThatWasRefusedMovesNothing) {
  chain::FinalBlock block;
  block.transactions = {transaction_of(account('a'))};
  block.receipts.emplace_back();
  block.receipts[0].rejection = ledger::Rejection::WrongSequence;
  EXPECT_TRUE(movements_of(block).empty());
}

}  // namespace
}  // namespace oort::node
