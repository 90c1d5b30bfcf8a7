// SPDX-License-Identifier: Apache-2.0
#include "get_stream.hpp"

#include <algorithm>

#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/aead.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/view.hpp"
#include "oort/object/sealing.hpp"

namespace oort::object {
namespace {

/// Plain bytes of a piece: 1 MiB.
constexpr std::uint64_t frames_per_piece = 16;

}  // namespace

void GetStream::select(ByteRange range) {
  is_range_bad_ = range.first > size_ || range.size > size_ - range.first;
  position_ = range.first;
  end_ = range.first + range.size;
}

void GetStream::read(Callback<Result<Bytes>> done) {
  env_->parts.strand.post([self = shared_from_this(), done = std::move(done)]() mutable {
    self->want(std::move(done));
  });
}

void GetStream::want(Callback<Result<Bytes>> done) {
  OORT_ASSERT(!waiting_, "one read at a time");
  if (is_range_bad_) {
    done(fail(ErrorCode::OutOfRange, reason::invalid_range, "the range lies outside the object"));
    return;
  }
  waiting_ = std::move(done);
  if (ahead_) {
    arrived(*std::exchange(ahead_, std::nullopt));
  } else if (!is_fetching_) {
    fetch();
  }
}

void GetStream::arrived(Result<Bytes> plain) {
  is_fetching_ = false;
  if (!waiting_) {
    ahead_ = std::move(plain);
    return;
  }
  const bool is_good = plain.has_value() && !plain->empty();
  auto done = std::exchange(waiting_, {});
  // The next piece comes while the reader is busy with this one.
  if (is_good && position_ < end_) fetch();
  done(std::move(plain));
}

Result<std::optional<GetStream::Piece>> GetStream::next_piece() {
  if (position_ >= end_) return std::optional<Piece>();
  for (; extent_ < extents_.size(); ++extent_) {
    OORT_TRY(const std::uint64_t plain, plain_bytes(extents_[extent_].length));
    if (position_ < extent_begin_ + plain) {
      const std::uint64_t at = position_ - extent_begin_;
      Piece piece;
      piece.extent = extent_;
      piece.extent_plain = plain;
      piece.first_frame = at / frame_plain_bytes;
      piece.skip = at - piece.first_frame * frame_plain_bytes;
      const std::uint64_t piece_end =
          std::min(plain, (piece.first_frame + frames_per_piece) * frame_plain_bytes);
      piece.keep = std::min(piece_end - at, end_ - position_);
      position_ += piece.keep;
      return std::optional<Piece>(piece);
    }
    extent_begin_ += plain;
  }
  return fail(ErrorCode::DataLoss, reason::corrupt_data,
              "the object's extents are shorter than its size");
}

void GetStream::fetch() {
  is_fetching_ = true;
  auto piece = next_piece();
  if (!piece) {
    arrived(fail(std::move(piece).error()));
  } else if (!*piece) {
    arrived(Bytes{});
  } else {
    fetch_piece(**piece, false);
  }
}

void GetStream::fetch_piece(const Piece& piece, bool is_retry) {
  const ledger::Extent& extent = extents_[piece.extent];
  const LedgerSnapshot now = env_->parts.ledger.snapshot();
  auto record = ledger::View(*now.state).segment(extent.slot.segment);
  auto done = [self = shared_from_this(), piece, is_retry](Result<Bytes> sealed) {
    self->fetched(piece, is_retry, std::move(sealed));
  };
  if (!record) {
    done(fail(ErrorCode::NotFound, reason::no_such_version, "the version was removed meanwhile"));
    return;
  }
  if (record->state == ledger::SegmentState::Open) {
    read_replica(
        env_, {extent.slot.segment, std::move(*record), extent.offset, extent.length, extent.root},
        std::move(done));
    return;
  }
  const std::uint64_t last_plain = piece.first_frame * frame_plain_bytes + piece.skip + piece.keep;
  const std::uint64_t begin = piece.first_frame * frame_sealed_bytes;
  const std::uint64_t end = std::min(extent.length, frames_count(last_plain) * frame_sealed_bytes);
  read_coded(env_, {extent.slot.segment, std::move(*record), extent.offset + begin, end - begin},
             cache_, std::move(done));
}

void GetStream::fetched(const Piece& piece, bool is_retry, Result<Bytes> sealed) {
  if (!sealed && !is_retry && sealed.error().reason() == reason::not_enough_shards) {
    // The segment may have been sealed or repaired since its record was read.
    fetch_piece(piece, true);
    return;
  }
  if (!sealed) {
    arrived(fail(std::move(sealed).error()));
    return;
  }
  env_->parts.pool.post([self = shared_from_this(), piece, bytes = std::move(*sealed)]() mutable {
    self->open(piece, std::move(bytes));
  });
}

// On the pool; touches nothing that changes after the stream was made.
void GetStream::open(const Piece& piece, Bytes sealed) {
  const ledger::Extent& extent = extents_[piece.extent];
  const crypto::SecretKey key = extent_key(data_key_, extent.slot);
  const std::uint64_t frames = frames_count(piece.extent_plain);
  // From an open segment the whole extent came.
  const bool is_whole = sealed.size() == extent.length;
  const std::uint64_t first = is_whole ? 0 : piece.first_frame;
  const std::uint64_t skip = piece.skip + (piece.first_frame - first) * frame_plain_bytes;
  Bytes plain;
  plain.reserve(sealed.size());
  Result<Bytes> result = Bytes{};
  std::uint64_t index = first;
  for (std::size_t at = 0; at < sealed.size(); at += frame_sealed_bytes, ++index) {
    const std::span<std::byte> frame = std::span(sealed).subspan(
        at, std::min<std::size_t>(frame_sealed_bytes, sealed.size() - at));
    const auto opened = open_frame(key, index, index + 1 == frames, frame);
    if (!opened) {
      result = fail(opened.error());
      break;
    }
    plain.insert(plain.end(), frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(*opened));
  }
  if (result) {
    if (skip == 0 && piece.keep == plain.size()) {
      result = std::move(plain);
    } else {
      result = to_bytes(ByteView(plain).subspan(skip, piece.keep));
    }
  }
  env_->parts.strand.post([self = shared_from_this(), result = std::move(result)]() mutable {
    self->arrived(std::move(result));
  });
}

}  // namespace oort::object
