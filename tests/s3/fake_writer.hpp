// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "oort/core/reasons.hpp"
#include "oort/object/object_store.hpp"

namespace oort::s3::test {

using PostTask = std::function<void(std::function<void()>)>;

inline constexpr std::size_t piece_bytes = 256 * 1024;

inline tl::unexpected<Error> no(std::string_view reason, std::string detail,
                                ErrorCode code = ErrorCode::InvalidArgument) {
  return fail(code, reason, std::move(detail));
}

inline Bytes digest_of(crypto::Digest kind, std::string_view bytes) {
  crypto::StreamDigest digest(kind);
  digest.update(as_bytes(bytes));
  return digest.finish();
}

/// Checks what the client announced and returns what it asked to have computed.
inline Result<std::vector<object::Checksum>> checksums_of(const std::vector<crypto::Digest>& kinds,
                                                          const object::PutEnd& end,
                                                          std::string_view bytes) {
  if (end.md5 && digest_of(crypto::Digest::Md5, bytes) != *end.md5) {
    return no(reason::checksum_mismatch, "The Content-MD5 you specified did not match.");
  }
  for (const object::Checksum& expected : end.expected) {
    if (digest_of(expected.kind, bytes) != expected.value) {
      return no(reason::checksum_mismatch, "The checksum you specified did not match.");
    }
  }
  std::vector<object::Checksum> out;
  for (const crypto::Digest kind : kinds) {
    out.push_back({kind, object::ChecksumType::FullObject, digest_of(kind, bytes)});
  }
  return out;
}

/// Gathers a body, then hands it over.
class FakeWriter final : public object::ObjectWriter {
 public:
  using Finish =
      std::function<Result<object::PutResult>(std::string body, const object::PutEnd& end)>;
  FakeWriter(PostTask& post, std::optional<std::uint64_t> size, Finish finish)
      : post_(post), size_(size), finish_(std::move(finish)) {}

  void write(Bytes piece, Callback<Result<void>> done) override {
    body_.append(as_text(piece));
    auto moved = std::make_shared<Callback<Result<void>>>(std::move(done));
    post_([moved] { (*moved)({}); });
  }
  void finish(object::PutEnd end, Callback<Result<object::PutResult>> done) override {
    auto moved = std::make_shared<Callback<Result<object::PutResult>>>(std::move(done));
    post_([moved, end = std::move(end), body = std::move(body_), size = size_,
           act = std::move(finish_)]() mutable {
      if (size && body.size() != *size) {
        return (*moved)(no(reason::body_too_short,
                           "You did not provide the number of bytes specified by the "
                           "Content-Length HTTP header"));
      }
      (*moved)(act(std::move(body), end));
    });
  }

 private:
  PostTask& post_;
  std::optional<std::uint64_t> size_;
  Finish finish_;
  std::string body_;
};

class FakeReader final : public object::ObjectReader {
 public:
  FakeReader(PostTask& post, const std::atomic<std::uint64_t>& limit, object::ObjectMeta meta,
             std::shared_ptr<const std::string> body)
      : post_(post),
        limit_(limit),
        meta_(std::move(meta)),
        body_(std::move(body)),
        end_(body_->size()) {}

  [[nodiscard]] const object::ObjectMeta& meta() const noexcept override { return meta_; }
  void select(object::ByteRange range) override {
    at_ = range.first;
    end_ = range.first + range.size;
  }
  void read(Callback<Result<Bytes>> done) override {
    auto moved = std::make_shared<Callback<Result<Bytes>>>(std::move(done));
    const std::uint64_t limit = limit_;
    if (at_ >= limit) {
      return post_([moved] {
        (*moved)(
            no(reason::not_enough_shards, "fewer than k shards answer", ErrorCode::Unavailable));
      });
    }
    const std::size_t count =
        static_cast<std::size_t>(std::min({end_ - at_, std::uint64_t{piece_bytes}, limit - at_}));
    Bytes piece = to_bytes(std::string_view(*body_).substr(at_, count));
    at_ += count;
    post_([moved, piece = std::move(piece)]() mutable { (*moved)(std::move(piece)); });
  }

 private:
  PostTask& post_;
  const std::atomic<std::uint64_t>& limit_;
  object::ObjectMeta meta_;
  std::shared_ptr<const std::string> body_;
  std::uint64_t at_ = 0;
  std::uint64_t end_;
};

}  // namespace oort::s3::test
