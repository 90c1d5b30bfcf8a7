// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "oort/env/kv_store.hpp"

namespace oort::store::test {

/// A place where a store lives and from which it comes back.
class KvPlace {
 public:
  KvPlace() = default;
  KvPlace(const KvPlace&) = delete;
  KvPlace& operator=(const KvPlace&) = delete;
  virtual ~KvPlace() = default;

  /// The store, opened when it is not; the same one until `close` or `crash`.
  virtual env::KvStore& store() = 0;
  /// An orderly end.
  virtual void close() = 0;
  /// The process dies; unsynced writes may or may not be there afterwards.
  virtual void crash() = 0;
};

struct KvKind {
  std::string name;
  std::function<std::unique_ptr<KvPlace>()> make;
};
inline void PrintTo(const KvKind& kind, std::ostream* out) { *out << kind.name; }

}  // namespace oort::store::test
