// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <utility>

#include "oort/core/assert.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "status.hpp"

namespace oort::http {
namespace {

namespace beast = boost::beast::http;

constexpr std::size_t input_first = 8 * 1024;
constexpr std::size_t input_body_max = 256 * 1024;
constexpr std::size_t chunk_line_max = 16 * 1024;
constexpr auto linger_timeout = std::chrono::seconds(2);
constexpr std::uint64_t linger_bytes_max = 16 * 1024 * 1024;

std::string peer_of(const tcp::socket& socket) {
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return "unknown";
  return endpoint.address().to_string() + ":" + std::to_string(endpoint.port());
}

Result<ByteView> broken_body(const boost::system::error_code& error) {
  if (error == beast::error::body_limit) {
    return fail(ErrorCode::InvalidArgument, reason::too_large, "the body is larger than allowed");
  }
  return fail(ErrorCode::InvalidArgument, reason::malformed,
              "the chunks of the body are malformed: " + error.message());
}

}  // namespace

std::span<std::byte> InputBuffer::prepare(std::size_t capacity_max) {
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ > 0 && end_ == capacity_) {
    std::memmove(storage_.get(), storage_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == capacity_ && capacity_ < capacity_max) {
    reallocate(std::min(capacity_max, std::max(input_first, capacity_ * 4)));
  }
  return {storage_.get() + end_, capacity_ - end_};
}

void InputBuffer::shrink() {
  if (begin_ == end_ && capacity_ > input_first) {
    begin_ = end_ = 0;
    reallocate(input_first);
  }
}

void InputBuffer::reallocate(std::size_t capacity) {
  auto grown = std::make_unique_for_overwrite<std::byte[]>(capacity);
  if (end_ > begin_) std::memcpy(grown.get(), storage_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  storage_ = std::move(grown);
  capacity_ = capacity;
}

Connection::Connection(tcp::socket socket, TlsContext context, std::shared_ptr<Worker> worker)
    : peer_(peer_of(socket)),
      socket_(std::move(socket), std::move(context)),
      worker_(std::move(worker)) {}

void Connection::start() {
  // Without it every small answer on a kept connection waits for a delayed acknowledgement.
  socket_.set_no_delay();
  set_deadline(worker_->limits().header_timeout);
  socket_.begin([self = shared_from_this()](const Code& error) {
    if (self->phase_ == Phase::Closed) return;
    if (error) return self->close();
    self->receive();
  });
}

void Connection::refuse_busy() {
  // A handshake is what an overloaded server has no time for.
  if (socket_.is_tls()) return close();
  status_ = 503;
  closes_after_answer_ = true;
  phase_ = Phase::Handling;
  request_.method = "-";
  request_.target = "-";
  request_.peer = peer_;
  started_ = worker_->now();
  do_respond(ResponseHead(503).add("Retry-After", "1"), {});
}

void Connection::tick(MonoTime now) {
  if (!deadline_ || now <= *deadline_) return;
  deadline_.reset();
  if (phase_ == Phase::Head) return refuse(408, "the head of the request took too long");
  if (phase_ == Phase::Handling && reader_ && !is_sending_) {
    is_input_over_ = true;
    closes_after_answer_ = true;
    return deliver(fail(ErrorCode::DeadlineExceeded, reason::deadline_exceeded,
                        "no byte of the body came in time"));
  }
  close();
}

void Connection::close_when_idle() {
  closes_after_answer_ = true;
  if (phase_ == Phase::Idle || phase_ == Phase::Lingering) close();
}

void Connection::close() {
  if (phase_ == Phase::Closed) return;
  const auto self = shared_from_this();
  phase_ = Phase::Closed;
  deadline_.reset();
  socket_.close();
  if (reader_) {
    auto reader = std::exchange(reader_, {});
    reader(fail(ErrorCode::Cancelled, reason::body_too_short, "the connection was closed"));
  }
  if (writer_) {
    auto writer = std::exchange(writer_, {});
    writer(fail(ErrorCode::Cancelled, reason::cancelled, "the connection was closed"));
  }
  worker_->forget(self);
}

template <class F>
void Connection::on_thread(F&& work) {
  if (worker_->is_own_thread() || worker_->is_over()) return work();
  asio::post(worker_->loop(),
             [self = shared_from_this(), moved = std::forward<F>(work)]() mutable { moved(); });
}

// --- receiving

void Connection::receive() {
  if (is_receiving_ || is_input_over_ || phase_ == Phase::Closed) return;
  const std::size_t room = phase_ == Phase::Idle || phase_ == Phase::Head
                               ? worker_->limits().header_bytes_max
                               : input_body_max;
  const auto free = in_.prepare(room);
  OORT_ASSERT(!free.empty(), "whoever wants more input has checked that there is room");
  is_receiving_ = true;
  socket_.read_some(asio::buffer(free.data(), free.size()),
                    [self = shared_from_this()](Code error, std::size_t count) {
                      self->on_received(error, count);
                    });
}

void Connection::on_received(Code error, std::size_t count) {
  is_receiving_ = false;
  if (phase_ == Phase::Closed) return;
  if (error) return on_receive_failed();
  in_.commit(count);
  worker_->shared().bytes_in.add(static_cast<double>(count));
  advance();
}

void Connection::on_receive_failed() {
  is_input_over_ = true;
  closes_after_answer_ = true;
  if (phase_ != Phase::Handling) return close();
  if (reader_) {
    deliver(fail(ErrorCode::InvalidArgument, reason::body_too_short,
                 "the client closed the connection before the end of the body"));
  }
}

void Connection::advance() {
  switch (phase_) {
    case Phase::Idle:
    case Phase::Head: return parse_head();
    case Phase::Handling:
      if (reader_) set_deadline(worker_->limits().stall_timeout);
      return pump_body();
    case Phase::Draining: return drain();
    case Phase::Lingering:
      lingered_ += in_.size();
      in_.clear();
      if (lingered_ > linger_bytes_max) return close();
      return receive();
    case Phase::Closed: return;
  }
}

void Connection::parse_head() {
  if (phase_ == Phase::Idle) {
    // Some clients end a body with an empty line that belongs to nothing (RFC 9112, 2.2).
    while (!in_.empty() &&
           (in_.bytes()[0] == std::byte{'\r'} || in_.bytes()[0] == std::byte{'\n'})) {
      in_.consume(1);
    }
    if (in_.empty()) return receive();
    phase_ = Phase::Head;
    set_deadline(worker_->limits().header_timeout);
    parser_.emplace(worker_->limits(), head_);
  }
  while (!parser_->is_header_done()) {
    Code error;
    const auto bytes = in_.bytes();
    const std::size_t used = parser_->put(asio::buffer(bytes.data(), bytes.size()), error);
    in_.consume(used);
    if (error == beast::error::need_more) {
      if (in_.size() >= worker_->limits().header_bytes_max) {
        return refuse_head(beast::make_error_code(beast::error::header_limit));
      }
      return receive();
    }
    if (error) return refuse_head(error);
  }
  dispatch();
}

void Connection::dispatch() {
  deadline_.reset();
  phase_ = Phase::Handling;
  request_id_ = worker_->next_request_id();
  request_.method = head_.method;
  request_.target = head_.target;
  request_.fields = head_.fields();
  request_.body_size = parser_->chunked() ? std::nullopt
                       : parser_->content_length()
                           ? std::optional<std::uint64_t>(*parser_->content_length())
                           : std::optional<std::uint64_t>(0);
  request_.peer = peer_;
  request_.id = request_id_;
  request_.is_tls = socket_.is_tls();
  started_ = worker_->shared().clock.now_mono();
  // Owed for an empty body too, although RFC 9110 lets a server omit it there: botocore takes a
  // final answer in its place, and then misreads the next answer of the connection.
  is_continue_owed_ = parser_->wants_continue();
  closes_after_answer_ |= !parser_->keep_alive() || worker_->is_stopping();
  worker_->shared().handler.handle(Exchange(shared_from_this()));
}

void Connection::refuse_head(const Code& error) {
  unsigned status = 400;
  if (error == beast::error::header_limit) status = 431;
  if (error == beast::error::body_limit) status = 413;
  if (error == beast::error::bad_version) status = 505;
  refuse(status, error.message());
}

void Connection::refuse(unsigned status, std::string_view why) {
  phase_ = Phase::Handling;
  closes_after_answer_ = true;
  is_continue_owed_ = false;
  request_ = {};
  request_.method = head_.method;
  request_.target = head_.target;
  request_.peer = peer_;
  request_id_ = worker_->next_request_id();
  request_.id = request_id_;
  started_ = worker_->shared().clock.now_mono();
  ResponseHead head(status);
  head.add("Content-Type", "text/plain; charset=utf-8");
  std::string text(reason_phrase(status));
  text.append(": ").append(why).append("\n");
  do_respond(head, to_bytes(text));
}

// --- the body

void Connection::read(Callback<Result<ByteView>> done) {
  on_thread([this, moved = std::move(done)]() mutable { do_read(std::move(moved)); });
}

void Connection::do_read(Callback<Result<ByteView>> done) {
  if (phase_ != Phase::Handling) {
    return done(fail(ErrorCode::Cancelled, reason::body_too_short, "the connection was closed"));
  }
  OORT_ASSERT(!reader_, "one read at a time");
  reader_ = std::move(done);
  if (is_continue_owed_ && in_.empty()) {
    text_.append("HTTP/1.1 100 Continue\r\n\r\n");
    flush();
  }
  is_continue_owed_ = false;
  set_deadline(worker_->limits().stall_timeout);
  pump_body();
}

void Connection::pump_body() {
  // A reader may ask again from inside its callback; this loop answers it without recursion.
  if (is_pumping_) return;
  is_pumping_ = true;
  const auto self = shared_from_this();
  while (reader_ && phase_ == Phase::Handling) {
    if (!step_body()) break;
  }
  is_pumping_ = false;
}

bool Connection::step_body() {
  if (parser_->is_done()) {
    deliver(ByteView{});
    return true;
  }
  if (is_input_over_ && in_.empty()) {
    on_receive_failed();
    return true;
  }
  Code error;
  std::size_t used = 0;
  if (!in_.empty()) {
    const auto bytes = in_.bytes();
    used = parser_->put(asio::buffer(bytes.data(), bytes.size()), error);
    in_.consume(used);
    body_received_ += used;
    const ByteView piece = parser_->take_piece();
    if (!piece.empty()) {
      deliver(piece);
      return true;
    }
    if (parser_->is_done()) return true;
  }
  if (error && error != beast::error::need_more) {
    is_input_over_ = true;
    closes_after_answer_ = true;
    deliver(broken_body(error));
    return true;
  }
  if (!error && used > 0) return true;
  if (in_.size() > chunk_line_max) {
    is_input_over_ = true;
    closes_after_answer_ = true;
    deliver(broken_body(beast::make_error_code(beast::error::bad_chunk)));
    return true;
  }
  receive();
  return false;
}

void Connection::deliver(Result<ByteView> piece) {
  deadline_.reset();
  auto reader = std::exchange(reader_, {});
  reader(std::move(piece));
}

void Connection::drain() {
  // The answer is out; the rest of the body is read past, so that the next request can follow.
  while (!parser_->is_done()) {
    Code error;
    std::size_t used = 0;
    if (!in_.empty()) {
      const auto bytes = in_.bytes();
      used = parser_->put(asio::buffer(bytes.data(), bytes.size()), error);
      in_.consume(used);
      lingered_ += used;
      static_cast<void>(parser_->take_piece());
    }
    if (lingered_ > worker_->limits().drain_bytes_max || in_.size() > chunk_line_max) {
      return linger();
    }
    if (error && error != beast::error::need_more) return close();
    if (used == 0 || in_.empty() || error) {
      if (!parser_->is_done()) return receive();
    }
  }
  next_request();
}

// --- the answer

bool Connection::sends_body() const noexcept {
  return !request_.is_head() && status_ != 204 && status_ != 304;
}

void Connection::begin(ResponseHead head, std::optional<std::uint64_t> size) {
  on_thread([this, moved = std::move(head), size] { do_begin(moved, size); });
}

void Connection::do_begin(const ResponseHead& head, std::optional<std::uint64_t> size) {
  if (phase_ != Phase::Handling || answer_ != Answer::None) return;
  answer_ = Answer::Begun;
  status_ = head.status();
  answer_left_ = size;
  // A client that may have sent nothing of its body, or still sends it, cannot be told apart.
  if (is_continue_owed_) closes_after_answer_ = true;
  const bool is_old = parser_ && head_.version < 11;
  is_answer_chunked_ = !size && !is_old;
  if (!size && is_old) closes_after_answer_ = true;
  text_.append("HTTP/1.1 ").append(std::to_string(status_)).push_back(' ');
  text_.append(reason_phrase(status_)).append("\r\nDate: ").append(worker_->date());
  text_.append("\r\n").append(head.text());
  if (status_ != 204 && status_ != 304) {
    if (size) text_.append("Content-Length: ").append(std::to_string(*size)).append("\r\n");
    if (is_answer_chunked_) text_.append("Transfer-Encoding: chunked\r\n");
  }
  if (closes_after_answer_) {
    text_.append("Connection: close\r\n");
  } else if (is_old) {
    text_.append("Connection: keep-alive\r\n");
  }
  text_.append("\r\n");
}

void Connection::write(Bytes piece, Callback<Result<void>> done) {
  on_thread([this, bytes = std::move(piece), moved = std::move(done)]() mutable {
    do_write(std::move(bytes), std::move(moved));
  });
}

void Connection::do_write(Bytes piece, Callback<Result<void>> done) {
  const bool is_too_much = answer_left_ && piece.size() > *answer_left_ && sends_body();
  if (is_too_much) {
    log::error("http", "an answer is longer than it said", {{"id", request_id_}});
    close();
  }
  if (phase_ != Phase::Handling) {
    return done(fail(ErrorCode::Cancelled, reason::cancelled, "the connection was closed"));
  }
  OORT_ASSERT(answer_ == Answer::Begun && !writer_, "an answer is begun, then written in order");
  writer_ = std::move(done);
  is_writer_sending_ = false;
  if (sends_body() && !piece.empty()) {
    if (answer_left_) *answer_left_ -= piece.size();
    if (is_answer_chunked_) {
      std::array<char, 24> size{};
      const int digits = std::snprintf(size.data(), size.size(), "%zx\r\n", piece.size());
      text_.append(size.data(), static_cast<std::size_t>(digits));
      tail_.append("\r\n");
    }
    piece_ = std::move(piece);
  }
  if (!is_sending_ && text_.empty() && piece_.empty()) {
    // Nothing to send: still complete later, never inside the call.
    asio::post(worker_->loop(), [self = shared_from_this()] { self->on_sent({}, 0); });
    is_sending_ = true;
    is_writer_sending_ = true;
    return;
  }
  flush();
}

void Connection::respond(ResponseHead head, Bytes body) {
  on_thread([this, moved = std::move(head), bytes = std::move(body)]() mutable {
    do_respond(moved, std::move(bytes));
  });
}

void Connection::do_respond(const ResponseHead& head, Bytes body) {
  if (phase_ != Phase::Handling || answer_ != Answer::None) return;
  do_begin(head, body.size());
  if (sends_body()) piece_ = std::move(body);
  answer_left_ = 0;
  answer_ = Answer::Finished;
  flush();
}

void Connection::finish() {
  on_thread([this] { do_finish(); });
}

void Connection::do_finish() {
  if (phase_ != Phase::Handling || answer_ != Answer::Begun) return;
  if (sends_body() && answer_left_ && *answer_left_ > 0) {
    log::error("http", "an answer is shorter than it said",
               {{"id", request_id_}, {"missing", *answer_left_}});
    return close();
  }
  if (is_answer_chunked_ && sends_body()) {
    (piece_.empty() ? text_ : tail_).append("0\r\n\r\n");
  }
  answer_ = Answer::Finished;
  if (!is_sending_ && text_.empty() && piece_.empty()) return on_answered();
  flush();
}

void Connection::abort() {
  on_thread([this] { do_abort(); });
}

void Connection::do_abort() {
  if (phase_ != Phase::Handling || answer_ == Answer::Finished) return;
  if (answer_ == Answer::Begun) return close();
  closes_after_answer_ = true;
  ResponseHead head(500);
  head.add("Content-Type", "text/plain; charset=utf-8");
  do_respond(head, to_bytes("the request was dropped without an answer\n"));
}

void Connection::flush() {
  if (is_sending_ || phase_ == Phase::Closed) return;
  if (text_.empty() && piece_.empty() && tail_.empty()) return;
  sending_text_.swap(text_);
  sending_piece_.swap(piece_);
  sending_tail_.swap(tail_);
  is_sending_ = true;
  is_writer_sending_ = static_cast<bool>(writer_);
  set_deadline(worker_->limits().stall_timeout);
  const std::array<asio::const_buffer, 3> buffers = {
      asio::buffer(sending_text_), asio::buffer(sending_piece_.data(), sending_piece_.size()),
      asio::buffer(sending_tail_)};
  socket_.write(buffers, [self = shared_from_this()](Code error, std::size_t count) {
    self->on_sent(error, count);
  });
}

void Connection::on_sent(Code error, std::size_t count) {
  is_sending_ = false;
  worker_->shared().bytes_out.add(static_cast<double>(count));
  answer_sent_ += count;
  if (phase_ == Phase::Closed) return;
  if (error) return close();
  deadline_.reset();
  if (reader_) set_deadline(worker_->limits().stall_timeout);
  sending_text_.clear();
  sending_piece_.clear();
  sending_tail_.clear();
  if (writer_ && is_writer_sending_) {
    is_writer_sending_ = false;
    auto writer = std::exchange(writer_, {});
    writer({});
  }
  if (phase_ == Phase::Closed || is_sending_) return;
  if (!text_.empty() || !piece_.empty() || !tail_.empty()) return flush();
  if (answer_ == Answer::Finished) on_answered();
}

void Connection::on_answered() {
  if (phase_ != Phase::Handling) return;
  note_answer();
  deadline_.reset();
  lingered_ = 0;
  const bool is_body_done = !parser_ || parser_->is_done();
  if (is_input_over_) return close();
  if (closes_after_answer_) return is_body_done && in_.empty() ? close() : linger();
  if (is_body_done) return next_request();
  const auto left = parser_->content_length_remaining();
  if (left && *left > worker_->limits().drain_bytes_max) return linger();
  phase_ = Phase::Draining;
  set_deadline(worker_->limits().stall_timeout);
  drain();
}

void Connection::note_answer() {
  Shared& shared = worker_->shared();
  const Duration took = shared.clock.now_mono() - started_;
  shared.seconds.observe(static_cast<double>(took.count()) / 1e9);
  shared.responses[status_ / 100 % 6].add();
  if (!shared.options.is_access_logged || !log::is_enabled(log::Level::Info)) return;
  // The query may hold a signature that is still good; a log must not.
  const std::string_view path = request_.target.substr(0, request_.target.find('?'));
  log::info("http", "request",
            {{"server", shared.options.name},
             {"id", request_id_},
             {"peer", peer_},
             {"method", request_.method},
             {"path", path.substr(0, 1024)},
             {"status", status_},
             {"received", body_received_},
             {"sent", answer_sent_},
             {"us", took.count() / 1000}});
}

void Connection::next_request() {
  parser_.reset();
  phase_ = Phase::Idle;
  answer_ = Answer::None;
  body_received_ = 0;
  answer_sent_ = 0;
  // A read in flight writes into the buffer as it is.
  if (!is_receiving_) in_.shrink();
  if (worker_->is_stopping()) return close();
  set_deadline(worker_->limits().idle_timeout);
  if (in_.empty()) return receive();
  parse_head();
}

void Connection::linger() {
  // Closing with unread input would reset the connection and may take the answer with it: the
  // sending side closes first, then input is read past for a short while.
  phase_ = Phase::Lingering;
  lingered_ = 0;
  in_.clear();
  set_deadline(linger_timeout);
  socket_.end_sending();
  receive();
}

}  // namespace oort::http
