// SPDX-License-Identifier: Apache-2.0
#include "annotation_host.hpp"

#include <algorithm>
#include <utility>

#include "oort/api/annotation_port.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/log.hpp"
#include "oort/core/metrics.hpp"
#include "oort/core/reasons.hpp"
#include "oort/datahub/annotation_queue.hpp"
#include "oort/datahub/assignment.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/ledger/campaign_records.hpp"

namespace oort::node {
namespace {

using datahub::AnnotationEvent;
using datahub::AnnotationOrder;
using datahub::AnnotationQueue;
using datahub::AssignmentId;
using ledger::CampaignStatus;

constexpr std::string_view room = "annotation";
// Behind the campaign's id.
constexpr std::byte order_mark{'o'};
constexpr std::byte event_mark{'e'};

Bytes key_of(const CampaignId& campaign, std::byte mark) {
  Bytes key = to_bytes(campaign.view());
  key.push_back(mark);
  return key;
}
Bytes event_key(const CampaignId& campaign, std::uint64_t number) {
  Bytes key = key_of(campaign, event_mark);
  // Ascending as bytes.
  for (int shift = 56; shift >= 0; shift -= 8) {
    key.push_back(static_cast<std::byte>(static_cast<std::uint8_t>(number >> shift)));
  }
  return key;
}

datahub::AnnotationTerms terms_of(const ledger::CampaignTerms& terms) {
  return {.overlap = terms.overlap, .gold_share_ppm = terms.gold_share};
}

}  // namespace

void encode(codec::Writer& out, const StoredQueue& value) {
  out.u8(StoredQueue::format_version);
  out.u32(value.terms.overlap);
  out.u32(value.terms.gold_share_ppm);
  encode(out, value.order);
}
Result<void> decode(codec::Reader& in, StoredQueue& value) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != StoredQueue::format_version) {
    return fail(ErrorCode::Unimplemented, reason::unsupported_version,
                "a stored annotation queue of version " + std::to_string(version));
  }
  OORT_TRY(value.terms.overlap, in.u32());
  OORT_TRY(value.terms.gold_share_ppm, in.u32());
  return decode(in, value.order);
}

// The disk ----------------------------------------------------------------------------------------

Result<std::shared_ptr<AnnotationHost>> AnnotationHost::start(const Parts& parts) {
  auto host = std::make_shared<AnnotationHost>(parts);
  OORT_TRY(host->restore());
  host->measure();
  return host;
}

void AnnotationHost::measure() const {
  metrics::gauge("oort_annotation_queues", "Queues of samples that people label")
      .set(static_cast<double>(queues_.size()));
}

Result<void> AnnotationHost::restore() {
  const auto all = parts_.store.iterate({});
  for (; all->is_valid(); all->next()) {
    const bool is_order = all->key().size() == CampaignId::size_bytes + 1;
    if (!is_order) continue;
    const auto campaign = CampaignId::from(all->key().first(CampaignId::size_bytes));
    OORT_TRY(auto stored, codec::from_bytes<StoredQueue>(all->value()));
    OORT_TRY(auto machine, AnnotationQueue::create(std::move(stored.order), stored.terms));
    Queue queue{std::move(machine)};
    OORT_TRY(replay(*campaign, queue));
    log::info(room, "a queue goes on",
              {{"campaign", campaign->short_hex()},
               {"events", queue.events_count},
               {"answers", queue.machine.answers().size()}});
    queues_.emplace(*campaign, std::move(queue));
  }
  return all->status();
}

Result<void> AnnotationHost::replay(const CampaignId& campaign, Queue& queue) {
  const auto events = parts_.store.iterate(key_of(campaign, event_mark));
  for (; events->is_valid(); events->next()) {
    OORT_TRY(const auto event, codec::from_bytes<AnnotationEvent>(events->value()));
    OORT_TRY(queue.machine.replay(event));
    ++queue.events_count;
  }
  return events->status();
}

void AnnotationHost::keep(env::KvBatch batch, UniqueFunction<void(const Result<void>&)> then) {
  parts_.disk.post([&store = parts_.store, &strand = parts_.strand, batch = std::move(batch),
                    then = std::move(then)]() mutable {
    auto written = batch.empty() ? Result<void>() : store.write(batch, env::Sync::Yes);
    strand.post(
        [written = std::move(written), then = std::move(then)]() mutable { then(written); });
  });
}

template <class T, class Work>
void AnnotationHost::run(Callback<Result<T>> done, Work work) {
  parts_.strand.post([self = shared_from_this(), work = std::move(work),
                      done = parts_.calls.keep(std::move(done))]() mutable {
    if (self->failure_) return done(fail(*self->failure_));
    env::KvBatch batch;
    Result<T> result = work(*self, batch);
    self->keep(std::move(batch), [self, done = std::move(done),
                                  result = std::move(result)](const Result<void>& written) mutable {
      if (!written && !self->failure_) {
        log::error(room, "the disk fails; no sample is handed out any more",
                   {{"why", written.error().to_string()}});
        self->failure_ = written.error();
      }
      // What came behind a write that failed is as little on the disk.
      if (self->failure_) return done(fail(*self->failure_));
      done(std::move(result));
    });
  });
}

