// SPDX-License-Identifier: Apache-2.0
#include "honesty_town.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <span>

#include "oort/codec/codec.hpp"
#include "oort/compute/builtin/blake3.hpp"
#include "oort/compute/builtin/run.hpp"
#include "oort/compute/messages.hpp"
#include "oort/compute/tasks.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/keys.hpp"
#include "oort/ledger/staking_records.hpp"
#include "oort/ledger/view.hpp"
#include "oort/object/coder.hpp"
#include "oort/object/shard_work.hpp"

namespace oort::node::test {
namespace {

constexpr Duration block_time = std::chrono::milliseconds(100);

Oort whole(std::uint64_t amount) { return Oort(oort_base_units * amount); }

crypto::KeyPair keys_of(std::uint32_t number) {
  std::array<std::byte, 32> bytes{};
  bytes[0] = static_cast<std::byte>(number + 1);
  return crypto::KeyPair(crypto::SecretSeed(bytes));
}
AccountId account_of(const crypto::KeyPair& keys) { return crypto::account_of(keys.public_key()); }

}  // namespace

void TownObjects::read(const JobObject& object, std::uint64_t offset, std::uint64_t size,
                       Callback<Result<Bytes>> done) {
  const auto found = objects.find(object.uri);
  if (found == objects.end()) {
    return done(fail(ErrorCode::NotFound, reason::not_found, object.uri));
  }
  done(to_bytes(ByteView(found->second).subspan(offset, size)));
}

void TownPurse::submit(std::vector<ledger::SubmittedOperation> operations, Duration,
                       Callback<Result<object::SubmitResult>> done) {
  object::SubmitResult result;
  for (const ledger::SubmittedOperation& one : operations) {
    opened.push_back(std::get<ledger::JobOpen>(one.operation));
    result.receipts.emplace_back();
  }
  done(std::move(result));
}

// Resident --------------------------------------------------------------------------------------

Resident::Resident(Town& town, std::uint32_t number)
    : town_(town),
      keys_(keys_of(number)),
      machine_(town.world(), number, keys_.node_id()),
      gateway_(*this, machine_.random()) {}

void Resident::restart() {
  if (driver_) driver_->stop();
  driver_.reset();
  court_ = WorkCourt::open({.self = id(),
                            .strand = machine_.strand(),
                            .disk = machine_.strand(),
                            .pool = machine_.strand(),
                            .store = store_,
                            .ledger = *this,
                            .transport = *this})
               .value();
  court_->set_objects(&town_.objects);
  if (town_.has_jobs()) open_tasks();
  HonestyDriver::Options options;
  options.rules.live_count_min = 20;
  options.rules.baits.quota = 2;
  options.rules.baits.more = ledger::Ppb(500'000'000);
  const HonestyDriver::Parts parts{.chain = town_.chain(),
                                   .keys = keys_,
                                   .strand = machine_.strand(),
                                   .timers = machine_.timers(),
                                   .disk = machine_.strand(),
                                   .clock = machine_.clock(),
                                   .random = machine_.random(),
                                   .store = store_,
                                   .ledger = *this,
                                   .submit = *this,
                                   .transport = *this,
                                   .shards = *this,
                                   .live = &gateway_,
                                   .court = court_.get(),
                                   .tasks = tasks_.get()};
  driver_ = HonestyDriver::open(parts, options).value();
  driver_->attach();
}

/// What it orders is done at once, by one of the others.
void Resident::open_tasks() {
  ComputeTasks::Options options;
  options.live_count_min = 20;
  tasks_ = std::make_shared<ComputeTasks>(ComputeTasks::Parts{.self = id(),
                                                              .payer = account_of(keys_),
                                                              .bucket = "purse",
                                                              .strand = machine_.strand(),
                                                              .pool = machine_.strand(),
                                                              .random = machine_.random(),
                                                              .ledger = *this,
                                                              .submit = purse_},
                                          options);
  tasks_->set_doors(&town_.objects, [this](const api::JobHandover& job,
                                           Callback<Result<void>> done) {
    done({});
    machine_.strand().post([this, receipt = town_.do_job(*this, job)] { driver_->took(receipt); });
  });
}

object::LedgerSnapshot Resident::snapshot() const { return town_.snapshot(); }

void Resident::submit(std::vector<ledger::SubmittedOperation> operations, Duration,
                      Callback<Result<object::SubmitResult>> done) {
  town_.submit(*this, std::move(operations), std::move(done));
}

void Resident::read(const NodeId& node, object::ReadShard request, Duration,
                    Callback<Result<object::ReadShardReply>> done) {
  machine_.strand().post([this, node, request, done = std::move(done)]() mutable {
    done(town_.resident(node).serve(request));
  });
}

Result<object::ReadShardReply> Resident::serve(const object::ReadShard& request) const {
  const ledger::Segment record = town_.record();
  const std::uint8_t index = request.shard.index;
  if (is_silent || request.shard.segment != town_.segment() || record.shards[index].node != id()) {
    return fail(ErrorCode::NotFound, reason::not_found, "no such shard");
  }
  const Bytes& shard = town_.shard(index);
  const auto range = object::answered_range(request, shard.size());
  if (!range) return fail(ErrorCode::OutOfRange, reason::invalid_range, "past the end");
  object::ReadShardReply reply;
  reply.length = shard.size();
  reply.offset = range->offset;
  reply.bytes = to_bytes(ByteView(shard).subspan(range->offset, range->size));
  crypto::TreeBuilder tree;
  tree.update(shard);
  const auto leaves = tree.leaves();
  if (request.proof == object::ReadProof::Leaves) reply.leaves = leaves;
  if (request.proof == object::ReadProof::Paths) {
    const std::uint64_t first = range->offset / crypto::tree_leaf_bytes;
    for (std::uint64_t i = 0; i < crypto::tree_leaves_count(range->size); ++i) {
      reply.paths.push_back(crypto::tree_prove(leaves, shard.size(), first + i));
    }
  }
  if (lies) reply.bytes.front() ^= std::byte{1};
  if (request.order) {
    const auto signer = crypto::local_signer(keys_);
    OORT_TRY(reply.receipt, object::sign_work(town_.chain(), id(), request, reply, *signer));
  }
  return reply;
}

void Resident::request(const NodeId& to, env::TrafficClass, env::MessageType type, Bytes payload,
                       Duration, Callback<Result<Bytes>> done) {
  Resident& other = town_.resident(to);
  if (other.is_mute) {
    done(fail(ErrorCode::Unavailable, reason::peer_unreachable, "mute"));
    return;
  }
  other.handler_(id(), type, std::move(payload), std::move(done));
}

// Town ------------------------------------------------------------------------------------------

Town::Town(const TownOptions& options)
    : world_(options.seed),
      has_jobs_(options.has_jobs),
      residents_([&] {
        std::vector<std::unique_ptr<Resident>> made;
        for (std::uint32_t i = 0; i < options.nodes_count; ++i) {
          made.push_back(std::make_unique<Resident>(*this, i));
        }
        return made;
      }()),
      genesis_(genesis_of(options)),
      chain_(ledger::chain_id_of(genesis_)),
      machine_(chain_, ledger::ed25519_verifier()) {
  const auto checked = ledger::check_genesis(genesis_);
  OORT_ASSERT(checked.has_value(), "the genesis of the town is possible");
  auto state = std::make_shared<ledger::MemoryState>();
  state->apply(ledger::genesis_writes(genesis_));
  state_ = state;
  write_segment();
  for (auto& resident : residents_) resident->restart();
}

ledger::GenesisParams Town::genesis_of(const TownOptions& options) const {
  ledger::GenesisParams genesis;
  genesis.chain_name = "town";
  genesis.time_ms = 1;
  genesis.params.idle_block_ms = 100;
  for (const auto& resident : residents_) {
    ledger::Node node;
    node.id = resident->id();
    node.owner = account_of(resident->keys());
    node.roles = static_cast<std::uint8_t>(ledger::NodeRole::Super);
    node.endpoints = {{ledger::EndpointKind::Peer, "127.0.0.1", 20000}};
    node.region = "town";
    node.bond = whole(1000);
    genesis.nodes.push_back(node);
    genesis.accounts.push_back({node.owner, whole(10'000)});
  }
  const NodeId first = residents_.front()->id();
  genesis.validators = {{first, 1}};
  // No node weighs much more than the others, or panels could not be filled.
  ledger::StakingGenesis staking;
  staking.params.creator_stake_min = whole(100);
  staking.params.pool_stake_min = whole(100);
  staking.pools = {{first, staking.params.pool_stake_min, 0}};
  genesis.pots = {{ledger::Pot::Stake, staking.params.pool_stake_min}};
  ledger::HonestyGenesis honesty;
  honesty.params.round_blocks = 40;
  honesty.params.post_blocks = 20;
  honesty.params.keep_rounds = 50;
  honesty.params.officers_expected = options.officers_expected;
  honesty.params.rules = {30, 15, 4, 4};
  honesty.params.audit_every_blocks = options.audit_every_blocks;
  honesty.params.audit_blocks = 10;
  genesis.modules = {{ledger::Module::Staking, codec::to_bytes(staking)},
                     {ledger::Module::Honesty, codec::to_bytes(honesty)}};
  std::ranges::sort(genesis.accounts, {}, &ledger::GenesisAccount::id);
  std::ranges::sort(genesis.nodes, {}, &ledger::Node::id);
  return genesis;
}

/// One sealed segment, two of four, held by the first four.
void Town::write_segment() {
  shards_.assign(holders_count, Bytes(shard_bytes));
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t at = 0; at < shard_bytes; ++at) {
      shards_[i][at] = static_cast<std::byte>((at * 7 + at / 251 + i * 13) & 0xff);
    }
  }
  const auto coder = object::Coder::make({2, 4}).value();
  const std::vector<ByteView> data{shards_[0], shards_[1]};
  const std::vector<std::span<std::byte>> parity{shards_[2], shards_[3]};
  coder.encode(data, parity);
  record_.state = ledger::SegmentState::Sealed;
  record_.scheme = ledger::Scheme::ReedSolomon;
  record_.data_shards = 2;
  record_.references = 1;
  record_.length = 2 * shard_bytes;
  for (std::size_t i = 0; i < holders_count; ++i) {
    record_.shards.push_back({residents_[i]->id(), crypto::tree_root(shards_[i]), shard_bytes, 1});
  }
  segment_ = SegmentId(crypto::blake3(shards_[0]).array());
  auto state = std::make_shared<ledger::MemoryState>(*state_);
  const ledger::StateWrite write{ledger::keys::segment(segment_), codec::to_bytes(record_)};
  state->apply({&write, 1});
  state_ = state;
}

Resident& Town::resident(const NodeId& id) {
  return **std::ranges::find_if(residents_, [&](const auto& one) { return one->id() == id; });
}

object::LedgerSnapshot Town::snapshot() const { return {Height(height_), 100 * height_, state_}; }

void Town::submit(const Resident& from, std::vector<ledger::SubmittedOperation> operations,
                  Callback<Result<object::SubmitResult>> done) {
  asked_.push_back({from.keys(), std::move(operations), std::move(done)});
}

LiveJob Town::make_job(const Resident& broker) {
  LiveJob job;
  job.spec.name = "live";
  job.spec.work =
      ledger::BuiltinWork{"blake3", 1, codec::to_bytes(compute::builtin::Blake3Parameters{})};
  job.spec.inputs = {{"s3://live/in", 1'001 + world_.random().below(9'000), TreeRoot(), ""}};
  job.spec.any_of.emplace_back();
  job.spec.walltime_ms = 60'000;
  job.record.id =
      JobId(crypto::blake3(as_bytes(std::to_string(world_.random().below(1U << 30U)))).array());
  job.record.currency = ledger::Currency::Credits;
  job.record.budget = ledger::Units(500);
  job.record.brokers = {broker.id()};
  job.record.opened_ms = 100 * height_;
  job.record.deadline_ms = job.record.opened_ms + 600'000;
  return job;
}

ledger::WorkReceipt Town::do_job(const Resident& broker, const api::JobHandover& job) {
  const auto spec = codec::from_bytes<ledger::JobSpec>(job.spec).value();
  const compute::TaskEnvelope envelope = compute::envelope_of(job.id, spec, 0);
  compute::builtin::Task task{envelope.work.workload, envelope.work.parameters, {}};
  for (const ledger::JobInput& input : spec.inputs) {
    task.inputs.push_back(objects.objects.at(input.uri));
  }
  const Bytes output = compute::builtin::run_to_end(std::move(task)).value();
  std::size_t chosen = world_.random().below(residents_.size());
  if (residents_[chosen].get() == &broker) chosen = (chosen + 1) % residents_.size();
  const Resident& executor = *residents_[chosen];
  ledger::WorkReceipt receipt;
  receipt.chain = chain_;
  receipt.epoch = Epoch(view().state()->round);
  receipt.task_commitment = ledger::task_commitment(codec::to_bytes(envelope));
  receipt.input_root = compute::inputs_root(envelope.inputs);
  receipt.result_hash = compute::builtin::output_digest(output);
  if (executor.computes_wrong) receipt.result_hash = crypto::blake3(receipt.result_hash.view());
  receipt.executor = executor.id();
  receipt.signature = executor.keys().sign(ledger::sign_hash(receipt).view());
  return receipt;
}

/// What clients order of each broker.
void Town::order_live() {
  const Bytes content = to_bytes(as_bytes("what clients have written"));
  for (auto& resident : residents_) {
    resident->tasks().read(JobId(), {"blake3", 1}, content);
    resident->driver().saw(make_job(*resident));
  }
}

/// What a gateway does for its clients.
void Town::read_live() {
  for (auto& resident : residents_) {
    object::ReadShard request;
    const auto index = static_cast<std::uint8_t>(world_.random().below(holders_count));
    request.shard = {segment_, index, 1};
    request.offset = 4096 * world_.random().below(20);
    request.size = static_cast<std::uint32_t>(4096 * (1 + world_.random().below(20)));
    request.proof = object::proof_for(request.size);
    resident->gateway().read(record_.shards[index].node, request, std::chrono::seconds(10),
                             [](const Result<object::ReadShardReply>&) {});
  }
}

void Town::execute() {
  std::vector<Asked> asked = std::exchange(asked_, {});
  std::vector<ledger::Transaction> transactions;
  std::map<AccountId, std::uint64_t> sequences;
  for (Asked& one : asked) {
    const AccountId sender = account_of(one.keys);
    const std::uint64_t first = ledger::next_sequence_of(ledger::View(*state_).account(sender), 0);
    ledger::Transaction transaction;
    transaction.chain = chain_;
    transaction.sequence = first + sequences[sender]++;
    transaction.valid_until = Height(height_ + 10);
    transaction.fee_max = whole(1);
    for (auto& operation : one.operations) {
      ledger::add_operation(transaction, std::move(operation));
    }
    ledger::sign(transaction, one.keys);
    transactions.push_back(std::move(transaction));
  }
  ++height_;
  const ledger::BlockContext context{Height(height_),
                                     100 * height_,
                                     Epoch(0),
                                     residents_.front()->id(),
                                     crypto::blake3(as_bytes(std::to_string(height_))),
                                     oort::View(height_)};
  const auto done = machine_.execute(context, transactions, *state_);
  auto next = std::make_shared<ledger::MemoryState>(*state_);
  next->apply(done.writes);
  state_ = next;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    object::SubmitResult result;
    result.height = Height(height_);
    result.receipts = done.receipts[i].operations;
    for (const auto& operation : result.receipts) {
      if (operation.rejection != ledger::Rejection::None) ++refused_count;
    }
    asked[i].done(std::move(result));
  }
}

void Town::run_blocks(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (has_jobs_) {
      order_live();
    } else {
      read_live();
    }
    world_.run_for(block_time);
    execute();
    for (auto& resident : residents_) resident->block();
  }
}

void Town::run_to_round(std::uint64_t round) {
  while (view().state()->round < round) run_blocks(1);
}

}  // namespace oort::node::test
