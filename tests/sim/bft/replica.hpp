// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "bft/cluster.hpp"

namespace oort::bftsim {

/// The driver of one machine's engines: it carries out what they say, over simulated disk, clock
/// and wires, and tells the checker. It runs the engine of the present epoch, and keeps the one
/// before for peers that still need its certificates.
class Replica final : public sim::Program {
 public:
  Replica(Cluster& cluster, Machine& machine);
  ~Replica() override;

  /// Reads log and ledger and starts. Apart from the constructor, so that it runs with the program
  /// in its place.
  void boot();
  void receive(const NodeId& from, env::MessageType type, const consensus::SharedBytes& bytes);
  [[nodiscard]] std::string describe() const;
  [[nodiscard]] bool is_voting() const;

 private:
  /// One epoch's engine with its log.
  struct Run {
    std::unique_ptr<consensus::Wal> wal;
    std::unique_ptr<consensus::Core> core;
    std::array<env::TimerId, consensus::timers_count> timers{};
    /// Blocks that were answered valid, or built here, since the start.
    std::set<BlockId> executed;
    std::optional<consensus::BuildPayload> build;
    /// Records appended since the last sync.
    std::vector<consensus::SignerRecord> unsynced;
    std::uint64_t token = 0;
    bool is_sync_planned = false;
  };
  using Event = decltype(consensus::Input::event);

  [[nodiscard]] Facts& facts() noexcept { return cluster_.facts(); }
  [[nodiscard]] Checker& checker() noexcept { return cluster_.checker(); }
  [[nodiscard]] bool is_alive() const noexcept;
  [[nodiscard]] Run* find_run(Epoch epoch);

  void open_epoch(Epoch epoch);
  [[nodiscard]] std::optional<consensus::Wal::Opened> open_log(Epoch epoch);
  /// The log could not be opened, or refused what was written: the program ends.
  void give_up(const Error& why);
  [[nodiscard]] std::optional<consensus::SignerRecord> record_before(Epoch epoch);
  [[nodiscard]] consensus::EpochStart epoch_start(Epoch epoch);
  [[nodiscard]] std::optional<consensus::Header> committed(Epoch epoch) const;
  [[nodiscard]] Epoch ledger_epoch() const;

  void feed(Epoch epoch, Event event);
  /// R0: whoever enters a view sends the certificate that opened it, in the same step.
  void check_forwarded(const consensus::Outputs& outputs);
  void feed_later(Epoch epoch, Duration delay_max, Event event);
  void on(Epoch epoch, Run& run, consensus::Persist& output);
  void on(Epoch epoch, Run& run, consensus::Broadcast& output);
  void on(Epoch epoch, Run& run, consensus::Send& output);
  void on(Epoch epoch, Run& run, consensus::SetTimer& output);
  void on(Epoch epoch, Run& run, consensus::CancelTimer& output);
  void on(Epoch epoch, Run& run, consensus::BuildPayload& output);
  void on(Epoch epoch, Run& run, consensus::Proposed& output);
  void on(Epoch epoch, Run& run, consensus::CheckPayload& output);
  void on(Epoch epoch, Run& run, consensus::FetchBlock& output);
  void on(Epoch epoch, Run& run, consensus::Finalized& output);
  void on(Epoch epoch, Run& run, consensus::EvidenceFound& output);
  void on(Epoch epoch, Run& run, consensus::Notarized& output);
  void on(Epoch epoch, Run& run, consensus::ViewEntered& output);
  void on(Epoch epoch, Run& run, consensus::Misbehaved& output);
  void on(Epoch epoch, Run& run, consensus::VotingRefused& output);

  bool make_durable(Run& run);
  void sync_log(Epoch epoch);
  void compact_log(Run& run);
  [[nodiscard]] bool is_executed(const Run& run, const BlockId& id) const;
  [[nodiscard]] bool is_boundary_due(Epoch epoch, Height height) const;
  [[nodiscard]] bool is_valid(Epoch epoch, const consensus::Block& block);
  void build_now(Epoch epoch);
  void answer_fetch(const NodeId& from, ByteView request);
  [[nodiscard]] consensus::BlockRef find_block(const BlockId& id) const;
  void tick();
  void catch_up();
  void append_entry(const LedgerEntry& entry);

  Cluster& cluster_;
  Machine& machine_;
  sim::Node& node_;
  sim::Generator random_;
  std::unique_ptr<env::BlobStore> store_;
  std::unique_ptr<env::Signer> signer_;
  std::map<Epoch, Run> runs_;
};

}  // namespace oort::bftsim
