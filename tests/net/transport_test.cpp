// SPDX-License-Identifier: Apache-2.0
#include "oort/net/transport.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "fleet.hpp"
#include "oort/core/reasons.hpp"

namespace oort::net {
namespace {

using namespace test;  // tidy: allow(using-namespace) the fleet is this test's own vocabulary.

TEST(Transport, CarriesARequestAndItsReplyBothWays) {
  Pair pair;
  pair.dial();
  EXPECT_EQ(pair.a.ask(pair.b.id(), type_echo, to_bytes("hello")).get(), to_bytes("hello"));
  // The node that was dialled asks over the same connection.
  EXPECT_EQ(pair.b.ask(pair.a.id(), type_echo, to_bytes("back")).get(), to_bytes("back"));
  EXPECT_EQ(pair.a.transport().peers(), std::vector{pair.b.id()});
  EXPECT_EQ(pair.b.transport().peers(), std::vector{pair.a.id()});
}

TEST(Transport, TellsTheHandlerWhoSent_N1) {
  Pair pair;
  pair.dial();
  ASSERT_TRUE(
      pair.a.transport().send(pair.b.id(), env::TrafficClass::Gossip, type_note, as_bytes("note")));
  ASSERT_TRUE(eventually([&] { return pair.b.notes().size() == 1; }));
  EXPECT_EQ(pair.b.notes()[0].first, pair.a.id());
  EXPECT_EQ(pair.b.notes()[0].second, to_bytes("note"));
}

TEST(Transport, KeepsTheOrderWithinAClass_T1) {
  Pair pair;
  pair.dial();
  constexpr int count = 3000;
  for (int i = 0; i < count; ++i) {
    // Sizes on both sides of what is copied together.
    std::string text = std::to_string(i);
    text.resize(i % 97 == 0 ? 40'000 : 16, ' ');
    ASSERT_TRUE(eventually([&] {
      return pair.a.transport()
          .send(pair.b.id(), env::TrafficClass::Bulk, type_note, as_bytes(text))
          .has_value();
    }));
  }
  ASSERT_TRUE(eventually([&] { return pair.b.notes().size() == count; }));
  const auto notes = pair.b.notes();
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(std::stoi(std::string(as_text(notes[static_cast<std::size_t>(i)].second))), i);
  }
}

TEST(Transport, CarriesTheLargestFrameAndRefusesALarger_N4) {
  Pair pair;
  pair.dial();
  oort::test::SeededRandom random(5);
  const Bytes largest = random.bytes(limits::frame_bytes_max - 16);
  EXPECT_EQ(pair.a.ask(pair.b.id(), type_echo, largest).get(), largest);
  Bytes larger = largest;
  larger.push_back(std::byte{0});
  EXPECT_EQ(reason_of(pair.a.ask(pair.b.id(), type_echo, larger).get()), reason::too_large);
  EXPECT_EQ(pair.a.transport()
                .send(pair.b.id(), env::TrafficClass::Bulk, type_note, larger)
                .error()
                .reason(),
            reason::too_large);
}

TEST(Transport, CarriesAThousandRequestsAtATime) {
  Pair pair;
  pair.dial();
  ASSERT_TRUE(pair.a.reaches(pair.b.id()));
  std::vector<std::future<Result<Bytes>>> answers;
  for (int i = 0; i < 1000; ++i) {
    const auto traffic = static_cast<env::TrafficClass>(i % 4);
    answers.push_back(
        pair.a.ask(pair.b.id(), type_echo, to_bytes(std::to_string(i)), patience, traffic));
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(answers[i].get(), to_bytes(std::to_string(i)));
  }
}

TEST(Transport, EndsARequestAtItsDeadline_T3) {
  Pair pair;
  pair.dial();
  ASSERT_TRUE(pair.a.reaches(pair.b.id()));
  auto late = pair.a.ask(pair.b.id(), type_hold, {}, 200ms);
  auto sooner = pair.a.ask(pair.b.id(), type_hold, {}, 50ms);
  EXPECT_EQ(reason_of(sooner.get()), reason::deadline_exceeded);
  EXPECT_EQ(reason_of(late.get()), reason::deadline_exceeded);
  EXPECT_EQ(pair.b.held_count(), 2U);
  // The connection is as good as before.
  EXPECT_TRUE(pair.a.reaches(pair.b.id()));
}

TEST(Transport, BringsBackTheErrorOfTheHandler) {
  Pair pair;
  pair.dial();
  const auto answer = pair.a.ask(pair.b.id(), type_refuse, {}).get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::FailedPrecondition);
  EXPECT_EQ(answer.error().reason(), reason::not_ready);
  EXPECT_EQ(answer.error().detail(), "still starting");
}

TEST(Transport, AnswersForHandlersThatAreMissingOrForget) {
  Pair pair;
  pair.dial();
  EXPECT_EQ(reason_of(pair.a.ask(pair.b.id(), 0x0501, {}).get()), reason::not_supported);
  EXPECT_EQ(reason_of(pair.a.ask(pair.b.id(), type_drop, {}).get()), reason::internal);
}

TEST(Transport, DeliversToItself) {
  Node node(seed_of(1));
  node.start();
  EXPECT_EQ(node.ask(node.id(), type_echo, to_bytes("self")).get(), to_bytes("self"));
  EXPECT_EQ(reason_of(node.ask(node.id(), type_refuse, {}).get()), reason::not_ready);
  EXPECT_EQ(reason_of(node.ask(node.id(), type_hold, {}, 30ms).get()), reason::deadline_exceeded);
  ASSERT_TRUE(
      node.transport().send(node.id(), env::TrafficClass::Gossip, type_note, as_bytes("to me")));
  ASSERT_TRUE(eventually([&] { return node.notes().size() == 1; }));
  EXPECT_TRUE(node.transport().peers().empty());
}

TEST(Transport, ABusySelfDoesNotGrowWithoutBound_T2) {
  Options options = patient_options();
  options.queue_bytes_max = 100'000;
  options.inbox_bytes_max = 100'000;
  Node node(seed_of(1), options);
  node.start();
  std::promise<void> go_on;
  node.strand().post([waits = go_on.get_future()] { waits.wait(); });
  int accepted = 0;
  bool is_refused = false;
  for (; accepted < 10'000 && !is_refused; ++accepted) {
    is_refused = !node.transport().send(node.id(), env::TrafficClass::Bulk, type_note, Bytes(1000));
  }
  EXPECT_TRUE(is_refused);
  EXPECT_LT(accepted, 400);
  go_on.set_value();
  EXPECT_TRUE(
      eventually([&] { return node.notes().size() == static_cast<std::size_t>(accepted) - 1; }));
}

TEST(Transport, MakesOneConnectionAPairAndClassWhenBothDial) {
  for (int round = 0; round < 5; ++round) {
    Pair pair;
    pair.a.start();
    pair.b.start();
    pair.a.knows({pair.b.address()});
    pair.b.knows({pair.a.address()});
    for (int i = 0; i < 4; ++i) {
      const auto traffic = static_cast<env::TrafficClass>(i);
      EXPECT_TRUE(pair.a.reaches(pair.b.id(), traffic));
      EXPECT_TRUE(pair.b.reaches(pair.a.id(), traffic));
    }
    // Whatever crossed at the start has settled: nothing breaks while both keep talking.
    for (int i = 0; i < 200; ++i) {
      ASSERT_TRUE(pair.a.ask(pair.b.id(), type_echo, to_bytes("x")).get());
      ASSERT_TRUE(pair.b.ask(pair.a.id(), type_echo, to_bytes("y")).get());
    }
  }
}

TEST(Transport, DialsOnDemandAndLetsGo) {
  Options options = patient_options();
  options.idle_timeout = 50ms;
  Pair pair(options);
  pair.dial(Keep::OnDemand);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(pair.a.ask(pair.b.id(), type_echo, to_bytes("now")).get(), to_bytes("now"));
    EXPECT_EQ(pair.a.transport().peers().size(), 1U);
    EXPECT_TRUE(eventually([&] { return pair.a.transport().peers().empty(); }));
  }
}

