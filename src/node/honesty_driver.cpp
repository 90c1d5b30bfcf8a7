// SPDX-License-Identifier: Apache-2.0
// Rounds: roots, baits and reveals.
#include "honesty_driver.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "honesty_moment.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/log.hpp"
#include "oort/core/metrics.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/env/transport.hpp"
#include "oort/honesty/agent.hpp"
#include "oort/honesty/task.hpp"
#include "oort/ledger/honesty_case.hpp"
#include "oort/ledger/honesty_draws.hpp"
#include "oort/ledger/honesty_math.hpp"
#include "oort/ledger/honesty_objects.hpp"
#include "oort/ledger/honesty_operations.hpp"
#include "oort/ledger/honesty_records.hpp"
#include "oort/ledger/honesty_view.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/operations.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/transaction.hpp"
#include "oort/ledger/view.hpp"
#include "oort/object/ports.hpp"
#include "oort/object/shard_messages.hpp"
#include "oort/object/shard_rebuild.hpp"
#include "oort/object/shard_work.hpp"

namespace oort::node {
namespace {

using ledger::HonestyView;

constexpr std::string_view room = "honesty";
constexpr std::size_t agent_bytes_max = 64 * limits::mib;
constexpr std::size_t reads_count_max = 1 << 16;
/// The one thing in the store.
constexpr std::byte memory_key{'m'};
/// A case about a bait is over by then.
constexpr std::uint64_t baits_kept_rounds = 16;
constexpr std::size_t prefetches_max = 16;
constexpr Duration post_deadline = std::chrono::seconds(8);
constexpr Duration post_again_after = std::chrono::milliseconds(500);
constexpr int post_tries = 20;
constexpr Duration root_look_after = std::chrono::milliseconds(200);
constexpr Duration piece_deadline = std::chrono::seconds(10);
constexpr std::uint64_t round_ms_min = 1'000;

}  // namespace

void encode(codec::Writer& out, const HonestyMemory& value) {
  out.u8(HonestyMemory::format_version);
  out.blob(value.agent);
  codec::encode_vector(out, value.reads);
}
Result<void> decode(codec::Reader& in, HonestyMemory& value) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != HonestyMemory::format_version) {
    return fail(ErrorCode::Unimplemented, reason::unsupported_version,
                "honesty's memory of version " + std::to_string(version));
  }
  OORT_TRY(const ByteView agent, in.blob(agent_bytes_max));
  value.agent = to_bytes(agent);
  return codec::decode_vector(in, value.reads, reads_count_max);
}

HonestyDriver::HonestyDriver(const Parts& parts, const Options& options)
    : parts_(parts),
      options_(options),
      duty_reads_(parts.shards, parts.random),
      storage_(parts.ledger),
      agent_(parts.keys, options.rules, sources_of(parts, storage_), parts.random) {}

std::vector<honesty::TaskSource*> HonestyDriver::sources_of(const Parts& parts,
                                                            StorageReads& storage) {
  std::vector<honesty::TaskSource*> sources{&storage};
  if (parts.tasks != nullptr) sources.push_back(parts.tasks);
  return sources;
}

Result<std::shared_ptr<HonestyDriver>> HonestyDriver::open(const Parts& parts,
                                                           const Options& options) {
  auto driver = std::make_shared<HonestyDriver>(parts, options);
  if (parts.tasks != nullptr) OORT_TRY(parts.tasks->restore(parts.store));
  OORT_TRY(const auto kept, parts.store.get(ByteView(&memory_key, 1)));
  if (!kept) return driver;
  const auto memory = codec::from_bytes<HonestyMemory>(*kept);
  auto restored = memory ? driver->agent_.restore(memory->agent)
                         : Result<std::vector<honesty::Action>>(fail(memory.error()));
  if (!restored) {
    log::warn(room, "what was kept of the last life cannot be read; its baits are forfeit",
              {{"why", restored.error().to_string()}});
    return driver;
  }
  driver->storage_.restore(memory->reads);
  driver->restored_ = *std::move(restored);
  return driver;
}

