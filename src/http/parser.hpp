// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/http/exchange.hpp"
#include "oort/http/server.hpp"

namespace oort::http {

/// Where a parser puts the head of a request. Kept between the requests of a connection, so that
/// a head costs no allocation once the connection is warm.
class HeadStorage {
 public:
  void clear() noexcept;
  void add(std::string_view name, std::string_view value);
  /// Views into this storage. Requires: no field is added afterwards.
  [[nodiscard]] const std::vector<Field>& fields();
  [[nodiscard]] std::size_t fields_count() const noexcept { return spans_.size(); }

  std::string method;
  std::string target;
  int version = 11;  ///< 10 or 11.

 private:
  struct Span {
    std::uint32_t name_size = 0;
    std::uint32_t value_size = 0;
  };
  /// Names and values of all fields, one after the other.
  std::string text_;
  std::vector<Span> spans_;
  std::vector<Field> fields_;
};

/// Parses one request with Beast's state machine: bytes in, pieces of the body out, no copies.
class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  /// Requires: `storage` outlives the parser.
  RequestParser(const Limits& limits, HeadStorage& storage);

  /// Takes the piece of body that the last `put` met; empty when it met none.
  [[nodiscard]] ByteView take_piece() noexcept;
  [[nodiscard]] bool wants_continue() const noexcept { return wants_continue_; }

 private:
  using View = boost::beast::string_view;
  using Code = boost::beast::error_code;

  void on_request_impl(boost::beast::http::verb verb, View method, View target, int version,
                       Code& error) override;
  void on_response_impl(int status, View reason, int version, Code& error) override;
  void on_field_impl(boost::beast::http::field field, View name, View value, Code& error) override;
  void on_header_impl(Code& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& size, Code& error) override;
  std::size_t on_body_impl(View body, Code& error) override;
  void on_chunk_header_impl(std::uint64_t size, View extensions, Code& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t left, View body, Code& error) override;
  void on_finish_impl(Code& error) override;

  std::size_t fields_count_max_;
  HeadStorage& storage_;
  ByteView piece_;
  bool is_head_done_ = false;
  bool wants_continue_ = false;
  bool has_length_ = false;
  bool has_transfer_encoding_ = false;
};

}  // namespace oort::http