TEST(Transport, HoldsWhatIsSentBeforeTheFirstConnection) {
  Pair pair;
  pair.a.knows({pair.b.address()});
  auto answer = pair.a.ask(pair.b.id(), type_echo, to_bytes("early"));
  pair.a.start();
  pair.b.start();
  EXPECT_EQ(answer.get(), to_bytes("early"));
}

TEST(Transport, ForgetsPeersThatLeaveTheAddressBook) {
  Pair pair;
  pair.dial();
  ASSERT_TRUE(pair.a.reaches(pair.b.id()));
  pair.a.knows({});
  EXPECT_TRUE(eventually([&] { return pair.a.transport().peers().empty(); }));
  EXPECT_EQ(reason_of(pair.a.ask(pair.b.id(), type_echo, {}).get()), reason::peer_unreachable);
  pair.a.knows({pair.b.address(), pair.a.address()});
  EXPECT_TRUE(pair.a.reaches(pair.b.id()));
}

TEST(Transport, RefusesNodesThatNobodyNamed) {
  Node node(seed_of(1));
  node.start();
  const NodeId stranger = id_of(9);
  EXPECT_EQ(
      node.transport().send(stranger, env::TrafficClass::Bulk, type_note, {}).error().reason(),
      reason::peer_unreachable);
  EXPECT_EQ(reason_of(node.ask(stranger, type_echo, {}).get()), reason::peer_unreachable);
}

TEST(Transport, StopAnswersWhatWaits_T3) {
  Pair pair;
  pair.dial();
  ASSERT_TRUE(pair.a.reaches(pair.b.id()));
  auto waiting = pair.a.ask(pair.b.id(), type_hold, {});
  ASSERT_TRUE(eventually([&] { return pair.b.held_count() == 1; }));
  pair.a.transport().stop();
  EXPECT_EQ(reason_of(waiting.get()), reason::cancelled);
  EXPECT_EQ(reason_of(pair.a.ask(pair.b.id(), type_echo, {}).get()), reason::cancelled);
}

TEST(Transport, NamesAPortThatIsInUse) {
  Node node(seed_of(1));
  host::SystemClock clock;
  host::KernelRandom random;
  Options options = patient_options();
  options.listen_port = node.transport().listen_port();
  const auto refused = open_transport(seed_of(2), options, {clock, random, node.strand()});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), reason::port_in_use);
  options.listen_host = "not an address";
  EXPECT_EQ(open_transport(seed_of(2), options, {clock, random, node.strand()}).error().reason(),
            reason::bad_argument);
}

}  // namespace
}  // namespace oort::net
