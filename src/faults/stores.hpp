// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "failpoints.hpp"
#include "oort/env/blob_store.hpp"
#include "oort/env/kv_store.hpp"

namespace oort::faults {

/// Blobs whose appends pass `NAME.append` and whose syncs pass `NAME.sync`. Borrows both.
class FailingBlobs final : public env::BlobStore {
 public:
  FailingBlobs(env::BlobStore& inner, Failpoints& points, const std::string& name)
      : inner_(inner), points_(points), append_(name + ".append"), sync_(name + ".sync") {}

  Result<std::unique_ptr<env::Blob>> open(std::string_view name) override;
  Result<void> remove(std::string_view name) override { return inner_.remove(name); }
  Result<void> replace(std::string_view name, ByteView bytes) override {
    return inner_.replace(name, bytes);
  }
  Result<std::vector<std::string>> list() const override { return inner_.list(); }
  Result<std::uint64_t> free_bytes() const override { return inner_.free_bytes(); }

 private:
  env::BlobStore& inner_;
  Failpoints& points_;
  const std::string append_;
  const std::string sync_;
};

/// A store whose writes pass `name`. Borrows both.
class FailingStore final : public env::KvStore {
 public:
  FailingStore(env::KvStore& inner, Failpoints& points, std::string name)
      : inner_(inner), points_(points), name_(std::move(name)) {}

  Result<std::optional<Bytes>> get(ByteView key) const override { return inner_.get(key); }
  std::unique_ptr<env::KvIterator> iterate(ByteView prefix) const override {
    return inner_.iterate(prefix);
  }
  Result<void> write(const env::KvBatch& batch, env::Sync sync) override;
  std::unique_ptr<env::KvReader> snapshot() const override { return inner_.snapshot(); }

 private:
  env::KvStore& inner_;
  Failpoints& points_;
  const std::string name_;
};

}  // namespace oort::faults
