// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "compute_objects.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/env/transport.hpp"
#include "oort/ledger/honesty_objects.hpp"
#include "oort/object/ports.hpp"

namespace oort::node {

namespace honesty_message {
/// Payload: the 32 bytes of a case. Its accuser answers with the envelope of the task, an encoded
/// `compute::TaskEnvelope`; fails with NOT_FOUND.
inline constexpr env::MessageType work = env::message_range::honesty + 2;
/// Payload: an encoded `InputOfWork`. Its accuser answers with bytes of that input, at least one
/// and at most `input_piece_bytes`; fails with NOT_FOUND, or as the reader of the object does.
inline constexpr env::MessageType work_input = env::message_range::honesty + 3;
}  // namespace honesty_message

inline constexpr std::uint64_t input_piece_bytes = std::uint64_t{1} << 20U;
/// Works that one node shows at a time.
inline constexpr std::size_t accused_max = 256;

struct InputOfWork {
  static constexpr std::uint8_t format_version = 1;
  Bytes32 fault;
  std::uint32_t index = 0;  ///< Of the envelope's inputs.
  std::uint64_t offset = 0;
  friend bool operator==(const InputOfWork&, const InputOfWork&) = default;
};
void encode(codec::Writer& out, const InputOfWork& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, InputOfWork& value);

/// What an accuser keeps of a task that it accuses somebody of.
struct AccusedWork {
  static constexpr std::uint8_t format_version = 1;
  Epoch round;     ///< Of the receipt.
  Bytes envelope;  ///< An encoded `compute::TaskEnvelope`.
  AccountId payer;
  Bytes32 spec;                     ///< By which the broker may read the inputs.
  std::vector<std::string> inputs;  ///< Their URIs, in the envelope's order.
  friend bool operator==(const AccusedWork&, const AccusedWork&) = default;
};
void encode(codec::Writer& out, const AccusedWork& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, AccusedWork& value);

/// Both ends of executing a computed task again: the accuser shows what was asked, the panelist
/// does it. What an accuser shows is believed only where it is, to the bit, what the executor
/// signed for.
///
/// Invariants
///   WC1 A result comes of the envelope that the receipt names, on inputs of the digests that the
///       envelope names, or not at all.
///   WC2 Nothing is shown before the case is on the ledger.
///   WC3 What is shown outlives the process, until nobody can ask for it.
/// Threads: the strand.
class WorkCourt : public std::enable_shared_from_this<WorkCourt> {
 public:
  struct Parts {
    NodeId self;
    env::Executor& strand;
    /// May wait for the store.
    env::Executor& disk;
    /// Does tasks.
    env::Executor& pool;
    env::KvStore& store;
    const object::LedgerView& ledger;
    /// Calls back on the strand.
    env::Transport& transport;
  };
  /// Reads what it kept; what does not decode is logged and left out. Borrows its parts until
  /// after the last callback ran. Fails with DISK_FAILED.
  [[nodiscard]] static Result<std::shared_ptr<WorkCourt>> open(const Parts& parts);
  explicit WorkCourt(const Parts& parts) : parts_(parts) {}

  /// What this node's broker reads inputs through; without it no input is shown.
  void set_objects(JobObjects* objects) noexcept { objects_ = objects; }

  /// Runs `then` on the strand once the work is on the disk. Fails as the store does, and with
  /// QUEUE_FULL over `accused_max`.
  void keep(const Bytes32& fault, const AccusedWork& work, Callback<Result<void>> then);
  /// What no case is about and nobody can accuse of any more is forgotten.
  void sweep(Epoch round);

  [[nodiscard]] Result<Bytes> show_task(ByteView payload) const;
  void show_input(ByteView payload, Callback<Result<Bytes>> reply) const;

  /// Gets the task from its accuser and does it. Fails with PEER_UNREACHABLE, BAD_PROOF where what
  /// is shown is something else, NOT_SUPPORTED for work that is no built-in of this build, and as
  /// its run does.
  void replay(const ledger::Reveal& accusation, const Bytes32& fault,
              Callback<Result<Bytes32>> done);

 private:
  struct Replay;
  [[nodiscard]] const AccusedWork* find(ByteView fault) const;
  void take_task(const std::shared_ptr<Replay>& replay, ByteView envelope);
  void ask_input(const std::shared_ptr<Replay>& replay);
  void take_input(const std::shared_ptr<Replay>& replay, Result<Bytes> piece);
  void run(const std::shared_ptr<Replay>& replay);

  Parts parts_;
  JobObjects* objects_ = nullptr;
  std::map<Bytes32, AccusedWork> accused_;
};

}  // namespace oort::node
