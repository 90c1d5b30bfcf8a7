// SPDX-License-Identifier: Apache-2.0
#include "oort/ledger/jobs_sums.hpp"

#include <utility>

#include "jobs/record_fields.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/assert.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/tree.hpp"

namespace oort::ledger {

template void encode(codec::Writer&, const LeaseLine&);
template Result<void> decode(codec::Reader&, LeaseLine&);
template void encode(codec::Writer&, const Voucher&);
template Result<void> decode(codec::Reader&, Voucher&);

namespace {

constexpr crypto::Context leaf_context("oort.v1 job total");
constexpr crypto::Context node_context("oort.v1 job totals");
constexpr crypto::Context root_context("oort.v1 job totals root");
constexpr crypto::Context line_context("oort.v1 lease line");
constexpr crypto::Context voucher_context("oort.v1 job voucher");

std::optional<std::uint64_t> sum_of(std::uint64_t a, std::uint64_t b) noexcept {
  const std::uint64_t sum = a + b;
  return sum < a ? std::nullopt : std::optional(sum);
}

SumRoot leaf_of(const JobId& job, const ExecutorTotal& total) {
  codec::Writer out;
  codec::encode(out, job);
  FieldWriter fields(out);
  walk(fields, total);
  return {crypto::hash(leaf_context, out.bytes()), total.totals};
}

/// The node above two; empty on overflow.
std::optional<SumRoot> joined(const SumRoot& left, const SumRoot& right) {
  const auto totals = ledger::sum_of(left.totals, right.totals);
  if (!totals) return std::nullopt;
  codec::Writer out;
  FieldWriter fields(out);
  walk(fields, left);
  walk(fields, right);
  return SumRoot{crypto::hash(node_context, out.bytes()), *totals};
}

/// What stands for the whole tree, the number of its leaves included.
SumRoot topped(const SumRoot& top, std::uint64_t count) {
  codec::Writer out;
  out.u64(count);
  FieldWriter fields(out);
  walk(fields, top);
  return {crypto::hash(root_context, out.bytes()), top.totals};
}

std::vector<SumRoot> leaves_of(const JobId& job, std::span<const ExecutorTotal> totals) {
  std::vector<SumRoot> leaves;
  leaves.reserve(totals.size());
  for (std::size_t i = 0; i < totals.size(); ++i) {
    OORT_ASSERT(i == 0 || totals[i - 1].executor < totals[i].executor, "each executor once");
    leaves.push_back(leaf_of(job, totals[i]));
  }
  return leaves;
}

/// The next level up; an odd node rises unchanged. Empty on overflow.
std::optional<std::vector<SumRoot>> raised(const std::vector<SumRoot>& level) {
  std::vector<SumRoot> above;
  above.reserve((level.size() + 1) / 2);
  for (std::size_t i = 0; i + 1 < level.size(); i += 2) {
    auto node = joined(level[i], level[i + 1]);
    if (!node) return std::nullopt;
    above.push_back(*node);
  }
  if (level.size() % 2 == 1) above.push_back(level.back());
  return above;
}

}  // namespace

std::optional<JobTotals> sum_of(const JobTotals& a, const JobTotals& b) noexcept {
  const auto leases = sum_of(a.leases, b.leases);
  const auto open = sum_of(a.open, b.open);
  const auto pay = a.pay.plus(b.pay);
  if (!leases || !open || !pay) return std::nullopt;
  return JobTotals{*leases, *open, *pay};
}

std::optional<SumRoot> sum_root(const JobId& job, std::span<const ExecutorTotal> totals) {
  if (totals.empty()) return SumRoot{};
  std::vector<SumRoot> level = leaves_of(job, totals);
  while (level.size() > 1) {
    auto above = raised(level);
    if (!above) return std::nullopt;
    level = *std::move(above);
  }
  return topped(level.front(), totals.size());
}

SumProof sum_prove(const JobId& job, std::span<const ExecutorTotal> totals, std::size_t index) {
  OORT_ASSERT(index < totals.size(), "the leaf is one of the tree's");
  SumProof proof{index, totals.size(), {}};
  std::vector<SumRoot> level = leaves_of(job, totals);
  while (level.size() > 1) {
    const std::size_t sibling = index ^ 1U;
    if (sibling < level.size()) proof.siblings.push_back(level[sibling]);
    auto above = raised(level);
    OORT_ASSERT(above.has_value(), "sum_root is not empty");
    level = *std::move(above);
    index /= 2;
  }
  return proof;
}

bool sum_verify(const JobId& job, const SumRoot& root, const SumProof& proof,
                const ExecutorTotal& total) {
  if (proof.index >= proof.count) return false;
  SumRoot node = leaf_of(job, total);
  std::size_t used = 0;
  std::uint64_t index = proof.index;
  for (std::uint64_t width = proof.count; width > 1; width = width / 2 + width % 2, index /= 2) {
    const bool rises = index % 2 == 0 && index + 1 == width;
    if (rises) continue;
    if (used == proof.siblings.size()) return false;
    const SumRoot& sibling = proof.siblings[used++];
    const auto above = index % 2 == 0 ? joined(node, sibling) : joined(sibling, node);
    if (!above) return false;
    node = *above;
  }
  return used == proof.siblings.size() && topped(node, proof.count) == root;
}

Bytes32 lease_line_hash(const LeaseLine& line) {
  return crypto::hash(line_context, codec::to_bytes(line));
}

Bytes32 lease_lines_root(std::span<const LeaseLine> lines) {
  std::vector<Bytes32> hashes;
  hashes.reserve(lines.size());
  for (const LeaseLine& line : lines) hashes.push_back(lease_line_hash(line));
  return crypto::merkle_root(hashes);
}

Bytes32 sign_hash(const Voucher& voucher) {
  codec::Writer out;
  out.u8(Voucher::format_version);
  FieldWriter fields(out);
  walk_signed(fields, voucher);
  return crypto::hash(voucher_context, out.bytes());
}

}  // namespace oort::ledger
