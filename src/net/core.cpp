// SPDX-License-Identifier: Apache-2.0
#include "core.hpp"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <mutex>
#include <string>
#include <utility>

#include "measures.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/random.hpp"
#include "oort/env/transport.hpp"

namespace oort::net {
namespace {

constexpr Duration watch_interval = 200ms;

std::uint64_t draw_boot(env::Random& random) { return random.below(~std::uint64_t{0}); }

Error unreachable(const NodeId& peer) {
  return {ErrorCode::Unavailable, reason::peer_unreachable,
          "no connection to node " + peer.short_hex()};
}

Error stopped() { return {ErrorCode::Cancelled, reason::cancelled, "this node is stopping"}; }

Result<void> check_size(std::size_t size) {
  if (size <= payload_bytes_max) return {};
  return fail(ErrorCode::InvalidArgument, reason::too_large,
              "a payload of " + std::to_string(size) + " bytes; at most " +
                  std::to_string(payload_bytes_max) + " fit a frame");
}

Error bind_error(const boost::system::error_code& problem, const Options& options) {
  const std::string place = options.listen_host + ":" + std::to_string(options.listen_port);
  if (problem == asio::error::address_in_use) {
    return {ErrorCode::FailedPrecondition, reason::port_in_use,
            place + " is in use; choose another network.listen"};
  }
  return {ErrorCode::InvalidArgument, reason::bad_argument,
          "cannot listen on " + place + ": " + problem.message()};
}

}  // namespace

Core::Core(SslContext tls, const NodeId& self, Options options, Surroundings around)
    : self_(self),
      options_(std::move(options)),
      around_(around),
      boot_(draw_boot(around_.random)),
      guard_(asio::make_work_guard(context_)),
      tls_(tls.release()),
      acceptor_(context_),
      watch_timer_(context_),
      deadline_timer_(context_),
      accept_pause_(context_) {
  for (auto& way : find_or_add(self_, Link::State::Waiting)) way->set_state(Link::State::Up);
}

Core::~Core() { OORT_ASSERT(!thread_.joinable(), "the transport stops its core"); }

Result<void> Core::listen() {
  if (options_.listen_host.empty()) return {};
  boost::system::error_code problem;
  const auto address = asio::ip::make_address(options_.listen_host, problem);
  if (problem) return fail(bind_error(problem, options_));
  const Tcp::endpoint endpoint(address, options_.listen_port);
  acceptor_.open(endpoint.protocol(), problem);
  if (!problem) acceptor_.set_option(Tcp::acceptor::reuse_address(true), problem);
  if (!problem) acceptor_.bind(endpoint, problem);
  if (!problem) acceptor_.listen(asio::socket_base::max_listen_connections, problem);
  if (problem) return fail(bind_error(problem, options_));
  listen_port_ = acceptor_.local_endpoint(problem).port();
  return {};
}

void Core::start() {
  const bool was_started = is_started_.exchange(true);
  OORT_ASSERT(!was_started, "a transport starts once");
  thread_ = std::thread([this]() noexcept {
    pthread_setname_np(pthread_self(), "oort-net");
    context_.run();
  });
  if (acceptor_.is_open()) asio::co_spawn(context_, accept(), asio::detached);
  asio::co_spawn(context_, watch(), asio::detached);
}

void Core::stop() noexcept {
  if (is_stopping_.exchange(true)) return;
  dispatcher_.stop();
  // First, so that what waits hears why and not that its connection broke.
  for (auto& done : requests_.take_all()) post_failure(std::move(done), stopped());
  if (thread_.joinable()) {
    asio::post(context_, [this] { close_everything(); });
    thread_.join();
  }
  for (auto& done : requests_.take_all()) post_failure(std::move(done), stopped());
}

void Core::close_everything() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  watch_timer_.cancel();
  deadline_timer_.cancel();
  accept_pause_.cancel();
  for (const auto& connection : std::vector(connections_.begin(), connections_.end())) {
    close(connection, "this node stops");
  }
  const std::unique_lock lock(table_mutex_);
  for (auto& [peer, ways] : table_) {
    for (auto& way : ways) {
      if (way->redial_pause != nullptr) way->redial_pause->cancel();
      way->set_unreachable();
    }
  }
  guard_.reset();
}

std::shared_ptr<Way> Core::find(const NodeId& peer, env::TrafficClass traffic) const {
  const std::shared_lock lock(table_mutex_);
  const auto found = table_.find(peer);
  if (found == table_.end()) return nullptr;
  return found->second[static_cast<std::size_t>(traffic)];
}

Core::Ways& Core::find_or_add(const NodeId& peer, Link::State state) {
  const std::unique_lock lock(table_mutex_);
  const auto [place, is_new] = table_.try_emplace(peer);
  if (is_new) {
    for (std::size_t i = 0; i < place->second.size(); ++i) {
      auto way = std::make_shared<Way>(peer, static_cast<env::TrafficClass>(i), ++ways_count_,
                                       options_.queue_bytes_max);
      way->set_state(state);
      place->second[i] = std::move(way);
    }
  }
  return place->second;
}

