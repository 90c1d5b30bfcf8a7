// SPDX-License-Identifier: Apache-2.0
#include "stores.hpp"
#include "oort/env/blob_store.hpp"
#include "oort/env/kv_store.hpp"

namespace oort::faults {
namespace {

class FailingBlob final : public env::Blob {
 public:
  FailingBlob(std::unique_ptr<env::Blob> inner, Failpoints& points, const std::string& append,
              const std::string& sync)
      : inner_(std::move(inner)), points_(points), append_(append), sync_(sync) {}

  Result<std::uint64_t> append(ByteView bytes) override {
    const auto action = points_.pass(append_);
    if (action == Action::Crash) {
      // A torn write is what a real crash leaves; whether this one failed is nobody's to know.
      static_cast<void>(inner_->append(bytes.first(bytes.size() / 2)).has_value());
      crash(append_);
    }
    if (action) return fail(error_of(*action, append_));
    return inner_->append(bytes);
  }
  Result<Bytes> read(std::uint64_t offset, std::size_t size) const override {
    return inner_->read(offset, size);
  }
  Result<void> sync() override {
    OORT_TRY(points_.check(sync_));
    return inner_->sync();
  }
  Result<void> truncate(std::uint64_t size) override { return inner_->truncate(size); }
  std::uint64_t size() const noexcept override { return inner_->size(); }

 private:
  std::unique_ptr<env::Blob> inner_;
  Failpoints& points_;
  const std::string& append_;
  const std::string& sync_;
};

}  // namespace

Result<std::unique_ptr<env::Blob>> FailingBlobs::open(std::string_view name) {
  OORT_TRY(auto blob, inner_.open(name));
  return std::make_unique<FailingBlob>(std::move(blob), points_, append_, sync_);
}

Result<void> FailingStore::write(const env::KvBatch& batch, env::Sync sync) {
  OORT_TRY(points_.check(name_));
  return inner_.write(batch, sync);
}

}  // namespace oort::faults
