// SPDX-License-Identifier: Apache-2.0
#include "honesty_tasks.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>
#include <variant>

#include "oort/compute/messages.hpp"
#include "oort/compute/tasks.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/honesty_objects.hpp"
#include "oort/ledger/rejection.hpp"
#include "oort/ledger/transaction.hpp"
#include "oort/ledger/view.hpp"

namespace oort::node {
namespace {

constexpr std::string_view room = "honesty";
constexpr std::byte bait_prefix{'b'};
/// Of all inputs of a bait together.
constexpr std::uint64_t bait_bytes_max = 64 * limits::mib;
constexpr std::size_t nodes_max = 10'000;
/// Until the brokers of a random name are those that the live job's name drew.
constexpr int names_tried_max = 1'000;
constexpr Duration open_deadline = std::chrono::seconds(8);
/// Exact, and over inputs that may be any bytes.
constexpr std::array<std::string_view, 3> imitated = {"blake3", "dedup", "text"};

Bytes key_of(const Bytes32& commitment) {
  Bytes key(1, bait_prefix);
  key.insert(key.end(), commitment.view().begin(), commitment.view().end());
  return key;
}

const ledger::BuiltinWork* builtin_of(const ledger::JobSpec& spec) {
  const auto* const work = std::get_if<ledger::BuiltinWork>(&spec.work);
  const bool is_one = work != nullptr && std::ranges::find(imitated, work->name) != imitated.end();
  return is_one ? work : nullptr;
}

std::uint64_t input_bytes_of(const ledger::JobSpec& spec) {
  std::uint64_t sum = 0;
  for (const ledger::JobInput& input : spec.inputs) sum += input.size;
  return sum;
}

/// Sizes are compared among tasks of one workload and walltime.
honesty::TaskShape size_shape_of(const ledger::JobSpec& spec) {
  const std::string& name = builtin_of(spec)->name;
  honesty::TaskShape shape;
  shape.workload = honesty::Workload(
      static_cast<std::uint16_t>(std::ranges::find(imitated, name) - imitated.begin()));
  shape.input_bytes = input_bytes_of(spec);
  shape.deadline_ms = spec.walltime_ms;
  return shape;
}

std::vector<NodeId> super_nodes(const ledger::View& view) {
  std::vector<NodeId> found;
  for (const ledger::Node& node : view.nodes(NodeId(), nodes_max)) {
    const bool is_one = ledger::has_role(node, ledger::NodeRole::Super) &&
                        node.status == ledger::NodeStatus::Active;
    if (is_one) found.push_back(node.id);
  }
  return found;
}

/// Steele, Lea, Flood: SplitMix64. What it draws is no secret once it is an input.
class Mixer {
 public:
  explicit Mixer(std::uint64_t seed) noexcept : state_(seed) {}
  std::uint64_t next() noexcept {
    state_ += 0x9e37'79b9'7f4a'7c15U;
    std::uint64_t mixed = (state_ ^ (state_ >> 30U)) * 0xbf58'476d'1ce4'e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d0'49bb'1331'11ebU;
    return mixed ^ (mixed >> 31U);
  }

