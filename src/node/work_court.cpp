// SPDX-License-Identifier: Apache-2.0
#include "work_court.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "oort/compute/builtin/run.hpp"
#include "oort/compute/messages.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/ledger/honesty_case.hpp"
#include "oort/ledger/honesty_operations.hpp"
#include "oort/ledger/honesty_view.hpp"

namespace oort::node {
namespace {

constexpr std::string_view room = "honesty";
constexpr std::byte work_prefix{'w'};
constexpr std::size_t envelope_bytes_max = 1 << 20;
constexpr std::size_t uri_bytes_max = 2048;
constexpr Duration piece_deadline = std::chrono::seconds(5);

Bytes key_of(const Bytes32& fault) {
  Bytes key(1, work_prefix);
  key.insert(key.end(), fault.view().begin(), fault.view().end());
  return key;
}

tl::unexpected<Error> another(const std::string& what) {
  return fail(ErrorCode::InvalidArgument, reason::bad_proof, what);
}

Result<void> take_version(codec::Reader& in, std::uint8_t known) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version == known) return {};
  return fail(ErrorCode::Unimplemented, reason::unsupported_version,
              "an accused work of version " + std::to_string(version));
}

}  // namespace

void encode(codec::Writer& out, const InputOfWork& value) {
  out.u8(InputOfWork::format_version);
  codec::encode(out, value.fault);
  out.u32(value.index);
  out.u64(value.offset);
}
Result<void> decode(codec::Reader& in, InputOfWork& value) {
  OORT_TRY(take_version(in, InputOfWork::format_version));
  OORT_TRY(codec::decode(in, value.fault));
  OORT_TRY(value.index, in.u32());
  OORT_TRY(value.offset, in.u64());
  return {};
}

void encode(codec::Writer& out, const AccusedWork& value) {
  out.u8(AccusedWork::format_version);
  out.u64(value.round.value());
  out.blob(value.envelope);
  codec::encode(out, value.payer);
  codec::encode(out, value.spec);
  out.u32(static_cast<std::uint32_t>(value.inputs.size()));
  for (const std::string& uri : value.inputs) out.text(uri);
}
Result<void> decode(codec::Reader& in, AccusedWork& value) {
  OORT_TRY(take_version(in, AccusedWork::format_version));
  OORT_TRY(const std::uint64_t round, in.u64());
  value.round = Epoch(round);
  OORT_TRY(const ByteView envelope, in.blob(envelope_bytes_max));
  value.envelope = to_bytes(envelope);
  OORT_TRY(codec::decode(in, value.payer));
  OORT_TRY(codec::decode(in, value.spec));
  OORT_TRY(const std::uint32_t count,
           in.count(compute::builtin::inputs_count_max, sizeof(std::uint32_t)));
  value.inputs.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    OORT_TRY(std::string uri, in.text(uri_bytes_max));
    value.inputs.push_back(std::move(uri));
  }
  return {};
}

// The accuser -----------------------------------------------------------------------------------

Result<std::shared_ptr<WorkCourt>> WorkCourt::open(const Parts& parts) {
  auto court = std::make_shared<WorkCourt>(parts);
  const auto kept = parts.store.iterate(ByteView(&work_prefix, 1));
  for (; kept->is_valid(); kept->next()) {
    const auto fault = Bytes32::from(kept->key().subspan(1));
    const auto work = codec::from_bytes<AccusedWork>(kept->value());
    if (fault && work) {
      court->accused_[*fault] = *work;
    } else {
      log::warn(room, "the task of an accusation cannot be read and will not be shown");
    }
  }
  OORT_TRY(kept->status());
  return court;
}

void WorkCourt::keep(const Bytes32& fault, const AccusedWork& work, Callback<Result<void>> then) {
  if (accused_.size() >= accused_max) {
    return then(fail(ErrorCode::ResourceExhausted, reason::queue_full, "too many accusations"));
  }
  accused_[fault] = work;
  parts_.disk.post([&store = parts_.store, &strand = parts_.strand, key = key_of(fault),
                    bytes = codec::to_bytes(work), then = std::move(then)]() mutable {
    env::KvBatch batch;
    batch.put(key, bytes);
    strand.post([written = store.write(batch, env::Sync::Yes), then = std::move(then)]() mutable {
      then(std::move(written));
    });
  });
}

void WorkCourt::sweep(Epoch round) {
  const object::LedgerSnapshot now = parts_.ledger.snapshot();
  const ledger::HonestyView view(*now.state);
  env::KvBatch batch;
  std::erase_if(accused_, [&](const auto& one) {
    const auto& [fault, work] = one;
    const bool is_late = work.round.value() + ledger::accuse_rounds < round.value();
    if (!is_late || view.fault_case(fault)) return false;
    batch.erase(key_of(fault));
    return true;
  });
  if (batch.empty()) return;
  parts_.disk.post([&store = parts_.store, batch = std::move(batch)] {
    if (const auto written = store.write(batch, env::Sync::No); !written) {
      log::warn(room, "old accusations were not forgotten", {{"why", written.error().to_string()}});
    }
  });
}

const AccusedWork* WorkCourt::find(ByteView payload) const {
  const auto fault = Bytes32::from(payload);
  if (!fault) return nullptr;
  const object::LedgerSnapshot now = parts_.ledger.snapshot();
  if (!ledger::HonestyView(*now.state).fault_case(*fault)) return nullptr;
  const auto found = accused_.find(*fault);
  return found == accused_.end() ? nullptr : &found->second;
}

