// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oort/core/ids.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/blob_store.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/env/transport.hpp"

namespace oort::object {
class LedgerSubmit;
}

namespace oort::node {

/// Who a node is.
struct Identity {
  ChainId chain;
  const crypto::KeyPair& keys;
};

/// Where a drill gets between a node and its drivers: each member is given a driver and returns the
/// one that the node shall use. These here change nothing, and the shipped program has no others.
/// What a member returns belongs to the hooks, which outlive the node.
/// Threads: called while the node starts; the drivers are used as their interfaces say.
class Hooks {
 public:
  Hooks() = default;
  virtual ~Hooks() = default;
  Hooks(const Hooks&) = delete;
  Hooks& operator=(const Hooks&) = delete;

  [[nodiscard]] virtual env::Clock& clock(env::Clock& inner) { return inner; }
  /// The log of what this validator signs.
  [[nodiscard]] virtual env::BlobStore& votes(env::BlobStore& inner) { return inner; }
  /// Blocks, state and receipts.
  [[nodiscard]] virtual env::KvStore& ledger(env::KvStore& inner) { return inner; }
  /// The volumes of shards.
  [[nodiscard]] virtual env::BlobStore& shards(env::BlobStore& inner) { return inner; }
  /// What chain and object room speak through.
  [[nodiscard]] virtual env::Transport& transport(env::Transport& inner, const Identity& self) {
    static_cast<void>(self);
    return inner;
  }
  /// The gateway's way to the ledger.
  [[nodiscard]] virtual object::LedgerSubmit& submit(object::LedgerSubmit& inner) { return inner; }
};

}  // namespace oort::node