 private:
  std::uint64_t state_;
};

ledger::JobSpec spec_of(const BaitTask& bait) {
  return codec::from_bytes<ledger::JobSpec>(bait.spec).value();
}

}  // namespace

bool can_be_imitated(const LiveJob& job) {
  const ledger::JobSpec& spec = job.spec;
  const bool is_alone = spec.array_count == 1 && spec.gang_max == 1 && spec.depends_on.empty() &&
                        spec.start_by_ms == 0 && spec.finish_by_ms == 0 && spec.network.empty();
  const auto runs = compute::replicas_for(spec.confidence, spec.placement.credibility_ppb_min);
  const bool is_plain = builtin_of(spec) != nullptr && runs == 1U &&
                        job.record.currency == ledger::Currency::Credits &&
                        job.record.deadline_ms > job.record.opened_ms;
  const bool has_inputs =
      !spec.inputs.empty() && std::ranges::all_of(spec.inputs, [](const ledger::JobInput& input) {
        return input.size > 0 && input.size <= bait_bytes_max;
      });
  return is_alone && is_plain && has_inputs && input_bytes_of(spec) <= bait_bytes_max;
}

void encode(codec::Writer& out, const BaitTask& value) {
  out.u8(BaitTask::format_version);
  codec::encode(out, value.round);
  codec::encode(out, value.payer);
  out.u64(value.nonce);
  out.blob(value.spec);
  codec::encode(out, value.budget);
  codec::encode_vector(out, value.brokers);
  out.u64(value.deadline_ms);
  out.u64(value.dispute_ms);
}
Result<void> decode(codec::Reader& in, BaitTask& value) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != BaitTask::format_version) {
    return fail(ErrorCode::Unimplemented, reason::unsupported_version,
                "a bait of version " + std::to_string(version));
  }
  OORT_TRY(codec::decode(in, value.round));
  OORT_TRY(codec::decode(in, value.payer));
  OORT_TRY(value.nonce, in.u64());
  OORT_TRY(const ByteView spec, in.blob(ledger::job_spec_bytes_max));
  // It is used as it stands: what no broker would take is no bait either.
  OORT_TRY(const auto decoded, codec::from_bytes<ledger::JobSpec>(spec));
  OORT_TRY(compute::check_feasible(decoded));
  value.spec = to_bytes(spec);
  OORT_TRY(codec::decode(in, value.budget));
  OORT_TRY(codec::decode_vector(in, value.brokers, ledger::job_brokers_max));
  OORT_TRY(value.deadline_ms, in.u64());
  OORT_TRY(value.dispute_ms, in.u64());
  return {};
}

api::JobHandover handover_of(const BaitTask& bait, std::uint64_t now_ms) {
  const ledger::JobSpec spec = spec_of(bait);
  api::JobHandover job;
  job.id = ledger::job_id_of(bait.payer, bait.nonce);
  job.payer = bait.payer;
  job.open.nonce = bait.nonce;
  job.open.spec = ledger::job_spec_hash(bait.spec);
  job.open.kind = ledger::kind_of(spec.work);
  job.open.currency = ledger::Currency::Credits;
  job.open.budget = bait.budget;
  job.open.brokers = bait.brokers;
  job.open.walltime_ms = spec.walltime_ms;
  job.open.deadline_ms = now_ms + bait.deadline_ms;
  job.open.confidence = spec.confidence;
  job.open.dispute_ms = bait.dispute_ms;
  job.spec = bait.spec;
  return job;
}

AccusedWork work_of(const BaitTask& bait) {
  const ledger::JobSpec spec = spec_of(bait);
  AccusedWork work;
  work.round = bait.round;
  work.envelope =
      codec::to_bytes(compute::envelope_of(ledger::job_id_of(bait.payer, bait.nonce), spec, 0));
  work.payer = bait.payer;
  work.spec = ledger::job_spec_hash(bait.spec);
  for (const ledger::JobInput& input : spec.inputs) work.inputs.push_back(input.uri);
  return work;
}

// What live inputs are like -----------------------------------------------------------------------

void BytePairs::count(ByteView bytes) {
  const ByteView part = bytes.first(std::min(bytes.size(), counted_bytes_max));
  for (std::size_t i = 1; i < part.size(); ++i) {
    const std::size_t place =
        256 * std::to_integer<std::size_t>(part[i - 1]) + std::to_integer<std::size_t>(part[i]);
    // A count that is full has told enough.
    if (counts_[place] == ~std::uint32_t{0}) continue;
    ++counts_[place];
    ++total_;
  }
}

