// SPDX-License-Identifier: Apache-2.0
#include "wire.hpp"

#include <utility>

#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/sandbox.hpp"

namespace oort::sandbox {
namespace {

constexpr std::uint8_t wire_version = 1;
constexpr std::size_t text_bytes_max = 64U << 10U;
constexpr std::size_t words_bytes_max = 128U << 10U;
constexpr std::size_t output_bytes_max = 16U << 20U;
constexpr std::size_t elements_count_max = 4096;

void put_texts(codec::Writer& out, const std::vector<std::string>& texts) {
  out.u32(static_cast<std::uint32_t>(texts.size()));
  for (const std::string& text : texts) out.text(text);
}

Result<std::vector<std::string>> take_texts(codec::Reader& in) {
  OORT_TRY(const std::uint32_t count, in.count(elements_count_max, 4));
  std::vector<std::string> texts;
  for (std::uint32_t i = 0; i < count; ++i) {
    OORT_TRY(std::string text, in.text(words_bytes_max));
    texts.push_back(std::move(text));
  }
  return texts;
}

void put_duration(codec::Writer& out, Duration duration) {
  out.u64(static_cast<std::uint64_t>(duration.count()));
}

Result<Duration> take_duration(codec::Reader& in) {
  OORT_TRY(const std::uint64_t count, in.u64());
  return Duration(static_cast<std::int64_t>(count));
}

void put_limits(codec::Writer& out, const env::SandboxLimits& limits) {
  put_duration(out, limits.walltime);
  out.u32(limits.cpu_milli);
  out.u64(limits.memory_bytes);
  out.u32(limits.processes_count);
  out.u64(limits.scratch_bytes);
  out.u64(limits.tmp_bytes);
  out.u32(limits.output_bytes);
  out.u32(limits.files_count);
}

Result<env::SandboxLimits> take_limits(codec::Reader& in) {
  env::SandboxLimits limits;
  OORT_TRY(limits.walltime, take_duration(in));
  OORT_TRY(limits.cpu_milli, in.u32());
  OORT_TRY(limits.memory_bytes, in.u64());
  OORT_TRY(limits.processes_count, in.u32());
  OORT_TRY(limits.scratch_bytes, in.u64());
  OORT_TRY(limits.tmp_bytes, in.u64());
  OORT_TRY(limits.output_bytes, in.u32());
  OORT_TRY(limits.files_count, in.u32());
  return limits;
}

void put_task(codec::Writer& out, const env::SandboxTask& task) {
  out.u8(static_cast<std::uint8_t>(task.tier));
  std::vector<std::string> layers;
  layers.reserve(task.layers.size());
  for (const auto& layer : task.layers) layers.push_back(layer.string());
  put_texts(out, layers);
  out.u32(static_cast<std::uint32_t>(task.mounts.size()));
  for (const env::SandboxMount& mount : task.mounts) {
    out.text(mount.source.native());
    out.text(mount.target);
  }
  put_texts(out, task.command);
  put_texts(out, task.environment);
  out.text(task.working_folder);
  out.text(task.outputs_folder.native());
  put_limits(out, task.limits);
}

Result<env::SandboxTask> take_task(codec::Reader& in) {
  env::SandboxTask task;
  OORT_TRY(const std::uint8_t tier, in.u8());
  task.tier = static_cast<env::SandboxTier>(tier);
  OORT_TRY(const std::vector<std::string> layers, take_texts(in));
  task.layers.assign(layers.begin(), layers.end());
  OORT_TRY(const std::uint32_t mounts_count, in.count(elements_count_max, 8));
  for (std::uint32_t i = 0; i < mounts_count; ++i) {
    OORT_TRY(std::string source, in.text(text_bytes_max));
    OORT_TRY(std::string target, in.text(text_bytes_max));
    task.mounts.push_back({std::move(source), std::move(target)});
  }
  OORT_TRY(task.command, take_texts(in));
  OORT_TRY(task.environment, take_texts(in));
  OORT_TRY(task.working_folder, in.text(text_bytes_max));
  OORT_TRY(task.outputs_folder, in.text(text_bytes_max));
  OORT_TRY(task.limits, take_limits(in));
  return task;
}

void put_outcome(codec::Writer& out, const env::SandboxOutcome& outcome) {
  out.u8(static_cast<std::uint8_t>(outcome.end));
  out.u32(static_cast<std::uint32_t>(outcome.exit_code));
  out.u32(static_cast<std::uint32_t>(outcome.signal));
  out.text(outcome.standard_output);
  out.text(outcome.standard_error);
  out.text(outcome.detail);
  out.u64(outcome.outputs_count);
  out.u64(outcome.outputs_bytes);
  put_texts(out, outcome.outputs_refused);
  put_duration(out, outcome.usage.walltime);
  put_duration(out, outcome.usage.cpu);
  out.u64(outcome.usage.memory_peak_bytes);
  out.u64(outcome.usage.scratch_bytes);
}

Result<env::SandboxOutcome> take_outcome(codec::Reader& in) {
  env::SandboxOutcome outcome;
  OORT_TRY(const std::uint8_t end, in.u8());
  if (end < static_cast<std::uint8_t>(env::SandboxEnd::Exited) ||
      end > static_cast<std::uint8_t>(env::SandboxEnd::Refused)) {
    return fail(ErrorCode::InvalidArgument, reason::malformed, "a task ended in no known way");
  }
  outcome.end = static_cast<env::SandboxEnd>(end);
  OORT_TRY(const std::uint32_t exit_code, in.u32());
  outcome.exit_code = static_cast<int>(exit_code);
  OORT_TRY(const std::uint32_t signal, in.u32());
  outcome.signal = static_cast<int>(signal);
  OORT_TRY(outcome.standard_output, in.text(output_bytes_max));
  OORT_TRY(outcome.standard_error, in.text(output_bytes_max));
  OORT_TRY(outcome.detail, in.text(text_bytes_max));
  OORT_TRY(outcome.outputs_count, in.u64());
  OORT_TRY(outcome.outputs_bytes, in.u64());
  OORT_TRY(outcome.outputs_refused, take_texts(in));
  OORT_TRY(outcome.usage.walltime, take_duration(in));
  OORT_TRY(outcome.usage.cpu, take_duration(in));
  OORT_TRY(outcome.usage.memory_peak_bytes, in.u64());
  OORT_TRY(outcome.usage.scratch_bytes, in.u64());
  return outcome;
}

Result<void> check_version(codec::Reader& in) {
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version == wire_version) return {};
  return fail(ErrorCode::FailedPrecondition, reason::unsupported_version,
              "oortd and oortd-launcher are of different versions; install both of one");
}

}  // namespace

