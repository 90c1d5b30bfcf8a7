// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "oort/core/reasons.hpp"
#include "oort/faults/faults.hpp"

namespace oort::faults {
namespace {

using std::chrono_literals::operator""ms;

TEST(Failpoint, IsReadWithItsActionAndItsPass) {
  EXPECT_EQ(parse_failpoint("votes.sync=crash").value(),
            (Failpoint{.name = "votes.sync", .action = Action::Crash, .first = 1}));
  EXPECT_EQ(parse_failpoint("shards.append=enospc@7").value(),
            (Failpoint{.name = "shards.append", .action = Action::Enospc, .first = 7}));
  EXPECT_EQ(
      parse_failpoint("submit.after=delay:250@2").value(),
      (Failpoint{.name = "submit.after", .action = Action::Delay, .delay = 250ms, .first = 2}));
  for (const std::string_view name : failpoint_names()) {
    EXPECT_TRUE(parse_failpoint(std::string(name) + "=crash")) << name;
  }
}

TEST(Plan, TakesItsFlagsAndLeavesTheRest_F1) {
  std::vector<std::string> words = {"oortd-test",
                                    "start",
                                    "--failpoint",
                                    "votes.append=eio",
                                    "--config",
                                    "x.toml",
                                    "--clock-offset=-20",
                                    "--misbehave",
                                    "double-vote@0.5",
                                    "--misbehave=corrupt-shard@1",
                                    "--misbehave=wrong-result@0.25",
                                    "--failpoint=ledger.commit=crash"};
  const Plan plan = take_plan(words).value();
  EXPECT_EQ(words, (std::vector<std::string>{"oortd-test", "start", "--config", "x.toml"}));
  EXPECT_EQ(plan, (Plan{.failpoints = {{.name = "votes.append", .action = Action::Eio},
                                       {.name = "ledger.commit", .action = Action::Crash}},
                        .double_vote_chance = 500'000,
                        .corrupt_shard_chance = 1'000'000,
                        .wrong_result_chance = 250'000,
                        .clock_offset = -20ms}));
}

TEST(Plan, LeavesWhatIsMeantForAnother_F1) {
  const std::vector<std::string> given = {"oortd-test", "devnet",      "restart",      "super-1",
                                          "--",         "--misbehave", "double-vote@1"};
  std::vector<std::string> words = given;
  EXPECT_EQ(take_plan(words).value(), Plan());
  EXPECT_EQ(words, given);
}

TEST(Plan, RefusesWhatItDoesNotUnderstand_F1) {
  const std::vector<std::vector<std::string>> wrong = {{"--failpoint"},
                                                       {"--failpoint", "--"},
                                                       {"--failpoint", "votes.sink=crash"},
                                                       {"--failpoint", "votes.sync"},
                                                       {"--failpoint", "votes.sync=explode"},
                                                       {"--failpoint", "votes.sync=delay"},
                                                       {"--failpoint", "votes.sync=delay:soon"},
                                                       {"--failpoint", "votes.sync=crash@"},
                                                       {"--failpoint", "votes.sync=crash@0"},
                                                       {"--failpoint", "submit.before=eio"},
                                                       {"--misbehave", "double-vote"},
                                                       {"--misbehave", "double-vote@0"},
                                                       {"--misbehave", "double-vote@1.5"},
                                                       {"--misbehave", "double-vote@nan"},
                                                       {"--misbehave", "triple-vote@1"},
                                                       {"--clock-offset", "noon"},
                                                       {"--clock-offset="}};
  for (std::vector<std::string> words : wrong) {
    const auto plan = take_plan(words);
    ASSERT_FALSE(plan) << words[0] << ' ' << words.back();
    EXPECT_EQ(plan.error().reason(), reason::bad_argument);
  }
}

}  // namespace
}  // namespace oort::faults