Bytes BytePairs::draw(std::size_t size, std::uint64_t seed) const {
  constexpr std::size_t values_count = 256;
  // Sums up to and with each value, of what follows each other one; of all, where nothing did.
  std::vector<std::uint64_t> sums(counts_.size());
  std::vector<std::uint64_t> any(values_count);
  for (std::size_t place = 0; place < counts_.size(); ++place) {
    const std::size_t value = place % values_count;
    sums[place] = (value == 0 ? 0 : sums[place - 1]) + counts_[place];
    any[value] += counts_[place];
  }
  for (std::size_t value = 1; value < values_count; ++value) any[value] += any[value - 1];
  Mixer mixer(seed);
  const auto draw_from = [&mixer](auto first) {
    const auto last = first + values_count;
    const std::uint64_t sum = *(last - 1);
    return static_cast<std::size_t>(std::upper_bound(first, last, mixer.next() % sum) - first);
  };
  Bytes bytes(size);
  std::size_t before = total_ == 0 ? 0 : draw_from(any.cbegin());
  for (std::byte& one : bytes) {
    const auto row = sums.cbegin() + static_cast<std::ptrdiff_t>(values_count * before);
    const bool has_followers = *(row + values_count - 1) > 0;
    before =
        total_ == 0 ? mixer.next() % values_count : draw_from(has_followers ? row : any.cbegin());
    one = static_cast<std::byte>(before);
  }
  return bytes;
}

// Live jobs ---------------------------------------------------------------------------------------

void ComputeTasks::set_doors(JobObjects* objects, HandOver hand_over) {
  objects_ = objects;
  hand_over_ = std::move(hand_over);
}

bool ComputeTasks::is_own(const JobId& job) const {
  return std::ranges::any_of(given_, [&](const auto& one) {
    return ledger::job_id_of(one.second.payer, one.second.nonce) == job;
  });
}

std::optional<honesty::TaskShape> ComputeTasks::saw(LiveJob job, std::uint64_t offset_ms) {
  if (!can_be_imitated(job) || is_own(job.record.id)) return std::nullopt;
  honesty::TaskShape shape = size_shape_of(job.spec);
  shapes_.saw(shape, parts_.random);
  if (live_.size() < options_.live_count_max) {
    live_.push_back(std::move(job));
  } else {
    live_[parts_.random.below(live_.size())] = std::move(job);
  }
  shape.workload = computed_task;
  shape.broker = parts_.self;
  shape.offset_ms = offset_ms;
  return shape;
}

void ComputeTasks::read(const JobId& job, const compute::builtin::Workload& workload,
                        ByteView bytes) {
  const bool is_one = std::ranges::find(imitated, workload.name) != imitated.end();
  if (!is_one || is_own(job)) return;
  content_[workload.name].count(bytes);
}

const LiveJob* ComputeTasks::live_like(const honesty::TaskShape& shape) const {
  const LiveJob* nearest = nullptr;
  std::uint64_t least = 0;
  for (const LiveJob& job : live_) {
    const honesty::TaskShape other = size_shape_of(job.spec);
    if (other.workload != shape.workload || other.deadline_ms != shape.deadline_ms) continue;
    const std::uint64_t distance = std::max(other.input_bytes, shape.input_bytes) -
                                   std::min(other.input_bytes, shape.input_bytes);
    if (nearest != nullptr && distance >= least) continue;
    nearest = &job;
    least = distance;
  }
  return nearest;
}

// Making baits ------------------------------------------------------------------------------------

/// One bait on its way to be ready.
struct ComputeTasks::Making {
  BaitTask bait;
  ledger::JobSpec spec;
  BytePairs content;
  std::uint64_t seed = 0;
  std::vector<Bytes> inputs;
  Result<Bytes32> answer;
};

std::uint64_t ComputeTasks::draw_number() {
  std::array<std::byte, sizeof(std::uint64_t)> bytes{};
  parts_.random.fill(bytes);
  std::uint64_t number = 0;
  for (const std::byte byte : bytes) number = number << 8U | std::to_integer<std::uint64_t>(byte);
  return number;
}

