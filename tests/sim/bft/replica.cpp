// SPDX-License-Identifier: Apache-2.0
#include "bft/replica.hpp"

#include <algorithm>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"

namespace oort::bftsim {

using consensus::BlockRef;
using consensus::Header;
using consensus::RecordKind;
using consensus::SharedBytes;
using consensus::SignerRecord;
using consensus::WalRecord;

namespace {

constexpr std::uint64_t log_bytes_max = 96 * 1024;
constexpr std::size_t behind_max = 12;

std::string log_name(Epoch epoch) { return "epoch-" + std::to_string(epoch.value()); }

WalRecord signer_entry(const SignerRecord& record) {
  return {RecordKind::Signer, std::make_shared<const Bytes>(codec::to_bytes(record))};
}

}  // namespace

Replica::Replica(Cluster& cluster, Machine& machine)
    : cluster_(cluster),
      machine_(machine),
      node_(*machine.node),
      random_(cluster.world().random().fork()),
      store_(node_.disk().open_blobs("consensus")),
      signer_(cluster.facts().signer(machine.identity)) {}
Replica::~Replica() = default;

bool Replica::is_alive() const noexcept { return node_.is_up() && node_.program() == this; }

void Replica::boot() {
  Task start = [this] {
    open_epoch(ledger_epoch());
    tick();
  };
  node_.run(node_.life(), start);
}

std::string Replica::describe() const {
  if (runs_.empty()) return "no engine";
  const auto& [epoch, run] = *runs_.rbegin();
  const auto diagnosis = run.core->diagnose();
  return "epoch " + std::to_string(epoch.value()) + " view " +
         std::to_string(diagnosis.view.value()) + " final " +
         std::to_string(diagnosis.final_view.value()) + " committed " +
         std::to_string(diagnosis.committed_view.value()) +
         (diagnosis.is_voting ? "" : ", not voting") +
         (diagnosis.is_recovering ? ", recovering" : "");
}

bool Replica::is_voting() const {
  if (runs_.empty() || !runs_.rbegin()->second.core) return false;
  return runs_.rbegin()->second.core->diagnose().is_voting;
}

// Starting ----------------------------------------------------------------------------------------

Epoch Replica::ledger_epoch() const {
  if (machine_.ledger.empty()) return Epoch(0);
  const Header& last = machine_.ledger.back().block->header;
  return last.is_last_of_epoch() ? last.epoch.next() : last.epoch;
}

std::optional<Header> Replica::committed(Epoch epoch) const {
  if (machine_.ledger.empty()) return std::nullopt;
  const Header& last = machine_.ledger.back().block->header;
  if (last.epoch != epoch) return std::nullopt;
  return last;
}

consensus::EpochStart Replica::epoch_start(Epoch epoch) {
  consensus::EpochStart start;
  start.chain = facts().chain();
  start.anchor = facts().genesis();
  start.seed = facts().epoch_seed(epoch.value());
  start.validators = facts().set(epoch.value());
  start.anchor_time_ms = 1'600'000'000'000;
  for (auto entry = machine_.ledger.rbegin(); entry != machine_.ledger.rend(); ++entry) {
    const Header& header = entry->block->header;
    if (header.epoch.next() != epoch) continue;
    start.anchor = entry->block->id;
    start.anchor_height = header.height;
    start.anchor_time_ms = header.time_ms;
    break;
  }
  return start;
}

std::optional<consensus::Wal::Opened> Replica::open_log(Epoch epoch) {
  auto opened = consensus::Wal::open(*store_, log_name(epoch), random_.next());
  if (!opened) {
    give_up(opened.error());
    return std::nullopt;
  }
  if (machine_.is_log_damaged) checker().fail("I16: a damaged log opens");
  return *std::move(opened);
}

void Replica::give_up(const Error& why) {
  if (!is_alive()) return;
  if (why.reason() == reason::disk_failed || why.reason() == reason::disk_full) {
    return cluster_.abort(machine_);
  }
  if (why.reason() == reason::corrupt_wal && machine_.is_log_damaged) {
    return cluster_.refuse_log(machine_);
  }
  checker().fail("a log fails: " + why.to_string());
}

std::optional<SignerRecord> Replica::record_before(Epoch epoch) {
  if (epoch.value() == 0) {
    // The key is new: its empty record is written once, before the first signature ever.
    if (machine_.has_signed_before) return std::nullopt;
    return SignerRecord{};
  }
  auto opened = open_log(Epoch(epoch.value() - 1));
  if (!opened) return std::nullopt;
  if (opened->recovered.record) return opened->recovered.record;
  return record_before(Epoch(epoch.value() - 1));
}

void Replica::open_epoch(Epoch epoch) {
  auto opened = open_log(epoch);
  if (!opened) return;
  if (!opened->recovered.record) {
    if (const auto before = record_before(epoch)) {
      const std::array<WalRecord, 1> first{signer_entry(*before)};
      if (auto appended = opened->wal->append(first); !appended) return give_up(appended.error());
      if (auto synced = opened->wal->sync(); !synced) return give_up(synced.error());
      opened->recovered.record = before;
      machine_.has_signed_before = true;
    }
  }
  if (opened->recovered.record && cluster_.is_correct(machine_)) {
    checker().on_durable(machine_.identity, *opened->recovered.record);
  }
  consensus::Config config;
  config.delta = cluster_.options().delta;
  config.execution = cluster_.options().execution_delay_max + cluster_.options().sync_delay_max;
  config.idle_max = cluster_.options().idle_max;
  config.jitter_seed = random_.next();
  // Twins go on, whatever they see of each other.
  config.refuses_second_instance = cluster_.is_correct(machine_);
  Run& run = runs_[epoch];
  run.wal = std::move(opened->wal);
  run.core = std::make_unique<consensus::Core>(config, epoch_start(epoch), facts().verifier(),
                                               signer_.get());
  consensus::Start start;
  start.recovered = std::move(opened->recovered);
  start.committed = committed(epoch);
  start.nonce = random_.next();
  feed(epoch, std::move(start));
  feed(epoch, consensus::PayloadReady{random_.chance(cluster_.options().payload_ppm)});
}

// Inputs ------------------------------------------------------------------------------------------

Replica::Run* Replica::find_run(Epoch epoch) {
  const auto found = runs_.find(epoch);
  return found == runs_.end() ? nullptr : &found->second;
}

void Replica::feed(Epoch epoch, Event event) {
  Run* run = find_run(epoch);
  if (run == nullptr || !run->core || !is_alive() || checker().has_failed()) return;
  const consensus::Input input{node_.clock().now_mono(), node_.clock().now_wall(),
                               std::move(event)};
  machine_.wall_max = std::max(machine_.wall_max, input.wall);
  auto outputs = run->core->step(input);
  if (input.event.index() != 0 && cluster_.is_correct(machine_)) check_forwarded(outputs);
  for (auto& output : outputs) {
    // Carrying one out may end the epoch's run, or the machine.
    run = find_run(epoch);
    if (run == nullptr || !is_alive()) return;
    std::visit([&](auto& what) { on(epoch, *run, what); }, output);
  }
}

void Replica::check_forwarded(const consensus::Outputs& outputs) {
  for (const auto& output : outputs) {
    const auto* entered = std::get_if<consensus::ViewEntered>(&output);
    if (entered == nullptr || !entered->reason) continue;
    const bool is_told = std::any_of(outputs.begin(), outputs.end(), [&](const auto& other) {
      const auto* sent = std::get_if<consensus::Broadcast>(&other);
      if (sent == nullptr || sent->type != consensus::message::certificate) return false;
      const auto certificate = codec::from_bytes<consensus::Certificate>(*sent->bytes);
      return certificate && certificate->view.next() == entered->view;
    });
    if (!is_told) {
      checker().fail("R0: a node entered view " + std::to_string(entered->view.value()) +
                     " and told nobody why");
    }
  }
}

void Replica::feed_later(Epoch epoch, Duration delay_max, Event event) {
  node_.timers().after(
      random_.duration(Duration{0}, delay_max),
      [this, epoch, what = std::move(event)]() mutable { feed(epoch, std::move(what)); });
}

void Replica::receive(const NodeId& from, env::MessageType type, const SharedBytes& bytes) {
  if (type == frame::fetch_request) return answer_fetch(from, *bytes);
  if (type == frame::fetch_reply) {
    const auto epoch = consensus::epoch_of(consensus::message::proposal, *bytes);
    if (epoch) feed(*epoch, consensus::BlockFetched{from, bytes});
    return;
  }
  const auto epoch = consensus::epoch_of(type, *bytes);
  if (epoch) feed(*epoch, consensus::MessageReceived{from, type, bytes});
}

void Replica::answer_fetch(const NodeId& from, ByteView request) {
  const auto id = BlockId::from(request);
  if (!id) return;
  if (const BlockRef block = find_block(*id)) {
    cluster_.send(machine_, from, env::TrafficClass::Proposal, frame::fetch_reply, block->message);
  }
}

BlockRef Replica::find_block(const BlockId& id) const {
  for (const auto& [epoch, run] : runs_) {
    if (BlockRef block = run.core ? run.core->find(id) : nullptr) return block;
  }
  for (auto entry = machine_.ledger.rbegin(); entry != machine_.ledger.rend(); ++entry) {
    if (entry->block->id == id) return entry->block;
  }
  return nullptr;
}

// Outputs -----------------------------------------------------------------------------------------

void Replica::on(Epoch epoch, Run& run, consensus::Persist& output) {
  if (auto appended = run.wal->append(output.records); !appended) {
    return give_up(appended.error());
  }
  for (const WalRecord& record : output.records) {
    if (record.kind != RecordKind::Signer) continue;
    const auto decoded = codec::from_bytes<SignerRecord>(*record.bytes);
    if (!decoded) return checker().fail("the engine wrote a record that does not decode");
    run.unsynced.push_back(*decoded);
  }
  run.token = std::max(run.token, output.token);
  if (!output.is_sync || run.is_sync_planned) return;
  run.is_sync_planned = true;
  node_.timers().after(random_.duration(100us, cluster_.options().sync_delay_max),
                       [this, epoch] { sync_log(epoch); });
}

bool Replica::make_durable(Run& run) {
  if (auto synced = run.wal->sync(); !synced) {
    give_up(synced.error());
    return false;
  }
  if (cluster_.is_correct(machine_)) {
    for (const auto& record : run.unsynced) checker().on_durable(machine_.identity, record);
  }
  run.unsynced.clear();
  return true;
}

void Replica::sync_log(Epoch epoch) {
  Run* run = find_run(epoch);
  if (run == nullptr) return;
  run->is_sync_planned = false;
  if (!make_durable(*run)) return;
  feed(epoch, consensus::Persisted{run->token});
  run = find_run(epoch);
  if (run != nullptr && is_alive() && run->wal->size() > log_bytes_max) compact_log(*run);
}

void Replica::compact_log(Run& run) {
  // What the log forgets the ledger must hold.
  machine_.durable_entries = machine_.ledger.size();
  const auto state = run.core->durable_state();
  if (auto compacted = run.wal->compact(state); !compacted) give_up(compacted.error());
}

void Replica::on(Epoch, Run&, consensus::Broadcast& output) {
  if (cluster_.is_correct(machine_)) {
    checker().on_send(machine_.identity, machine_.wall_max, output.type, output.bytes);
  } else if (output.type == consensus::message::proposal) {
    checker().learn(output.bytes);
  }
  cluster_.broadcast(machine_, output.traffic, output.type, output.bytes);
}

void Replica::on(Epoch, Run&, consensus::Send& output) {
  if (cluster_.is_correct(machine_)) {
    checker().on_send(machine_.identity, machine_.wall_max, output.type, output.bytes);
  }
  cluster_.send(machine_, output.to, output.traffic, output.type, output.bytes);
}

void Replica::on(Epoch epoch, Run& run, consensus::SetTimer& output) {
  auto& timer = run.timers[static_cast<std::size_t>(output.timer)];
  node_.timers().cancel(timer);
  timer = node_.timers().after(
      output.at - node_.clock().now_mono(),
      [this, epoch, which = output.timer] { feed(epoch, consensus::TimerFired{which}); });
}

void Replica::on(Epoch, Run& run, consensus::CancelTimer& output) {
  node_.timers().cancel(run.timers[static_cast<std::size_t>(output.timer)]);
}

void Replica::on(Epoch epoch, Run& run, consensus::BuildPayload& output) {
  run.build = output;
  node_.timers().after(random_.duration(Duration{0}, cluster_.options().execution_delay_max),
                       [this, epoch] { build_now(epoch); });
}

void Replica::build_now(Epoch epoch) {
  Run* run = find_run(epoch);
  if (run == nullptr || !run->build) return;
  const consensus::BuildPayload ask = *run->build;
  run->build.reset();
  if (!is_executed(*run, ask.parent)) {
    return checker().fail("the engine builds on a block that was not executed");
  }
  consensus::PayloadBuilt built;
  built.view = ask.view;
  const bool has_payload = !ask.must_be_empty && random_.chance(cluster_.options().payload_ppm);
  if (has_payload) {
    built.payload.resize(random_.between(1, 64));
    for (auto& byte : built.payload) byte = static_cast<std::byte>(random_.below(256));
    built.fields.payload_count = 1;
    built.fields.payload_bytes = static_cast<std::uint32_t>(built.payload.size());
  }
  built.fields.payload_root = Facts::payload_root(built.payload);
  built.fields.parent_state_root = checker().state_after(ask.parent).value_or(Bytes32());
  if (!ask.must_be_empty && is_boundary_due(epoch, ask.height)) {
    built.fields.next_validators_hash = facts().set(epoch.value() + 1).hash();
  }
  feed(epoch, std::move(built));
  feed(epoch, consensus::PayloadReady{random_.chance(cluster_.options().payload_ppm)});
}

bool Replica::is_boundary_due(Epoch epoch, Height height) const {
  const std::uint64_t length = cluster_.options().epoch_blocks;
  return length > 0 && height.value() >= length * (epoch.value() + 1);
}

void Replica::on(Epoch, Run& run, consensus::Proposed& output) {
  // Not yet sent, so nobody else knows it; it counts as executed from now on.
  checker().learn(output.block->message);
  run.executed.insert(output.block->id);
}

bool Replica::is_executed(const Run& run, const BlockId& id) const {
  if (run.executed.contains(id) || id == cluster_.facts().genesis()) return true;
  return std::any_of(machine_.ledger.rbegin(), machine_.ledger.rend(),
                     [&](const LedgerEntry& entry) { return entry.block->id == id; });
}

void Replica::on(Epoch epoch, Run& run, consensus::CheckPayload& output) {
  const BlockRef& block = output.block;
  if (!is_executed(run, block->header.parent)) {
    return checker().fail("the engine checks a block before its parent was");
  }
  const bool is_foreign = block->header.app.payload_root != Facts::payload_root(block->payload);
  const bool is_good = !is_foreign && is_valid(epoch, *block);
  if (is_good) run.executed.insert(block->id);
  feed_later(epoch, cluster_.options().execution_delay_max,
             consensus::PayloadChecked{block->id, is_good, is_foreign});
}

bool Replica::is_valid(Epoch epoch, const consensus::Block& block) {
  const Header& header = block.header;
  if (header.app.payload_bytes != block.payload.size()) return false;
  if (header.app.parent_state_root != checker().state_after(header.parent)) return false;
  if (!header.is_last_of_epoch()) return true;
  return is_boundary_due(epoch, header.height) &&
         header.app.next_validators_hash == facts().set(epoch.value() + 1).hash();
}

void Replica::on(Epoch, Run&, consensus::FetchBlock& output) {
  if (output.peers.empty()) return;
  const auto request = std::make_shared<const Bytes>(to_bytes(output.block.view()));
  // The first of the list is the most likely; another one in case it is down or lies.
  const std::size_t other = random_.below(output.peers.size());
  cluster_.send(machine_, output.peers.front(), env::TrafficClass::Proposal, frame::fetch_request,
                request);
  if (other == 0) return;
  cluster_.send(machine_, output.peers[other], env::TrafficClass::Proposal, frame::fetch_request,
                request);
}

void Replica::on(Epoch epoch, Run& run, consensus::Finalized& output) {
  const bool is_correct = cluster_.is_correct(machine_);
  if (is_correct) {
    const Height before(machine_.ledger.size());
    const BlockId last =
        machine_.ledger.empty() ? facts().genesis() : machine_.ledger.back().block->id;
    checker().on_finalized(epoch, before, last, output);
    for (const BlockRef& block : output.blocks) {
      if (!is_executed(run, block->id)) {
        checker().fail("the engine reports a final block that was never checked");
      }
    }
    if (checker().has_failed()) return;
  }
  for (const BlockRef& block : output.blocks) {
    const bool is_certified = output.certificate->block == block->id;
    append_entry({block, is_certified ? output.certificate : nullptr});
  }
  if (random_.chance(200'000)) machine_.durable_entries = machine_.ledger.size();
  if (!output.ends_epoch) return;
  // The next epoch's log begins with the record of this one, which must not be newer than it.
  if (!make_durable(run)) return;
  open_epoch(epoch.next());
  // The engine of the epoch before stays for those that still need its certificates.
  if (epoch.value() > 0) runs_.erase(Epoch(epoch.value() - 1));
}

void Replica::append_entry(const LedgerEntry& entry) {
  machine_.ledger.push_back(entry);
  Run* run = find_run(entry.block->header.epoch);
  if (run == nullptr) return;
  // Old blocks are asked for by height, and found in the ledger.
  if (machine_.ledger.size() > 64) {
    run->executed.erase(machine_.ledger[machine_.ledger.size() - 64].block->id);
  }
}

void Replica::on(Epoch, Run& run, consensus::EvidenceFound& output) {
  checker().on_evidence(run.core->context(), output);
}

void Replica::on(Epoch epoch, Run&, consensus::Notarized& output) {
  if (cluster_.is_correct(machine_)) checker().on_notarized(epoch, output.view, output.block);
}

void Replica::on(Epoch epoch, Run&, consensus::ViewEntered& output) {
  cluster_.world().trace().mix(epoch.value() << 48U | output.view.value());
}

void Replica::on(Epoch, Run&, consensus::Misbehaved& output) {
  checker().on_misbehaved(machine_.identity, output.peer, output.reason);
}

void Replica::on(Epoch, Run&, consensus::VotingRefused& output) {
  if (facts().is_faulty(machine_.identity)) return;
  const bool is_forked = checker().may_fork() && checker().has_forked();
  if (is_forked && output.reason == reason::corrupt_data) return;
  checker().fail("validator " + std::to_string(machine_.identity.value()) +
                 " refuses to vote: " + std::string(output.reason) + ", " + output.detail);
}

// Far behind --------------------------------------------------------------------------------------

void Replica::tick() {
  catch_up();
  if (!runs_.empty() && runs_.rbegin()->second.core) {
    checker().on_diagnosis(runs_.rbegin()->second.core->diagnose());
  }
  node_.timers().after(random_.duration(500ms, 1s), [this] { tick(); });
}

void Replica::catch_up() {
  // Stands for the ledger's own synchronisation: final blocks of a correct machine that is far
  // ahead, with the certificate of the last one.
  const auto other = static_cast<std::uint32_t>(random_.below(cluster_.machines().size()));
  const Machine& peer = cluster_.machine(other);
  if (!peer.node->is_up() || !cluster_.is_correct(peer)) return;
  const bool is_cut = !cluster_.can_reach(machine_, peer);
  if (is_cut || peer.ledger.size() < machine_.ledger.size() + behind_max) return;
  std::size_t end = peer.ledger.size();
  while (end > machine_.ledger.size() && !peer.ledger[end - 1].certificate) --end;
  if (end <= machine_.ledger.size()) return;
  const Epoch before = ledger_epoch();
  const BlockId tip =
      machine_.ledger.empty() ? facts().genesis() : machine_.ledger.back().block->id;
  if (peer.ledger[machine_.ledger.size()].block->header.parent != tip) return;
  const std::vector<LedgerEntry> news(
      peer.ledger.begin() + static_cast<std::ptrdiff_t>(machine_.ledger.size()),
      peer.ledger.begin() + static_cast<std::ptrdiff_t>(end));
  for (const LedgerEntry& entry : news) append_entry(entry);
  machine_.durable_entries = machine_.ledger.size();
  const Epoch now = ledger_epoch();
  if (now == before) {
    return feed(now, consensus::Synced{news.back().block->header, *news.back().certificate});
  }
  runs_.erase(before);
  open_epoch(now);
}

}  // namespace oort::bftsim
