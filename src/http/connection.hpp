// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "certificate.hpp"
#include "parser.hpp"
#include "socket.hpp"
#include "worker.hpp"

namespace oort::http {

/// Unparsed input of a connection: one flat run, since the parser wants a head in one piece.
class InputBuffer {
 public:
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
    return {storage_.get() + begin_, end_ - begin_};
  }
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  void consume(std::size_t count) noexcept { begin_ += count; }
  void clear() noexcept { begin_ = end_ = 0; }
  /// Room for more, growing up to `capacity_max`; empty when it is full. Invalidates views.
  [[nodiscard]] std::span<std::byte> prepare(std::size_t capacity_max);
  void commit(std::size_t count) noexcept { end_ += count; }
  /// Gives memory above the first size back, when there is nothing to keep.
  void shrink();

 private:
  void reallocate(std::size_t capacity);

  std::unique_ptr<std::byte[]> storage_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// One client's connection: a small state machine of asio completions on its worker's thread.
///
///   Idle → Head → Handling → (Draining →) Idle …       and from anywhere → Lingering → closed
class Connection final : public ExchangeBackend, public std::enable_shared_from_this<Connection> {
 public:
  /// In the clear without a context.
  Connection(tcp::socket socket, TlsContext context, std::shared_ptr<Worker> worker);

  void start();
  /// Answers 503 and closes: the server has its fill.
  void refuse_busy();
  /// Closes what took longer than it may.
  void tick(MonoTime now);
  /// The server is stopping: closes at once when idle, after the answer otherwise.
  void close_when_idle();
  void close();

  // ExchangeBackend; from any thread.
  [[nodiscard]] const Request& request() const noexcept override { return request_; }
  void read(Callback<Result<ByteView>> done) override;
  void begin(ResponseHead head, std::optional<std::uint64_t> size) override;
  void write(Bytes piece, Callback<Result<void>> done) override;
  void respond(ResponseHead head, Bytes body) override;
  void finish() override;
  void abort() override;

 private:
  using Code = boost::system::error_code;
  enum class Phase : std::uint8_t { Idle, Head, Handling, Draining, Lingering, Closed };
  enum class Answer : std::uint8_t { None, Begun, Finished };

  template <class F>
  void on_thread(F&& work);

  void receive();
  void on_received(Code error, std::size_t count);
  void on_receive_failed();
  void advance();
  void parse_head();
  void dispatch();
  void refuse_head(const Code& error);
  void refuse(unsigned status, std::string_view why);

  void do_read(Callback<Result<ByteView>> done);
  void pump_body();
  /// One step of the body; false when the socket must deliver first.
  bool step_body();
  void deliver(Result<ByteView> piece);
  void drain();

  void do_begin(const ResponseHead& head, std::optional<std::uint64_t> size);
  void do_write(Bytes piece, Callback<Result<void>> done);
  void do_respond(const ResponseHead& head, Bytes body);
  void do_finish();
  void do_abort();
  void flush();
  void on_sent(Code error, std::size_t count);
  void on_answered();
  void note_answer();
  void next_request();
  void linger();

  [[nodiscard]] bool sends_body() const noexcept;
  void set_deadline(Duration timeout) noexcept { deadline_ = worker_->now() + timeout; }

  std::string peer_;
  Socket socket_;
  std::shared_ptr<Worker> worker_;  ///< Owners: see Worker.

  Phase phase_ = Phase::Idle;
  InputBuffer in_;
  HeadStorage head_;
  std::optional<RequestParser> parser_;
  Request request_;
  std::string request_id_;
  MonoTime started_;
  std::optional<MonoTime> deadline_;
  bool is_receiving_ = false;
  bool is_input_over_ = false;
  bool is_pumping_ = false;
  bool is_continue_owed_ = false;
  bool closes_after_answer_ = false;
  std::uint64_t body_received_ = 0;
  std::uint64_t lingered_ = 0;
  Callback<Result<ByteView>> reader_;

  Answer answer_ = Answer::None;
  unsigned status_ = 0;
  std::optional<std::uint64_t> answer_left_;
  bool is_answer_chunked_ = false;
  std::uint64_t answer_sent_ = 0;
  // What waits to be sent, in this order; and what is being sent.
  std::string text_;
  Bytes piece_;
  std::string tail_;
  std::string sending_text_;
  Bytes sending_piece_;
  std::string sending_tail_;
  bool is_sending_ = false;
  Callback<Result<void>> writer_;
  bool is_writer_sending_ = false;
};

}  // namespace oort::http
