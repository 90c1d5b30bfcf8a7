// SPDX-License-Identifier: Apache-2.0
// What goes wrong between two nodes: wrong keys, wrong networks, dead and silent peers.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "fleet.hpp"
#include "oort/core/reasons.hpp"

namespace oort::net {
namespace {

using namespace test;  // tidy: allow(using-namespace) the fleet is this test's own vocabulary.

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  return fd;
}

/// Carries bytes between a port of its own and another, until it is told to swallow them.
class Relay {
 public:
  explicit Relay(std::uint16_t to) : to_(to), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~Relay() {
    is_over_ = true;
    thread_.join();
    for (const int fd : fds_) ::close(fd);
    ::close(listener_);
  }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Connections stay open and nothing passes.
  void swallow(bool is_on) { is_swallowing_ = is_on; }

 private:
  void run() {
    while (!is_over_) {
      std::vector<pollfd> polled{{listener_, POLLIN, 0}};
      for (const int fd : fds_) polled.push_back({fd, POLLIN, 0});
      ::poll(polled.data(), polled.size(), 5);
      if ((polled[0].revents & POLLIN) != 0 && !is_swallowing_) {
        fds_.push_back(::accept(listener_, nullptr, nullptr));
        fds_.push_back(connect_to(to_));
      }
      for (std::size_t i = 1; i < polled.size(); ++i) {
        if (polled[i].revents != 0) carry(i - 1);
      }
    }
  }
  void carry(std::size_t index) {
    std::array<char, 65536> bytes{};
    const ssize_t size = ::recv(fds_[index], bytes.data(), bytes.size(), MSG_DONTWAIT);
    const int other = fds_[index ^ 1U];
    if (size <= 0) ::shutdown(other, SHUT_RDWR);
    if (size > 0 && !is_swallowing_) {
      static_cast<void>(::send(other, bytes.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL));
    }
  }

  std::uint16_t to_;
  int listener_;
  std::uint16_t port_ = 0;
  std::vector<int> fds_;
  std::atomic<bool> is_over_{false};
  std::atomic<bool> is_swallowing_{false};
  std::thread thread_;
};

TEST(TransportFaults, RefusesANodeWithAnotherKey_N2) {
  Pair pair;
  Node impostor(seed_of(3));
  impostor.start();
  pair.a.start();
  PeerAddress wrong = pair.b.address();
  wrong.port = impostor.transport().listen_port();
  pair.a.knows({wrong});
  EXPECT_EQ(reason_of(pair.a.ask(pair.b.id(), type_echo, to_bytes("secret")).get()),
            reason::peer_unreachable);
  EXPECT_EQ(impostor.served_count, 0);
  EXPECT_TRUE(pair.a.transport().peers().empty());
}

TEST(TransportFaults, RefusesANodeOfAnotherNetwork_N3) {
  Options ours = patient_options();
  ours.chain = chain_of('a');
  Options theirs = patient_options();
  theirs.chain = chain_of('b');
  Node a(seed_of(1), ours);
  Node b(seed_of(2), theirs);
  a.start();
  b.start();
  a.knows({b.address()});
  testing::internal::CaptureStderr();
  EXPECT_EQ(reason_of(a.ask(b.id(), type_echo, {}).get()), reason::peer_unreachable);
  a.stop();
  b.stop();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("WRONG_GENESIS"), std::string::npos) << log;
  EXPECT_EQ(b.served_count, 0);
}

TEST(TransportFaults, AsksWhetherANodeIsWelcome) {
  Options options = patient_options();
  options.is_welcome = [](const NodeId&) { return false; };
  Pair pair(options);
  pair.dial();
  EXPECT_EQ(reason_of(pair.a.ask(pair.b.id(), type_echo, {}).get()), reason::peer_unreachable);
  EXPECT_EQ(pair.b.served_count, 0);
  EXPECT_TRUE(pair.b.transport().peers().empty());
}

