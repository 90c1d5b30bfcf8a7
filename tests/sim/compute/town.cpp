// SPDX-License-Identifier: Apache-2.0
#include "compute/town.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "compute/fake_jobs.hpp"
#include "oort/codec/codec.hpp"
#include "oort/compute/broker.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/compute/executor.hpp"
#include "oort/compute/tasks.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/jobs_spec.hpp"
#include "sim/network.hpp"
#include "sim/node.hpp"
#include "sim/signer.hpp"
#include "sim/world.hpp"

namespace oort::computesim {
namespace {

constexpr std::uint32_t brokers_count = 3;
constexpr Duration block_time = std::chrono::milliseconds(200);
constexpr Duration tick_time = std::chrono::milliseconds(250);
constexpr std::uint64_t budget_each = 1'000'000'000;
constexpr std::uint64_t walltime_ms = 60'000;

crypto::KeyPair keys_of(std::uint32_t index) {
  std::array<std::byte, 32> seed{};
  seed[0] = static_cast<std::byte>(index + 1);
  return crypto::KeyPair(crypto::SecretSeed(seed));
}

/// What a task computes here, cheaply; `is_lie` is another result that all liars share.
Bytes output_of(const compute::Work& work, const std::vector<Bytes>& inputs, std::uint32_t rank,
                bool is_lie) {
  codec::Writer all;
  all.blob(work.parameters);
  for (const Bytes& input : inputs) all.blob(input);
  all.u32(rank);
  all.boolean(is_lie);
  const Bytes32 seed = crypto::blake3(all.bytes());
  Bytes output;
  for (std::size_t i = 0; i < 1 + static_cast<std::size_t>(seed.array()[0]) % 4; ++i) {
    output.insert(output.end(), seed.view().begin(), seed.view().end());
  }
  return output;
}

struct PlannedJob {
  JobId id;
  AccountId payer;
  ledger::JobSpec spec;
  Bytes bytes;
  std::vector<NodeId> brokers;
  bool is_handed_over = false;
  bool is_cancelled = false;
};

class Town;

/// What broker and executor have in common: a transport, and a strand that does as they say.
class Machine : public sim::Program {
 public:
  Machine(Town& town, sim::Node& node);

 protected:
  [[nodiscard]] WallTime now() const {
    return {static_cast<std::uint64_t>(node_.clock().now_mono().nanoseconds / 1'000'000) + 1};
  }
  void send(const std::vector<compute::ComputeSend>& sends) {
    for (const compute::ComputeSend& one : sends) {
      static_cast<void>(transport_->send(one.to, env::TrafficClass::Gossip, one.type, one.payload));
    }
  }

  Town& town_;
  sim::Node& node_;
  std::unique_ptr<env::Transport> transport_;
  std::unique_ptr<env::KvStore> store_;
  std::unique_ptr<env::Signer> signer_;
};

class BrokerMachine final : public Machine {
 public:
  BrokerMachine(Town& town, sim::Node& node);
  void hand_over(std::size_t job);
  void see(bool everything);
  [[nodiscard]] compute::Broker& broker() { return *broker_; }

 private:
  void carry_out(compute::BrokerOutputs outputs);
  void check_start(const compute::ComputeSend& message);
  void tick();
  std::unique_ptr<compute::Broker> broker_;
  bool has_seen_all_ = false;
};

class ExecutorMachine final : public Machine {
 public:
  ExecutorMachine(Town& town, sim::Node& node);
  ~ExecutorMachine() override;

 private:
  void carry_out(compute::ExecutorOutputs outputs);
  void start(compute::WorkStart start);
  void tick();
  std::unique_ptr<compute::Executor> executor_;
  std::set<compute::WorkId> running_;
};

class Town final : public compute::NodeRegistry {
 public:
  explicit Town(const TownOptions& options);
  TownFigures run();

  [[nodiscard]] std::optional<compute::NodeStanding> standing(const NodeId& node) const override {
    const auto found = index_of_.find(node);
    if (found == index_of_.end()) return std::nullopt;
    compute::NodeStanding standing;
    standing.operator_id.mutable_view()[0] = static_cast<std::byte>(found->second + 1);
    standing.risk_limit = 1'000'000'000;
    standing.honest_weight = 1'000;
    return standing;
  }

