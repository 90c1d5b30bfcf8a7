// SPDX-License-Identifier: Apache-2.0
#include "oort/compute/scheduler.hpp"

#include "core.hpp"

namespace oort::compute {

Scheduler::Scheduler(const Options& options) : core_(std::make_unique<Core>(options)) {}
Scheduler::~Scheduler() = default;
Scheduler::Scheduler(Scheduler&&) noexcept = default;
Scheduler& Scheduler::operator=(Scheduler&&) noexcept = default;

std::vector<Action> Scheduler::step(WallTime now, const Event& event) {
  return core_->step(now, event);
}
Explanation Scheduler::explain(const JobId& job) const { return core_->explain(job); }
Explanation Scheduler::plan(const Request& request) const { return core_->plan(request); }
std::optional<JobTasks> Scheduler::job(const JobId& job) const { return core_->job(job); }
std::size_t Scheduler::leases_count() const noexcept { return core_->leases_count(); }
std::size_t Scheduler::waiting_count() const noexcept { return core_->waiting_count(); }
std::optional<std::uint64_t> Scheduler::share_ppb(QueueId queue) const {
  return core_->share_ppb(queue);
}
std::uint64_t Scheduler::gpu_milli_leased() const noexcept { return core_->gpu_milli_leased(); }

}  // namespace oort::compute
