// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sim/disk_state.hpp"

namespace oort::sim {
namespace {

enum Operation : std::uint64_t { Append = 0xb10b01, SyncBlob, Truncate, Create, Remove, Replace };

class SimBlob final : public env::Blob {
 public:
  SimBlob(std::shared_ptr<SimDisk::State> state, std::shared_ptr<SimFile> file)
      : state_(std::move(state)), file_(std::move(file)), generation_(state_->generation) {}

  Result<std::uint64_t> append(ByteView bytes) override {
    OORT_TRY(state_->operate(generation_, state_->append_failures, Append));
    OORT_TRY(state_->check_space(bytes.size()));
    const std::uint64_t offset = file_->bytes.size();
    const std::uint64_t before = std::exchange(state_->appended, state_->appended + bytes.size());
    if (state_->cut && state_->appended >= state_->cut->at) {
      const ByteView kept = bytes.first(state_->cut->at - before);
      file_->bytes.insert(file_->bytes.end(), kept.begin(), kept.end());
      if (state_->cut->fills_with_zeros) file_->bytes.resize(offset + bytes.size());
      Task dies = std::move(state_->cut->dies);
      state_->cut.reset();
      return state_->die(std::move(dies));
    }
    file_->bytes.insert(file_->bytes.end(), bytes.begin(), bytes.end());
    return offset;
  }

  Result<Bytes> read(std::uint64_t offset, std::size_t size) const override {
    OORT_TRY(state_->check_read(generation_));
    const std::uint64_t end = file_->bytes.size();
    if (offset > end || size > end - offset) {
      return fail(ErrorCode::OutOfRange, reason::bad_argument, "the blob ends before that");
    }
    return to_bytes(ByteView(file_->bytes).subspan(offset, size));
  }

  Result<void> sync() override {
    if (auto done = state_->operate(generation_, state_->sync_failures, SyncBlob); !done) {
      // A disk that died with this call is past its crash already; the next life starts clean.
      if (generation_ == state_->generation) file_->is_doomed = true;
      return fail(std::move(done).error());
    }
    ++state_->syncs;
    if (!file_->is_doomed) file_->synced = file_->bytes.size();
    return {};
  }

  Result<void> truncate(std::uint64_t size) override {
    OORT_TRY(state_->operate(generation_, state_->append_failures, Truncate));
    if (size > file_->bytes.size()) {
      return fail(ErrorCode::OutOfRange, reason::bad_argument, "the blob ends before that");
    }
    ++state_->syncs;
    file_->bytes.resize(size);
    file_->synced = file_->is_doomed ? std::min(file_->synced, size) : size;
    return {};
  }

  std::uint64_t size() const noexcept override { return file_->bytes.size(); }

 private:
  std::shared_ptr<SimDisk::State> state_;
  std::shared_ptr<SimFile> file_;
  std::uint64_t generation_;
};

bool is_plain(std::string_view name) noexcept {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

class SimBlobStore final : public env::BlobStore {
 public:
  SimBlobStore(std::shared_ptr<SimDisk::State> state, std::string folder)
      : state_(std::move(state)), folder_(std::move(folder)), generation_(state_->generation) {}

  Result<std::unique_ptr<env::Blob>> open(std::string_view name) override {
    OORT_TRY(check_name(name));
    if (generation_ != state_->generation || state_->is_dead) {
      return fail(ErrorCode::Unavailable, reason::disk_failed, "the disk is gone");
    }
    auto& folder = state_->folders[folder_];
    auto found = folder.find(name);
    if (found == folder.end()) {
      OORT_TRY(state_->operate(generation_, state_->append_failures, Create));
      found = folder.emplace(std::string(name), std::make_shared<SimFile>()).first;
    }
    return std::make_unique<SimBlob>(state_, found->second);
  }

  Result<void> remove(std::string_view name) override {
    OORT_TRY(check_name(name));
    OORT_TRY(state_->operate(generation_, state_->append_failures, Remove));
    auto& folder = state_->folders[folder_];
    if (const auto found = folder.find(name); found != folder.end()) folder.erase(found);
    return {};
  }

  Result<void> replace(std::string_view name, ByteView bytes) override {
    OORT_TRY(check_name(name));
    OORT_TRY(state_->operate(generation_, state_->append_failures, Replace));
    OORT_TRY(state_->check_space(bytes.size()));
    auto file = std::make_shared<SimFile>();
    file->bytes = to_bytes(bytes);
    file->synced = bytes.size();
    // Open handles keep the file that they opened, as after a rename over it.
    state_->folders[folder_].insert_or_assign(std::string(name), std::move(file));
    ++state_->syncs;
    return {};
  }

  Result<std::vector<std::string>> list() const override {
    OORT_TRY(state_->check_read(generation_));
    std::vector<std::string> names;
    if (const auto found = state_->folders.find(folder_); found != state_->folders.end()) {
      for (const auto& [name, file] : found->second) names.push_back(name);
    }
    return names;
  }

  Result<std::uint64_t> free_bytes() const override {
    OORT_TRY(state_->check_read(generation_));
    const std::uint64_t used = state_->used_bytes();
    const std::uint64_t capacity = state_->options.capacity_bytes;
    return used > capacity ? 0 : capacity - used;
  }

 private:
  static Result<void> check_name(std::string_view name) {
    if (is_plain(name)) return {};
    return fail(ErrorCode::InvalidArgument, reason::bad_argument, "that is no plain name");
  }

  std::shared_ptr<SimDisk::State> state_;
  std::string folder_;
  std::uint64_t generation_;
};

}  // namespace

std::unique_ptr<env::BlobStore> make_blob_store(std::shared_ptr<SimDisk::State> state,
                                                std::string folder) {
  return std::make_unique<SimBlobStore>(std::move(state), std::move(folder));
}

}  // namespace oort::sim