void AnnotationHost::put(const CampaignId& campaign, Queue& queue, const AnnotationEvent& event,
                         env::KvBatch& batch) {
  batch.put(event_key(campaign, queue.events_count++), codec::to_bytes(event));
}

void AnnotationHost::erase(const CampaignId& campaign, env::KvBatch& batch) {
  const auto found = queues_.find(campaign);
  for (std::uint64_t i = 0; i < found->second.events_count; ++i) {
    batch.erase(event_key(campaign, i));
  }
  batch.erase(key_of(campaign, order_mark));
  queues_.erase(found);
}

void AnnotationHost::sweep(env::KvBatch& batch) {
  std::vector<CampaignId> settled;
  for (const auto& [campaign, queue] : queues_) {
    const auto known = parts_.campaign(campaign);
    if (known && known->status == CampaignStatus::Settled) settled.push_back(campaign);
  }
  for (const CampaignId& campaign : settled) erase(campaign, batch);
}

// Who may what ------------------------------------------------------------------------------------

Result<AnnotationHost::Queue*> AnnotationHost::queue_of(const CampaignId& campaign) {
  const auto found = queues_.find(campaign);
  if (found != queues_.end()) return &found->second;
  return fail(ErrorCode::NotFound, reason::not_found,
              "this node has no queue of campaign " + campaign.hex());
}

Result<ledger::Campaign> AnnotationHost::campaign_of(const CampaignId& campaign) const {
  auto known = parts_.campaign(campaign);
  if (known) return *std::move(known);
  return fail(ErrorCode::NotFound, reason::not_found, "there is no campaign " + campaign.hex());
}

Result<void> AnnotationHost::check_steward(const AccountId& caller,
                                           const CampaignId& campaign) const {
  OORT_TRY(const ledger::Campaign known, campaign_of(campaign));
  if (known.terms.steward == caller) return {};
  return fail(ErrorCode::PermissionDenied, reason::not_allowed,
              "this is for the campaign's steward, " + known.terms.steward.hex());
}

Result<void> AnnotationHost::check_running(const CampaignId& campaign) const {
  OORT_TRY(const ledger::Campaign known, campaign_of(campaign));
  if (known.status == CampaignStatus::Open || known.status == CampaignStatus::Paused) return {};
  return fail(ErrorCode::FailedPrecondition, reason::precondition_failed, "the campaign is over");
}

// The port ----------------------------------------------------------------------------------------

Result<void> AnnotationHost::open_now(const AccountId& caller, const CampaignId& campaign,
                                      ByteView bytes, env::KvBatch& batch) {
  OORT_TRY(check_steward(caller, campaign));
  OORT_TRY(const ledger::Campaign known, campaign_of(campaign));
  OORT_TRY(auto order, codec::from_bytes<AnnotationOrder>(bytes));
  if (order.campaign != campaign) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "the order is of another campaign");
  }
  if (const auto found = queues_.find(campaign); found != queues_.end()) {
    if (found->second.machine.order() == order) return {};
    return fail(ErrorCode::AlreadyExists, reason::already_exists,
                "the campaign has a queue here, of another order");
  }
  if (known.status != CampaignStatus::Open) {
    return fail(ErrorCode::FailedPrecondition, reason::precondition_failed,
                "the campaign is not open");
  }
  if (queues_.size() >= queues_max) sweep(batch);
  if (queues_.size() >= queues_max) {
    return fail(ErrorCode::ResourceExhausted, reason::queue_full,
                "this node keeps as many queues as it can");
  }
  const StoredQueue stored{terms_of(known.terms), order};
  OORT_TRY(auto machine, AnnotationQueue::create(std::move(order), stored.terms));
  batch.put(key_of(campaign, order_mark), codec::to_bytes(stored));
  queues_.emplace(campaign, Queue{std::move(machine)});
  measure();
  return {};
}

void AnnotationHost::open(const AccountId& caller, const CampaignId& campaign, Bytes order,
                          Callback<Result<void>> done) {
  run<void>(std::move(done), [caller, campaign, order = std::move(order)](AnnotationHost& host,
                                                                          env::KvBatch& batch) {
    return host.open_now(caller, campaign, order, batch);
  });
}

api::QueueView AnnotationHost::view_of(const CampaignId& campaign, const Queue& queue) const {
  const AnnotationOrder& order = queue.machine.order();
  return {.campaign = campaign,
          .labels = order.labels,
          .samples_count = static_cast<std::uint32_t>(order.samples.size()),
          .annotators_count = static_cast<std::uint32_t>(queue.machine.annotators_count()),
          .answers_count = queue.machine.answers().size(),
          .is_complete = queue.machine.is_complete()};
}

void AnnotationHost::list_queues(const CampaignId& from, std::size_t count_max,
                                 Callback<Result<std::vector<api::QueueView>>> done) {
  run<std::vector<api::QueueView>>(
      std::move(done),
      [from, count_max](AnnotationHost& host,
                        env::KvBatch&) -> Result<std::vector<api::QueueView>> {
        std::vector<api::QueueView> views;
        for (auto one = host.queues_.lower_bound(from);
             one != host.queues_.end() && views.size() < count_max; ++one) {
          views.push_back(host.view_of(one->first, one->second));
        }
        return views;
      });
}

