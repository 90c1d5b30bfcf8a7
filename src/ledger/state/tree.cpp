// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <list>
#include <map>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/ledger/state_tree.hpp"
#include "state/page.hpp"
#include "state/proof.hpp"

namespace oort::ledger {

using state::Entries;
using state::Entry;
using state::Page;
using state::PagePtr;

/// What one block did to the pages, until it is final.
struct StateTreeVersion::Changes {
  std::map<PageRef, PagePtr> added;
  std::vector<PageRef> replaced;
};

StateTreeVersion::StateTreeVersion(PageRef root, Height height,
                                   std::shared_ptr<const StateTreeVersion> parent,
                                   std::unique_ptr<Changes> changes)
    : root_(root), height_(height), parent_(std::move(parent)), changes_(std::move(changes)) {}
StateTreeVersion::~StateTreeVersion() = default;

namespace {

constexpr std::byte page_family{'P'};
constexpr std::byte replaced_family{'D'};
constexpr std::byte root_family{'R'};
constexpr std::uint8_t record_version = 1;

void append_big_endian(Bytes& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::byte>(static_cast<std::uint8_t>(value >> shift)));
  }
}

/// The least recently used pages leave when the cache is full.
class PageCache {
 public:
  explicit PageCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  [[nodiscard]] PagePtr find(const PageRef& ref) {
    const auto found = places_.find(ref);
    if (found == places_.end()) return nullptr;
    recent_.splice(recent_.begin(), recent_, found->second);
    return found->second->second;
  }
  void put(const PageRef& ref, PagePtr page) {
    if (places_.contains(ref)) return;
    bytes_ += cost(*page);
    recent_.emplace_front(ref, std::move(page));
    places_.emplace(ref, recent_.begin());
    while (bytes_ > bytes_max_ && recent_.size() > 1) drop(std::prev(recent_.end()));
  }
  void erase(const PageRef& ref) {
    const auto found = places_.find(ref);
    if (found != places_.end()) drop(found->second);
  }

 private:
  using Place = std::list<std::pair<PageRef, PagePtr>>::iterator;

  static std::size_t cost(const Page& page) { return page.memory_bytes() + 160; }
  void drop(Place place) {
    bytes_ -= cost(*place->second);
    places_.erase(place->first);
    recent_.erase(place);
  }

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::list<std::pair<PageRef, PagePtr>> recent_;
  std::map<PageRef, Place> places_;
};

struct RootRecord {
  PageRef root;
  Height height;
  /// Replaced pages of blocks up to here are gone.
  Height pruned;
};

Bytes encode_root(const RootRecord& record) {
  codec::Writer out;
  out.u8(record_version);
  encode(out, record.root.hash);
  codec::encode(out, record.root.born);
  codec::encode(out, record.height);
  codec::encode(out, record.pruned);
  return std::move(out).take();
}

Result<void> expect_version(codec::Reader& in) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version == record_version) return {};
  return fail(ErrorCode::DataLoss, reason::corrupt_data, "unknown version of a state record");
}

Result<RootRecord> decode_root(ByteView bytes) {
  codec::Reader in(bytes);
  RootRecord record;
  OORT_TRY(expect_version(in));
  OORT_TRY(decode(in, record.root.hash));
  OORT_TRY(codec::decode(in, record.root.born));
  OORT_TRY(codec::decode(in, record.height));
  OORT_TRY(codec::decode(in, record.pruned));
  OORT_TRY(in.finish());
  return record;
}

Bytes encode_refs(const std::vector<PageRef>& refs) {
  codec::Writer out;
  out.u8(record_version);
  out.u32(static_cast<std::uint32_t>(refs.size()));
  for (const PageRef& ref : refs) {
    encode(out, ref.hash);
    codec::encode(out, ref.born);
  }
  return std::move(out).take();
}

Result<std::vector<PageRef>> decode_refs(ByteView bytes) {
  codec::Reader in(bytes);
  OORT_TRY(expect_version(in));
  OORT_TRY(const std::uint32_t count, in.count(bytes.size(), 40));
  std::vector<PageRef> refs(count);
  for (PageRef& ref : refs) {
    OORT_TRY(decode(in, ref.hash));
    OORT_TRY(codec::decode(in, ref.born));
  }
  OORT_TRY(in.finish());
  return refs;
}

Result<RootRecord> read_root(const env::KvReader& store, ByteView key) {
  OORT_TRY(const auto bytes, store.get(key));
  if (!bytes) return RootRecord{};
  return decode_root(*bytes);
}

}  // namespace

