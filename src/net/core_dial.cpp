// SPDX-License-Identifier: Apache-2.0
// The side that dials.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <string>
#include <utility>

#include "core.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"

namespace oort::net {
namespace {

tl::unexpected<Error> unreachable(std::string detail) {
  return fail(ErrorCode::Unavailable, reason::peer_unreachable, std::move(detail));
}

/// Gives a way back its pause's timer, however the pause ends.
class PauseOf {
 public:
  PauseOf(Way& way, asio::steady_timer& timer) noexcept : way_(way) { way_.redial_pause = &timer; }
  ~PauseOf() { way_.redial_pause = nullptr; }
  PauseOf(const PauseOf&) = delete;
  PauseOf& operator=(const PauseOf&) = delete;

 private:
  Way& way_;
};

}  // namespace

bool Core::wants_connection(const Way& way) const noexcept {
  return !is_stopping_ && way.address && !way.connection && !is_denied(way.peer());
}

void Core::start_dialling(const std::shared_ptr<Way>& way) {
  if (way->is_dialling || !wants_connection(*way)) return;
  way->is_dialling = true;
  asio::co_spawn(context_, dial(way), asio::detached);
}

Duration Core::next_delay(Duration delay) {
  return std::clamp(2 * delay, options_.redial_delay_min, options_.redial_delay_max);
}

asio::awaitable<void> Core::dial(std::shared_ptr<Way> way) {
  while (wants_connection(*way)) {
    if (way->redial_delay > Duration::zero()) {
      const auto half = static_cast<std::uint64_t>(way->redial_delay.count() / 2);
      const Duration jitter(static_cast<std::int64_t>(around_.random.below(2 * half + 1)));
      asio::steady_timer timer(context_);
      timer.expires_after(way->redial_delay / 2 + jitter);
      const PauseOf pause(*way, timer);
      co_await timer.async_wait(as_values);
      if (!wants_connection(*way)) break;
      if (way->address->keep == Keep::OnDemand && way->queued_bytes() == 0) {
        // The next frame dials again.
        way->set_state(Link::State::Waiting);
        break;
      }
    }
    const Outcome outcome = co_await attempt(way);
    if (outcome == Outcome::Made || way->connection) break;
    way->redial_delay = next_delay(way->redial_delay);
    if (outcome == Outcome::Failed) fail_way(way);
  }
  way->is_dialling = false;
}

asio::awaitable<Core::Outcome> Core::attempt(std::shared_ptr<Way> way) {
  auto connection =
      std::make_shared<Connection>(Tcp::socket(context_), tls_, Connection::Side::Dialled, now());
  add(connection);
  way->attempt = connection;
  const auto welcome = co_await greet(connection, way);
  way->attempt.reset();
  if (!welcome) {
    log::debug("net", "dialling failed",
               {{"peer", way->peer().short_hex()}, {"why", welcome.error().to_string()}});
    close(connection, welcome.error().detail());
    co_return Outcome::Failed;
  }
  co_return act_on(*welcome, way, connection);
}

asio::awaitable<Result<Welcome>> Core::greet(std::shared_ptr<Connection> connection,
                                             std::shared_ptr<Way> way) {
  const PeerAddress address = *way->address;
  auto connected = co_await connect(connection, address);
  if (!connected) co_return fail(std::move(connected).error());
  auto node = co_await connection->shake_hands();
  if (!node) co_return fail(std::move(node).error());
  if (*node != way->peer()) {
    log::write(level_for(way->traffic(), log::Level::Warn), "net",
               "another node answers at a peer's address",
               {{"peer", way->peer().hex()},
                {"host", address.host},
                {"port", address.port},
                {"found", node->hex()}});
    co_return fail(ErrorCode::Unauthenticated, reason::bad_key, "another node answers there");
  }
  Bytes hello = encode_hello({options_.chain, way->traffic(), boot_});
  auto written = co_await connection->write_greeting(type_hello, std::move(hello));
  if (!written) co_return fail(std::move(written).error());
  const auto answer = co_await connection->read_greeting(type_welcome);
  if (!answer) co_return fail(Error(answer.error()));
  if (connection->phase == Connection::Phase::Closed) co_return unreachable("closed meanwhile");
  co_return decode_welcome(*answer);
}

asio::awaitable<Result<void>> Core::connect(std::shared_ptr<Connection> connection,
                                            PeerAddress address) {
  std::vector<Tcp::endpoint> endpoints;
  boost::system::error_code problem;
  const auto literal = asio::ip::make_address(address.host, problem);
  if (!problem) {
    endpoints.emplace_back(literal, address.port);
  } else {
    Tcp::resolver resolver(context_);
    const std::string service = std::to_string(address.port);
    const auto [failed, found] = co_await resolver.async_resolve(address.host, service, as_values);
    if (failed) co_return unreachable("cannot resolve " + address.host + ": " + failed.message());
    for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  }
  auto& socket = connection->stream.next_layer();
  std::string why = address.host + " has no address";
  for (const Tcp::endpoint& endpoint : endpoints) {
    if (connection->phase == Connection::Phase::Closed) break;
    boost::system::error_code ignored;
    socket.close(ignored);
    const auto [failed] = co_await socket.async_connect(endpoint, as_values);
    if (!failed) {
      socket.set_option(Tcp::no_delay(true), ignored);
      co_return Result<void>();
    }
    why = failed.message();
  }
  co_return unreachable("cannot connect to " + address.host + ":" + std::to_string(address.port) +
                        ": " + why);
}

Core::Outcome Core::act_on(const Welcome& welcome, const std::shared_ptr<Way>& way,
                           const std::shared_ptr<Connection>& connection) {
  switch (welcome.verdict) {
    case Verdict::Accepted:
      if (!wants_connection(*way)) {
        close(connection, "not wanted any more");
        return Outcome::Deferred;
      }
      connection->way = way;
      connection->peer_boot = welcome.boot;
      way->connection = connection;
      go_up(way, connection);
      return Outcome::Made;
    case Verdict::Duplicate:
      close(connection, "the peer's own connection stays");
      return Outcome::Deferred;
    case Verdict::WrongChain:
      log::write(level_for(way->traffic(), log::Level::Error), "net",
                 "peer belongs to another network",
                 {{"reason", reason::wrong_genesis},
                  {"peer", way->peer().hex()},
                  {"ours", options_.chain.hex()},
                  {"theirs", welcome.chain.hex()}});
      break;
    case Verdict::NotWelcome:
      log::write(level_for(way->traffic(), log::Level::Warn), "net",
                 "peer does not accept this node", {{"peer", way->peer().hex()}});
      break;
    case Verdict::Full:
      log::write(level_for(way->traffic(), log::Level::Warn), "net",
                 "peer has no room for another connection", {{"peer", way->peer().hex()}});
      break;
  }
  close(connection, "the peer refuses");
  return Outcome::Failed;
}

}  // namespace oort::net
