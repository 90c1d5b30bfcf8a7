// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/ledger/modules.hpp"

namespace oort::ledger::table {
// Jobs.
inline constexpr char jobs_params = 'P';
inline constexpr char offer = 'o';
inline constexpr char job = 'j';
inline constexpr char job_payer = 'p';
inline constexpr char job_broker = 'b';
inline constexpr char job_earner = 'e';
inline constexpr char job_dispute = 'd';
inline constexpr char jobs_due = 'q';
}  // namespace oort::ledger::table

/// Where jobs keeps what it knows; form as in keys.hpp.
namespace oort::ledger::keys {

[[nodiscard]] Bytes jobs_params();
[[nodiscard]] Bytes offer(const NodeId& node);
[[nodiscard]] Bytes job(const JobId& job);
/// Which jobs an account pays for, and of which a node may be the broker.
[[nodiscard]] Bytes job_payer(const AccountId& payer, const JobId& job);
[[nodiscard]] Bytes job_payer(const AccountId& payer);
[[nodiscard]] Bytes job_broker(const NodeId& broker, const JobId& job);
[[nodiscard]] Bytes job_broker(const NodeId& broker);
[[nodiscard]] Bytes job_earner(const JobId& job, const NodeId& executor);
[[nodiscard]] Bytes job_earners(const JobId& job);
[[nodiscard]] Bytes job_dispute(const JobId& job, const Bytes32& fault);
[[nodiscard]] Bytes job_disputes(const JobId& job);

/// What a header time has to look after. Numbers are frozen.
enum class JobsDue : std::uint8_t { Job = 0, Offer = 1 };
[[nodiscard]] Bytes jobs_due(std::uint64_t time_ms, JobsDue kind, const Bytes32& subject);
[[nodiscard]] Bytes jobs_due();

}  // namespace oort::ledger::keys