Result<Bytes> WorkCourt::show_task(ByteView payload) const {
  const AccusedWork* const work = find(payload);
  if (work != nullptr) return work->envelope;
  return fail(ErrorCode::NotFound, reason::not_found, "this node has accused nobody in that case");
}

void WorkCourt::show_input(ByteView payload, Callback<Result<Bytes>> reply) const {
  const auto ask = codec::from_bytes<InputOfWork>(payload);
  if (!ask) return reply(fail(ask.error()));
  const AccusedWork* const work = find(ask->fault.view());
  const auto envelope =
      codec::from_bytes<compute::TaskEnvelope>(work == nullptr ? ByteView() : work->envelope);
  const bool is_there = envelope && ask->index < envelope->inputs.size() &&
                        ask->index < work->inputs.size() && objects_ != nullptr &&
                        ask->offset < envelope->inputs[ask->index].size;
  if (!is_there) {
    return reply(fail(ErrorCode::NotFound, reason::not_found, "no such input of that case"));
  }
  const std::uint64_t left = envelope->inputs[ask->index].size - ask->offset;
  objects_->read({work->payer, work->inputs[ask->index], work->spec}, ask->offset,
                 std::min(left, input_piece_bytes), std::move(reply));
}

// The panelist ----------------------------------------------------------------------------------

struct WorkCourt::Replay {
  Bytes32 fault;
  NodeId accuser;
  Bytes32 commitment;
  compute::TaskEnvelope envelope;
  std::vector<Bytes> inputs;  ///< The last one may be incomplete.
  Callback<Result<Bytes32>> done;
};

void WorkCourt::replay(const ledger::Reveal& accusation, const Bytes32& fault,
                       Callback<Result<Bytes32>> done) {
  auto replay = std::make_shared<Replay>();
  replay->fault = fault;
  replay->accuser = accusation.officer;
  replay->commitment = accusation.receipt.task_commitment;
  replay->done = std::move(done);
  parts_.transport.request(replay->accuser, env::TrafficClass::Bulk, honesty_message::work,
                           to_bytes(fault.view()), piece_deadline,
                           [weak = weak_from_this(), replay](Result<Bytes> envelope) {
                             const auto court = weak.lock();
                             if (!court) return;
                             if (!envelope) return replay->done(fail(envelope.error()));
                             court->take_task(replay, *envelope);
                           });
}

void WorkCourt::take_task(const std::shared_ptr<Replay>& replay, ByteView envelope) {
  if (ledger::task_commitment(envelope) != replay->commitment) {
    return replay->done(another("the accuser shows another task"));
  }
  auto decoded = codec::from_bytes<compute::TaskEnvelope>(envelope);
  if (!decoded) return replay->done(fail(std::move(decoded).error()));
  replay->envelope = *std::move(decoded);
  std::uint64_t bytes = 0;
  for (const compute::InputDigest& input : replay->envelope.inputs) {
    if (input.size > compute::task_input_bytes_max) bytes = compute::task_input_bytes_max;
    bytes += input.size;
  }
  if (replay->envelope.work.kind != compute::WorkKind::Builtin ||
      bytes > compute::task_input_bytes_max) {
    return replay->done(fail(ErrorCode::Unimplemented, reason::not_supported,
                             "no task that this node can do again"));
  }
  ask_input(replay);
}

/// The next bytes that are missing, or the run where none are.
void WorkCourt::ask_input(const std::shared_ptr<Replay>& replay) {
  const auto& wanted = replay->envelope.inputs;
  auto& inputs = replay->inputs;
  if (inputs.empty() || inputs.back().size() == wanted[inputs.size() - 1].size) {
    if (!inputs.empty() && crypto::tree_root(inputs.back()) != wanted[inputs.size() - 1].root) {
      return replay->done(another("the accuser shows another input"));
    }
    if (inputs.size() == wanted.size()) return run(replay);
    inputs.emplace_back();
    if (wanted[inputs.size() - 1].size == 0) return ask_input(replay);
  }
  const InputOfWork ask{replay->fault, static_cast<std::uint32_t>(inputs.size() - 1),
                        inputs.back().size()};
  parts_.transport.request(replay->accuser, env::TrafficClass::Bulk, honesty_message::work_input,
                           codec::to_bytes(ask), piece_deadline,
                           [weak = weak_from_this(), replay](Result<Bytes> piece) {
                             const auto court = weak.lock();
                             if (court) court->take_input(replay, std::move(piece));
                           });
}

void WorkCourt::take_input(const std::shared_ptr<Replay>& replay, Result<Bytes> piece) {
  if (!piece) return replay->done(fail(std::move(piece).error()));
  Bytes& input = replay->inputs.back();
  const std::uint64_t left = replay->envelope.inputs[replay->inputs.size() - 1].size - input.size();
  if (piece->empty() || piece->size() > left) {
    return replay->done(another("the accuser shows another input"));
  }
  input.insert(input.end(), piece->begin(), piece->end());
  ask_input(replay);
}

void WorkCourt::run(const std::shared_ptr<Replay>& replay) {
  parts_.pool.post([&strand = parts_.strand, replay] {
    compute::builtin::Task task;
    task.workload = replay->envelope.work.workload;
    task.parameters = replay->envelope.work.parameters;
    task.inputs = std::move(replay->inputs);
    const auto output = compute::builtin::run_to_end(std::move(task));
    Result<Bytes32> result = output ? Result<Bytes32>(compute::builtin::output_digest(*output))
                                    : Result<Bytes32>(fail(output.error()));
    strand.post(
        [replay, result = std::move(result)]() mutable { replay->done(std::move(result)); });
  });
}

}  // namespace oort::node
