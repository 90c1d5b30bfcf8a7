// SPDX-License-Identifier: Apache-2.0
// What the ledger asks of a node: leaves of its own shards, and its word as a member of panels.
#include <algorithm>
#include <chrono>
#include <utility>

#include "honesty_driver.hpp"
#include "honesty_moment.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/tree.hpp"
#include "oort/env/transport.hpp"
#include "oort/honesty/agent.hpp"
#include "oort/ledger/honesty_case.hpp"
#include "oort/ledger/honesty_objects.hpp"
#include "oort/ledger/honesty_operations.hpp"
#include "oort/ledger/honesty_records.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/view.hpp"
#include "oort/object/ports.hpp"
#include "oort/object/shard_messages.hpp"
#include "oort/object/shard_rebuild.hpp"
#include "oort/object/shard_work.hpp"

namespace oort::node {
namespace {

constexpr std::string_view room = "honesty";
constexpr crypto::Context no_result_context("oort.v1 honesty no result");
/// At a height; more would be a flood, whose rest waits.
constexpr std::size_t audits_looked_max = 256;
constexpr std::size_t cases_looked_max = 256;
constexpr Duration task_deadline = std::chrono::seconds(3);
constexpr Duration piece_deadline = std::chrono::seconds(5);
constexpr Duration try_again_after = std::chrono::seconds(1);
constexpr int execution_tries = 3;
constexpr int post_tries = 20;

}  // namespace

Bytes32 no_result(const Bytes32& fault) { return crypto::hash(no_result_context, fault.view()); }

// Audits ----------------------------------------------------------------------------------------

void HonestyDriver::answer_audits(const Moment& now) {
  if (now.view.standing(self()).audits_open == 0) {
    answering_.clear();
    return;
  }
  for (const ledger::Audit& audit : now.view.audits(0, audits_looked_max)) {
    if (audit.challenge.node != self() || !audit.is_drawn) continue;
    if (answering_.insert(audit.number).second) answer(audit);
  }
}

void HonestyDriver::answer(const ledger::Audit& audit) {
  object::ReadShard request;
  request.shard = audit.challenge.shard;
  request.offset = audit.challenge.leaf * crypto::tree_leaf_bytes;
  request.size = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(crypto::tree_leaf_bytes, audit.length - request.offset));
  request.proof = object::ReadProof::Paths;
  parts_.shards.read(
      self(), request, piece_deadline,
      [weak = weak_from_this(), audit](Result<object::ReadShardReply> reply) {
        const auto driver = weak.lock();
        if (!driver) return;
        const bool is_whole = reply && reply->paths.size() == 1;
        if (is_whole) {
          ledger::StorageProof proof{std::move(reply->paths.front()), std::move(reply->bytes)};
          if (ledger::proves(proof, audit.challenge, audit.root, audit.length)) {
            driver->post(ledger::AuditAnswer{audit.number, std::move(proof)}, post_tries);
            return;
          }
        }
        log::warn(room, "an audited leaf cannot be shown",
                  {{"audit", audit.number},
                   {"segment", audit.challenge.shard.segment.short_hex()},
                   {"why", reply ? "it is not under the root" : reply.error().to_string()}});
        driver->after(try_again_after, [number = audit.number](HonestyDriver& one) {
          one.answering_.erase(number);
        });
      });
}

// Panels ----------------------------------------------------------------------------------------

void HonestyDriver::sit(const Moment& now) {
  if (now.state.cases_open == 0) {
    opening_.clear();
    return;
  }
  for (const ledger::CaseRecord& record : now.view.cases(Bytes32(), cases_looked_max)) {
    const ledger::CaseState& court = record.court;
    const auto seat = std::ranges::find(court.panel, self(), &ledger::CaseSeat::node);
    if (seat == court.panel.end()) continue;
    if (court.phase == ledger::CasePhase::Committing && !seat->commitment) {
      carry_out(agent_.step(honesty::event::SeatDrawn{court.id}));
    }
    if (court.phase == ledger::CasePhase::Opening && seat->commitment && !seat->reveal &&
        opening_.insert(court.id).second) {
      carry_out(agent_.step(honesty::event::CommitmentsClosed{court.id, court.step_seed}));
    }
  }
}

/// One attempt to do again what an executor was asked.
struct HonestyDriver::Execution {
  Bytes32 fault;
  Bytes32 input_root;
  int tries_left = 0;
};

void HonestyDriver::on(const honesty::action::Execute& wanted) {
  execute(wanted.fault, execution_tries);
}