  const TownOptions options;
  sim::World world;
  sim::SimNetwork network;
  FakeJobs ledger;
  std::vector<std::unique_ptr<sim::Node>> machines;
  std::vector<PlannedJob> jobs;
  std::map<std::string, Bytes> objects;
  std::map<std::string, Bytes> stored;
  TownFigures figures;
  std::uint64_t fenced_of_dead = 0;

  [[nodiscard]] bool is_liar(const NodeId& node) const {
    return index_of_.at(node) == brokers_count;
  }
  /// Members of a job's gang; none where its tasks begin one by one.
  [[nodiscard]] std::uint32_t gang_of(const JobId& id) const {
    const auto job = std::find_if(jobs.begin(), jobs.end(),
                                  [&](const PlannedJob& planned) { return planned.id == id; });
    return job->spec.gang_max > 1 ? job->spec.gang_max : 0;
  }
  /// How long a node's next transaction is on its way: it overtakes none before it.
  [[nodiscard]] Duration delay_of_next(const NodeId& node) {
    const MonoTime now = world.now();
    MonoTime& arrival = arrivals_[node];
    arrival =
        std::max(arrival + Duration{1}, now + world.random().duration(Duration{0}, block_time * 3));
    return arrival - now;
  }
  void began(const compute::LeaseKey& key) {
    // Of its own epoch a broker has anchored each; of earlier ones it may know none.
    auto& leases = begun_[{key.job, key.broker_epoch}];
    leases.insert(key.number);
    const ledger::JobTotals& anchored = ledger.jobs().at(key.job).anchored.totals;
    if (leases.size() > anchored.leases) broke("a task began before its lease was anchored");
  }
  void broke(std::string what) { figures.broken.push_back(std::move(what)); }

 private:
  void plan_jobs();
  void plan_job(std::uint32_t index);
  void hand_over_all();
  void make_blocks();
  void make_faults();
  void calm_down();
  void check();
  void check_job(const PlannedJob& job);
  [[nodiscard]] std::string why(const PlannedJob& job);
  [[nodiscard]] Bytes expected(const PlannedJob& job, std::uint32_t task) const;
  [[nodiscard]] bool is_all_over() const;
  [[nodiscard]] BrokerMachine* broker(std::size_t index) {
    return static_cast<BrokerMachine*>(machines[index]->program());
  }

