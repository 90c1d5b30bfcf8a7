// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "oort/core/bytes.hpp"
#include "oort/ledger/state_tree.hpp"

namespace oort::ledger {

/// Keys and values at one height, in the order of the keys as unsigned bytes. A disk that cannot be
/// read ends the process inside the driver: nothing may execute on a state that is not there.
class StateReader {
 public:
  /// Returns false to stop. The views live for the call.
  using Visit = std::function<bool(ByteView key, ByteView value)>;

  virtual ~StateReader() = default;
  [[nodiscard]] virtual std::optional<Bytes> get(ByteView key) const = 0;
  /// Calls `use` with the value, where there is one, without a copy if the state can.
  using Use = std::function<void(ByteView value)>;
  virtual void read(ByteView key, const Use& use) const {
    if (const auto value = get(key)) use(*value);
  }
  /// Visits the keys that begin with `prefix`, from the first that is not below `from` on.
  virtual void scan(ByteView prefix, ByteView from, const Visit& visit) const = 0;
};

/// Order of keys: unsigned bytes, a prefix before what it begins.
struct KeyLess {
  using is_transparent = void;
  [[nodiscard]] bool operator()(ByteView a, ByteView b) const noexcept {
    const std::size_t shared = a.size() < b.size() ? a.size() : b.size();
    const int order = shared == 0 ? 0 : std::memcmp(a.data(), b.data(), shared);
    return order != 0 ? order < 0 : a.size() < b.size();
  }
};

/// A state with changes on top of another that is not touched: a block that is not final yet, or
/// one under execution. Borrows its base for its lifetime. Threads: none for writing; reading is
/// free while nobody writes.
class Overlay final : public StateReader {
 public:
  using Changes = std::map<Bytes, std::optional<Bytes>, KeyLess>;

  explicit Overlay(const StateReader& base) noexcept : base_(&base) {}
  /// With the writes of a block that was executed upon `base`.
  Overlay(const StateReader& base, std::span<const StateWrite> writes);

  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override;
  void read(ByteView key, const Use& use) const override;
  void scan(ByteView prefix, ByteView from, const Visit& visit) const override;
  void put(ByteView key, Bytes value);
  void erase(ByteView key);

  /// A point to which `rollback` can return; marks nest.
  using Mark = std::size_t;
  [[nodiscard]] Mark mark() const noexcept { return journal_.size(); }
  void rollback(Mark mark);
  /// Forgets how to return to earlier marks.
  void commit() noexcept { journal_.clear(); }

  [[nodiscard]] const Changes& changes() const noexcept { return changes_; }

 private:
  struct Step {
    Changes::iterator at;  // Stays valid while others come and go.
    bool was_there = false;
    std::optional<Bytes> before;
  };
  void write(ByteView key, std::optional<Bytes> value);

  const StateReader* base_;
  Changes changes_;
  std::vector<Step> journal_;
};

/// A state in memory: genesis, tests, tools.
class MemoryState final : public StateReader {
 public:
  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override;
  void read(ByteView key, const Use& use) const override;
  void scan(ByteView prefix, ByteView from, const Visit& visit) const override;
  void apply(std::span<const StateWrite> writes);
  [[nodiscard]] const std::map<Bytes, Bytes, KeyLess>& values() const noexcept { return values_; }

 private:
  std::map<Bytes, Bytes, KeyLess> values_;
};

}  // namespace oort::ledger
