// SPDX-License-Identifier: Apache-2.0
#include <grpcpp/support/sync_stream.h>
#include <oort/v1/compute.grpc.pb.h>
#include <oort/v1/node.grpc.pb.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "client.hpp"
#include "signing.hpp"

namespace {

using example::Writer;
using oort::v1::ComputeService;
using oort::v1::LedgerService;
using oort::v1::NodeService;

constexpr std::uint64_t walltime_ms = 600'000;

/// What is to be done: the built-in workload `blake3` over one object, on half a core.
std::string specification(const std::string& uri, const std::string& content) {
  Writer out;
  out.u8(1).text("hash").u16(1);                                 // Version, name, a built-in.
  out.text("blake3").u32(1).text(std::string("\1\0\0\0\0", 5));  // Version 1, no parameters.
  out.u32(1).text(uri).u64(content.size()).u8(1).raw(example::blake3(content)).text("");
  out.u32(1).text(uri + ".blake3").text("");     // One output.
  out.u32(0).u8(100);                            // Queue, ordinary priority.
  out.u32(1);                                    // One way to run it:
  out.u32(0).u16(0).u16(1000).u32(0).u8(0);      // no graphics processors,
  out.u32(500).u32(128).u32(0).u32(0).u8(0);     // 500 milli-cores, 128 MiB.
  out.u32(1).u32(1).u8(0).u32(1).u32(0).u32(0);  // No gang, no array, no dependencies.
  out.u64(walltime_ms).u64(0).u64(0);            // No date to start or finish by.
  out.u32(3).u8(1).u8(1).u8(1);                  // Three more tries, whatever happens.
  out.u64(0).u64(0).u64(0).u8(0).u64(0).u8(0);   // No checkpoints, no price limit, no bid.
  out.u32(0).u32(0).u32(0).u32(0).u32(0);        // Anywhere.
  return out.u8(0).u8(0).u8(0).u64(0).u32(0).u32(0).bytes();
}

/// JobOpen, the ledger's part: who pays how much to whom.
std::string job_open(const std::string& spec, const std::string& nonce,
                     const std::string& microcredits, const std::vector<std::string>& brokers,
                     std::uint64_t now_ms) {
  Writer out;
  out.u16(9U << 8U | 3U).raw(nonce).raw(example::hash("oort.v1 job spec", spec));
  out.u8(0).u8(1).amount(microcredits);  // A built-in, paid in credits.
  out.u32(static_cast<std::uint32_t>(brokers.size()));
  for (const std::string& broker : brokers) out.raw(broker);
  return out.u64(walltime_ms).u64(now_ms + 2 * walltime_ms).u32(0).u64(0).bytes();
}

/// Two super nodes: the second one takes over where the first one fails.
std::vector<std::string> choose_brokers(const std::shared_ptr<grpc::Channel>& channel) {
  const auto node = NodeService::NewStub(channel);
  const auto peers = example::call<oort::v1::ListPeersResponse>(
      *node, &NodeService::Stub::ListPeers, oort::v1::ListPeersRequest());
  std::vector<std::string> brokers;
  for (const oort::v1::Peer& peer : peers.peers()) {
    const bool is_super = peer.roles_size() > 0 && peer.roles(0) == "super";
    if (is_super && peer.is_connected() && brokers.size() < 2) brokers.push_back(peer.node_id());
  }
  return brokers;
}

/// Returns once the broker works on the job. It learns of it as everybody does, from a block.
void await_start(const std::shared_ptr<grpc::Channel>& door, const std::string& job,
                 std::uint64_t height) {
  const auto ledger = LedgerService::NewStub(door);
  const auto compute = ComputeService::NewStub(door);
  oort::v1::GetJobRequest question;
  question.set_job(job);
  oort::v1::StreamBlocksRequest from;
  from.set_from_height(height);
  grpc::ClientContext context;
  const auto stream = ledger->StreamBlocks(&context, from);
  oort::v1::GetBlockResponse block;
  while (stream->Read(&block)) {
    const auto seen =
        example::call<oort::v1::GetJobResponse>(*compute, &ComputeService::Stub::GetJob, question);
    if (seen.has_run()) return context.TryCancel();
  }
  example::check(stream->Finish());
}

/// What the task wrote. Logs are the payer's: its signature asks for them.
void show_logs(ComputeService::Stub& broker, const example::Key& key, const std::string& chain,
               const std::string& job, std::uint64_t until_ms) {
  oort::v1::JobLogsRequest request;
  request.set_job(job);
  request.set_public_key(key.public_key());
  request.set_valid_until_ms(until_ms);
  request.set_signature(key.sign(
      example::hash("oort.v1 job access", Writer().raw(chain).raw(job).u64(until_ms).bytes())));
  grpc::ClientContext context;
  const auto stream = broker.JobLogs(&context, request);
  oort::v1::JobLogsResponse chunk;
  while (stream->Read(&chunk)) std::cout << chunk.content();
  example::check(stream->Finish());
}

void submit(const char* const* arguments) {
  const auto channel = example::connect(arguments[0]);
  const example::Key key(arguments[1]);
  std::ifstream file(arguments[3], std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  const auto ledger = LedgerService::NewStub(channel);
  const auto compute = ComputeService::NewStub(channel);
  const auto chain = example::call<oort::v1::GetChainResponse>(
      *ledger, &LedgerService::Stub::GetChain, oort::v1::GetChainRequest());
  const std::uint64_t now_ms = chain.state().time_ms();

  const std::string spec = specification(arguments[2], content);
  const std::string nonce = Writer().u64(now_ms).bytes();  // The payer's name for the job.
  oort::v1::SubmitJobRequest request;
  request.set_spec(spec);
  request.set_transaction(example::signed_transaction(
      *ledger, key, job_open(spec, nonce, arguments[4], choose_brokers(channel), now_ms)));
  const auto placed = example::call<oort::v1::SubmitJobResponse>(
      *compute, &ComputeService::Stub::SubmitJob, request);
  std::cout << "job " << example::to_hex(placed.job()) << "\n" << std::flush;

  oort::v1::GetJobRequest question;
  question.set_job(placed.job());
  const auto job =
      example::call<oort::v1::GetJobResponse>(*compute, &ComputeService::Stub::GetJob, question);
  const auto door = example::connect(job.job().broker_endpoint());
  await_start(door, placed.job(), placed.submitted().receipt().height());
  show_logs(*ComputeService::NewStub(door), key, chain.chain_id(), placed.job(),
            now_ms + walltime_ms);
  std::cout << "root " << example::to_hex(example::blake3(content)) << " by this machine\n";
}

}  // namespace

/// ComputeService: pays for the hash of an object that is also here as a file, and shows the log.
int main(int count, char** words) {
  return example::run(count, words, "ENDPOINT KEY_FILE S3_URI FILE MICROCREDITS", submit);
}
