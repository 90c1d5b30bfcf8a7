// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "failpoints.hpp"
#include "liar.hpp"
#include "oort/core/log.hpp"
#include "oort/env/blob_store.hpp"
#include "oort/env/clock.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/env/random.hpp"
#include "oort/env/transport.hpp"
#include "oort/faults/faults.hpp"
#include "oort/ledger/transaction.hpp"
#include "oort/node/hooks.hpp"
#include "oort/object/ports.hpp"
#include "stores.hpp"

namespace oort::faults {
namespace {

constexpr std::string_view room = "faults";

class WrongClock final : public env::Clock {
 public:
  WrongClock(env::Clock& inner, std::chrono::milliseconds offset)
      : inner_(inner), offset_(offset.count()) {}
  MonoTime now_mono() const noexcept override { return inner_.now_mono(); }
  WallTime now_wall() const noexcept override {
    const auto now = static_cast<std::int64_t>(inner_.now_wall().milliseconds);
    return {static_cast<std::uint64_t>(std::max<std::int64_t>(0, now + offset_))};
  }

 private:
  env::Clock& inner_;
  const std::int64_t offset_;
};

class FailingSubmit final : public object::LedgerSubmit {
 public:
  FailingSubmit(object::LedgerSubmit& inner, Failpoints& points) : inner_(inner), points_(points) {}
  void submit(std::vector<ledger::SubmittedOperation> operations, Duration deadline,
              Callback<Result<object::SubmitResult>> done) override {
    pass("submit.before");
    inner_.submit(std::move(operations), deadline,
                  [this, done = std::move(done)](Result<object::SubmitResult> result) mutable {
                    pass("submit.after");
                    done(std::move(result));
                  });
  }

 private:
  void pass(std::string_view name) {
    if (points_.pass(name)) crash(name);
  }

  object::LedgerSubmit& inner_;
  Failpoints& points_;
};

class PlannedHooks final : public node::Hooks {
 public:
  PlannedHooks(Plan plan, env::Random& random)
      : plan_(std::move(plan)), random_(random), points_(plan_.failpoints) {}

  env::Clock& clock(env::Clock& inner) override {
    return clock_.emplace(inner, plan_.clock_offset);
  }
  env::BlobStore& votes(env::BlobStore& inner) override {
    return votes_.emplace(inner, points_, "votes");
  }
  env::KvStore& ledger(env::KvStore& inner) override {
    return ledger_.emplace(inner, points_, "ledger.commit");
  }
  env::BlobStore& shards(env::BlobStore& inner) override {
    return shards_.emplace(inner, points_, "shards");
  }
  env::Transport& transport(env::Transport& inner, const node::Identity& self) override {
    tell();
    return liar_.emplace(inner, self, plan_, random_);
  }
  object::LedgerSubmit& submit(object::LedgerSubmit& inner) override {
    return submit_.emplace(inner, points_);
  }

 private:
  void tell() const {
    if (plan_ == Plan()) return;
    log::warn(room, "this node fails on purpose",
              {{"failpoints", plan_.failpoints.size()},
               {"double_vote_chance", plan_.double_vote_chance},
               {"corrupt_shard_chance", plan_.corrupt_shard_chance},
               {"clock_offset_ms", plan_.clock_offset.count()}});
  }

  const Plan plan_;
  env::Random& random_;
  Failpoints points_;
  std::optional<WrongClock> clock_;
  std::optional<FailingBlobs> votes_;
  std::optional<FailingStore> ledger_;
  std::optional<FailingBlobs> shards_;
  std::optional<Liar> liar_;
  std::optional<FailingSubmit> submit_;
};

}  // namespace

std::unique_ptr<node::Hooks> make_hooks(Plan plan, env::Random& random) {
  return std::make_unique<PlannedHooks>(std::move(plan), random);
}

}  // namespace oort::faults
