// SPDX-License-Identifier: Apache-2.0
#include "pooled_training.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "oort/core/reasons.hpp"

namespace oort::cli {
namespace {

/// Points about the corners of a square, in turn.
std::string records_of(std::size_t count) {
  std::string csv = "class,x,y\n";
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t kind = i / 5 % 4;
    const int wobble = static_cast<int>(i * 7 % 23) - 11;
    csv += std::to_string(kind) + "," + std::to_string((kind % 2 == 0 ? -60 : 60) + wobble) + "," +
           std::to_string((kind < 2 ? -60 : 60) - wobble) + "\n";
  }
  return csv;
}

PooledTraining options() { return {.hidden = {16}, .seed = 3, .members = 4, .rounds = 6}; }

TEST(PooledTraining, LearnsAndGivesTheSameFilesAgain) {
  const auto once = train_pooled(records_of(400), options(), run_here()).value();
  EXPECT_EQ(once.rows_count, 400U);
  EXPECT_GT(once.rows_right, 380U);
  const auto again = train_pooled(records_of(400), options(), run_here()).value();
  EXPECT_EQ(again.root, once.root);
  PooledTraining other = options();
  other.members = 5;
  EXPECT_NE(train_pooled(records_of(400), other, run_here()).value().root, once.root);
  EXPECT_NE(recipe_of(other), recipe_of(options()));
}

TEST(PooledTraining, AMemberThatSendsNonsenseIsRefusedAndOneThatExaggeratesIsLeftOut) {
  const PoolRunner honest = run_here();
  const PoolRunner nonsense = [&](const PoolRound& round) {
    auto deltas = honest(round);
    deltas->back() = to_bytes("nonsense");
    return deltas;
  };
  EXPECT_FALSE(train_pooled(records_of(400), options(), nonsense).has_value());
  // Its rows are another kind altogether, so that it pulls elsewhere than the others.
  const PoolRunner liar = [&](const PoolRound& round) {
    std::vector<Bytes> parts = round.parts;
    for (std::byte& byte : std::span(parts.back()).subspan(parts.back().size() - 100)) {
      byte = std::byte{0};
    }
    return honest({round.round, round.parameters, round.state, parts});
  };
  const auto trained = train_pooled(records_of(400), options(), liar).value();
  EXPECT_GT(trained.rows_right, 380U);
}

TEST(PooledTraining, TooFewRowsAreNamed) {
  const auto refused = train_pooled(records_of(100), options(), run_here());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().reason(), reason::bad_argument);
  EXPECT_NE(refused.error().detail().find("32 rows"), std::string::npos);
}

}  // namespace
}  // namespace oort::cli
