// SPDX-License-Identifier: Apache-2.0
#include "compute_town.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <type_traits>
#include <variant>

#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/jobs_events.hpp"
#include "oort/ledger/jobs_keys.hpp"
#include "oort/ledger/jobs_operations.hpp"
#include "oort/ledger/jobs_spec.hpp"
#include "oort/ledger/keys.hpp"
#include "oort/ledger/records.hpp"

namespace oort::node::test {
namespace {

constexpr std::uint64_t block_ms = 200;
constexpr std::string_view input_uri = "s3://town/in";
constexpr std::string_view output_uri = "s3://town/out";

crypto::KeyPair keys_of(std::uint32_t number) {
  std::array<std::byte, 32> bytes{};
  bytes[0] = static_cast<std::byte>(number + 1);
  return crypto::KeyPair(crypto::SecretSeed(bytes));
}

}  // namespace

Result<void> BreakableKv::write(const env::KvBatch& batch, env::Sync sync) {
  if (is_broken) return fail(ErrorCode::DataLoss, reason::disk_failed, "it broke");
  return inner_.write(batch, sync);
}

// ComputeResident -------------------------------------------------------------------------------

ComputeResident::ComputeResident(ComputeTown& town, std::uint32_t number)
    : town_(town),
      keys_(keys_of(number)),
      machine_(town.world, number, keys_.node_id()),
      signer_(crypto::local_signer(keys_)) {}

void ComputeResident::start() {
  if (!machine_.is_up()) machine_.start();
  transport_ = town_.network.attach(machine_);
  ComputeDriver::Options options;
  options.is_broker = machine_.index() % 2 == 0;
  options.is_executor = !options.is_broker;
  options.offer.region = "town";
  options.offer.cpu_milli = 1'000;
  options.offer.memory_mib = 1'024;
  options.offer.ask_per_core = 3'600'000'000;
  options.offer.tiers = 1;
  driver_ = ComputeDriver::open({.chain = {},
                                 .self = id(),
                                 .signer = *signer_,
                                 .strand = machine_.strand(),
                                 .timers = machine_.timers(),
                                 .disk = disk,
                                 .work = machine_.pool(),
                                 .clock = machine_.clock(),
                                 .store = store,
                                 .ledger = *this,
                                 .submit = *this,
                                 .transport = *transport_,
                                 .folder = {}},
                                options)
                .value();
  driver_->attach();
  driver_->start(this);
  if (driver_->has_broker()) {
    port_ = make_broker_port(driver_, machine_.strand(), machine_.timers(), calls_);
  }
}

void ComputeResident::kill() {
  driver_->stop();
  machine_.crash();
  port_.reset();
  driver_.reset();
  transport_.reset();
}

void ComputeResident::block(const object::FinalBlock& block) {
  if (driver_) driver_->on_block(block);
}

object::LedgerSnapshot ComputeResident::snapshot() const { return town_.snapshot(); }

void ComputeResident::submit(std::vector<ledger::SubmittedOperation> operations, Duration,
                             Callback<Result<object::SubmitResult>> done) {
  std::vector<compute::LedgerOperation> of_jobs;
  for (const ledger::SubmittedOperation& one : operations) {
    town_.submitted.emplace_back(id(), one.operation);
    std::visit(
        [&]<class T>(const T& operation) {
          if constexpr (std::is_constructible_v<compute::LedgerOperation, T>) {
            of_jobs.emplace_back(operation);
          } else if constexpr (std::is_same_v<T, ledger::OfferPost>) {
            town_.offers.push_back(operation);
            const ledger::OfferRecord record{operation.node, operation.summary, {}};
            town_.put(ledger::keys::offer(operation.node), codec::to_bytes(record));
          }
        },
        one.operation);
  }
  town_.jobs.submit(id(), std::move(of_jobs));
  object::SubmitResult result;
  result.receipts.resize(operations.size());
  machine_.timers().after(
      std::chrono::milliseconds(block_ms),
      [done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
}

void ComputeResident::read(const JobObject& object, std::uint64_t offset, std::uint64_t size,
                           Callback<Result<Bytes>> done) {
  const auto found = town_.objects.find(object.uri);
  if (found == town_.objects.end()) {
    return done(fail(ErrorCode::NotFound, reason::no_such_key, "none"));
  }
  done(to_bytes(ByteView(found->second).subspan(offset, size)));
}

void ComputeResident::write(const JobObject& object, Bytes bytes, Callback<Result<void>> done) {
  OORT_ASSERT(!object.spec.is_zero(), "a write names the specification that it is of");
  town_.objects[object.uri] = std::move(bytes);
  done({});
}

// ComputeTown -----------------------------------------------------------------------------------

ComputeTown::ComputeTown(std::uint32_t nodes_count)
    : network(world, nodes_count), state_(std::make_shared<ledger::MemoryState>()) {
  for (std::uint32_t i = 0; i < nodes_count; ++i) {
    residents_.push_back(std::make_unique<ComputeResident>(*this, i));
    ledger::Node node;
    node.id = residents_.back()->id();
    node.owner.mutable_view()[0] = static_cast<std::byte>(i + 1);
    const auto role = i % 2 == 0 ? ledger::NodeRole::Super : ledger::NodeRole::Archive;
    node.roles = static_cast<std::uint8_t>(role);
    put(ledger::keys::node(node.id), codec::to_bytes(node));
  }
  put(ledger::keys::jobs_params(), codec::to_bytes(ledger::JobsParams()));
  for (auto& resident : residents_) resident->start();
}

object::LedgerSnapshot ComputeTown::snapshot() const {
  return {Height(height_), jobs.time_ms(), state_};
}

void ComputeTown::put(const Bytes& key, const Bytes& value) {
  auto next = std::make_shared<ledger::MemoryState>(*state_);
  const ledger::StateWrite write{key, value};
  next->apply({&write, 1});
  state_ = next;
}

api::JobHandover ComputeTown::make_job(const std::vector<std::size_t>& brokers,
                                       std::uint64_t nonce) {
  Bytes& input = objects[std::string(input_uri)];
  input.assign(600'000, std::byte{7});
  ledger::JobSpec spec;
  spec.name = "hash";
  spec.work = ledger::BuiltinWork{"blake3", 1, {std::byte{1}, {}, {}, {}, {}}};
  spec.inputs.push_back({std::string(input_uri), input.size(), crypto::tree_root(input), ""});
  spec.outputs.push_back({std::string(output_uri), ""});
  spec.any_of.emplace_back().cpu_milli = 500;
  spec.walltime_ms = 60'000;
  api::JobHandover job;
  job.payer.mutable_view()[0] = std::byte{200};
  job.id = ledger::job_id_of(job.payer, nonce);
  job.spec = codec::to_bytes(spec);
  job.open.nonce = nonce;
  job.open.spec = ledger::job_spec_hash(job.spec);
  job.open.currency = ledger::Currency::Credits;
  job.open.budget = ledger::Units(1'000'000'000);
  job.open.walltime_ms = spec.walltime_ms;
  job.open.deadline_ms = 3'600'000;
  for (const std::size_t index : brokers) job.open.brokers.push_back(resident(index).id());
  return job;
}

void ComputeTown::open(const api::JobHandover& job) {
  jobs.open(job.id, job.payer, job.open.spec, job.open.brokers,
            static_cast<std::uint64_t>(job.open.budget.units()), job.open.walltime_ms,
            job.open.deadline_ms);
}

void ComputeTown::make_block() {
  ++height_;
  jobs.make_block(height_ * block_ms);
  object::FinalBlock block;
  block.height = Height(height_);
  block.time_ms = jobs.time_ms();
  for (const JobId& id : jobs.changed()) {
    const ledger::Job& record = jobs.jobs().at(id);
    put(ledger::keys::job(id), codec::to_bytes(record));
    for (const NodeId& broker : record.brokers) put(ledger::keys::job_broker(broker, id), {});
    block.events.emplace_back(ledger::JobChanged{id, record.phase, record.outcome,
                                                 record.broker_epoch, ledger::broker_of(record)});
  }
  for (const auto& claimed : jobs.claimed()) {
    block.events.emplace_back(ledger::JobPaid{ledger::JobPaid::Kind::Claimed, claimed.job,
                                              claimed.executor, ledger::Units(1)});
  }
  for (auto& resident : residents_) resident->block(block);
}

void ComputeTown::run(std::uint64_t ms) {
  for (std::uint64_t passed = 0; passed < ms; passed += block_ms) {
    world.run_for(std::chrono::milliseconds(block_ms));
    make_block();
  }
}

}  // namespace oort::node::test
