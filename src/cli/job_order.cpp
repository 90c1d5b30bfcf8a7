// SPDX-License-Identifier: Apache-2.0
#include "job_order.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>

#include "amounts.hpp"
#include "bucket_client.hpp"
#include "client.hpp"
#include "devnet/process.hpp"
#include "job_file.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
#include "named.hpp"
#include "node_view.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/random.hpp"
#include "oort/ledger/jobs_operations.hpp"
#include "oort/ledger/jobs_records.hpp"
#include "oort/ledger/jobs_spec.hpp"
#include "oort/ledger/market_records.hpp"

namespace oort::cli {
namespace {

constexpr std::uint64_t ms_per_second = 1000;
constexpr Duration poll_interval = std::chrono::milliseconds(500);
/// In a row; a node that restarts is back by then.
constexpr int unanswered_max = 120;

/// Super nodes that the node knows, itself included.
Result<std::vector<NodeId>> super_nodes(const Session& session) {
  OORT_TRY(const std::string endpoint, session.endpoint());
  OORT_TRY(const auto status, get_status(endpoint));
  OORT_TRY(const auto peers, list_peers(endpoint));
  std::vector<NodeId> found;
  const auto keep = [&found](const std::string& bytes) {
    if (const auto id = NodeId::from(as_bytes(bytes))) found.push_back(*id);
  };
  if (status.role() == "super") keep(status.node_id());
  for (const v1::Peer& peer : peers.peers()) {
    if (std::ranges::find(peer.roles(), "super") != peer.roles().end()) keep(peer.node_id());
  }
  return found;
}

Result<std::vector<NodeId>> brokers_of(const Session& session, const JobOrder& order,
                                       const JobId& job) {
  std::vector<NodeId> brokers;
  for (const std::string& named : order.brokers) {
    OORT_TRY(const NodeId node, node_named(session, named));
    brokers.push_back(node);
  }
  if (!brokers.empty()) return brokers;
  OORT_TRY(auto candidates, super_nodes(session));
  return ledger::rendezvous_brokers(job, std::move(candidates), order.brokers_count);
}

std::uint64_t random_nonce(const Session& session) {
  std::array<std::byte, sizeof(std::uint64_t)> bytes{};
  session.random().fill(bytes);
  std::uint64_t nonce = 0;
  for (const std::byte byte : bytes) nonce = nonce << 8 | std::to_integer<std::uint64_t>(byte);
  return nonce;
}

Result<ledger::JobOpen> open_of(const Session& session, const JobOrder& order,
                                const ledger::JobSpec& spec, const AccountId& payer) {
  ledger::JobOpen open;
  open.nonce = random_nonce(session);
  open.spec = ledger::job_spec_hash(codec::to_bytes(spec));
  open.kind = ledger::kind_of(spec.work);
  open.walltime_ms = spec.walltime_ms;
  open.confidence = spec.confidence;
  if (order.in_oort) {
    OORT_TRY(const Oort budget, parse_oort(order.budget));
    open.budget = ledger::Units(budget.units());
  } else {
    OORT_TRY(const Credits budget, parse_credits(order.budget));
    open.budget = ledger::Units(budget.units());
    open.currency = ledger::Currency::Credits;
  }
  open.deadline_ms = session.clock().now_wall().milliseconds + order.deadline_s * ms_per_second;
  open.dispute_ms = order.dispute_s * ms_per_second;
  OORT_TRY(open.brokers, brokers_of(session, order, ledger::job_id_of(payer, open.nonce)));
  return open;
}

/// The object that "s3://bucket/name" names.
Result<Bytes> object_at(const Session& session, const std::string& uri) {
  constexpr std::string_view scheme = "s3://";
  const std::size_t slash = uri.find('/', scheme.size());
  if (!uri.starts_with(scheme) || slash == std::string::npos || slash + 1 == uri.size()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "the input '" + uri + "' is no s3://BUCKET/NAME");
  }
  OORT_TRY(const BucketClient bucket,
           open_bucket(session, uri.substr(scheme.size(), slash - scheme.size())));
  return bucket.get(uri.substr(slash + 1));
}

}  // namespace

Result<void> state_inputs(const Session& session, ledger::JobSpec& spec) {
  for (ledger::JobInput& input : spec.inputs) {
    if (input.root) continue;
    OORT_TRY(const Bytes bytes, object_at(session, input.uri));
    OORT_TRY(state_content(input, bytes));
    session.progress(input.uri + ": " + std::to_string(input.size) + " bytes, root " +
                     input.root->hex());
  }
  return {};
}

Result<JobId> parse_job(const std::string& text) {
  const auto id = JobId::from_hex(text);
  if (id) return *id;
  return fail(ErrorCode::InvalidArgument, reason::bad_argument,
              "'" + text + "' is no job: 64 hexadecimal digits are wanted");
}

Result<PlacedJob> place_order(const Session& session, const JobOrder& order,
                              const ledger::JobSpec& spec, const crypto::KeyPair& keys) {
  const AccountId payer = crypto::account_of(keys.public_key());
  OORT_TRY(const auto open, open_of(session, order, spec, payer));
  OORT_TRY(LedgerClient ledger, open_ledger(session));
  OORT_TRY(const Bytes transaction, ledger.sign(keys, {open}));
  OORT_TRY(ComputeClient client, open_compute(session));
  OORT_TRY(auto done, client.submit(transaction, codec::to_bytes(spec)));
  OORT_TRY(check_receipt(done.submitted().receipt()));
  OORT_TRY(const JobId job, parse_job(hex_of(done.job())));
  return PlacedJob{job, std::move(*done.mutable_submitted())};
}

Result<void> watch_run(const Session& session, const JobId& job,
                       const std::function<void(const v1::GetJobResponse&)>& each) {
  OORT_TRY(ComputeClient any, open_compute(session));
  OORT_TRY(ComputeClient broker, open_broker(session, job));
  int unanswered = 0;
  while (true) {
    const auto watched = broker.watch(job, [&](const v1::GetJobResponse& found) {
      unanswered = 0;
      each(found);
      return true;
    });
    if (watched) return {};
    // A broker that has just taken over, or is a block behind, does not know the job yet.
    const ErrorCode code = watched.error().code();
    const bool may_pass = code == ErrorCode::Unavailable || code == ErrorCode::NotFound;
    if (!may_pass || ++unanswered > unanswered_max) return fail(watched.error());
    const auto found = any.job(job);
    if (found && found->job().outcome() != "none") {
      each(*found);
      return {};
    }
    devnet::sleep_for(poll_interval);
    auto next = open_broker(session, job);
    if (next) broker = *std::move(next);
  }
}

Result<v1::Job> await_outcome(const Session& session, const JobId& job) {
  OORT_TRY(ComputeClient client, open_compute(session));
  int unanswered = 0;
  while (true) {
    const auto found = client.job(job);
    unanswered = found ? 0 : unanswered + 1;
    if (unanswered > unanswered_max) return fail(found.error());
    const bool is_over = found && found->job().outcome() != "none";
    if (is_over && found->job().outcome() == "succeeded") return found->job();
    const bool is_lost = found && (is_over || found->job().phase() == "closed");
    if (is_lost) {
      return fail(
          ErrorCode::FailedPrecondition, reason::precondition_failed,
          "job " + job.hex() + " has " + found->job().outcome() + "; `oortd job show` says why");
    }
    devnet::sleep_for(poll_interval);
  }
}

}  // namespace oort::cli
