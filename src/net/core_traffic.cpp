// SPDX-License-Identifier: Apache-2.0
// Connections that are up: reading, writing, ending.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "core.hpp"
#include "measures.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/transport.hpp"
#include "parser.hpp"

namespace oort::net {
namespace {

// Small frames are copied together up to this size and leave in one write.
constexpr std::size_t gather_bytes_max = 64 * limits::kib;
// A payload over this size is written from where it lies.
constexpr std::size_t copy_bytes_max = 16 * limits::kib;
// Large payloads move in slices, so that it shows whether they move at all.
constexpr std::size_t slice_bytes_max = 256 * limits::kib;

Error connection_broke(const NodeId& peer) {
  return {ErrorCode::Unavailable, reason::peer_unreachable,
          "the connection to node " + peer.short_hex() + " broke"};
}

Frame make_ping(env::TrafficClass traffic) {
  FrameHeader header;
  header.traffic = traffic;
  header.type = type_ping;
  return make_frame(header, {});
}

void log_state(const Way& way, std::string_view message, std::string_view why) {
  log::write(level_for(way.traffic(), log::Level::Info), "net", message,
             {{"peer", way.peer().short_hex()},
              {"class", static_cast<unsigned>(way.traffic())},
              {"why", why}});
}

}  // namespace

void Core::add(const std::shared_ptr<Connection>& connection) {
  connections_.insert(connection);
  if (connection->side == Connection::Side::Accepted) ++accepted_count_;
}

void Core::go_up(const std::shared_ptr<Way>& way, const std::shared_ptr<Connection>& connection) {
  OORT_ASSERT(way->connection == connection, "a way has one connection");
  const MonoTime at = now();
  connection->phase = Connection::Phase::Up;
  connection->up_at = connection->received_at = connection->written_at = connection->used_at = at;
  way->set_state(Link::State::Up);
  measures_of(way->traffic()).connected.add();
  measures_of(way->traffic()).connections.add(1);
  log_state(*way, "peer connected",
            connection->side == Connection::Side::Dialled ? "dialled" : "accepted");
  asio::co_spawn(context_, read(connection), asio::detached);
  asio::co_spawn(context_, write(connection), asio::detached);
}

// A share of its own: the caller's may be the very one that is erased.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
void Core::close(std::shared_ptr<Connection> connection, std::string_view why) {
  if (connections_.erase(connection) == 0) return;
  if (connection->side == Connection::Side::Accepted) --accepted_count_;
  const bool was_up = connection->phase == Connection::Phase::Up;
  connection->close();
  const auto way = std::exchange(connection->way, nullptr);
  if (way == nullptr) return;
  if (was_up) {
    measures_of(way->traffic()).lost.add();
    measures_of(way->traffic()).connections.add(-1);
    log_state(*way, "peer disconnected", why);
  }
  if (way->connection == connection) lose(way, was_up ? connection->up_at : now());
}

void Core::lose(const std::shared_ptr<Way>& way, MonoTime up_at) {
  way->connection.reset();
  fail_way(way);
  if (is_stopping_ || !way->address || is_denied(way->peer())) return;
  // A connection that lived shows that the peer is well, and the next may be made at once.
  const bool lived = now() - up_at > options_.silence_timeout;
  way->redial_delay = lived ? Duration::zero() : next_delay(way->redial_delay);
  way->set_state(Link::State::Waiting);
  if (way->address->keep == Keep::Always) start_dialling(way);
}

void Core::fail_way(const std::shared_ptr<Way>& way) {
  way->set_unreachable();
  fail_requests(*way);
}

void Core::fail_requests(const Way& way) {
  for (auto& done : requests_.take_link(way.number())) {
    post_failure(std::move(done), connection_broke(way.peer()));
  }
}

asio::awaitable<void> Core::read(std::shared_ptr<Connection> connection) {
  const std::shared_ptr<Way> way = connection->way;
  FrameParser parser;
  std::vector<ArrivedFrame> frames;
  while (connection->phase == Connection::Phase::Up) {
    const auto area = parser.area();
    const auto buffer = asio::buffer(area.data(), area.size());
    const auto [problem, size] = co_await connection->stream.async_read_some(buffer, as_values);
    if (problem) {
      close(connection, problem.message());
      break;
    }
    connection->received_at = now();
    measures_of(way->traffic()).bytes_received.add(static_cast<double>(size));
    frames.clear();
    auto taken = parser.take(size, frames);
    if (taken && !frames.empty()) taken = receive(way, std::move(frames));
    if (!taken) {
      log::warn("net", "peer broke the protocol",
                {{"reason", reason::peer_misbehaved},
                 {"peer", way->peer().hex()},
                 {"why", taken.error().to_string()}});
      close(connection, "the peer broke the protocol");
      break;
    }
    connection->is_paused = way->inbox_bytes > options_.inbox_bytes_max;
    // Handlers are slow: TCP tells the peer by itself that nothing is read. Looking again each
    // millisecond costs less than it would to wake this thread after every frame.
    while (connection->is_paused && connection->phase == Connection::Phase::Up) {
      asio::steady_timer timer(context_);
      timer.expires_after(1ms);
      co_await timer.async_wait(as_values);
      connection->is_paused = way->inbox_bytes > options_.inbox_bytes_max / 2;
      connection->received_at = now();
    }
  }
}

Result<void> Core::receive(const std::shared_ptr<Way>& way, std::vector<ArrivedFrame> frames) {
  std::vector<Arrival> arrivals;
  arrivals.reserve(frames.size());
  measures_of(way->traffic()).frames_received.add(static_cast<double>(frames.size()));
  for (ArrivedFrame& frame : frames) {
    if (frame.header.traffic != way->traffic()) {
      return fail(ErrorCode::InvalidArgument, reason::malformed,
                  "a frame of another class than its connection's");
    }
    // The transport's own: a ping has done its work by arriving.
    if ((frame.header.type & range_mask) == 0) continue;
    if (way->connection) way->connection->used_at = now();
    admit(way, std::move(frame), arrivals);
  }
  if (arrivals.empty()) return {};
  around_.strand.post([core = shared_from_this(), way, work = std::move(arrivals)]() mutable {
    core->dispatcher_.deliver(core, way, std::move(work),
                              [&](std::size_t size) { core->taken(way, size); });
  });
  return {};
}

// Runs on the strand.
void Core::taken(const std::shared_ptr<Way>& way, std::size_t size) {
  const std::size_t left = way->inbox_bytes.fetch_sub(size) - size;
  // What this node sends itself has no connection whose reader would go on by itself.
  const bool may_go_on = way->peer() == self_ && left <= options_.inbox_bytes_max / 2;
  if (may_go_on && way->queued_bytes() > 0 && way->claim_wake()) {
    asio::post(context_, [this, way] { wake(way); });
  }
}

void Core::admit(const std::shared_ptr<Way>& way, ArrivedFrame frame,
                 std::vector<Arrival>& arrivals) {
  Arrival arrival{std::move(frame), std::nullopt};
  const FrameHeader& header = arrival.frame.header;
  switch (header.kind) {
    case FrameKind::Message: break;
    case FrameKind::Request:
      if (way->inbound_requests.load() >= options_.inbound_requests_max) {
        return answer(way, header.type, header.request,
                      fail(ErrorCode::ResourceExhausted, reason::queue_full,
                           "too many requests of this peer are being answered"));
      }
      way->inbound_requests.fetch_add(1);
      break;
    case FrameKind::Reply:
    case FrameKind::Failure:
      arrival.done = requests_.take({way->number(), header.request});
      // Late: its deadline has passed.
      if (!arrival.done) return;
      break;
  }
  way->inbox_bytes.fetch_add(frame_header_bytes + arrival.frame.payload.size());
  arrivals.push_back(std::move(arrival));
}

void Core::pump_self(const std::shared_ptr<Way>& way) {
  while (way->inbox_bytes <= options_.inbox_bytes_max) {
    std::vector<ArrivedFrame> arrived;
    for (Frame& frame : way->pop(gather_bytes_max)) {
      const auto header = decode_header(frame.header);
      OORT_ASSERT(header.has_value(), "this node wrote it");
      arrived.push_back({*header, std::move(frame.payload)});
    }
    if (arrived.empty()) return;
    const auto received = receive(way, std::move(arrived));
    OORT_ASSERT(received.has_value(), "this node sends what it accepts");
  }
}

asio::awaitable<void> Core::write(std::shared_ptr<Connection> connection) {
  const std::shared_ptr<Way> way = connection->way;
  while (connection->phase == Connection::Phase::Up) {
    std::vector<Frame> frames = way->pop(gather_bytes_max);
    if (!frames.empty()) connection->used_at = now();
    if (frames.empty() && !connection->is_ping_due) {
      connection->wake.expires_after(options_.ping_interval);
      const auto [problem] = co_await connection->wake.async_wait(as_values);
      connection->is_ping_due = connection->is_ping_due || !problem;
      continue;
    }
    if (frames.empty()) frames.push_back(make_ping(way->traffic()));
    connection->is_ping_due = false;
    const bool is_written = co_await write_frames(connection, std::move(frames));
    if (!is_written) break;
  }
}

asio::awaitable<bool> Core::write_frames(std::shared_ptr<Connection> connection,
                                         std::vector<Frame> frames) {
  ClassMeasures& measures = measures_of(connection->way->traffic());
  measures.frames_sent.add(static_cast<double>(frames.size()));
  Bytes gathered;
  for (const Frame& frame : frames) {
    measures.bytes_sent.add(static_cast<double>(frame.size()));
    gathered.insert(gathered.end(), frame.header.begin(), frame.header.end());
    if (frame.payload.size() <= copy_bytes_max) {
      gathered.insert(gathered.end(), frame.payload.begin(), frame.payload.end());
      continue;
    }
    const bool is_head_written = co_await write_bytes(connection, gathered);
    gathered.clear();
    if (!is_head_written) co_return false;
    const bool is_payload_written = co_await write_bytes(connection, frame.payload);
    if (!is_payload_written) co_return false;
  }
  const bool is_rest_written = co_await write_bytes(connection, gathered);
  co_return is_rest_written;
}

asio::awaitable<bool> Core::write_bytes(std::shared_ptr<Connection> connection, ByteView bytes) {
  while (!bytes.empty()) {
    const auto slice = bytes.first(std::min(bytes.size(), slice_bytes_max));
    const auto buffer = asio::buffer(slice.data(), slice.size());
    connection->is_writing = true;
    connection->written_at = now();
    const auto [problem, size] = co_await asio::async_write(connection->stream, buffer, as_values);
    connection->is_writing = false;
    if (problem || connection->phase != Connection::Phase::Up) {
      close(connection, problem.message());
      co_return false;
    }
    bytes = bytes.subspan(slice.size());
  }
  co_return true;
}

}  // namespace oort::net