struct StateTree::Impl {
  Impl(const env::KvReader& kv, Options settings)
      : store(kv), options(std::move(settings)), cache(options.cache_bytes_max) {}

  [[nodiscard]] Bytes key_of(std::byte family) const {
    Bytes key = options.prefix;
    key.push_back(family);
    return key;
  }
  [[nodiscard]] Bytes key_of(std::byte family, Height height) const {
    Bytes key = key_of(family);
    append_big_endian(key, height.value());
    return key;
  }
  [[nodiscard]] Bytes key_of(const PageRef& ref) const {
    Bytes key = key_of(page_family, ref.born);
    key.insert(key.end(), ref.hash.view().begin(), ref.hash.view().end());
    return key;
  }

  /// The page `ref` as `version` or any of its ancestors made it.
  Result<PagePtr> load(const StateTreeVersion* version, const PageRef& ref);
  Result<PagePtr> load_below(const StateTreeVersion* version, const Entry& entry);
  Result<Entries> root_entries(const StateTreeVersion& version);
  Result<void> prune(Height height, env::KvBatch& batch, RootRecord& record);

  const env::KvReader& store;
  Options options;
  PageCache cache;
  VersionPtr last_final;
  Height pruned;
};

Result<PagePtr> StateTree::Impl::load(const StateTreeVersion* version, const PageRef& ref) {
  for (; version != nullptr && version->height_ >= ref.born; version = version->parent_.get()) {
    if (version->height_ != ref.born || !version->changes_) continue;
    const auto found = version->changes_->added.find(ref);
    if (found != version->changes_->added.end()) return found->second;
  }
  if (PagePtr page = cache.find(ref)) return page;
  OORT_TRY(const auto bytes, store.get(key_of(ref)));
  if (!bytes) {
    return fail(ErrorCode::NotFound, reason::not_found,
                "the state page of height " + std::to_string(ref.born.value()) +
                    " is not kept; ask for a recent height");
  }
  OORT_TRY(PagePtr page, state::decode_page(*bytes, ref.hash));
  cache.put(ref, page);
  return page;
}

Result<PagePtr> StateTree::Impl::load_below(const StateTreeVersion* version, const Entry& entry) {
  OORT_TRY(PagePtr page, load(version, entry.ref()));
  const Entries& entries = page->entries;
  const bool is_right = entries.size() >= 2 && state::divide(entries).bit == entry.bits &&
                        state::prefix_of(entries.front().key, entry.bits) == entry.key;
  if (is_right) return page;
  return fail(ErrorCode::DataLoss, reason::corrupt_data, "a state page stands in a wrong place");
}

Result<Entries> StateTree::Impl::root_entries(const StateTreeVersion& version) {
  if (version.root_.is_empty()) return Entries{};
  OORT_TRY(const PagePtr page, load(&version, version.root_));
  return page->entries;
}

namespace {

struct Change {
  ByteView key;
  std::optional<Bytes32> value_hash;
};
using ChangeSpan = std::span<const Change>;

/// Applies one block's changes; each page they touch is rebuilt once.
class StateTreeUpdate {
 public:
  using Load = UniqueFunction<Result<PagePtr>(const Entry&)>;
  StateTreeUpdate(Load load, Height height, StateTreeVersion::Changes& out)
      : load_(std::move(load)), height_(height), out_(out) {}

  Result<PageRef> run(const PageRef& root, const Entries& entries, ChangeSpan changes) {
    OORT_TRY(Entries merged, merge(entries, changes));
    if (is_same(merged, entries)) return root;
    if (!root.is_empty()) drop(root);
    OORT_TRY(auto top, build(merged));
    if (!top) return PageRef{};
    if (top->is_page) return top->ref();
    return add(Entries{*top}).ref();
  }

 private:
  /// The entries of one page with `changes` in their places.
  Result<Entries> merge(const Entries& entries, ChangeSpan changes) {
    Entries merged;
    merged.reserve(entries.size() + changes.size());
    for (const Entry& entry : entries) {
      const auto first = std::ranges::partition_point(changes, [&entry](const Change& change) {
        return std::ranges::lexicographical_compare(change.key, entry.key) &&
               !(entry.is_page && state::has_prefix(change.key, entry.key, entry.bits));
      });
      append_leaves(changes.first(static_cast<std::size_t>(first - changes.begin())), merged);
      changes = changes.subspan(static_cast<std::size_t>(first - changes.begin()));
      const auto last = std::ranges::partition_point(changes, [&entry](const Change& change) {
        return entry.is_page ? state::has_prefix(change.key, entry.key, entry.bits)
                             : std::ranges::equal(change.key, entry.key);
      });
      const ChangeSpan own = changes.first(static_cast<std::size_t>(last - changes.begin()));
      changes = changes.subspan(own.size());
      if (own.empty()) {
        merged.push_back(entry);
      } else if (!entry.is_page) {
        append_leaves(own, merged);
      } else {
        OORT_TRY(auto below, apply(entry, own));
        if (below) merged.push_back(*std::move(below));
      }
    }
    append_leaves(changes, merged);
    return merged;
  }

