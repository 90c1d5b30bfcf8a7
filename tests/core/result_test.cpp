// SPDX-License-Identifier: Apache-2.0
#include "oort/core/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "oort/core/reasons.hpp"

namespace oort {
namespace {

Result<int> even(int value) {
  if (value % 2 != 0) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                std::to_string(value) + " is odd");
  }
  return value;
}

Result<void> check(int value) {
  OORT_TRY(even(value));
  return {};
}

Result<int> sum(int a, int b, int& calls_count) {
  OORT_TRY(const int first, even(a));
  ++calls_count;
  OORT_TRY(const int second, even(b));
  ++calls_count;
  OORT_TRY(check(first + second));
  return first + second;
}

Result<std::unique_ptr<int>> own(int value) {
  OORT_TRY(auto made, Result<std::unique_ptr<int>>(std::make_unique<int>(value)));
  return made;
}

TEST(Result, TryDeclaresTheValue) {
  int calls_count = 0;
  const auto result = sum(2, 4, calls_count);
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 6);
  EXPECT_EQ(calls_count, 2);
}

TEST(Result, TryReturnsTheErrorAtOnceAndUnchanged_E1) {
  int calls_count = 0;
  const auto result = sum(2, 5, calls_count);
  ASSERT_FALSE(result);
  EXPECT_EQ(calls_count, 1);
  EXPECT_EQ(result.error().code(), ErrorCode::InvalidArgument);
  EXPECT_EQ(result.error().reason(), reason::bad_argument);
  EXPECT_EQ(result.error().detail(), "5 is odd");
  EXPECT_STREQ(result.error().where().function_name(), even(1).error().where().function_name());
}

TEST(Result, TryPassesOnWithoutAValue_E1) {
  EXPECT_TRUE(check(2));
  EXPECT_EQ(check(3).error().detail(), "3 is odd");
}

TEST(Result, TryMovesWhatCannotBeCopied) {
  const auto result = own(7);
  ASSERT_TRUE(result);
  EXPECT_EQ(**result, 7);
}

TEST(Error, ContextComesBeforeTheDetailAndChangesNothingElse_E2) {
  const Error bare(ErrorCode::DataLoss, reason::corrupt_wal, "record 7 has a wrong checksum");
  const Error error = Error(bare).with("opening node-1");
  EXPECT_EQ(error.detail(), "opening node-1: record 7 has a wrong checksum");
  EXPECT_EQ(error.code(), bare.code());
  EXPECT_EQ(error.reason(), bare.reason());
  EXPECT_EQ(error.where().line(), bare.where().line());
  EXPECT_EQ(error.to_string(), "CORRUPT_WAL: opening node-1: record 7 has a wrong checksum");
}

TEST(Error, EveryCodeHasAWordOfItsOwn_E3) {
  std::set<std::string_view> words;
  const int codes_count = static_cast<int>(ErrorCode::Internal) + 1;
  for (int code = 0; code < codes_count; ++code) {
    words.insert(to_string(static_cast<ErrorCode>(code)));
  }
  EXPECT_EQ(words.size(), static_cast<std::size_t>(codes_count));
}

}  // namespace
}  // namespace oort