void HonestyDriver::attach() {
  parts_.transport.on_request(
      env::message_range::honesty,
      [weak = weak_from_this()](NodeId, env::MessageType type, Bytes payload,
                                Callback<Result<Bytes>> reply) {
        const auto driver = weak.lock();
        if (driver) return driver->answer(type, payload, std::move(reply));
        reply(fail(ErrorCode::Cancelled, reason::cancelled, "the node stops"));
      });
  if (parts_.live == nullptr) return;
  parts_.live->listen(
      [weak = weak_from_this()](const object::ReadShard& request, Duration deadline) {
        const auto driver = weak.lock();
        if (!driver) return;
        const std::uint64_t offset_ms = driver->elapsed_ms();
        driver->storage_.saw(request, driver->parts_.random);
        static_cast<void>(driver->agent_.step(
            honesty::event::TaskPassed{shape_of(driver->self(), deadline, offset_ms)}));
      });
}

void HonestyDriver::on_block() {
  if (is_stopped_) return;
  const object::LedgerSnapshot snapshot = parts_.ledger.snapshot();
  if (snapshot.height <= seen_) return;
  seen_ = snapshot.height;
  const auto now = Moment::of(snapshot);
  if (!now) return;
  if (now->state.round != round_) begin_round(*now);
  measure(*now);
  prefetch(*now);
  if (parts_.tasks != nullptr) parts_.tasks->prepare();
  answer_audits(*now);
  sit(*now);
}

// Rounds ----------------------------------------------------------------------------------------

/// As the round would be drawn; of no weight where this node cannot post in it.
ledger::OfficerDraw HonestyDriver::draw_of(const Moment& now) const {
  const Epoch epoch(now.state.round);
  const auto draw = now.view.officer_draw(parts_.chain, now.state.round, self());
  if (draw && may_post_) return *draw;
  return {parts_.chain, epoch, now.round.seed, 0, 1, 0};
}

void HonestyDriver::begin_round(const Moment& now) {
  const MonoTime time = parts_.clock.now_mono();
  const bool was_watched = round_ > 0 && round_ + 1 == now.state.round;
  const std::uint64_t idle_ms = ledger::View(*now.snapshot.state).params().idle_block_ms;
  const auto watched_ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(time - round_began_).count());
  length_ms_ = std::max(round_ms_min, was_watched ? watched_ms : now.params.round_blocks * idle_ms);
  round_ = now.state.round;
  round_began_ = time;
  const Epoch epoch(round_);
  duty_reads_.set_round(epoch);
  if (parts_.live != nullptr) parts_.live->set_round(epoch);
  storage_.set_round(epoch);
  const Epoch oldest(round_ - std::min(round_, baits_kept_rounds));
  storage_.forget_before(oldest);
  if (parts_.tasks != nullptr) parts_.tasks->set_round(epoch, oldest);
  if (parts_.court != nullptr) parts_.court->sweep(epoch);
  prefetches_left_ = prefetches_max;

  const bool is_early = now.snapshot.height < now.round.posts_until;
  may_post_ = is_early && !now.view.posting(round_, self()) &&
              now.view.stake_of(self()) >= now.params.stake_min;
  carry_out(std::exchange(restored_, {}));
  if (agent_.epoch() == epoch) return;
  auto actions = agent_.step(honesty::event::EpochStarted{draw_of(now), length_ms_});
  const std::size_t known_count = storage_.known_count();
  storage_.forget_known();
  log::debug(room, "a round begins",
             {{"round", round_},
              {"baits", agent_.baits_count()},
              {"known_shards", known_count},
              {"live_reads", agent_.live_count()}});
  keep([weak = weak_from_this(), actions = std::move(actions)] {
    if (const auto driver = weak.lock()) driver->carry_out(actions);
  });
}

std::uint64_t HonestyDriver::elapsed_ms() const {
  const auto passed =
      std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.now_mono() - round_began_);
  return std::min(length_ms_, static_cast<std::uint64_t>(passed.count()));
}

bool HonestyDriver::is_root_final() const {
  const object::LedgerSnapshot now = parts_.ledger.snapshot();
  return HonestyView(*now.state).posting(round_, self()).has_value();
}

// Baits -----------------------------------------------------------------------------------------