  std::map<NodeId, std::uint32_t> index_of_;
  std::map<std::pair<JobId, std::uint64_t>, std::set<std::uint64_t>> begun_;
  std::map<NodeId, MonoTime> arrivals_;
  sim::Generator chance_;
  bool is_calm_ = false;
};

// ---- Machines

Machine::Machine(Town& town, sim::Node& node)
    : town_(town),
      node_(node),
      transport_(town.network.attach(node)),
      store_(node.disk().open_kv("compute")),
      signer_(crypto::local_signer(keys_of(node.index()))) {}

BrokerMachine::BrokerMachine(Town& town, sim::Node& node) : Machine(town, node) {
  compute::BrokerOptions options;
  options.self = node.id();
  auto broker = compute::Broker::open(options, *store_, town, *signer_, now());
  OORT_ASSERT(broker.has_value(), "a disk that was not broken can be read");
  broker_ = *std::move(broker);
  transport_->on_message(env::message_range::compute,
                         [this](NodeId from, env::MessageType type, const Bytes& payload) {
                           carry_out(broker_->receive(now(), from, type, payload));
                         });
  carry_out(broker_->start());
  tick();
}

void BrokerMachine::tick() {
  if (!has_seen_all_) see(true);
  carry_out(broker_->tick(now()));
  node_.timers().after(tick_time, [this] { tick(); });
}

void BrokerMachine::see(bool everything) {
  compute::LedgerSight sight;
  sight.time_ms = town_.ledger.time_ms();
  sight.lease_ms = FakeJobs::lease_ms;
  sight.claimed = town_.ledger.claimed();
  for (const auto& [id, job] : town_.ledger.jobs()) {
    if (everything || town_.ledger.changed().contains(id)) sight.jobs.push_back(job);
  }
  has_seen_all_ = true;
  carry_out(broker_->see(now(), sight));
}

void BrokerMachine::hand_over(std::size_t job) {
  const PlannedJob& planned = town_.jobs[job];
  carry_out(
      broker_->hand_over(now(), job, planned.id, planned.payer, planned.brokers, planned.bytes));
}

void BrokerMachine::carry_out(compute::BrokerOutputs outputs) {
  if (!outputs.writes.empty()) {
    // A machine whose disk is gone is dead; so nothing of this leaves.
    if (!store_->write(outputs.writes, env::Sync::Yes)) return;
  }
  send(outputs.sends);
  for (const compute::ComputeSend& one : outputs.sends) check_start(one);
  for (auto& transaction : outputs.transactions) {
    const Duration delay = town_.delay_of_next(node_.id());
    town_.world.after(
        delay, [&town = town_, from = node_.id(), operations = std::move(transaction)]() mutable {
          town.ledger.submit(from, std::move(operations));
        });
  }
  for (const compute::HandoverAnswer& answer : outputs.handovers) {
    town_.jobs[answer.ticket].is_handed_over |= answer.is_held;
  }
  for (const compute::ReadWish& wish : outputs.reads) {
    node_.timers().after(std::chrono::milliseconds(20), [this, wish] {
      if (town_.world.random().chance(50'000)) {
        return carry_out(broker_->was_read(
            now(), wish.ticket, fail(ErrorCode::Unavailable, reason::no_quorum, "not now")));
      }
      const Bytes& object = town_.objects.at(wish.uri);
      const ByteView part = ByteView(object).subspan(wish.offset, wish.size);
      carry_out(broker_->was_read(now(), wish.ticket, to_bytes(part)));
    });
  }
  for (compute::StoreWish& wish : outputs.stores) {
    node_.timers().after(std::chrono::milliseconds(50), [this, wish = std::move(wish)]() mutable {
      const auto [found, is_new] = town_.stored.emplace(wish.uri, wish.bytes);
      if (!is_new && found->second != wish.bytes) {
        town_.broke("two outputs under " + wish.uri);
      }
      carry_out(broker_->was_stored(now(), wish.ticket, {}));
    });
  }
  town_.figures.deviations += outputs.deviations.size();
  for (const compute::Deviation& deviation : outputs.deviations) {
    if (!town_.is_liar(deviation.executor)) town_.broke("an honest node was called a liar");
  }
}

/// Whoever is told to start stands on the ledger, and has all the others of its gang beside it.
void BrokerMachine::check_start(const compute::ComputeSend& message) {
  if (message.type != compute::LeaseStart::type) return;
  const auto start = compute::message_from<compute::LeaseStart>(message.payload);
  town_.began(start->key);
  if (start->key.task >= town_.gang_of(start->key.job)) return;
  const auto sight = broker_->job(start->key.job);
  const bool is_whole =
      sight && std::none_of(sight->tasks.begin(), sight->tasks.end(), [](const auto& task) {
        return task.state == compute::TaskSight::State::Pending;
      });
  if (!is_whole) town_.broke("a member of a gang started alone");
}

ExecutorMachine::ExecutorMachine(Town& town, sim::Node& node) : Machine(town, node) {
  compute::ExecutorOptions options;
  options.self = node.id();
  options.offer.region = "town";
  options.offer.cpu_milli = 4'000;
  options.offer.memory_mib = 8'192;
  options.offer.disk_mib = 8'192;
  options.offer.ask_per_core = 3'600'000;
  options.offer.tiers = 1;
  auto executor = compute::Executor::open(options, *store_, *signer_, now());
  OORT_ASSERT(executor.has_value(), "a disk that was not broken can be read");
  executor_ = *std::move(executor);
  std::vector<NodeId> brokers;
  for (std::uint32_t i = 0; i < brokers_count; ++i) brokers.push_back(town.machines[i]->id());
  executor_->set_brokers(std::move(brokers));
  transport_->on_message(env::message_range::compute,
                         [this](NodeId from, env::MessageType type, const Bytes& payload) {
                           carry_out(executor_->receive(now(), from, type, payload));
                         });
  tick();
}

ExecutorMachine::~ExecutorMachine() { town_.fenced_of_dead += executor_->figures().fenced; }

void ExecutorMachine::tick() {
  carry_out(executor_->tick(now()));
  node_.timers().after(tick_time, [this] { tick(); });
}

void ExecutorMachine::carry_out(compute::ExecutorOutputs outputs) {
  if (!outputs.writes.empty() && !store_->write(outputs.writes, env::Sync::Yes)) return;
  send(outputs.sends);
  for (compute::WorkStart& one : outputs.starts) start(std::move(one));
  for (const compute::WorkStop& stop : outputs.stops) {
    node_.timers().after(std::chrono::milliseconds(100), [this, id = stop.id] {
      if (running_.erase(id) == 0) return;
      compute::WorkEnded ended;
      ended.id = id;
      ended.end = compute::TaskEnd::Stopped;
      ended.run_ms = 100;
      carry_out(executor_->ended(now(), std::move(ended)));
    });
  }
}

void ExecutorMachine::start(compute::WorkStart start) {
  ++town_.figures.runs;
  running_.insert(start.id);
  const std::uint64_t run_ms = town_.world.random().between(100, 8'000);
  const Duration half = std::chrono::milliseconds(run_ms / 2);
  node_.timers().after(half, [this, id = start.id] {
    if (!running_.contains(id)) return;
    compute::WorkProgress progress;
    progress.id = id;
    progress.units_done = 1;
    progress.units_count = 2;
    progress.checkpoint = to_bytes("half");
    progress.log = "half of it is done\n";
    carry_out(executor_->progress(now(), std::move(progress)));
  });
  compute::WorkEnded ended;
  ended.id = start.id;
  ended.output = output_of(start.work, start.input_bytes, start.rank, town_.is_liar(node_.id()));
  ended.run_ms = run_ms;
  node_.timers().after(2 * half, [this, ended = std::move(ended)]() mutable {
    if (running_.erase(ended.id) == 0) return;
    carry_out(executor_->ended(now(), std::move(ended)));
  });
}

// ---- The town

sim::LinkOptions links_of(bool has_faults) {
  sim::LinkOptions links;
  links.delay_min = std::chrono::milliseconds(1);
  links.delay_max = std::chrono::milliseconds(20);
  if (!has_faults) return links;
  links.loss_ppm = 20'000;
  links.duplicate_ppm = 50'000;
  links.stall_ppm = 20'000;
  links.stall_max = std::chrono::seconds(3);
  links.is_ordered = false;
  return links;
}

Town::Town(const TownOptions& the_options)
    : options(the_options),
      world(options.seed),
      network(world, brokers_count + options.executors_count, links_of(options.has_faults)),
      ledger(1),
      chance_(world.random().fork()) {
  for (std::uint32_t i = 0; i < brokers_count + options.executors_count; ++i) {
    const NodeId id = keys_of(i).node_id();
    index_of_.emplace(id, i);
    machines.push_back(std::make_unique<sim::Node>(world, i, id));
  }
  for (std::uint32_t i = 0; i < machines.size(); ++i) {
    machines[i]->set_program([this, i](sim::Node& node) -> std::unique_ptr<sim::Program> {
      if (i < brokers_count) return std::make_unique<BrokerMachine>(*this, node);
      return std::make_unique<ExecutorMachine>(*this, node);
    });
  }
}

void Town::plan_jobs() {
  for (std::uint32_t i = 0; i < options.jobs_count; ++i) plan_job(i);
}

void Town::plan_job(std::uint32_t index) {
  PlannedJob job;
  job.payer.mutable_view()[0] = static_cast<std::byte>(200 + index % 3);
  job.id = ledger::job_id_of(job.payer, index);
  for (std::uint32_t i = 0; i < brokers_count; ++i) {
    job.brokers.push_back(machines[(index + i) % brokers_count]->id());
  }
  ledger::JobSpec& spec = job.spec;
  spec.name = "job " + std::to_string(index);
  spec.work = ledger::BuiltinWork{"blake3", 1, to_bytes(spec.name)};
  spec.walltime_ms = walltime_ms;
  spec.grace_ms = 500;
  spec.checkpoint_ms = 1'000;
  spec.retry.max = 50;
  ledger::JobAlternative need;
  need.cpu_milli = 1'000;
  need.memory_mib = 512;
  spec.any_of.push_back(need);
  const std::string name = "s3://town/" + std::to_string(index);
  const std::uint64_t kind = index % 4;
  if (kind == 1) spec.array_count = 3;
  if (kind == 2) {
    spec.gang_min = 2;
    spec.gang_max = 2;
  }
  // All that are not run several times keep away from the one that lies.
  if (kind == 3) {
    spec.confidence = 970'000;
  } else {
    spec.placement.exclude_nodes.push_back(machines[brokers_count]->id());
  }
  if (index % 5 == 4) spec.depends_on.push_back(jobs[index - brokers_count].id);
  const std::uint32_t inputs = spec.array_count == 1 ? 1 : spec.array_count;
  for (std::uint32_t i = 0; i < inputs; ++i) {
    ledger::JobInput input;
    input.uri = name + "/in" + std::to_string(i);
    Bytes bytes(chance_.below(3'000));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(chance_.below(256));
    input.size = bytes.size();
    input.root = crypto::tree_root(bytes);
    objects[input.uri] = std::move(bytes);
    spec.inputs.push_back(std::move(input));
  }
  if (index % 6 != 5) spec.outputs.push_back({name + "/out", ""});
  job.bytes = codec::to_bytes(spec);
  jobs.push_back(std::move(job));
}

/// Customers try one broker after another until one has their job, and only then open it.
void Town::hand_over_all() {
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const Duration when = std::chrono::milliseconds(
        500 + chance_.below(std::max<std::uint64_t>(1, options.faults_ms / 2)));
    const bool is_cancelled = i % 7 == 6;
    world.after(when, [this, i] {
      const auto retry = [this, i](auto& self) -> void {
        PlannedJob& job = jobs[i];
        if (job.is_handed_over) {
          ledger.open(job.id, job.payer, ledger::job_spec_hash(job.bytes), job.brokers, budget_each,
                      walltime_ms, ledger.time_ms() + 3'600'000);
          return;
        }
        const std::size_t at = chance_.below(brokers_count);
        if (machines[at]->is_up()) {
          Task task = [this, at, i] { broker(at)->hand_over(i); };
          machines[at]->run(machines[at]->life(), task);
        }
        world.after(std::chrono::seconds(2), [self]() mutable { self(self); });
      };
      auto again = retry;
      again(again);
    });
    if (!is_cancelled) continue;
    jobs[i].is_cancelled = true;
    world.after(when + std::chrono::seconds(8), [this, i] { ledger.cancel(jobs[i].id); });
  }
}

void Town::make_blocks() {
  const auto ms = static_cast<std::uint64_t>(world.now().nanoseconds / 1'000'000) + 1;
  ledger.make_block(ms);
  for (std::uint32_t i = 0; i < brokers_count; ++i) {
    if (!machines[i]->is_up()) continue;
    Task task = [this, i] { broker(i)->see(false); };
    machines[i]->run(machines[i]->life(), task);
  }
  world.after(block_time, [this] { make_blocks(); });
}

void Town::make_faults() {
  if (is_calm_) return;
  world.after(std::chrono::milliseconds(chance_.between(2'000, 12'000)), [this] {
    if (is_calm_) return;
    const std::uint64_t kind = chance_.below(4);
    if (kind == 0) {
      std::vector<std::uint32_t> sides;
      for (std::size_t i = 0; i < machines.size(); ++i) {
        sides.push_back(static_cast<std::uint32_t>(chance_.below(2)));
      }
      network.links().partition(sides);
      world.after(std::chrono::milliseconds(chance_.between(500, 15'000)),
                  [this] { network.links().heal(); });
    } else {
      const bool is_broker = kind != 1;
      const std::uint64_t at = is_broker ? chance_.below(brokers_count)
                                         : brokers_count + chance_.below(options.executors_count);
      if (machines[at]->is_up()) {
        ++(is_broker ? figures.broker_crashes : figures.executor_crashes);
        machines[at]->crash();
        world.after(std::chrono::milliseconds(chance_.between(200, 40'000)), [this, at] {
          if (!machines[at]->is_up()) machines[at]->start();
        });
      }
    }
    make_faults();
  });
}

void Town::calm_down() {
  is_calm_ = true;
  network.links().heal();
  network.links().set_all(links_of(false));
  for (const auto& machine : machines) {
    if (!machine->is_up()) machine->start();
  }
}

bool Town::is_all_over() const {
  return ledger.jobs().size() == jobs.size() &&
         std::all_of(ledger.jobs().begin(), ledger.jobs().end(),
                     [](const auto& job) { return job.second.phase == ledger::JobPhase::Closed; });
}

Bytes Town::expected(const PlannedJob& job, std::uint32_t task) const {
  std::vector<Bytes> inputs;
  for (const std::uint32_t index : compute::inputs_of(job.spec, task)) {
    inputs.push_back(objects.at(job.spec.inputs[index].uri));
  }
  const bool is_ranked = job.spec.gang_max > 1 || job.spec.array_count > 1;
  return output_of(compute::envelope_of(job.id, job.spec, task).work, inputs, is_ranked ? task : 0,
                   false);
}

/// What the broker in office says of a job that does not end.
std::string Town::why(const PlannedJob& job) {
  const std::size_t at = index_of_.at(ledger::broker_of(ledger.jobs().at(job.id)));
  const auto sight = broker(at)->broker().job(job.id);
  if (!sight) return "its broker does not know it";
  std::string text = sight->why + (sight->waits ? to_text(*sight->waits) : "");
  for (const auto& task : sight->tasks) {
    text += "; task " + std::to_string(task.task) + " state " +
            std::to_string(static_cast<int>(task.state)) + " attempt " +
            std::to_string(task.attempt) + " " + task.why;
  }
  return text;
}

void Town::check_job(const PlannedJob& job) {
  const auto found = ledger.jobs().find(job.id);
  if (found == ledger.jobs().end()) return broke(job.spec.name + " was never opened");
  const ledger::Job& record = found->second;
  if (record.phase != ledger::JobPhase::Closed)
    return broke(job.spec.name + " is lost: " + why(job));
  std::uint64_t paid = 0;
  for (const auto& [executor, amount] : ledger.paid(job.id)) paid += amount;
  figures.paid += paid;
  figures.budgets += budget_each;
  if (paid + ledger.refunded(job.id) != budget_each) broke(job.spec.name + ": money is missing");
  if (record.outcome != ledger::JobOutcome::None && paid != record.anchored.totals.pay.units()) {
    // What a dead broker alone could show stays with the payer.
    const bool is_after_takeover = record.broker_epoch > 1;
    if (!is_after_takeover) broke(job.spec.name + ": what was anchored was not paid");
  }
  switch (record.outcome) {
    case ledger::JobOutcome::Succeeded: ++figures.succeeded; break;
    case ledger::JobOutcome::Failed:
      ++figures.failed;
      // Only one that waits for a job without success may fail here.
      if (job.spec.depends_on.empty()) broke(job.spec.name + " failed: " + why(job));
      break;
    case ledger::JobOutcome::Cancelled: ++figures.cancelled; break;
    case ledger::JobOutcome::None:
      if (job.is_cancelled) {
        ++figures.cancelled;
      } else {
        broke(job.spec.name + " ended without a result");
      }
      break;
  }
  if (record.outcome != ledger::JobOutcome::Succeeded) return;
  std::vector<Bytes32> digests;
  for (std::uint32_t task = 0; task < compute::tasks_count(job.spec); ++task) {
    const Bytes output = expected(job, task);
    digests.push_back(compute::builtin::output_digest(output));
    const std::string uri = compute::output_uri(job.spec, task);
    if (uri.empty()) continue;
    if (!stored.contains(uri) || stored.at(uri) != output) broke("a wrong output under " + uri);
  }
  if (record.output != compute::job_output(digests)) broke(job.spec.name + ": a wrong digest");
}

void Town::check() {
  for (const PlannedJob& job : jobs) check_job(job);
  figures.jobs = jobs.size();
  figures.takeovers = ledger.figures().takeovers;
  figures.stale_refused = ledger.figures().stale;
  if (ledger.figures().wrong > 0) broke("the ledger refused what no honest broker asks");
}

TownFigures Town::run() {
  plan_jobs();
  for (const auto& machine : machines) machine->start();
  make_blocks();
  hand_over_all();
  if (options.has_faults) make_faults();
  world.run_for(std::chrono::milliseconds(options.faults_ms));
  calm_down();
  world.run_until_holds([this] { return is_all_over(); }, std::chrono::minutes(20));
  check();
  for (const auto& machine : machines) machine->crash();
  figures.fenced = fenced_of_dead;
  figures.trace = world.trace().text();
  return std::move(figures);
}

}  // namespace

TownFigures run_town(const TownOptions& options) { return Town(options).run(); }

}  // namespace oort::computesim