TEST(TransportFaults, ADeniedNodeIsCutOffUntilItIsAllowedAgain_N7) {
  // Whichever side dialled, and whichever denies.
  for (const bool is_dialler : {true, false}) {
    Pair pair;
    pair.dial();
    ASSERT_TRUE(pair.a.reaches(pair.b.id()));
    Node& denier = is_dialler ? pair.a : pair.b;
    Node& denied = is_dialler ? pair.b : pair.a;
    auto waiting = pair.a.ask(pair.b.id(), type_hold, {});
    ASSERT_TRUE(eventually([&] { return pair.b.held_count() == 1; }));
    denier.transport().set_denied({denied.id()});
    EXPECT_EQ(reason_of(waiting.get()), reason::peer_unreachable);
    EXPECT_TRUE(eventually(
        [&] { return pair.a.transport().peers().empty() && pair.b.transport().peers().empty(); }));
    const int served_count = pair.b.served_count;
    EXPECT_EQ(reason_of(pair.a.ask(pair.b.id(), type_echo, {}).get()), reason::peer_unreachable);
    EXPECT_EQ(pair.b.served_count, served_count);

    denier.transport().set_denied({});
    EXPECT_TRUE(pair.a.reaches(pair.b.id()));
  }
}

TEST(TransportFaults, ANodeDeniedFromTheStartIsNeverReached_N7) {
  Pair pair;
  pair.a.transport().set_denied({pair.b.id()});
  pair.dial();
  EXPECT_EQ(reason_of(pair.a.ask(pair.b.id(), type_echo, {}).get()), reason::peer_unreachable);
  EXPECT_EQ(pair.b.served_count, 0);
  pair.a.transport().set_denied({});
  EXPECT_TRUE(pair.a.reaches(pair.b.id()));
}

TEST(TransportFaults, FailsAtOnceWhenThePeerIsGoneAndComesBackWithIt_N5) {
  Pair pair;
  auto b = std::make_unique<Node>(seed_of(4));
  b->start();
  pair.a.start();
  const PeerAddress address = b->address();
  pair.a.knows({address});
  ASSERT_TRUE(pair.a.reaches(address.id));
  auto waiting = pair.a.ask(address.id, type_hold, {});
  ASSERT_TRUE(eventually([&] { return b->held_count() == 1; }));
  b.reset();
  // Long before its deadline.
  EXPECT_EQ(reason_of(waiting.get()), reason::peer_unreachable);
  EXPECT_TRUE(eventually([&] {
    return reason_of(pair.a.ask(address.id, type_echo, {}).get()) == reason::peer_unreachable;
  }));

  Options options = patient_options();
  options.listen_port = address.port;
  b = std::make_unique<Node>(seed_of(4), options);
  b->start();
  EXPECT_TRUE(pair.a.reaches(address.id));
}

TEST(TransportFaults, ARestartedNodeThatDialsInTakesThePlaceOfItsOldSelf) {
  Pair pair;
  pair.a.start();
  // `a` can be dialled; it does not know where the other listens.
  for (int life = 0; life < 3; ++life) {
    Node other(seed_of(4));
    other.start();
    other.knows({pair.a.address()});
    EXPECT_TRUE(other.reaches(pair.a.id()));
    EXPECT_TRUE(pair.a.reaches(other.id()));
  }
}

TEST(TransportFaults, LeavesASilentPeerAndFindsItAgain) {
  Options options = patient_options();
  options.ping_interval = 50ms;
  options.silence_timeout = 300ms;
  options.handshake_timeout = 300ms;
  options.redial_delay_max = 200ms;
  Pair pair(options);
  pair.a.start();
  pair.b.start();
  Relay relay(pair.b.transport().listen_port());
  PeerAddress address = pair.b.address();
  address.port = relay.port();
  pair.a.knows({address});
  ASSERT_TRUE(pair.a.reaches(pair.b.id()));

  relay.swallow(true);
  auto waiting = pair.a.ask(pair.b.id(), type_echo, {});
  EXPECT_EQ(reason_of(waiting.get()), reason::peer_unreachable);
  EXPECT_TRUE(eventually([&] { return pair.b.transport().peers().empty(); }));

  relay.swallow(false);
  EXPECT_TRUE(pair.a.reaches(pair.b.id()));
}

TEST(TransportFaults, PingsKeepAQuietConnection) {
  Options options = patient_options();
  options.ping_interval = 20ms;
  options.silence_timeout = 200ms;
  Pair pair(options);
  pair.dial();
  ASSERT_TRUE(pair.a.reaches(pair.b.id()));
  // Held for several times the silence that would end the connection.
  const auto answer = pair.a.ask(pair.b.id(), type_hold, {}, 1s).get();
  EXPECT_EQ(reason_of(answer), reason::deadline_exceeded);
}