std::optional<std::pair<SegmentId, ledger::Segment>> HonestyDriver::random_segment() const {
  const object::LedgerSnapshot now = parts_.ledger.snapshot();
  const ledger::View view(*now.state);
  Bytes32 point;
  parts_.random.fill(point.mutable_view());
  auto found = view.segments(SegmentId(point.array()), 1);
  if (found.empty()) found = view.segments(SegmentId(), 1);
  if (found.empty() || found.front().second.state != ledger::SegmentState::Sealed) {
    return std::nullopt;
  }
  return std::move(found.front());
}

/// Makes shards of others known, one after the other, for the baits of the next round.
void HonestyDriver::prefetch(const Moment& now) {
  if (is_prefetching_ || prefetches_left_ == 0 || parts_.live == nullptr) return;
  if (agent_.live_count() < options_.rules.live_count_min) return;
  if (storage_.known_count() >= options_.known_shards_max) return;
  --prefetches_left_;
  auto segment = random_segment();
  if (!segment || segment->second.shards.empty()) return;
  const auto index = static_cast<std::uint8_t>(parts_.random.below(segment->second.shards.size()));
  const ledger::Shard shard = segment->second.shards[index];
  const ledger::View view(*now.snapshot.state);
  const auto own = view.node(self());
  const auto holder = view.node(shard.node);
  if (!own || !holder || own->owner == holder->owner) return;
  if (shard.length == 0 || shard.length > options_.known_shard_bytes_max) return;
  is_prefetching_ = true;
  const SegmentId id = segment->first;
  object::rebuild_from_others(duty_reads_, {id, std::move(segment->second), index}, piece_deadline,
                              [weak = weak_from_this(), id, index, shard](Result<Bytes> bytes) {
                                const auto driver = weak.lock();
                                if (!driver) return;
                                driver->is_prefetching_ = false;
                                driver->learn(id, index, shard, std::move(bytes));
                              });
}

void HonestyDriver::learn(const SegmentId& segment, std::uint8_t index, const ledger::Shard& shard,
                          Result<Bytes> bytes) {
  if (!bytes) {
    log::debug(room, "a shard cannot be made of others",
               {{"segment", segment.short_hex()}, {"why", bytes.error().to_string()}});
    return;
  }
  storage_.know({segment, index, shard, *std::move(bytes)});
}

void HonestyDriver::ring(Epoch epoch, std::size_t bait) {
  if (is_stopped_ || epoch.value() != round_) return;
  if (!is_root_final()) {
    after(root_look_after, [epoch, bait](HonestyDriver& driver) { driver.ring(epoch, bait); });
    return;
  }
  auto actions = agent_.step(honesty::event::Alarm{epoch, bait});
  if (actions.empty()) return;
  keep([weak = weak_from_this(), actions = std::move(actions)] {
    if (const auto driver = weak.lock()) driver->carry_out(actions);
  });
}

/// The receipt of a bait. What the reply shows beside it proves nothing to others.
void HonestyDriver::take(const BaitRead& asked, Result<object::ReadShardReply> reply) {
  if (is_stopped_ || !reply || !reply->receipt) return;
  const ledger::WorkReceipt& receipt = *reply->receipt;
  if (receipt.executor != asked.node || receipt.chain != parts_.chain ||
      receipt.input_root != object::input_root_of(asked.request)) {
    log::debug(room, "a receipt is of something else", {{"node", asked.node.short_hex()}});
    return;
  }
  carry_out(agent_.step(honesty::event::ReceiptCame{receipt}));
  keep([] {});
}

void HonestyDriver::saw(LiveJob job) {
  if (is_stopped_) return;
  const auto shape = parts_.tasks->saw(std::move(job), elapsed_ms());
  if (shape) static_cast<void>(agent_.step(honesty::event::TaskPassed{*shape}));
}

void HonestyDriver::took(const ledger::WorkReceipt& receipt) {
  const bool is_bait = parts_.tasks->find(receipt.task_commitment) != nullptr;
  if (is_stopped_ || !is_bait || receipt.chain != parts_.chain) return;
  carry_out(agent_.step(honesty::event::ReceiptCame{receipt}));
  keep([] {});
}

// Accusations -----------------------------------------------------------------------------------