/// A name under which this node is its first broker: by the name alone where the live job's brokers
/// came of its name, and by the list where they were chosen.
bool ComputeTasks::choose_name(BaitTask& bait, const LiveJob& like) {
  const object::LedgerSnapshot now = parts_.ledger.snapshot();
  const std::vector<NodeId> supers = super_nodes(ledger::View(*now.state));
  bait.brokers = like.record.brokers;
  bait.nonce = draw_number();
  const std::size_t count = bait.brokers.size();
  if (ledger::rendezvous_brokers(like.record.id, supers, count) != bait.brokers) return true;
  for (int i = 0; i < names_tried_max; ++i) {
    bait.nonce = draw_number();
    bait.brokers =
        ledger::rendezvous_brokers(ledger::job_id_of(bait.payer, bait.nonce), supers, count);
    if (!bait.brokers.empty() && bait.brokers.front() == parts_.self) return true;
  }
  return false;
}

std::shared_ptr<ComputeTasks::Making> ComputeTasks::begin_making() {
  const auto shape = shapes_.draw(parts_.random);
  const LiveJob* const like = shape ? live_like(*shape) : nullptr;
  if (like == nullptr) return nullptr;
  auto making = std::make_shared<Making>();
  BaitTask& bait = making->bait;
  bait.payer = parts_.payer;
  bait.budget = like->record.budget;
  bait.deadline_ms = like->record.deadline_ms - like->record.opened_ms;
  bait.dispute_ms = like->record.dispute_ms;
  if (!choose_name(bait, *like)) return nullptr;
  making->spec = like->spec;
  making->content = content_[builtin_of(like->spec)->name];
  making->seed = draw_number();
  const std::uint64_t whole = input_bytes_of(like->spec);
  std::uint64_t left = shape->input_bytes;
  for (ledger::JobInput& input : making->spec.inputs) {
    const bool is_last = &input == &making->spec.inputs.back();
    const std::uint64_t part = input.size * shape->input_bytes / whole;
    input.size = is_last ? left : std::clamp<std::uint64_t>(part, 1, left);
    left -= input.size;
    input.uri = "s3://" + parts_.bucket + "/" + std::to_string(draw_number());
    if (input.size == 0) return nullptr;
  }
  for (ledger::JobOutput& output : making->spec.outputs) {
    output.uri = "s3://" + parts_.bucket + "/" + std::to_string(draw_number());
  }
  // An executor of one's own would be no proof of anything.
  const object::LedgerSnapshot now = parts_.ledger.snapshot();
  if (const auto self = ledger::View(*now.state).node(parts_.self)) {
    making->spec.placement.exclude_operators.push_back(self->owner);
  }
  return making;
}

void ComputeTasks::prepare() {
  if (is_making_ || objects_ == nullptr || ready_.size() >= options_.ready_count_max) return;
  if (live_.size() < options_.live_count_min) return;
  const auto making = begin_making();
  if (!making) return;
  is_making_ = true;
  parts_.pool.post([weak = weak_from_this(), &strand = parts_.strand, making] {
    compute::builtin::Task task;
    const ledger::BuiltinWork& work = *builtin_of(making->spec);
    task.workload = {work.name, work.version};
    task.parameters = work.parameters;
    for (ledger::JobInput& input : making->spec.inputs) {
      making->inputs.push_back(making->content.draw(input.size, making->seed++));
      input.root = crypto::tree_root(making->inputs.back());
    }
    task.inputs = making->inputs;
    const auto output = compute::builtin::run_to_end(std::move(task));
    making->answer = output ? Result<Bytes32>(compute::builtin::output_digest(*output))
                            : Result<Bytes32>(fail(output.error()));
    strand.post([weak, making] {
      if (const auto tasks = weak.lock()) tasks->make(making);
    });
  });
}

void ComputeTasks::make(const std::shared_ptr<Making>& making) {
  const Result<void> possible = compute::check_feasible(making->spec);
  if (!making->answer || !possible) {
    is_making_ = false;
    log::debug(room, "a bait like a live job cannot be made",
               {{"why", (possible ? making->answer.error() : possible.error()).to_string()}});
    return;
  }
  making->bait.spec = codec::to_bytes(making->spec);
  store_inputs(making, 0);
}

