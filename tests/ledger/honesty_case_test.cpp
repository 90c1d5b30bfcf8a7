// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/honesty_case.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "honesty_kit.hpp"

namespace oort::ledger::test {
namespace {

constexpr std::uint8_t right = 0x42;
constexpr std::uint8_t wrong = 0x43;

/// A case about an executor that returned `wrong`, and panelists who answer as told.
class Court {
 public:
  explicit Court(std::uint8_t candidates_count = 80)
      : candidates_(candidates_of(candidates_count)) {
    case_.emplace(bait_.reveal, bait_.context, CaseRules{10, 5, 20, 30}, Height(height_));
    wait(1);
  }
  [[nodiscard]] FaultCase& court() { return *case_; }
  [[nodiscard]] CaseMoment now() const {
    return {Height(height_), crypto::blake3(as_bytes(std::to_string(height_))), roll_};
  }
  void wait(std::uint64_t blocks) {
    for (std::uint64_t i = 0; i < blocks; ++i) {
      ++height_;
      case_->step(now());
    }
  }
  static PanelAnswer answer_of(const Bytes32& fault, const NodeId& node, std::uint8_t result) {
    PanelAnswer answer{fault, node, same<Bytes32>(1), Bytes32{}, 1, same<Bytes32>(result)};
    const std::vector<Bytes32> leaves{trace_leaf(answer, 0, same<Bytes32>(result))};
    answer.trace_root = crypto::merkle_root(leaves);
    return answer;
  }
  static PanelReveal reveal_of(const PanelAnswer& answer) {
    const std::vector<Bytes32> leaves{trace_leaf(answer, 0, answer.result_hash)};
    return {commitment_of(answer), answer, {answer.result_hash, crypto::merkle_prove(leaves, 0)}};
  }
  /// Seat i answers `results[i]`, the seats beyond as the last one; 0 is silence.
  void hear(const std::vector<std::uint8_t>& results) {
    std::vector<PanelReveal> reveals;
    const auto seats = case_->panel();
    for (std::size_t i = 0; i < seats.size(); ++i) {
      const std::uint8_t result = results[std::min(i, results.size() - 1)];
      if (result == 0) continue;
      const PanelAnswer answer = answer_of(case_->id(), seats[i].node, result);
      EXPECT_TRUE(case_->commit(seats[i].node, commitment_of(answer)));
      reveals.push_back(reveal_of(answer));
    }
    while (case_->phase() == CasePhase::Committing) wait(1);
    for (const PanelReveal& reveal : reveals) EXPECT_TRUE(case_->open(reveal));
    while (case_->phase() == CasePhase::Opening) wait(1);
    if (case_->phase() == CasePhase::Drawing) wait(1);
  }
  [[nodiscard]] Height height() const { return Height(height_); }

 private:
  Bait bait_ = make_bait(wrong);
  static std::vector<PanelCandidate> candidates_of(std::uint8_t count) {
    std::vector<PanelCandidate> all;
    for (std::uint8_t i = 0; i < count; ++i) {
      all.push_back({same<NodeId>(i), same<OperatorId>(static_cast<std::uint8_t>(i / 2)), 1});
    }
    return all;
  }

