// SPDX-License-Identifier: Apache-2.0
#include "pending_calls.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace oort::node {
namespace {

/// What a caller was answered, and how often.
struct Caller {
  std::optional<Result<int>> answer;
  int answers_count = 0;
  Callback<Result<int>> callback() {
    return [this](Result<int> result) {
      answer = std::move(result);
      ++answers_count;
    };
  }
};

TEST(PendingCalls, TheWorkAnswersWhereNobodyStops_E1) {
  PendingCalls calls;
  Caller caller;
  auto done = calls.keep<int>(caller.callback());
  EXPECT_EQ(caller.answers_count, 0);
  done(7);
  EXPECT_EQ(caller.answer.value().value(), 7);
  calls.stop();
  EXPECT_EQ(caller.answers_count, 1);
}

TEST(PendingCalls, StopAnswersWhatWaitsAndTheWorkComesTooLate_E1) {
  PendingCalls calls;
  Caller first;
  Caller second;
  auto first_done = calls.keep<int>(first.callback());
  auto second_done = calls.keep<int>(second.callback());
  calls.stop();
  EXPECT_EQ(first.answer.value().error().reason(), reason::cancelled);
  EXPECT_EQ(second.answer.value().error().reason(), reason::cancelled);
  first_done(7);
  second_done(fail(ErrorCode::Unavailable, reason::not_ready, "late"));
  EXPECT_EQ(first.answers_count, 1);
  EXPECT_EQ(second.answers_count, 1);
  EXPECT_EQ(second.answer.value().error().reason(), reason::cancelled);
}

TEST(PendingCalls, NothingWaitsAfterTheStop_E2) {
  PendingCalls calls;
  calls.stop();
  Caller caller;
  auto done = calls.keep<int>(caller.callback());
  EXPECT_EQ(caller.answer.value().error().reason(), reason::cancelled);
  done(7);
  EXPECT_EQ(caller.answers_count, 1);
}

TEST(PendingCalls, AnswersOutliveTheOneWhoKeptThem_E1) {
  Caller caller;
  Callback<Result<int>> done;
  {
    PendingCalls calls;
    done = calls.keep<int>(caller.callback());
  }
  done(7);
  EXPECT_EQ(caller.answers_count, 1);
}

TEST(PendingCalls, ARaceOfWorkAndStopAnswersOnce_E1_E2) {
  for (int round = 0; round < 50; ++round) {
    PendingCalls calls;
    std::vector<Caller> callers(8);
    std::thread worker([&] {
      for (Caller& caller : callers) calls.keep<int>(caller.callback())(1);
    });
    calls.stop();
    worker.join();
    for (const Caller& caller : callers) EXPECT_EQ(caller.answers_count, 1);
  }
}

}  // namespace
}  // namespace oort::node
