// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/admin.grpc.pb.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "client.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

/// Coding a gateway's open segments or reading a whole disk takes its time.
constexpr Duration deadline = 3600s;

std::string plural(std::uint64_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

Result<void> seal_segments(const Session& session, const std::string& socket) {
  const std::string endpoint = "unix:" + socket;
  const auto stub = v1::AdminService::NewStub(connect(endpoint));
  OORT_TRY(const auto response,
           call<v1::SealOpenSegmentsResponse>(endpoint, deadline, *stub,
                                              &v1::AdminService::Stub::SealOpenSegments,
                                              v1::SealOpenSegmentsRequest()));
  session.show({{"sealed_count", response.sealed_count()},
                {"failed_count", response.failed_count()},
                {"left_count", response.left_count()},
                {"why", response.why()}},
               [&] {
                 std::printf("sealed %s; %llu failed, %llu left open\n",
                             plural(response.sealed_count(), "segment").c_str(),
                             static_cast<unsigned long long>(response.failed_count()),
                             static_cast<unsigned long long>(response.left_count()));
                 if (!response.why().empty()) std::printf("why: %s\n", response.why().c_str());
               });
  return {};
}

Result<void> pause_repair(const Session& session, const std::string& socket, bool is_paused) {
  const std::string endpoint = "unix:" + socket;
  const auto stub = v1::AdminService::NewStub(connect(endpoint));
  if (is_paused) {
    OORT_TRY(call<v1::PauseRepairResponse>(
        endpoint, 10s, *stub, &v1::AdminService::Stub::PauseRepair, v1::PauseRepairRequest()));
  } else {
    OORT_TRY(call<v1::ResumeRepairResponse>(
        endpoint, 10s, *stub, &v1::AdminService::Stub::ResumeRepair, v1::ResumeRepairRequest()));
  }
  session.show({{"is_paused", is_paused}},
               [&] { std::puts(is_paused ? "repair is paused" : "repair goes on"); });
  return {};
}

std::string word_of(v1::StepRepairResponse::Kind kind) {
  switch (kind) {
    case v1::StepRepairResponse::KIND_NOTHING: return "nothing";
    case v1::StepRepairResponse::KIND_SEALED: return "sealed";
    case v1::StepRepairResponse::KIND_REPAIRED: return "repaired";
    case v1::StepRepairResponse::KIND_FAILED: return "failed";
    default: return "unknown";
  }
}

Result<void> step_repair(const Session& session, const std::string& socket) {
  const std::string endpoint = "unix:" + socket;
  const auto stub = v1::AdminService::NewStub(connect(endpoint));
  OORT_TRY(const auto response, call<v1::StepRepairResponse>(endpoint, deadline, *stub,
                                                             &v1::AdminService::Stub::StepRepair,
                                                             v1::StepRepairRequest()));
  const std::string word = word_of(response.kind());
  const Json value = {{"step", word},
                      {"segment", hex_of(response.segment())},
                      {"index", response.index()},
                      {"from", hex_of(response.from())},
                      {"to", hex_of(response.to())},
                      {"why", response.why()}};
  session.show(value, [&] {
    if (response.kind() == v1::StepRepairResponse::KIND_NOTHING) {
      std::puts("nothing needs repair that could be done now");
      return;
    }
    std::vector<std::vector<std::string>> rows = {{"step", word},
                                                  {"segment", hex_of(response.segment())}};
    if (!response.to().empty()) {
      rows.push_back({"shard", std::to_string(response.index())});
      rows.push_back({"from", response.from().empty() ? "-" : hex_of(response.from())});
      rows.push_back({"to", hex_of(response.to())});
    }
    if (!response.why().empty()) rows.push_back({"why", response.why()});
    std::fputs(columns(rows).c_str(), stdout);
  });
  return {};
}

Result<void> scrub(const Session& session, const std::string& socket) {
  const std::string endpoint = "unix:" + socket;
  const auto stub = v1::AdminService::NewStub(connect(endpoint));
  OORT_TRY(const auto response,
           call<v1::ScrubNowResponse>(endpoint, deadline, *stub, &v1::AdminService::Stub::ScrubNow,
                                      v1::ScrubNowRequest()));
  Json damaged = Json::array();
  for (const v1::DamagedShard& shard : response.damaged()) {
    damaged.push_back({{"segment", hex_of(shard.segment())},
                       {"index", shard.index()},
                       {"generation", shard.generation()}});
  }
  const Json value = {{"shards_count", response.shards_count()},
                      {"bytes", response.bytes()},
                      {"unreadable_count", response.unreadable_count()},
                      {"damaged_count", response.damaged_count()},
                      {"damaged", damaged}};
  session.show(value, [&] {
    std::printf("compared %s, %llu bytes: %llu damaged, %llu unreadable\n",
                plural(response.shards_count(), "shard").c_str(),
                static_cast<unsigned long long>(response.bytes()),
                static_cast<unsigned long long>(response.damaged_count()),
                static_cast<unsigned long long>(response.unreadable_count()));
    for (const v1::DamagedShard& shard : response.damaged()) {
      std::printf("damaged: segment %s shard %u\n", hex_of(shard.segment()).c_str(), shard.index());
    }
  });
  return {};
}

}  // namespace

void add_storage_commands(CLI::App& app, Session& session) {
  static std::string socket;
  const auto add = [&session](CLI::App& parent, const std::string& name, const std::string& what,
                              auto run) {
    CLI::App* command = parent.add_subcommand(name, what);
    command->add_option("--admin-socket", socket, "The node's unix socket")->required();
    command->callback(
        [&session, run] { session.action = [&session, run] { return run(session); }; });
  };
  add(*app.get_subcommand("segment"), "seal", "Seal a gateway's open segments now",
      [](const Session& s) { return seal_segments(s, socket); });
  CLI::App* repair =
      app.add_subcommand("repair", "A gateway's background work")->require_subcommand(1);
  repair->footer("Example: oortd repair pause --admin-socket /var/lib/oortd/admin.sock");
  add(*repair, "pause", "Look and count, but change nothing",
      [](const Session& s) { return pause_repair(s, socket, true); });
  add(*repair, "resume", "Go on", [](const Session& s) { return pause_repair(s, socket, false); });
  add(*repair, "step", "Do one piece of work and say what it was",
      [](const Session& s) { return step_repair(s, socket); });
  add(app, "scrub", "Compare every shard on a node's disk with its tree",
      [](const Session& s) { return scrub(s, socket); });
}

}  // namespace oort::cli
