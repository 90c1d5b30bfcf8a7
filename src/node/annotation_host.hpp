// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oort/api/annotation_port.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/callback.hpp"
#include "oort/core/error.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/core/time.hpp"
#include "oort/datahub/annotation_queue.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/executor.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/ledger/campaign_records.hpp"
#include "pending_calls.hpp"

namespace oort::node {

/// A queue as the disk has it. Terms never change, and the state may be younger than the queue.
struct StoredQueue {
  static constexpr std::uint8_t format_version = 1;
  datahub::AnnotationTerms terms;
  datahub::AnnotationOrder order;
  friend bool operator==(const StoredQueue&, const StoredQueue&) = default;
};
void encode(codec::Writer& out, const StoredQueue& value);
[[nodiscard]] Result<void> decode(codec::Reader& in, StoredQueue& value);

/// The queues that stewards handed to this node. Each is its order and the events since, which are
/// played again when the node starts.
///
/// Invariants
///   AH1 Nobody hears of what is not on the disk: no assignment, no answer taken, no answer read. A
///       disk that fails ends the host.
///   AH2 A restart changes nothing: the same queues, and nobody gets a sample twice.
///   AH3 The campaign's steward alone hands a queue over and reads its answers, and what was handed
///       over never changes.
///   AH4 Samples are handed out while the campaign is open, and answers taken until it is closed.
///   AH5 Who agrees to another text than the campaign's gets nothing.
/// Threads: any for the port's calls.
class AnnotationHost final : public api::AnnotationPort,
                             public std::enable_shared_from_this<AnnotationHost> {
 public:
  struct Parts {
    env::Executor& strand;
    /// May wait for the store; one thread.
    env::Executor& disk;
    const env::Clock& clock;
    env::KvStore& store;
    /// What the ledger says of a campaign now.
    std::function<std::optional<ledger::Campaign>(const CampaignId&)> campaign;
    /// Answers what waits when the node stops.
    PendingCalls& calls;
  };
  static constexpr std::size_t queues_max = 64;

  /// Reads what was kept. Borrows its parts until after the last callback ran. Fails with
  /// DISK_FAILED or CORRUPT_DATA.
  [[nodiscard]] static Result<std::shared_ptr<AnnotationHost>> start(const Parts& parts);
  explicit AnnotationHost(const Parts& parts) : parts_(parts) {}

  void open(const AccountId& caller, const CampaignId& campaign, Bytes order,
            Callback<Result<void>> done) override;
  void list_queues(const CampaignId& from, std::size_t count_max,
                   Callback<Result<std::vector<api::QueueView>>> done) override;
  void next(const AccountId& caller, const CampaignId& campaign, const Bytes32& consent,
            Callback<Result<api::AnnotationTask>> done) override;
  void answer(const AccountId& caller, const CampaignId& campaign, std::uint64_t assignment,
              std::string label, Callback<Result<void>> done) override;
  void skip(const AccountId& caller, const CampaignId& campaign, std::uint64_t assignment,
            Callback<Result<void>> done) override;
  void renew(const AccountId& caller, const CampaignId& campaign, std::uint64_t assignment,
             Callback<Result<WallTime>> done) override;
  void list_answers(const AccountId& caller, const CampaignId& campaign, std::uint64_t from,
                    std::size_t count_max,
                    Callback<Result<std::vector<api::AnnotationAnswer>>> done) override;

 private:
  struct Queue {
    datahub::AnnotationQueue machine;
    std::uint64_t events_count = 0;
  };

  Result<void> restore();
  Result<void> replay(const CampaignId& campaign, Queue& queue);
  /// Forgets queues of campaigns that are settled.
  void sweep(env::KvBatch& batch);
  void erase(const CampaignId& campaign, env::KvBatch& batch);
  [[nodiscard]] Result<Queue*> queue_of(const CampaignId& campaign);
  [[nodiscard]] Result<ledger::Campaign> campaign_of(const CampaignId& campaign) const;
  [[nodiscard]] Result<void> check_steward(const AccountId& caller,
                                           const CampaignId& campaign) const;
  /// Fails unless answers are still taken.
  [[nodiscard]] Result<void> check_running(const CampaignId& campaign) const;
  void measure() const;
  [[nodiscard]] api::QueueView view_of(const CampaignId& campaign, const Queue& queue) const;

  [[nodiscard]] Result<void> open_now(const AccountId& caller, const CampaignId& campaign,
                                      ByteView order, env::KvBatch& batch);
  [[nodiscard]] Result<api::AnnotationTask> next_now(const AccountId& caller,
                                                     const CampaignId& campaign,
                                                     const Bytes32& consent, env::KvBatch& batch);
  static void put(const CampaignId& campaign, Queue& queue, const datahub::AnnotationEvent& event,
                  env::KvBatch& batch);

  /// Runs `work(batch)` on the strand and gives its result to `done` once what it wrote into the
  /// batch, and all before, is durable (AH1).
  template <class T, class Work>
  void run(Callback<Result<T>> done, Work work);
  void keep(env::KvBatch batch, UniqueFunction<void(const Result<void>&)> then);

  Parts parts_;
  std::map<CampaignId, Queue> queues_;
  std::optional<Error> failure_;
};

}  // namespace oort::node