void Core::set_peers(std::vector<PeerAddress> peers) {
  std::erase_if(peers, [&](const PeerAddress& peer) { return peer.id == self_; });
  // At once, so that a caller may send as soon as this returns; the frames wait.
  for (const PeerAddress& peer : peers) find_or_add(peer.id, Link::State::Waiting);
  asio::post(context_, [this, book = std::move(peers)] { apply_peers(book); });
}

void Core::apply_peers(const std::vector<PeerAddress>& peers) {
  if (is_stopping_) return;
  std::map<NodeId, PeerAddress> book;
  for (const PeerAddress& peer : peers) book.insert_or_assign(peer.id, peer);
  std::vector<std::shared_ptr<Way>> removed;
  {
    const std::shared_lock lock(table_mutex_);
    for (auto& [id, ways] : table_) {
      if (book.contains(id)) continue;
      for (auto& way : ways) {
        if (way->address) removed.push_back(way);
      }
    }
  }
  for (auto& way : removed) {
    way->address.reset();
    if (way->redial_pause != nullptr) way->redial_pause->cancel();
    if (way->attempt) close(way->attempt, "the peer left the address book");
    const bool is_dialled = way->connection && way->connection->side == Connection::Side::Dialled;
    if (is_dialled) close(way->connection, "the peer left the address book");
    if (!way->connection) fail_way(way);
  }
  for (auto& [id, peer] : book) {
    for (auto& way : find_or_add(id, Link::State::Waiting)) {
      const bool is_new = !way->address;
      way->address = peer;
      if (is_denied(id)) {
        fail_way(way);
        continue;
      }
      if (is_new && !way->connection) way->set_state(Link::State::Waiting);
      if (peer.keep == Keep::Always || way->queued_bytes() > 0) start_dialling(way);
    }
  }
}

void Core::set_denied(std::vector<NodeId> denied) {
  asio::post(context_, [this, denied = std::move(denied)] { apply_denied(denied); });
}

void Core::apply_denied(const std::vector<NodeId>& denied) {
  if (is_stopping_) return;
  const std::set<NodeId> before = std::exchange(denied_, {denied.begin(), denied.end()});
  std::vector<std::shared_ptr<Way>> refused;
  std::vector<std::shared_ptr<Way>> allowed;
  {
    const std::shared_lock lock(table_mutex_);
    for (const auto& [peer, ways] : table_) {
      if (is_denied(peer)) {
        refused.insert(refused.end(), ways.begin(), ways.end());
      } else if (before.contains(peer)) {
        allowed.insert(allowed.end(), ways.begin(), ways.end());
      }
    }
  }
  for (const auto& way : refused) {
    if (way->redial_pause != nullptr) way->redial_pause->cancel();
    if (way->attempt) close(way->attempt, "the peer is denied");
    if (way->connection) close(way->connection, "the peer is denied");
    fail_way(way);
  }
  for (const auto& way : allowed) {
    if (!way->address) continue;
    way->redial_delay = Duration::zero();
    way->set_state(Link::State::Waiting);
    if (way->address->keep == Keep::Always) start_dialling(way);
  }
}

Result<void> Core::push(const std::shared_ptr<Way>& way, Frame frame, Link::Room room) {
  const auto pushed = way->push(std::move(frame), room);
  if (!pushed) {
    if (pushed.error().reason() == reason::queue_full) measures_of(way->traffic()).refused.add();
    return fail(Error(pushed.error()));
  }
  if (way->claim_wake()) asio::post(context_, [this, way] { wake(way); });
  return {};
}

void Core::wake(const std::shared_ptr<Way>& way) {
  way->wake_begins();
  if (way->peer() == self_) return pump_self(way);
  if (way->connection) {
    way->connection->wake.cancel();
  } else {
    start_dialling(way);
  }
}

Result<void> Core::send(const NodeId& to, env::TrafficClass traffic, env::MessageType type,
                        ByteView payload) {
  OORT_TRY(check_size(payload.size()));
  const auto way = find(to, traffic);
  if (way == nullptr) return fail(unreachable(to));
  FrameHeader header;
  header.traffic = traffic;
  header.type = type;
  return push(way, make_frame(header, to_bytes(payload)), Link::Room::Ordinary);
}

void Core::request(const NodeId& to, env::TrafficClass traffic, env::MessageType type,
                   Bytes payload, Duration deadline, Requests::Done done) {
  if (is_stopping_) return post_failure(std::move(done), stopped());
  if (const auto checked = check_size(payload.size()); !checked) {
    return post_failure(std::move(done), checked.error());
  }
  const auto way = find(to, traffic);
  if (way == nullptr) return post_failure(std::move(done), unreachable(to));
  FrameHeader header;
  header.traffic = traffic;
  header.type = type;
  header.kind = FrameKind::Request;
  header.request = ++requests_count_;
  const Requests::Key key{way->number(), header.request};
  // Before the frame goes, so that no reply finds nobody waiting.
  const bool is_first = requests_.add(key, now() + deadline, std::move(done));
  if (const auto pushed = push(way, make_frame(header, std::move(payload)), Link::Room::Ordinary);
      !pushed) {
    if (auto back = requests_.take(key)) post_failure(*std::move(back), pushed.error());
    return;
  }
  if (is_first) asio::post(context_, [this] { arm_deadlines(); });
  // A stop that emptied the table of requests before this one came in would leave it behind.
  if (is_stopping_) {
    if (auto back = requests_.take(key)) post_failure(*std::move(back), stopped());
  }
}