  /// Whether nothing changed below; one set of keys has one shape, so comparing the hashes is
  /// enough.
  static bool is_same(const Entries& a, const Entries& b) {
    return std::ranges::equal(a, b, {}, &Entry::hash, &Entry::hash);
  }

  static void append_leaves(ChangeSpan changes, Entries& out) {
    for (const Change& change : changes) {
      if (change.value_hash)
        out.push_back(state::make_leaf(to_bytes(change.key), *change.value_hash));
    }
  }

  /// The subtree of `page` after changes that all lie below it.
  Result<std::optional<Entry>> apply(const Entry& page, ChangeSpan changes) {
    OORT_TRY(const PagePtr old, load_(page));
    OORT_TRY(Entries merged, merge(old->entries, changes));
    if (is_same(merged, old->entries)) return std::optional<Entry>(page);
    drop(page.ref());
    return build(merged);
  }

  /// Makes pages of ascending entries and returns what stands for them all.
  Result<std::optional<Entry>> build(std::span<const Entry> entries) {
    if (entries.empty()) return std::optional<Entry>();
    if (entries.size() == 1) return std::optional<Entry>(entries.front());
    const std::size_t group = state::group_of(state::divide(entries).bit);
    Entries page;
    OORT_TRY(collect(entries, group, page));
    return std::optional<Entry>(add(std::move(page)));
  }

  /// Gathers what belongs to a page of `group`; what divides in later groups becomes pages below.
  Result<void> collect(std::span<const Entry> entries, std::size_t group, Entries& out) {
    if (entries.size() > 1) {
      const state::Division division = state::divide(entries);
      if (state::group_of(division.bit) == group) {
        OORT_TRY(collect(entries.first(division.middle), group, out));
        return collect(entries.subspan(division.middle), group, out);
      }
      OORT_TRY(auto below, build(entries));
      out.push_back(*std::move(below));
      return {};
    }
    const Entry& entry = entries.front();
    if (!entry.is_page || state::group_of(entry.bits) != group) {
      out.push_back(entry);
      return {};
    }
    // A page whose branches fall into this one's group becomes part of it.
    PagePtr inner;
    if (const auto found = out_.added.find(entry.ref()); found != out_.added.end()) {
      inner = found->second;
    } else {
      OORT_TRY(inner, load_(entry));
    }
    drop(entry.ref());
    out.insert(out.end(), inner->entries.begin(), inner->entries.end());
    return {};
  }

  Entry add(Entries entries) {
    OORT_ASSERT(entries.size() <= state::page_entries_max,
                "a nibble has sixteen values and an end");
    Entry entry;
    entry.is_page = true;
    entry.hash = state::hash_of(entries);
    entry.born = height_;
    if (entries.size() > 1) {
      entry.bits = state::divide(entries).bit;
      entry.key = state::prefix_of(entries.front().key, entry.bits);
    }
    auto page = std::make_shared<Page>();
    page->entries = std::move(entries);
    out_.added.insert_or_assign(entry.ref(), std::move(page));
    return entry;
  }

  void drop(const PageRef& ref) {
    if (out_.added.erase(ref) == 0) out_.replaced.push_back(ref);
  }

  Load load_;
  Height height_;
  StateTreeVersion::Changes& out_;
};

}  // namespace