void HonestyDriver::accuse(const ledger::WorkReceipt& receipt, const Bytes32& answer,
                           const AccusedWork& work) {
  if (is_stopped_) return;
  const object::LedgerSnapshot now = parts_.ledger.snapshot();
  const bool has_posted =
      HonestyView(*now.state).posting(receipt.epoch.value(), self()).has_value();
  log::warn(room, "an executor's result is not that of the others",
            {{"executor", receipt.executor.short_hex()},
             {"result", receipt.result_hash.short_hex()},
             {"others", answer.short_hex()},
             {"is_accused", has_posted}});
  if (!has_posted) return;
  const ledger::Reveal made = ledger::accusation_of(self(), receipt, answer);
  parts_.court->keep(ledger::case_id_of(made), work,
                     [weak = weak_from_this(), made](const Result<void>& kept) {
                       const auto driver = weak.lock();
                       if (driver && kept) driver->post(ledger::WorkAccuse{made}, post_tries);
                     });
}

// What the agent asks for -----------------------------------------------------------------------

void HonestyDriver::carry_out(const std::vector<honesty::Action>& actions) {
  if (is_stopped_) return;
  for (const honesty::Action& one : actions) {
    std::visit([this](const auto& chosen) { on(chosen); }, one);
  }
}

void HonestyDriver::on(const honesty::action::PostRoot& posting) {
  if (!may_post_ || posting.epoch.value() != round_) return;
  ledger::RoundPost operation;
  operation.node = self();
  operation.round = round_;
  operation.baits = posting.root;
  post(operation, post_tries);
}

void HonestyDriver::on(const honesty::action::SetAlarm& alarm) {
  const std::uint64_t delay_ms = alarm.after_ms - std::min(alarm.after_ms, elapsed_ms());
  after(std::chrono::milliseconds(delay_ms),
        [alarm](HonestyDriver& driver) { driver.ring(alarm.epoch, alarm.bait); });
}

void HonestyDriver::on(const honesty::action::SendTask& sent) {
  const BaitTask* const task =
      parts_.tasks == nullptr ? nullptr : parts_.tasks->find(sent.task_commitment);
  if (task != nullptr) return parts_.tasks->send(*task);
  send_read(sent.envelope);
}

void HonestyDriver::send_read(const honesty::TaskEnvelope& envelope) {
  const BaitRead* const found = storage_.find(envelope.input_root);
  if (found == nullptr || found->round.value() != round_) return;
  object::ReadShard request = found->request;
  request.order =
      object::ReadOrder{found->round, ledger::task_commitment(codec::to_bytes(envelope))};
  // By the very door of live reads.
  parts_.shards.read(
      found->node, request, std::chrono::milliseconds(envelope.deadline_ms),
      [weak = weak_from_this(), asked = *found](Result<object::ReadShardReply> reply) {
        if (const auto driver = weak.lock()) driver->take(asked, std::move(reply));
      });
}

void HonestyDriver::on(const honesty::action::PostReveal& posting) {
  const ledger::Reveal& reveal = posting.reveal;
  if (reveal.epoch.value() + 1 != round_) return;
  const bool is_right = reveal.answer == reveal.receipt.result_hash;
  const BaitTask* const task = is_right || parts_.tasks == nullptr
                                   ? nullptr
                                   : parts_.tasks->find(reveal.leaf.task_commitment);
  if (task == nullptr) return post(ledger::BaitReveal{reveal}, post_tries);
  log::warn(room, "an executor's result is not that of its bait",
            {{"executor", reveal.receipt.executor.short_hex()},
             {"result", reveal.receipt.result_hash.short_hex()},
             {"answer", reveal.answer.short_hex()}});
  parts_.court->keep(ledger::case_id_of(reveal), work_of(*task),
                     [weak = weak_from_this(), reveal](const Result<void>& kept) {
                       const auto driver = weak.lock();
                       if (driver && kept) driver->post(ledger::BaitReveal{reveal}, post_tries);
                     });
}

void HonestyDriver::on(const honesty::action::PostCommitment& posting) {
  keep([weak = weak_from_this(), posting] {
    const auto driver = weak.lock();
    if (!driver) return;
    driver->post(ledger::PanelCommit{posting.fault, driver->self(), posting.commitment},
                 post_tries);
  });
}