  std::vector<PanelCandidate> candidates_;
  ListedRoll roll_{candidates_};
  std::uint64_t height_ = 100;
  std::optional<FaultCase> case_;
};

TEST(FaultCase, AUnanimousPanelConvictsAfterTheTimeToAppeal_HC1) {
  Court court;
  court.hear({right});
  EXPECT_EQ(court.court().phase(), CasePhase::Appealable);
  EXPECT_EQ(court.court().verdict(), PanelVerdict::Convicted);
  court.wait(21);
  EXPECT_EQ(court.court().phase(), CasePhase::Closed);
  EXPECT_EQ(court.court().verdict(), PanelVerdict::Convicted);
  EXPECT_FALSE(court.court().appeal(court.height()));
}

TEST(FaultCase, AUnanimousPanelAcquits_HC1) {
  Court court;
  court.hear({wrong});
  court.wait(21);
  EXPECT_EQ(court.court().verdict(), PanelVerdict::Acquitted);
}

TEST(FaultCase, ASplitGoesToGreaterPanelsAndThenToAReplay_HC1) {
  Court court;
  court.hear({wrong, right});
  EXPECT_EQ(court.court().panel().size(), 7U);
  court.hear({wrong, right});
  EXPECT_EQ(court.court().panel().size(), 21U);
  EXPECT_FALSE(court.court().replayed(same<Bytes32>(right)));
  court.hear({wrong, right});
  EXPECT_EQ(court.court().phase(), CasePhase::Replaying);
  EXPECT_TRUE(court.court().wrong_voters().empty());
  EXPECT_TRUE(court.court().replayed(same<Bytes32>(right)));
  EXPECT_EQ(court.court().phase(), CasePhase::Closed);
  EXPECT_EQ(court.court().verdict(), PanelVerdict::Convicted);
  EXPECT_EQ(court.court().wrong_voters().size(), 3U);
  EXPECT_FALSE(court.court().replayed(same<Bytes32>(wrong)));
}

TEST(FaultCase, WithoutAReplayASplitSlashesNobody_HC2) {
  Court court;
  for (int round = 0; round < 3; ++round) court.hear({wrong, right});
  court.wait(31);
  EXPECT_EQ(court.court().phase(), CasePhase::Closed);
  EXPECT_EQ(court.court().verdict(), PanelVerdict::Split);
  EXPECT_TRUE(court.court().wrong_voters().empty());
}

TEST(FaultCase, EndsThoughNobodySpeaks_HC2) {
  Court court;
  court.wait(3 * (1 + 11 + 6) + 31 + 3);
  EXPECT_EQ(court.court().phase(), CasePhase::Closed);
  EXPECT_EQ(court.court().verdict(), PanelVerdict::Split);
  EXPECT_FALSE(court.court().silent().empty());
}

TEST(FaultCase, AnAppealDrawsTheNextSizeWhichMayOverturn_HC4) {
  Court court;
  court.hear({wrong});
  EXPECT_EQ(court.court().verdict(), PanelVerdict::Acquitted);
  EXPECT_TRUE(court.court().appeal(court.height()));
  EXPECT_TRUE(court.court().panel().empty());
  court.wait(1);
  EXPECT_EQ(court.court().panel().size(), 7U);
  court.hear({right});
  EXPECT_EQ(court.court().verdict(), PanelVerdict::Convicted);
  court.wait(21);
  EXPECT_EQ(court.court().wrong_voters().size(), 3U);
}

TEST(FaultCase, ItsPanelIsDrawnByALaterBeacon_HC5) {
  const Bait bait = make_bait(wrong);
  const std::vector<PanelCandidate> candidates = {{same<NodeId>(9), same<OperatorId>(9), 1}};
  const ListedRoll roll(candidates);
  FaultCase fault(bait.reveal, bait.context, CaseRules{}, Height(100));
  fault.step({Height(100), Bytes32{}, roll});
  EXPECT_EQ(fault.phase(), CasePhase::Drawing);
  fault.step({Height(101), Bytes32{}, roll});
  EXPECT_EQ(fault.phase(), CasePhase::Committing);
  EXPECT_EQ(fault.panel().size(), 1U);
}

TEST(FaultCase, NobodyCommitsTwiceOrOpensEarlyOrAsAnother_HC3) {
  Court court;
  FaultCase& fault = court.court();
  const NodeId seat = fault.panel()[0].node;
  const PanelAnswer answer = Court::answer_of(fault.id(), seat, right);
  EXPECT_FALSE(fault.open(Court::reveal_of(answer)));
  EXPECT_FALSE(fault.commit(same<NodeId>(0xff), commitment_of(answer)));
  EXPECT_TRUE(fault.commit(seat, commitment_of(answer)));
  EXPECT_FALSE(fault.commit(seat, Bytes32{}));
  EXPECT_FALSE(fault.open(Court::reveal_of(answer)));
  court.wait(11);
  ASSERT_EQ(fault.phase(), CasePhase::Opening);
  EXPECT_FALSE(fault.commit(fault.panel()[1].node, commitment_of(answer)));
  PanelAnswer other = Court::answer_of(fault.id(), seat, wrong);
  EXPECT_FALSE(fault.open(Court::reveal_of(other)));
  EXPECT_TRUE(fault.open(Court::reveal_of(answer)));
  EXPECT_FALSE(fault.open(Court::reveal_of(answer)));
}

TEST(FaultCase, NoOperatorSitsTwiceNorForASide_HC4) {
  Court court;
  std::multiset<int> owners;
  for (int round = 0; round < 3; ++round) {
    for (const CaseSeat& seat : court.court().panel()) {
      owners.insert(std::to_integer<int>(seat.node.array()[0]) / 2);
    }
    if (round < 2) court.hear({wrong, right});
  }
  EXPECT_EQ(owners.size(), 31U);
  EXPECT_EQ(owners.count(1) + owners.count(2), 0U);  // Those of the sides.
  for (int owner = 0; owner < 40; ++owner) EXPECT_LE(owners.count(owner), 1U);
}

TEST(FaultCase, APanelThatCannotBeFilledDecidesNothing_HC1) {
  Court court(60);
  court.hear({wrong, right});
  court.hear({wrong, right});
  EXPECT_LT(court.court().panel().size(), 21U);
  court.hear({right});
  EXPECT_EQ(court.court().verdict(), PanelVerdict::Split);
}

}  // namespace
}  // namespace oort::ledger::test