StateTree::StateTree(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StateTree::~StateTree() = default;

Result<std::unique_ptr<StateTree>> StateTree::open(const env::KvReader& store, Options options) {
  auto impl = std::make_unique<Impl>(store, std::move(options));
  OORT_TRY(const RootRecord record, read_root(store, impl->key_of(root_family)));
  impl->last_final =
      std::make_shared<StateTreeVersion>(record.root, record.height, nullptr, nullptr);
  impl->pruned = record.pruned;
  return std::unique_ptr<StateTree>(new StateTree(std::move(impl)));
}

const StateTree::VersionPtr& StateTree::final_version() const noexcept { return impl_->last_final; }

Result<StateTree::VersionPtr> StateTree::update(const VersionPtr& parent, Height height,
                                                std::span<const StateWrite> writes) {
  OORT_ASSERT(height > parent->height() || parent->root_.is_empty(),
              "a block is higher than its parent; genesis stands on nothing");
  std::vector<Change> changes;
  changes.reserve(writes.size());
  for (const StateWrite& write : writes) {
    OORT_ASSERT(write.key.size() <= state_key_bytes_max, "the ledger bounds its keys");
    OORT_ASSERT(
        changes.empty() || std::ranges::lexicographical_compare(changes.back().key, write.key),
        "writes ascend strictly");
    changes.push_back({write.key, {}});
    if (write.value) changes.back().value_hash = state_value_hash(*write.value);
  }
  auto out = std::make_unique<StateTreeVersion::Changes>();
  OORT_TRY(const Entries entries, impl_->root_entries(*parent));
  StateTreeUpdate update(
      [this, &parent](const Entry& entry) { return impl_->load_below(parent.get(), entry); },
      height, *out);
  OORT_TRY(const PageRef root, update.run(parent->root_, entries, changes));
  return VersionPtr(std::make_shared<StateTreeVersion>(root, height, parent, std::move(out)));
}

Result<void> StateTree::Impl::prune(Height height, env::KvBatch& batch, RootRecord& record) {
  while (record.pruned.value() + options.retained_blocks < height.value()) {
    record.pruned = record.pruned.next();
    const Bytes key = key_of(replaced_family, record.pruned);
    OORT_TRY(const auto bytes, store.get(key));
    if (!bytes) continue;
    OORT_TRY(const auto refs, decode_refs(*bytes));
    for (const PageRef& ref : refs) {
      batch.erase(key_of(ref));
      cache.erase(ref);
    }
    batch.erase(key);
  }
  return {};
}

Result<void> StateTree::finalize(const VersionPtr& version, env::KvBatch& batch) {
  OORT_ASSERT(version->parent_ == impl_->last_final,
              "versions become final in the order of blocks");
  RootRecord record{version->root_, version->height_, impl_->pruned};
  OORT_TRY(impl_->prune(version->height_, batch, record));
  for (const auto& [ref, page] : version->changes_->added) {
    batch.put(impl_->key_of(ref), state::encode_page(*page));
  }
  if (!version->changes_->replaced.empty()) {
    batch.put(impl_->key_of(replaced_family, version->height_),
              encode_refs(version->changes_->replaced));
  }
  batch.put(impl_->key_of(root_family), encode_root(record));
  return {};
}

void StateTree::finalized(const VersionPtr& version) {
  OORT_ASSERT(version->parent_ == impl_->last_final,
              "versions become final in the order of blocks");
  for (const auto& [ref, page] : version->changes_->added) impl_->cache.put(ref, page);
  version->changes_.reset();
  version->parent_.reset();
  impl_->last_final = version;
  while (impl_->pruned.value() + impl_->options.retained_blocks < version->height_.value()) {
    impl_->pruned = impl_->pruned.next();
  }
}

StateTree::VersionPtr StateTree::version_at(const PageRef& root, Height height) const {
  return std::make_shared<StateTreeVersion>(root, height, nullptr, nullptr);
}

Result<TreeProof> StateTree::prove(const VersionPtr& version, ByteView key) {
  return prove_range(version, key, state::after(key));
}

Result<TreeProof> StateTree::prove_range(const VersionPtr& version, ByteView first, ByteView end) {
  OORT_TRY(const Entries root, impl_->root_entries(*version));
  return state::make_proof(root, first, end, [this, &version](const Entry& entry) {
    return impl_->load_below(version.get(), entry);
  });
}

Result<std::optional<Bytes32>> StateTree::get(const VersionPtr& version, ByteView key) {
  OORT_TRY(Entries entries, impl_->root_entries(*version));
  while (true) {
    const auto entry = std::ranges::find_if(entries, [key](const Entry& candidate) {
      return candidate.is_page ? state::has_prefix(key, candidate.key, candidate.bits)
                               : std::ranges::equal(candidate.key, key);
    });
    if (entry == entries.end()) return std::optional<Bytes32>();
    if (!entry->is_page) return std::optional<Bytes32>(entry->value_hash);
    OORT_TRY(const PagePtr page, impl_->load_below(version.get(), *entry));
    entries = page->entries;
  }
}

}  // namespace oort::ledger
