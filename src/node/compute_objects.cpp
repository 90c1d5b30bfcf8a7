// SPDX-License-Identifier: Apache-2.0
#include "compute_objects.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/limits.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/object/object_store.hpp"

namespace oort::node {
namespace {

constexpr std::string_view scheme = "s3://";
constexpr std::size_t piece_bytes = limits::mib;

struct Place {
  std::string bucket;
  std::string name;
};

Result<Place> place_of(const std::string& uri) {
  const std::size_t slash = uri.find('/', scheme.size());
  if (!uri.starts_with(scheme) || slash == std::string::npos || slash + 1 == uri.size()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument, uri + " is no s3://bucket/name");
  }
  return Place{uri.substr(scheme.size(), slash - scheme.size()), uri.substr(slash + 1)};
}

object::Caller caller_of(const JobObject& object) {
  object::Caller caller;
  caller.account = object.payer;
  caller.request_hash = object.spec;
  caller.trace_id = "job";
  return caller;
}

/// One read: keeps itself until it has answered.
struct Reading : std::enable_shared_from_this<Reading> {
  std::unique_ptr<object::ObjectReader> reader;
  std::uint64_t size = 0;
  Bytes bytes;
  Callback<Result<Bytes>> done;

  void go_on() {
    reader->read([self = shared_from_this()](Result<Bytes> piece) {
      if (!piece) return self->done(fail(std::move(piece).error()));
      const bool is_end = piece->empty();
      self->bytes.insert(self->bytes.end(), piece->begin(), piece->end());
      if (self->bytes.size() >= self->size || is_end) return self->finish();
      self->go_on();
    });
  }
  void finish() {
    if (bytes.size() == size) return done(std::move(bytes));
    done(fail(ErrorCode::OutOfRange, reason::invalid_range, "the object is shorter"));
  }
};

/// One write.
struct Writing : std::enable_shared_from_this<Writing> {
  std::unique_ptr<object::ObjectWriter> writer;
  std::size_t at = 0;
  Bytes bytes;
  Callback<Result<void>> done;

  void go_on() {
    if (at == bytes.size()) {
      writer->finish({}, [self = shared_from_this()](const Result<object::PutResult>& put) {
        if (put) return self->done({});
        self->done(fail(put.error()));
      });
      return;
    }
    const std::size_t size = std::min(piece_bytes, bytes.size() - at);
    Bytes piece = to_bytes(ByteView(bytes).subspan(at, size));
    at += size;
    writer->write(std::move(piece), [self = shared_from_this()](const Result<void>& written) {
      if (!written) return self->done(fail(written.error()));
      self->go_on();
    });
  }
};

}  // namespace

void GatewayObjects::read(const JobObject& object, std::uint64_t offset, std::uint64_t size,
                          Callback<Result<Bytes>> done) {
  auto place = place_of(object.uri);
  if (!place) return done(fail(std::move(place).error()));
  object::ObjectRef ref;
  ref.caller = caller_of(object);
  ref.bucket = std::move(place->bucket);
  ref.name = std::move(place->name);
  store_.get(std::move(ref), [offset, size, done = std::move(done)](
                                 Result<std::unique_ptr<object::ObjectReader>> reader) mutable {
    if (!reader) return done(fail(std::move(reader).error()));
    auto reading = std::make_shared<Reading>();
    reading->reader = *std::move(reader);
    reading->size = size;
    reading->done = std::move(done);
    const std::uint64_t whole = reading->reader->meta().size;
    if (offset > whole || size > whole - offset) return reading->finish();
    reading->reader->select({offset, size});
    reading->go_on();
  });
}

void GatewayObjects::write(const JobObject& object, Bytes bytes, Callback<Result<void>> done) {
  auto place = place_of(object.uri);
  if (!place) return done(fail(std::move(place).error()));
  object::PutRequest put;
  put.caller = caller_of(object);
  put.bucket = std::move(place->bucket);
  put.name = std::move(place->name);
  put.size = bytes.size();
  put.headers = {{"content-type", "application/octet-stream"}};
  store_.put(std::move(put), [bytes = std::move(bytes), done = std::move(done)](
                                 Result<std::unique_ptr<object::ObjectWriter>> writer) mutable {
    if (!writer) return done(fail(std::move(writer).error()));
    auto writing = std::make_shared<Writing>();
    writing->writer = *std::move(writer);
    writing->bytes = std::move(bytes);
    writing->done = std::move(done);
    writing->go_on();
  });
}

}  // namespace oort::node