Bytes encode_request(const LaunchRequest& request) {
  codec::Writer out;
  out.u8(wire_version);
  out.boolean(request.is_probe);
  out.text(request.crun);
  put_task(out, request.task);
  return std::move(out).take();
}

Result<LaunchRequest> decode_request(ByteView bytes) {
  codec::Reader in(bytes);
  OORT_TRY(check_version(in));
  LaunchRequest request;
  OORT_TRY(request.is_probe, in.boolean());
  OORT_TRY(request.crun, in.text(text_bytes_max));
  OORT_TRY(request.task, take_task(in));
  OORT_TRY(in.finish());
  return request;
}

Bytes encode_reply(const LaunchReply& reply) {
  codec::Writer out;
  out.u8(wire_version);
  out.text(reply.failure);
  out.u32(static_cast<std::uint32_t>(reply.pieces.size()));
  for (const env::SandboxPiece& piece : reply.pieces) {
    out.text(piece.name);
    out.boolean(piece.is_there);
    out.boolean(piece.is_required);
    out.text(piece.detail);
  }
  put_outcome(out, reply.outcome);
  return std::move(out).take();
}

Result<LaunchReply> decode_reply(ByteView bytes) {
  codec::Reader in(bytes);
  OORT_TRY(check_version(in));
  LaunchReply reply;
  OORT_TRY(reply.failure, in.text(text_bytes_max));
  OORT_TRY(const std::uint32_t pieces_count, in.count(elements_count_max, 10));
  for (std::uint32_t i = 0; i < pieces_count; ++i) {
    env::SandboxPiece piece;
    OORT_TRY(piece.name, in.text(text_bytes_max));
    OORT_TRY(piece.is_there, in.boolean());
    OORT_TRY(piece.is_required, in.boolean());
    OORT_TRY(piece.detail, in.text(text_bytes_max));
    reply.pieces.push_back(std::move(piece));
  }
  OORT_TRY(reply.outcome, take_outcome(in));
  OORT_TRY(in.finish());
  return reply;
}

}  // namespace oort::sandbox