void HonestyDriver::on(const honesty::action::PostOpening& posting) {
  post(ledger::PanelOpen{posting.reveal}, post_tries);
}

// Around ----------------------------------------------------------------------------------------

void HonestyDriver::keep(Task then) {
  const Bytes bytes = codec::to_bytes(HonestyMemory{agent_.save(), storage_.given()});
  env::KvBatch batch;
  batch.put(ByteView(&memory_key, 1), bytes);
  if (parts_.tasks != nullptr) parts_.tasks->write(batch);
  parts_.disk.post([&store = parts_.store, &strand = parts_.strand, batch = std::move(batch),
                    then = std::move(then)]() mutable {
    if (const auto written = store.write(batch, env::Sync::Yes); !written) {
      // The ledger loses nothing by it, and this node the baits of a round.
      log::error(room, "secrets were not kept", {{"why", written.error().to_string()}});
    }
    strand.post(std::move(then));
  });
}

void HonestyDriver::post(const ledger::Operation& operation, int tries_left) {
  if (is_stopped_) return;
  std::vector<ledger::SubmittedOperation> operations;
  operations.push_back({operation, {}});
  parts_.submit.submit(
      std::move(operations), post_deadline,
      [weak = weak_from_this(), operation, tries_left](const Result<object::SubmitResult>& result) {
        if (const auto driver = weak.lock()) driver->posted(operation, tries_left, result);
      });
}

void HonestyDriver::posted(ledger::Operation operation, int tries_left,
                           const Result<object::SubmitResult>& result) {
  const bool is_known = result.has_value();
  const auto rejection =
      is_known ? result->receipts.front().rejection : ledger::Rejection::CourtBusy;
  if (rejection == ledger::Rejection::None) return counted(operation);
  if (rejection != ledger::Rejection::CourtBusy) {
    log::info(
        room, "the ledger did not take an operation",
        {{"operation", ledger::name_of(operation)}, {"rejection", ledger::to_string(rejection)}});
    return;
  }
  // Not ordered yet, or in a block that had judged enough.
  if (is_stopped_ || tries_left == 0) return;
  after(post_again_after, [operation = std::move(operation), tries_left](HonestyDriver& driver) {
    driver.post(operation, tries_left - 1);
  });
}

/// Only what the ledger shows to everybody: which baits are out is nobody's to read.
void HonestyDriver::counted(const ledger::Operation& operation) const {
  metrics::counter("oort_honesty_posts_total",
                   "Operations of Proof of Honesty that the ledger took from this node",
                   {{"operation", ledger::name_of(operation)}})
      .add();
  const auto* const bait = std::get_if<ledger::BaitReveal>(&operation);
  if (bait != nullptr && bait->reveal.answer != bait->reveal.receipt.result_hash) {
    metrics::counter("oort_honesty_wrong_results_total",
                     "Revealed baits of this node whose result was not the known one")
        .add();
  }
}

void HonestyDriver::measure(const Moment& now) const {
  metrics::gauge("oort_honesty_round", "Round that runs").set(static_cast<double>(round_));
  metrics::gauge("oort_honesty_credibility", "Of this node, 0 to 1")
      .set(static_cast<double>(now.view.credibility(self()).value()) /
           static_cast<double>(ledger::ppb_one));
  const ledger::Standing standing = now.view.standing(self());
  metrics::gauge("oort_honesty_open_audits", "Audits of this node's shards without an answer")
      .set(standing.audits_open);
  metrics::gauge("oort_honesty_open_cases", "Cases about results of this node")
      .set(standing.cases_open);
  metrics::gauge("oort_honesty_verdicts", "Verdicts against this node")
      .set(static_cast<double>(standing.verdicts_count));
}

void HonestyDriver::after(Duration delay, UniqueFunction<void(HonestyDriver&)> task) {
  parts_.timers.after(delay, [weak = weak_from_this(), task = std::move(task)]() mutable {
    const auto driver = weak.lock();
    if (driver && !driver->is_stopped_) task(*driver);
  });
}

}  // namespace oort::node
