// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/compute/offer.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/env/signer.hpp"
#include "oort/env/transport.hpp"
#include "oort/ledger/honesty_objects.hpp"
#include "oort/ledger/jobs_spec.hpp"
#include "oort/ledger/jobs_sums.hpp"

/// What brokers and executors tell each other: messages of the range `message_range::compute`, each
/// beginning with a version byte. None is a request: whoever needs an answer asks again, and every
/// message may come twice, late, or never.
///
/// Invariants
///   CM1 decode(encode(m)) == m, and no input makes a decoder allocate more than a small multiple
///       of its own size.
///   CM2 What an executor learns of a task is its envelope: no payer, no bucket, no name.
namespace oort::compute {

namespace compute_message {
inline constexpr env::MessageType offer = env::message_range::compute + 1;
inline constexpr env::MessageType grant = env::message_range::compute + 2;
inline constexpr env::MessageType answer = env::message_range::compute + 3;
inline constexpr env::MessageType start = env::message_range::compute + 4;
inline constexpr env::MessageType heartbeat = env::message_range::compute + 5;
inline constexpr env::MessageType renewal = env::message_range::compute + 6;
inline constexpr env::MessageType stop = env::message_range::compute + 7;
inline constexpr env::MessageType result = env::message_range::compute + 8;
inline constexpr env::MessageType result_seen = env::message_range::compute + 9;
inline constexpr env::MessageType input_ask = env::message_range::compute + 10;
inline constexpr env::MessageType input_piece = env::message_range::compute + 11;
inline constexpr env::MessageType output_ask = env::message_range::compute + 12;
inline constexpr env::MessageType output_piece = env::message_range::compute + 13;
inline constexpr env::MessageType checkpoint = env::message_range::compute + 14;
inline constexpr env::MessageType log_piece = env::message_range::compute + 15;
inline constexpr env::MessageType adopt = env::message_range::compute + 16;
inline constexpr env::MessageType holding = env::message_range::compute + 17;
inline constexpr env::MessageType spec_copy = env::message_range::compute + 18;
inline constexpr env::MessageType spec_held = env::message_range::compute + 19;
inline constexpr env::MessageType journal_copy = env::message_range::compute + 20;
inline constexpr env::MessageType journal_held = env::message_range::compute + 21;
inline constexpr env::MessageType spec_ask = env::message_range::compute + 22;
}  // namespace compute_message

inline constexpr std::size_t piece_bytes_max = std::size_t{1} << 20U;
inline constexpr std::size_t checkpoint_bytes_max = std::size_t{4} << 20U;
inline constexpr std::size_t leases_per_message_max = 4'096;
inline constexpr std::size_t inputs_per_task_max = ledger::job_objects_max + 1;
/// Of all inputs of one task together, and of its output.
inline constexpr std::uint64_t task_input_bytes_max = std::uint64_t{256} << 20U;
inline constexpr std::uint64_t task_result_bytes_max = std::uint64_t{64} << 20U;
inline constexpr std::size_t journal_entries_per_message_max = 1'024;

/// Names one lease, and says which of two is newer. `number` is never used twice by one broker, and
/// grows; `broker_epoch` is the ledger's.
struct LeaseKey {
  JobId job;
  std::uint32_t task = 0;
  std::uint16_t replica = 0;
  std::uint64_t broker_epoch = 0;
  std::uint32_t attempt = 0;
  std::uint64_t number = 0;
  friend bool operator==(const LeaseKey&, const LeaseKey&) = default;
};
/// Whether `a` was granted after `b`. Requires: of one task and replica.
[[nodiscard]] constexpr bool is_newer(const LeaseKey& a, const LeaseKey& b) noexcept {
  if (a.broker_epoch != b.broker_epoch) return a.broker_epoch > b.broker_epoch;
  return a.number > b.number;
}

// ---- Offers -------------------------------------------------------------------------------------

/// One device as it was found; what the scheduler does not need is for people.
struct DeviceFacts {
  Device device;
  std::string uuid;
  /// Major times ten plus minor; 0 where it is unknown.
  std::uint16_t compute_capability = 0;
  std::string driver_version;
  friend bool operator==(const DeviceFacts&, const DeviceFacts&) = default;
};

/// What a node says of itself. Its operator, credibility and value at risk are not its own to tell:
/// a broker takes them from the ledger.
struct NodeOffer {
  static constexpr env::MessageType type = compute_message::offer;
  ChainId chain;
  NodeId node;
  /// When the executor started, in milliseconds, and how many messages it sent since: of two offers
  /// the greater pair is newer.
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0;
  /// It counts for so long from its arrival.
  std::uint64_t valid_ms = 0;
  std::string region;
  std::uint32_t network = 0;
  std::uint32_t fabric = 0;
  std::vector<DeviceFacts> devices;
  /// Beyond what other brokers' leases hold.
  std::uint32_t cpu_milli = 0;
  std::uint32_t memory_mib = 0;
  std::uint32_t disk_mib = 0;
  std::uint32_t network_mbps = 0;
  Architecture architecture = Architecture::Amd64;
  std::uint8_t tiers = 0;
  DataClass data_class = DataClass::Public;
  std::uint64_t ask_per_gpu = 0;
  std::uint64_t ask_per_core = 0;
  WallTime available_until{~std::uint64_t{0}};
  Signature signature;
  friend bool operator==(const NodeOffer&, const NodeOffer&) = default;
};
/// What `signature` is over: H("oort.v1 compute offer", everything before the signature).
[[nodiscard]] Bytes32 sign_hash(const NodeOffer& offer);
[[nodiscard]] bool is_signed(const NodeOffer& offer);

// ---- Tasks --------------------------------------------------------------------------------------

enum class WorkKind : std::uint8_t {
  Builtin = 0,    ///< `workload` and `parameters`.
  Container = 1,  ///< `image`, `command`, `environment` and `output_path`.
};
struct Work {
  WorkKind kind = WorkKind::Builtin;
  builtin::Workload workload;
  Bytes parameters;
  /// The manifest's sha256; the archive that holds it is the last input.
  Bytes32 image;
  std::vector<std::string> command;
  /// `NAME=value`.
  std::vector<std::string> environment;
  /// The file that becomes the output.
  std::string output_path;
  friend bool operator==(const Work&, const Work&) = default;
};
struct InputDigest {
  std::uint64_t size = 0;
  /// Of the BLAKE3 tree over the bytes.
  TreeRoot root;
  /// Of a container: where it sees them.
  std::string path;
  friend bool operator==(const InputDigest&, const InputDigest&) = default;
};
/// All that an executor sees of what it is asked to do.
struct TaskEnvelope {
  static constexpr std::uint8_t format_version = 1;
  TaskId task;
  Work work;
  std::vector<InputDigest> inputs;
  std::uint64_t walltime_ms = 0;
  friend bool operator==(const TaskEnvelope&, const TaskEnvelope&) = default;
};
void encode(codec::Writer& out, const TaskEnvelope& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, TaskEnvelope& value);
/// H("oort.v1 compute inputs", sizes and roots): `input_root` of a receipt.
[[nodiscard]] Bytes32 inputs_root(const std::vector<InputDigest>& inputs);

/// A broker gives a task to a node. A later one for the same task and envelope takes over what runs
/// there already.
struct LeaseGrant {
  static constexpr env::MessageType type = compute_message::grant;
  LeaseKey key;
  /// Unless renewed, it ends so long after its arrival.
  std::uint64_t lease_ms = 0;
  /// Otherwise `LeaseStart` says when: members of a gang start together.
  bool starts_now = true;
  /// Members of the gang; the task is the rank.
  std::uint32_t members = 1;
  std::uint32_t alternative = 0;
  std::uint16_t devices = 0;
  std::uint32_t cpu_milli = 0;
  std::uint32_t memory_mib = 0;
  std::uint32_t disk_mib = 0;
  /// Microcredits.
  std::uint64_t pay_per_hour = 0;
  std::uint64_t checkpoint_ms = 0;
  /// Canonical bytes of a `TaskEnvelope`; the receipt commits to them.
  Bytes envelope;
  /// Where an earlier run of the task got to; empty: from the start.
  Bytes checkpoint;
  friend bool operator==(const LeaseGrant&, const LeaseGrant&) = default;
};
enum class Refusal : std::uint8_t { None, NoCapacity, StaleBroker, NotSupported, Malformed };
struct LeaseAnswer {
  static constexpr env::MessageType type = compute_message::answer;
  LeaseKey key;
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0;
  Refusal refusal = Refusal::None;
  friend bool operator==(const LeaseAnswer&, const LeaseAnswer&) = default;
};
struct LeaseStart {
  static constexpr env::MessageType type = compute_message::start;
  LeaseKey key;
  friend bool operator==(const LeaseStart&, const LeaseStart&) = default;
};

enum class TaskPhase : std::uint8_t { Fetching, Ready, Running, Stopping, Over };
struct LeaseState {
  LeaseKey key;
  TaskPhase phase = TaskPhase::Fetching;
  std::uint64_t units_done = 0;
  std::uint64_t units_count = 0;
  friend bool operator==(const LeaseState&, const LeaseState&) = default;
};
/// All that an executor holds for one broker: what is missing here is lost.
struct Heartbeat {
  static constexpr env::MessageType type = compute_message::heartbeat;
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0;
  std::vector<LeaseState> leases;
  friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};
struct Renewed {
  LeaseKey key;
  /// Bytes of its log that the broker has.
  std::uint64_t log_end = 0;
  friend bool operator==(const Renewed&, const Renewed&) = default;
};
struct Renewal {
  static constexpr env::MessageType type = compute_message::renewal;
  std::uint64_t lease_ms = 0;
  std::vector<Renewed> leases;
  friend bool operator==(const Renewal&, const Renewal&) = default;
};
/// The task must end; it gets `grace_ms` to do so by itself. Also for a lease that is none.
struct LeaseStop {
  static constexpr env::MessageType type = compute_message::stop;
  LeaseKey key;
  std::uint64_t grace_ms = 0;
  friend bool operator==(const LeaseStop&, const LeaseStop&) = default;
};

enum class TaskEnd : std::uint8_t {
  Done,
  Failed,     ///< By the task's own fault.
  NodeFault,  ///< The node could not do it.
  Stopped,
};
/// The end of a task, told until the broker has seen it.
struct TaskResult {
  static constexpr env::MessageType type = compute_message::result;
  LeaseKey key;
  TaskEnd end = TaskEnd::Done;
  std::uint64_t run_ms = 0;
  std::uint64_t output_bytes = 0;
  /// Its result hash is `builtin::output_digest` of the output; zeros without one.
  ledger::WorkReceipt receipt;
  /// For people.
  std::string detail;
  friend bool operator==(const TaskResult&, const TaskResult&) = default;
};
/// The executor may forget the task. What it was granted for it stands in the voucher.
struct ResultSeen {
  static constexpr env::MessageType type = compute_message::result_seen;
  LeaseKey key;
  std::optional<ledger::Voucher> voucher;
  friend bool operator==(const ResultSeen&, const ResultSeen&) = default;
};

// ---- Bytes --------------------------------------------------------------------------------------

struct InputAsk {
  static constexpr env::MessageType type = compute_message::input_ask;
  LeaseKey key;
  std::uint32_t index = 0;
  std::uint64_t offset = 0;
  friend bool operator==(const InputAsk&, const InputAsk&) = default;
};
/// At most `piece_bytes_max`; `is_missing` where the object cannot be read.
struct InputPiece {
  static constexpr env::MessageType type = compute_message::input_piece;
  LeaseKey key;
  std::uint32_t index = 0;
  std::uint64_t offset = 0;
  bool is_missing = false;
  Bytes bytes;
  friend bool operator==(const InputPiece&, const InputPiece&) = default;
};
struct OutputAsk {
  static constexpr env::MessageType type = compute_message::output_ask;
  LeaseKey key;
  std::uint64_t offset = 0;
  friend bool operator==(const OutputAsk&, const OutputAsk&) = default;
};
struct OutputPiece {
  static constexpr env::MessageType type = compute_message::output_piece;
  LeaseKey key;
  std::uint64_t offset = 0;
  Bytes bytes;
  friend bool operator==(const OutputPiece&, const OutputPiece&) = default;
};
struct TaskCheckpoint {
  static constexpr env::MessageType type = compute_message::checkpoint;
  LeaseKey key;
  std::uint64_t units_done = 0;
  Bytes bytes;
  friend bool operator==(const TaskCheckpoint&, const TaskCheckpoint&) = default;
};
struct LogPiece {
  static constexpr env::MessageType type = compute_message::log_piece;
  LeaseKey key;
  /// Bytes of the log before these.
  std::uint64_t offset = 0;
  Bytes bytes;
  friend bool operator==(const LogPiece&, const LogPiece&) = default;
};

// ---- Between brokers, and after one has died ----------------------------------------------------

/// The broker of `broker_epoch` asks what an executor holds of a job; from then on the executor
/// hears no older one.
struct Adopt {
  static constexpr env::MessageType type = compute_message::adopt;
  JobId job;
  std::uint64_t broker_epoch = 0;
  friend bool operator==(const Adopt&, const Adopt&) = default;
};
struct HeldTask {
  LeaseKey key;
  TaskPhase phase = TaskPhase::Fetching;
  std::uint32_t alternative = 0;
  std::uint16_t devices = 0;
  friend bool operator==(const HeldTask&, const HeldTask&) = default;
};
struct Holding {
  static constexpr env::MessageType type = compute_message::holding;
  JobId job;
  std::uint64_t broker_epoch = 0;
  std::vector<HeldTask> tasks;
  friend bool operator==(const Holding&, const Holding&) = default;
};

struct SpecCopy {
  static constexpr env::MessageType type = compute_message::spec_copy;
  JobId job;
  Bytes spec;
  AccountId payer;
  friend bool operator==(const SpecCopy&, const SpecCopy&) = default;
};
struct SpecAsk {
  static constexpr env::MessageType type = compute_message::spec_ask;
  JobId job;
  friend bool operator==(const SpecAsk&, const SpecAsk&) = default;
};
struct SpecHeld {
  static constexpr env::MessageType type = compute_message::spec_held;
  JobId job;
  friend bool operator==(const SpecHeld&, const SpecHeld&) = default;
};

/// What of a job must not be forgotten, in the order in which it happened.
struct JournalEntry {
  enum class Kind : std::uint8_t {
    Opened,  ///< `executor` accepted the lease of `line`, which has no result and pay yet.
    Closed,  ///< It ended, with this result and pay.
    Done,    ///< Task `line.task` has the output `line.result`, which is stored.
  };
  Kind kind = Kind::Opened;
  NodeId executor;
  std::uint16_t replica = 0;
  ledger::LeaseLine line;
  /// `sign_hash` of the receipt that closed it; zeros without one.
  Bytes32 receipt;
  friend bool operator==(const JournalEntry&, const JournalEntry&) = default;
};
void encode(codec::Writer& out, const JournalEntry& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, JournalEntry& value);
/// The broker's journal from entry `first` on; what the other had there is replaced.
struct JournalCopy {
  static constexpr env::MessageType type = compute_message::journal_copy;
  JobId job;
  std::uint64_t broker_epoch = 0;
  std::uint64_t first = 0;
  std::vector<JournalEntry> entries;
  friend bool operator==(const JournalCopy&, const JournalCopy&) = default;
};
struct JournalHeld {
  static constexpr env::MessageType type = compute_message::journal_held;
  JobId job;
  std::uint64_t broker_epoch = 0;
  std::uint64_t entries_count = 0;
  friend bool operator==(const JournalHeld&, const JournalHeld&) = default;
};

/// Instantiated for every message above. Decoding fails with MALFORMED, NOT_CANONICAL, TOO_LARGE or
/// UNSUPPORTED_VERSION.
template <class Message>
[[nodiscard]] Bytes message_bytes(const Message& message);
template <class Message>
[[nodiscard]] Result<Message> message_from(ByteView bytes);

}  // namespace oort::compute
