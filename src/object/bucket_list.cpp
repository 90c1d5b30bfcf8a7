// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "bucket_index.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/kv_store.hpp"

namespace oort::object {
namespace {

/// A version in the order of the index.
struct Row {
  std::string name;
  ObjectVersionId version;
};

/// Walks the versions of a bucket whose names begin with a prefix.
class Walk {
 public:
  Walk(const env::KvReader& index, BucketId bucket, std::string_view prefix)
      : bucket_(bucket),
        prefix_(prefix),
        name_begin_(bucket_index::versions_prefix(bucket, {}).size()),
        iterator_(index.iterate(bucket_index::versions_prefix(bucket, prefix))) {}

  [[nodiscard]] bool is_valid() const noexcept { return iterator_->is_valid(); }
  [[nodiscard]] Result<void> status() const { return iterator_->status(); }
  void next() noexcept { iterator_->next(); }
  /// To the first name greater than `name`. No name holds a zero byte, so 1 follows all versions.
  void skip_name(std::string_view name) { seek(std::string(name) + '\x01'); }
  /// To the first name that is greater than all that begin with `prefix`.
  void skip_prefix(std::string prefix) {
    while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
    if (prefix.empty()) return;
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
    seek(prefix);
  }
  void seek(std::string_view name) {
    iterator_->seek(
        bucket_index::versions_prefix(bucket_, std::max<std::string_view>(name, prefix_)));
  }
  void seek_after(std::string_view name, const ObjectVersionId& version) {
    const Bytes key = bucket_index::version_key(bucket_, name, version);
    iterator_->seek(key);
    if (is_valid() && std::ranges::equal(iterator_->key(), key)) next();
  }
  [[nodiscard]] Result<Row> row() const {
    const ByteView rest = iterator_->key().subspan(name_begin_);
    constexpr std::size_t tail = 1 + ObjectVersionId::size_bytes;
    if (rest.size() < tail) {
      return fail(ErrorCode::DataLoss, reason::corrupt_data, "the bucket index has a broken key");
    }
    Row row;
    row.name = std::string(as_text(rest.first(rest.size() - tail)));
    for (std::size_t i = 0; i < ObjectVersionId::size_bytes; ++i) {
      row.version.mutable_view()[i] = ~rest[rest.size() - tail + 1 + i];
    }
    return row;
  }
  [[nodiscard]] Result<ObjectMeta> meta(const Row& row, const AccountId& owner) const {
    OORT_TRY(ObjectMeta meta, bucket_index::decode_meta(iterator_->value()));
    meta.name = row.name;
    meta.version = row.version;
    meta.owner = owner;
    return meta;
  }

 private:
  BucketId bucket_;
  std::string prefix_;
  std::size_t name_begin_;
  std::unique_ptr<env::KvIterator> iterator_;
};

/// What `name` is rolled into, if anything.
std::optional<std::string> common_prefix_of(std::string_view name, std::string_view prefix,
                                            std::string_view delimiter) {
  if (delimiter.empty()) return std::nullopt;
  const std::size_t at = name.find(delimiter, prefix.size());
  if (at == std::string_view::npos) return std::nullopt;
  return std::string(name.substr(0, at + delimiter.size()));
}

}  // namespace

Result<ListResult> list_index(const env::KvReader& index, BucketId bucket, const AccountId& owner,
                              const ListRequest& request) {
  ListResult result;
  Walk walk(index, bucket, request.prefix);
  if (!request.after.empty()) walk.skip_name(request.after);
  while (walk.is_valid()) {
    OORT_TRY(const Row row, walk.row());
    const auto common = common_prefix_of(row.name, request.prefix, request.delimiter);
    if (common && *common <= request.after) {
      walk.skip_prefix(*common);
      continue;
    }
    OORT_TRY(ObjectMeta meta, walk.meta(row, owner));
    // The newest version decides whether there is an object of that name.
    if (meta.is_delete_marker) {
      walk.skip_name(row.name);
      continue;
    }
    if (result.objects.size() + result.common_prefixes.size() >= request.count_max) {
      result.is_truncated = request.count_max > 0;
      return result;
    }
    if (common) {
      result.common_prefixes.push_back(*common);
      result.next_after = *common;
      walk.skip_prefix(*common);
    } else {
      result.next_after = row.name;
      result.objects.push_back(std::move(meta));
      walk.skip_name(row.name);
    }
  }
  OORT_TRY(walk.status());
  return result;
}

Result<ListVersionsResult> list_index_versions(const env::KvReader& index, BucketId bucket,
                                               const AccountId& owner,
                                               const ListVersionsRequest& request) {
  ListVersionsResult result;
  Walk walk(index, bucket, request.prefix);
  std::string last_name;
  if (request.after_version) {
    walk.seek_after(request.after, *request.after_version);
    last_name = request.after;
  } else if (!request.after.empty()) {
    walk.skip_name(request.after);
  }
  while (walk.is_valid()) {
    OORT_TRY(const Row row, walk.row());
    const auto common = common_prefix_of(row.name, request.prefix, request.delimiter);
    if (common && *common <= request.after) {
      walk.skip_prefix(*common);
      continue;
    }
    if (result.versions.size() + result.common_prefixes.size() >= request.count_max) {
      result.is_truncated = request.count_max > 0;
      return result;
    }
    if (common) {
      result.common_prefixes.push_back(*common);
      result.next_after = *common;
      result.next_after_version.reset();
      walk.skip_prefix(*common);
      continue;
    }
    OORT_TRY(ObjectMeta meta, walk.meta(row, owner));
    meta.is_latest = row.name != last_name;
    last_name = row.name;
    result.next_after = row.name;
    result.next_after_version = row.version;
    result.versions.push_back(std::move(meta));
    walk.next();
  }
  OORT_TRY(walk.status());
  return result;
}

}  // namespace oort::object