TEST(TransportFaults, RefusesMoreThanTheQueueHolds_T2) {
  Options options = patient_options();
  options.queue_bytes_max = 100'000;
  Pair pair(options);
  pair.a.start();
  // Nobody listens at the port before `b` starts to accept: frames wait.
  pair.a.knows({pair.b.address()});
  bool is_refused = false;
  int accepted = 0;
  while (!is_refused && accepted < 1000) {
    const auto sent =
        pair.a.transport().send(pair.b.id(), env::TrafficClass::Bulk, type_note, Bytes(1000));
    is_refused = !sent && sent.error().reason() == reason::queue_full;
    if (sent) ++accepted;
  }
  EXPECT_TRUE(is_refused);
  EXPECT_LE(accepted, 100);
  EXPECT_EQ(reason_of(pair.a.ask(pair.b.id(), type_echo, Bytes(1000)).get()), reason::queue_full);
  pair.b.start();
  EXPECT_TRUE(
      eventually([&] { return pair.b.notes().size() == static_cast<std::size_t>(accepted); }));
}

TEST(TransportFaults, SlowHandlersHoldBackTheSender_T2) {
  Options options = patient_options();
  options.queue_bytes_max = 200'000;
  options.inbox_bytes_max = 200'000;
  Pair pair(options);
  pair.dial();
  ASSERT_TRUE(pair.a.reaches(pair.b.id()));
  std::promise<void> go_on;
  pair.b.strand().post([waits = go_on.get_future()] { waits.wait(); });
  // More than the queue, the inbox and both sockets' buffers hold, in the end.
  const auto send = [&] {
    return pair.a.transport()
        .send(pair.b.id(), env::TrafficClass::Bulk, type_note, Bytes(10'000))
        .has_value();
  };
  const host::SystemClock clock;
  std::size_t accepted = 0;
  MonoTime last = clock.now_mono();
  while (clock.now_mono() - last < 300ms) {
    if (!send()) continue;
    ++accepted;
    last = clock.now_mono();
    ASSERT_LT(accepted, 10'000U);
  }
  go_on.set_value();
  EXPECT_TRUE(eventually([&] { return pair.b.notes().size() == accepted; }));
}

TEST(TransportFaults, AnswersTooManyRequestsAtATimeWithQueueFull) {
  Options options = patient_options();
  options.inbound_requests_max = 10;
  Pair pair(options);
  pair.dial();
  ASSERT_TRUE(pair.a.reaches(pair.b.id()));
  std::vector<std::future<Result<Bytes>>> held;
  for (int i = 0; i < 10; ++i) held.push_back(pair.a.ask(pair.b.id(), type_hold, {}, 3s));
  ASSERT_TRUE(eventually([&] { return pair.b.held_count() == 10; }));
  EXPECT_EQ(reason_of(pair.a.ask(pair.b.id(), type_echo, {}).get()), reason::queue_full);
}

TEST(TransportFaults, BoundsConnectionsThatSayNothing_N6) {
  Options options = patient_options();
  options.handshake_timeout = 100ms;
  options.inbound_connections_max = 8;
  Pair pair(options);
  pair.b.start();
  const std::uint16_t port = pair.b.transport().listen_port();
  std::vector<int> fds;
  for (int i = 0; i < 20; ++i) {
    const int fd = connect_to(port);
    // Some say nonsense, some nothing at all.
    if (i % 2 == 0) static_cast<void>(::send(fd, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL));
    fds.push_back(fd);
  }
  // Each is closed by the node, at the latest when its handshake takes too long.
  for (const int fd : fds) {
    pollfd polled{fd, POLLIN, 0};
    EXPECT_EQ(::poll(&polled, 1, 20'000), 1);
    ::close(fd);
  }
  pair.a.start();
  pair.a.knows({pair.b.address()});
  EXPECT_TRUE(pair.a.reaches(pair.b.id()));
}

TEST(TransportFaults, StopsInTheMiddleOfEverything) {
  for (int round = 0; round < 10; ++round) {
    Pair pair;
    Node c(seed_of(5));
    pair.dial();
    pair.b.knows({pair.a.address()});
    c.start();
    c.knows({pair.a.address(), pair.b.address(), {id_of(6), "127.0.0.1", 1, Keep::Always}});
    std::vector<std::future<Result<Bytes>>> answers;
    for (int i = 0; i < 50; ++i) {
      answers.push_back(pair.a.ask(pair.b.id(), type_echo, Bytes(20'000)));
      answers.push_back(pair.b.ask(pair.a.id(), type_hold, Bytes(10)));
    }
    c.stop();
    pair.b.stop();
    pair.a.transport().stop();
  }
}

}  // namespace
}  // namespace oort::net