void Core::answer(const std::shared_ptr<Link>& link, env::MessageType type, std::uint64_t request,
                  Result<Bytes> result) {
  if (is_stopping_) return;
  const auto way = find(link->peer(), link->traffic());
  // The peer was forgotten meanwhile; nobody waits.
  if (way != link) return;
  if (result && result->size() > payload_bytes_max) {
    result = fail(ErrorCode::Internal, reason::too_large, "the answer does not fit a frame");
  }
  FrameHeader header;
  header.traffic = way->traffic();
  header.type = type;
  header.request = request;
  header.kind = result ? FrameKind::Reply : FrameKind::Failure;
  Bytes payload = result ? *std::move(result) : encode_error(result.error());
  const auto pushed = push(way, make_frame(header, std::move(payload)), Link::Room::Double);
  // The connection broke, and with it the peer's request; or the peer asks but does not read.
  if (!pushed) log::debug("net", "an answer was dropped", {{"why", pushed.error().detail()}});
}

std::vector<NodeId> Core::peers() const {
  std::vector<NodeId> live;
  const std::shared_lock lock(table_mutex_);
  for (const auto& [peer, ways] : table_) {
    const bool is_live =
        std::ranges::any_of(ways, [](const auto& way) { return way->state() == Link::State::Up; });
    if (is_live && peer != self_) live.push_back(peer);
  }
  return live;
}

void Core::post_failure(Requests::Done done, Error error) {
  around_.strand.post([done = std::move(done), error = std::move(error)]() mutable {
    done(fail(std::move(error)));
  });
}

void Core::arm_deadlines() {
  const auto next = requests_.next_deadline();
  if (!next || is_stopping_) return;
  deadline_timer_.expires_after(std::max(*next - now(), Duration::zero()));
  deadline_timer_.async_wait([this](boost::system::error_code problem) {
    if (!problem) expire_requests();
  });
}

void Core::expire_requests() {
  for (auto& done : requests_.take_expired(now())) {
    post_failure(std::move(done), Error(ErrorCode::DeadlineExceeded, reason::deadline_exceeded,
                                        "no answer came in time"));
  }
  arm_deadlines();
}

asio::awaitable<void> Core::watch() {
  while (!is_stopping_) {
    watch_timer_.expires_after(watch_interval);
    const auto [problem] = co_await watch_timer_.async_wait(as_values);
    if (problem) break;
    const MonoTime at = now();
    for (const auto& connection : std::vector(connections_.begin(), connections_.end())) {
      check(connection, at);
    }
    forget_strangers();
    measure_queues();
  }
}

void Core::measure_queues() {
  std::array<std::size_t, env::traffic_classes_count> bytes{};
  const std::shared_lock lock(table_mutex_);
  for (const auto& [peer, ways] : table_) {
    for (std::size_t i = 0; i < ways.size(); ++i) bytes[i] += ways[i]->queued_bytes();
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto traffic = static_cast<env::TrafficClass>(i);
    measures_of(traffic).queued_bytes.set(static_cast<double>(bytes[i]));
  }
}

void Core::check(const std::shared_ptr<Connection>& connection, MonoTime at) {
  if (connection->phase != Connection::Phase::Up) {
    if (at - connection->made_at > options_.handshake_timeout) {
      close(connection, "the handshake takes too long");
    }
    return;
  }
  if (!connection->is_paused && at - connection->received_at > options_.silence_timeout) {
    return close(connection, "the peer is silent");
  }
  if (connection->is_writing && at - connection->written_at > options_.silence_timeout) {
    return close(connection, "the peer does not read");
  }
  const Way& way = *connection->way;
  const bool may_end = connection->side == Connection::Side::Dialled && way.address &&
                       way.address->keep == Keep::OnDemand && way.queued_bytes() == 0;
  if (may_end && at - connection->used_at > options_.idle_timeout) {
    close(connection, "nobody uses it");
  }
}

void Core::forget_strangers() {
  const auto is_idle = [](const std::shared_ptr<Way>& way) {
    return !way->address && !way->connection && !way->is_dialling;
  };
  const std::unique_lock lock(table_mutex_);
  std::erase_if(table_, [&](const auto& place) {
    return place.first != self_ && std::ranges::all_of(place.second, is_idle) &&
           place.second[0]->state() == Link::State::Unreachable;
  });
}

}  // namespace oort::net