Result<api::AnnotationTask> AnnotationHost::next_now(const AccountId& caller,
                                                     const CampaignId& campaign,
                                                     const Bytes32& consent, env::KvBatch& batch) {
  OORT_TRY(Queue* const queue, queue_of(campaign));
  OORT_TRY(const ledger::Campaign known, campaign_of(campaign));
  if (known.status != CampaignStatus::Open) {
    return fail(
        ErrorCode::FailedPrecondition, reason::precondition_failed,
        known.status == CampaignStatus::Paused ? "the campaign is paused" : "the campaign is over");
  }
  if (consent != known.terms.consent) {
    return fail(
        ErrorCode::PermissionDenied, reason::not_allowed,
        "whoever takes part agrees to the text with the SHA-256 " + known.terms.consent.hex());
  }
  OORT_TRY(const auto acquired, queue->machine.acquire(caller, parts_.clock.now_wall()));
  if (acquired.event) {
    put(campaign, *queue, *acquired.event, batch);
    metrics::counter("oort_annotation_assignments_total", "Samples handed out").add();
  }
  const AnnotationOrder& order = queue->machine.order();
  return api::AnnotationTask{.assignment = acquired.id.value(),
                             .content = order.samples[acquired.sample].content,
                             .labels = order.labels,
                             .expires = acquired.expires};
}

void AnnotationHost::next(const AccountId& caller, const CampaignId& campaign,
                          const Bytes32& consent, Callback<Result<api::AnnotationTask>> done) {
  run<api::AnnotationTask>(std::move(done),
                           [caller, campaign, consent](AnnotationHost& host, env::KvBatch& batch) {
                             return host.next_now(caller, campaign, consent, batch);
                           });
}

void AnnotationHost::answer(const AccountId& caller, const CampaignId& campaign,
                            std::uint64_t assignment, std::string label,
                            Callback<Result<void>> done) {
  run<void>(std::move(done),
            [caller, campaign, assignment, label = std::move(label)](
                AnnotationHost& host, env::KvBatch& batch) -> Result<void> {
              OORT_TRY(Queue* const queue, host.queue_of(campaign));
              OORT_TRY(host.check_running(campaign));
              OORT_TRY(const auto event,
                       queue->machine.answer(caller, AssignmentId(assignment), label,
                                             host.parts_.clock.now_wall()));
              if (!event) return {};
              put(campaign, *queue, *event, batch);
              metrics::counter("oort_annotation_answers_total", "Answers taken").add();
              return {};
            });
}

void AnnotationHost::skip(const AccountId& caller, const CampaignId& campaign,
                          std::uint64_t assignment, Callback<Result<void>> done) {
  run<void>(
      std::move(done),
      [caller, campaign, assignment](AnnotationHost& host, env::KvBatch& batch) -> Result<void> {
        OORT_TRY(Queue* const queue, host.queue_of(campaign));
        OORT_TRY(host.check_running(campaign));
        OORT_TRY(const AnnotationEvent event, queue->machine.skip(caller, AssignmentId(assignment),
                                                                  host.parts_.clock.now_wall()));
        put(campaign, *queue, event, batch);
        return {};
      });
}

void AnnotationHost::renew(const AccountId& caller, const CampaignId& campaign,
                           std::uint64_t assignment, Callback<Result<WallTime>> done) {
  run<WallTime>(std::move(done),
                [caller, campaign, assignment](AnnotationHost& host,
                                               env::KvBatch& batch) -> Result<WallTime> {
                  OORT_TRY(Queue* const queue, host.queue_of(campaign));
                  OORT_TRY(host.check_running(campaign));
                  OORT_TRY(const AnnotationEvent event,
                           queue->machine.renew(caller, AssignmentId(assignment),
                                                host.parts_.clock.now_wall()));
                  put(campaign, *queue, event, batch);
                  return queue->machine.expiry_of(AssignmentId(assignment));
                });
}

void AnnotationHost::list_answers(const AccountId& caller, const CampaignId& campaign,
                                  std::uint64_t from, std::size_t count_max,
                                  Callback<Result<std::vector<api::AnnotationAnswer>>> done) {
  run<std::vector<api::AnnotationAnswer>>(
      std::move(done),
      [caller, campaign, from, count_max](
          AnnotationHost& host, env::KvBatch&) -> Result<std::vector<api::AnnotationAnswer>> {
        OORT_TRY(const Queue* const queue, host.queue_of(campaign));
        OORT_TRY(host.check_steward(caller, campaign));
        const AnnotationOrder& order = queue->machine.order();
        const auto all = queue->machine.answers();
        std::vector<api::AnnotationAnswer> answers;
        for (const auto& one : all.subspan(std::min<std::size_t>(from, all.size()))) {
          if (answers.size() == count_max) break;
          answers.push_back(
              {order.samples[one.sample].name, one.annotator, order.labels[one.label]});
        }
        return answers;
      });
}

}  // namespace oort::node