void ComputeTasks::store_inputs(const std::shared_ptr<Making>& making, std::size_t index) {
  if (index == making->inputs.size()) return made(making);
  const JobObject object{making->bait.payer, making->spec.inputs[index].uri,
                         ledger::job_spec_hash(making->bait.spec)};
  objects_->write(object, std::move(making->inputs[index]),
                  [weak = weak_from_this(), &strand = parts_.strand, making,
                   index](const Result<void>& stored) {
                    strand.post([weak, making, index, stored] {
                      const auto tasks = weak.lock();
                      if (!tasks) return;
                      if (stored) return tasks->store_inputs(making, index + 1);
                      tasks->is_making_ = false;
                      log::warn(room, "the input of a bait cannot be stored",
                                {{"why", stored.error().to_string()}});
                    });
                  });
}

void ComputeTasks::made(const std::shared_ptr<Making>& making) {
  is_making_ = false;
  ready_.push_back({std::move(making->bait), *making->answer});
}

// Rounds ------------------------------------------------------------------------------------------

void ComputeTasks::set_round(Epoch round, Epoch oldest) {
  round_ = round;
  std::erase_if(given_, [&](const auto& one) {
    if (one.second.round >= oldest) return false;
    changed_[one.first] = std::nullopt;
    return true;
  });
}

Result<honesty::MintedTask> ComputeTasks::mint(const honesty::TaskShape&, env::Random& random) {
  if (ready_.empty()) {
    return fail(ErrorCode::FailedPrecondition, reason::not_ready, "no bait is ready");
  }
  const auto chosen = ready_.begin() + static_cast<std::ptrdiff_t>(random.below(ready_.size()));
  BaitTask bait = std::move(chosen->bait);
  bait.round = round_;
  const auto envelope = codec::from_bytes<compute::TaskEnvelope>(work_of(bait).envelope);
  honesty::MintedTask task;
  task.input_root = compute::inputs_root(envelope->inputs);
  task.input_bytes = input_bytes_of(spec_of(bait));
  task.answer = chosen->answer;
  task.task_commitment = ledger::task_commitment(work_of(bait).envelope);
  ready_.erase(chosen);
  changed_[*task.task_commitment] = codec::to_bytes(bait);
  given_.insert_or_assign(*task.task_commitment, std::move(bait));
  return task;
}

const BaitTask* ComputeTasks::find(const Bytes32& task_commitment) const {
  const auto found = given_.find(task_commitment);
  return found == given_.end() ? nullptr : &found->second;
}

Result<void> ComputeTasks::restore(const env::KvReader& store) {
  const auto kept = store.iterate(ByteView(&bait_prefix, 1));
  for (; kept->is_valid(); kept->next()) {
    const auto commitment = Bytes32::from(kept->key().subspan(1));
    auto bait = codec::from_bytes<BaitTask>(kept->value());
    if (commitment && bait) {
      given_.insert_or_assign(*commitment, *std::move(bait));
    } else {
      log::warn(room, "a bait that was out cannot be read and will not be shown");
    }
  }
  return kept->status();
}

void ComputeTasks::write(env::KvBatch& batch) {
  for (const auto& [commitment, bytes] : changed_) {
    if (bytes) {
      batch.put(key_of(commitment), *bytes);
    } else {
      batch.erase(key_of(commitment));
    }
  }
  changed_.clear();
}

void ComputeTasks::send(const BaitTask& bait) {
  if (!hand_over_ || bait.round != round_) return;
  api::JobHandover job = handover_of(bait, parts_.ledger.snapshot().time_ms);
  const ledger::JobOpen open = job.open;
  hand_over_(std::move(job), [weak = weak_from_this(), &submit = parts_.submit,
                              open](const Result<void>& held) {
    if (weak.expired()) return;
    if (!held) {
      log::info(room, "no broker holds a bait", {{"why", held.error().to_string()}});
      return;
    }
    submit.submit({{open, {}}}, open_deadline, [](const Result<object::SubmitResult>& result) {
      const auto rejection = result ? result->receipts.front().rejection : ledger::Rejection::None;
      if (result && rejection == ledger::Rejection::None) return;
      log::warn(room, "the ledger did not take the job of a bait",
                {{"why", result ? std::string(ledger::to_string(rejection))
                                : result.error().to_string()}});
    });
  });
}

}  // namespace oort::node
