// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "gateway_env.hpp"
#include "oort/crypto/aead.hpp"
#include "oort/ledger/object_records.hpp"
#include "segment_read.hpp"

namespace oort::object {

/// Content on its way out: fetched a piece ahead of the reader, checked, opened.
/// Threads: any for `read`, callbacks on the strand.
class GetStream : public std::enable_shared_from_this<GetStream> {
 public:
  GetStream(EnvPtr env, std::vector<ledger::Extent> extents, const crypto::SecretKey& data_key,
            std::uint64_t size)
      : env_(std::move(env)),
        extents_(std::move(extents)),
        data_key_(data_key),
        size_(size),
        end_(size) {}

  /// Requires: before the first read.
  void select(ByteRange range);
  void read(Callback<Result<Bytes>> done);

 private:
  struct Piece {
    std::size_t extent = 0;
    std::uint64_t first_frame = 0;
    std::uint64_t extent_plain = 0;
    /// Plain bytes to drop at the front, and to keep after that.
    std::uint64_t skip = 0;
    std::uint64_t keep = 0;
  };

  void want(Callback<Result<Bytes>> done);
  void fetch();
  void fetch_piece(const Piece& piece, bool is_retry);
  [[nodiscard]] Result<std::optional<Piece>> next_piece();
  void fetched(const Piece& piece, bool is_retry, Result<Bytes> sealed);
  void open(const Piece& piece, Bytes sealed);
  void arrived(Result<Bytes> plain);

  EnvPtr env_;
  std::vector<ledger::Extent> extents_;
  crypto::SecretKey data_key_;
  std::uint64_t size_;
  std::uint64_t position_ = 0;
  std::uint64_t end_;
  bool is_range_bad_ = false;
  /// Where `extents_[extent_]` begins in the plain text.
  std::size_t extent_ = 0;
  std::uint64_t extent_begin_ = 0;
  std::shared_ptr<LeafCache> cache_ = std::make_shared<LeafCache>();
  std::optional<Result<Bytes>> ahead_;
  bool is_fetching_ = false;
  Callback<Result<Bytes>> waiting_;
};

}  // namespace oort::object