void HonestyDriver::execute(const Bytes32& fault, int tries_left) {
  const object::LedgerSnapshot now = parts_.ledger.snapshot();
  const auto record = ledger::HonestyView(*now.state).fault_case(fault);
  if (!record || record->court.phase != ledger::CasePhase::Committing) return;
  const Execution execution{fault, record->reveal.receipt.input_root, tries_left};
  if (ledger::is_accusation(record->reveal)) return execute_work(execution, record->reveal);
  parts_.transport.request(
      record->reveal.officer, env::TrafficClass::Bulk, honesty_message::task,
      to_bytes(fault.view()), task_deadline,
      [weak = weak_from_this(), execution, reveal = record->reveal](Result<Bytes> told) {
        const auto driver = weak.lock();
        if (!driver || driver->is_stopped_) return;
        // One who was asked to compute: the same officer shows that in court.
        const bool is_work = !told && told.error().code() == ErrorCode::NotFound;
        if (is_work && driver->parts_.court != nullptr) {
          return driver->execute_work(execution, reveal);
        }
        if (!told) return driver->again_or_never(execution, told.error().reason());
        const auto request = codec::from_bytes<object::ReadShard>(*told);
        if (!request || object::input_root_of(*request) != execution.input_root) {
          return driver->again_or_never(execution, "the officer told of another task");
        }
        driver->rebuild(execution, *request);
      });
}

void HonestyDriver::execute_work(const Execution& execution, const ledger::Reveal& accusation) {
  if (parts_.court == nullptr) return executed(execution, no_result(execution.fault));
  parts_.court->replay(accusation, execution.fault,
                       [weak = weak_from_this(), execution](const Result<Bytes32>& result) {
                         const auto driver = weak.lock();
                         if (!driver || driver->is_stopped_) return;
                         if (result) return driver->executed(execution, *result);
                         driver->again_or_never(execution, result.error().to_string());
                       });
}

void HonestyDriver::rebuild(const Execution& execution, const object::ReadShard& request) {
  const object::LedgerSnapshot now = parts_.ledger.snapshot();
  const ShardRef& shard = request.shard;
  auto segment = ledger::View(*now.state).segment(shard.segment);
  // The content of a shard is one from the sealing of its segment on, whoever holds it.
  if (!segment || segment->state != ledger::SegmentState::Sealed ||
      shard.index >= segment->shards.size() ||
      shard.generation > segment->shards[shard.index].generation) {
    return executed(execution, no_result(execution.fault));
  }
  object::rebuild_from_others(
      duty_reads_, {shard.segment, *std::move(segment), shard.index}, piece_deadline,
      [weak = weak_from_this(), execution, request](Result<Bytes> bytes) {
        const auto driver = weak.lock();
        if (!driver || driver->is_stopped_) return;
        if (!bytes) return driver->again_or_never(execution, bytes.error().reason());
        const auto result = object::true_result_of(request, *bytes);
        driver->executed(execution, result.value_or(no_result(execution.fault)));
      });
}

void HonestyDriver::again_or_never(const Execution& execution, std::string_view why) {
  if (execution.tries_left > 0) {
    after(try_again_after, [execution](HonestyDriver& driver) {
      driver.execute(execution.fault, execution.tries_left - 1);
    });
    return;
  }
  log::warn(room, "a task cannot be executed again",
            {{"case", execution.fault.short_hex()}, {"why", why}});
  executed(execution, no_result(execution.fault));
}

void HonestyDriver::executed(const Execution& execution, const Bytes32& result) {
  carry_out(agent_.step(
      honesty::event::Executed{execution.fault, {execution.input_root, result}, result}));
}

// What others ask -------------------------------------------------------------------------------

void HonestyDriver::answer(env::MessageType type, ByteView payload,
                           Callback<Result<Bytes>> reply) const {
  if (type == honesty_message::task) return reply(task_of(payload));
  if (type == honesty_message::work && parts_.court != nullptr) {
    return reply(parts_.court->show_task(payload));
  }
  if (type == honesty_message::work_input && parts_.court != nullptr) {
    return parts_.court->show_input(payload, std::move(reply));
  }
  reply(fail(ErrorCode::Unimplemented, reason::not_supported,
             "no honesty message of type " + std::to_string(type)));
}

Result<Bytes> HonestyDriver::task_of(ByteView payload) const {
  const auto fault = Bytes32::from(payload);
  if (!fault) return fail(ErrorCode::InvalidArgument, reason::malformed, "a case has 32 bytes");
  const object::LedgerSnapshot now = parts_.ledger.snapshot();
  const auto record = ledger::HonestyView(*now.state).fault_case(*fault);
  const BaitRead* const read = record && record->reveal.officer == self()
                                   ? storage_.find(record->reveal.receipt.input_root)
                                   : nullptr;
  if (read == nullptr) {
    return fail(ErrorCode::NotFound, reason::not_found,
                "this node is not the officer of case " + fault->short_hex());
  }
  return codec::to_bytes(read->request);
}

}  // namespace oort::node
