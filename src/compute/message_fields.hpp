// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <type_traits>

#include "oort/compute/messages.hpp"
#include "wire.hpp"

/// The fields of what compute sends, signs and stores, in their order, which is frozen.
namespace oort::compute {

template <class Self, class Type>
concept Like = std::same_as<std::remove_const_t<Self>, Type>;

inline constexpr std::size_t region_bytes_max = 64;
inline constexpr std::size_t model_bytes_max = 96;
inline constexpr std::size_t detail_bytes_max = 1'024;
inline constexpr std::size_t envelope_bytes_max = 2 * ledger::job_spec_bytes_max;

template <Like<Work> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit.one_of(self.kind, WorkKind::Container);
  visit(self.workload);
  visit.blob(self.parameters, builtin::parameters_bytes_max);
  visit(self.image);
  visit.texts(self.command, ledger::job_words_max, ledger::job_word_bytes_max);
  visit.texts(self.environment, ledger::job_words_max, ledger::job_word_bytes_max);
  visit.text(self.output_path, ledger::job_path_bytes_max);
}
template <Like<LeaseKey> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.job);
  visit(self.task);
  visit(self.replica);
  visit(self.broker_epoch);
  visit(self.attempt);
  visit(self.number);
}
template <Like<DeviceFacts> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit.text(self.device.model, model_bytes_max);
  visit(self.device.memory_mib);
  visit(self.device.interconnect);
  visit.text(self.uuid, model_bytes_max);
  visit(self.compute_capability);
  visit.text(self.driver_version, model_bytes_max);
}
/// All that is signed.
template <Like<NodeOffer> Self, class Visit>
void offer_fields(Self& self, Visit& visit) {
  visit(self.chain);
  visit(self.node);
  visit(self.incarnation);
  visit(self.sequence);
  visit(self.valid_ms);
  visit.text(self.region, region_bytes_max);
  visit(self.network);
  visit(self.fabric);
  visit.list(self.devices, devices_max);
  visit(self.cpu_milli);
  visit(self.memory_mib);
  visit(self.disk_mib);
  visit(self.network_mbps);
  visit.one_of(self.architecture, Architecture::Arm64);
  visit(self.tiers);
  visit.one_of(self.data_class, DataClass::Attested);
  visit(self.ask_per_gpu);
  visit(self.ask_per_core);
  visit(self.available_until.milliseconds);
}
template <Like<NodeOffer> Self, class Visit>
void fields(Self& self, Visit& visit) {
  offer_fields(self, visit);
  visit(self.signature);
}
template <Like<InputDigest> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.size);
  visit(self.root);
  visit.text(self.path, ledger::job_path_bytes_max);
}
template <Like<TaskEnvelope> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.task);
  visit(self.work);
  visit.list(self.inputs, inputs_per_task_max);
  visit(self.walltime_ms);
}
template <Like<LeaseGrant> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.key);
  visit(self.lease_ms);
  visit(self.starts_now);
  visit(self.members);
  visit(self.alternative);
  visit(self.devices);
  visit(self.cpu_milli);
  visit(self.memory_mib);
  visit(self.disk_mib);
  visit(self.pay_per_hour);
  visit(self.checkpoint_ms);
  visit.blob(self.envelope, envelope_bytes_max);
  visit.blob(self.checkpoint, checkpoint_bytes_max);
}
template <Like<LeaseAnswer> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.key);
  visit(self.incarnation);
  visit(self.sequence);
  visit.one_of(self.refusal, Refusal::Malformed);
}
template <Like<LeaseStart> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.key);
}
template <Like<LeaseState> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.key);
  visit.one_of(self.phase, TaskPhase::Over);
  visit(self.units_done);
  visit(self.units_count);
}
template <Like<Heartbeat> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.incarnation);
  visit(self.sequence);
  visit.list(self.leases, leases_per_message_max);
}
template <Like<Renewed> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.key);
  visit(self.log_end);
}
template <Like<Renewal> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.lease_ms);
  visit.list(self.leases, leases_per_message_max);
}
template <Like<LeaseStop> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.key);
  visit(self.grace_ms);
}
template <Like<TaskResult> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.key);
  visit.one_of(self.end, TaskEnd::Stopped);
  visit(self.run_ms);
  visit(self.output_bytes);
  visit(self.receipt);
  visit.text(self.detail, detail_bytes_max);
}
template <Like<ResultSeen> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.key);
  visit.maybe(self.voucher);
}
template <Like<SpecAsk> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.job);
}
template <Like<InputAsk> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.key);
  visit(self.index);
  visit(self.offset);
}
template <Like<InputPiece> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.key);
  visit(self.index);
  visit(self.offset);
  visit(self.is_missing);
  visit.blob(self.bytes, piece_bytes_max);
}
template <Like<OutputAsk> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.key);
  visit(self.offset);
}
template <Like<OutputPiece> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.key);
  visit(self.offset);
  visit.blob(self.bytes, piece_bytes_max);
}
template <Like<TaskCheckpoint> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.key);
  visit(self.units_done);
  visit.blob(self.bytes, checkpoint_bytes_max);
}
template <Like<LogPiece> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.key);
  visit(self.offset);
  visit.blob(self.bytes, piece_bytes_max);
}
template <Like<Adopt> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.job);
  visit(self.broker_epoch);
}
template <Like<HeldTask> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.key);
  visit.one_of(self.phase, TaskPhase::Over);
  visit(self.alternative);
  visit(self.devices);
}
template <Like<Holding> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.job);
  visit(self.broker_epoch);
  visit.list(self.tasks, leases_per_message_max);
}
template <Like<SpecCopy> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.job);
  visit.blob(self.spec, ledger::job_spec_bytes_max);
  visit(self.payer);
}
template <Like<SpecHeld> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.job);
}
template <Like<JournalEntry> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit.one_of(self.kind, JournalEntry::Kind::Done);
  visit(self.executor);
  visit(self.replica);
  visit(self.line);
  visit(self.receipt);
}
template <Like<JournalCopy> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.job);
  visit(self.broker_epoch);
  visit(self.first);
  visit.list(self.entries, journal_entries_per_message_max);
}
template <Like<JournalHeld> Self, class Visit>
void fields(Self& self, Visit& visit) {
  visit(self.job);
  visit(self.broker_epoch);
  visit(self.entries_count);
}

}  // namespace oort::compute
