// SPDX-License-Identifier: Apache-2.0
#include "oort/chain/light_node.hpp"

#include <algorithm>

#include "light_impl.hpp"
#include "oort/codec/codec.hpp"
#include "oort/consensus/types.hpp"
#include "oort/consensus/validator_set.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/blob_store.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/transaction.hpp"

namespace oort::chain {
namespace {

constexpr std::string_view head_name = "head";
constexpr std::string_view epochs_name = "epochs";
constexpr std::uint8_t epochs_version = 1;

LightHead head_of(const consensus::Header& header) {
  return {header.height, consensus::id_of(header), header.view, header.time_ms, turn_of(header)};
}

/// Nothing where there is no such blob.
Result<std::optional<Bytes>> read_blob(env::BlobStore& store, std::string_view name) {
  OORT_TRY(const auto names, store.list());
  if (std::ranges::find(names, name) == names.end()) return std::optional<Bytes>();
  OORT_TRY(const auto blob, store.open(name));
  OORT_TRY(Bytes bytes, blob->read(0, blob->size()));
  return std::optional<Bytes>(std::move(bytes));
}

tl::unexpected<Error> corrupt(const std::string& what, const Error& error) {
  return fail(ErrorCode::DataLoss, reason::corrupt_data,
              "the kept " + what + " cannot be read: " + error.detail());
}

Result<std::optional<FinalHeaders>> read_head(env::BlobStore& store) {
  OORT_TRY(const auto bytes, read_blob(store, head_name));
  if (!bytes) return std::optional<FinalHeaders>();
  auto head = codec::from_bytes<FinalHeaders>(*bytes);
  if (!head) return corrupt("head", head.error());
  return std::optional<FinalHeaders>(*std::move(head));
}

Bytes encode_roots(const TrustRoots& roots) {
  codec::Writer out;
  out.u8(epochs_version);
  codec::encode_vector(out, roots.list());
  return std::move(out).take();
}

Result<std::vector<TrustRoot>> decode_roots(ByteView bytes) {
  codec::Reader in(bytes);
  OORT_TRY(const std::uint8_t version, in.u8());
  if (version != epochs_version) {
    return fail(ErrorCode::InvalidArgument, reason::unsupported_version, "of another version");
  }
  std::vector<TrustRoot> roots;
  OORT_TRY(codec::decode_vector(in, roots, TrustRoots::count_max));
  OORT_TRY(in.finish());
  for (std::size_t i = 1; i < roots.size(); ++i) {
    if (roots[i - 1].epoch().next() != roots[i].epoch()) {
      return fail(ErrorCode::InvalidArgument, reason::not_canonical, "an epoch is missing");
    }
  }
  return roots;
}

/// The roots that were kept, else the one of the genesis.
Result<TrustRoots> read_roots(env::BlobStore& store, const TrustRoot& genesis) {
  OORT_TRY(const auto bytes, read_blob(store, epochs_name));
  if (!bytes) return TrustRoots(genesis);
  auto roots = decode_roots(*bytes);
  if (!roots) return corrupt("epochs", roots.error());
  if (roots->empty() || roots->front().chain != genesis.chain) {
    return fail(ErrorCode::FailedPrecondition, reason::wrong_genesis,
                "the kept epochs are of another chain than the genesis; use another data folder");
  }
  return TrustRoots(*std::move(roots));
}

}  // namespace

LightNode::Impl::Impl(TrustRoot root, LightOptions options, LightSurroundings around)
    : options_(options),
      around_(std::move(around)),
      genesis_(std::move(root)),
      client_(TrustRoots(genesis_), around_.votes) {
  started_at_ = around_.clock.now_mono();
}

void LightNode::Impl::meet_validators() {
  for (const consensus::Validator& validator : validators().validators()) {
    if (validator.node != around_.transport.self()) peers_.try_emplace(validator.node);
  }
}

Result<void> LightNode::Impl::open() {
  OORT_TRY(TrustRoots roots, read_roots(around_.store, genesis_));
  client_ = LightClient(std::move(roots), around_.votes);
  meet_validators();
  OORT_TRY(const auto kept, read_head(around_.store));
  if (!kept) return {};
  auto moved = client_.update(*kept);
  if (!moved && moved.error().reason() == reason::wrong_chain) {
    return fail(ErrorCode::FailedPrecondition, reason::wrong_genesis,
                "the kept head is of another chain than the genesis; use another data folder");
  }
  if (!moved) {
    return fail(ErrorCode::DataLoss, reason::corrupt_data,
                "the kept head is not certified: " + moved.error().detail());
  }
  head_ = head_of(kept->headers.back());
  highest_shown_ = head_.turn;
  return {};
}

void LightNode::Impl::start() { tick(); }

void LightNode::Impl::close() {
  is_closed_ = true;
  if (tick_) around_.timers.cancel(*tick_);
  if (round_) around_.timers.cancel(round_->timer);
  for (auto& [number, wait] : head_waits_) {
    if (wait.timer) around_.timers.cancel(*wait.timer);
  }
  for (auto& [id, pending] : pending_) {
    for (auto& [number, waiter] : pending.waiters) around_.timers.cancel(waiter.timer);
  }
}

void LightNode::Impl::fail_for_ever(const Error& error) {
  close();
  log::error("chain", "the light node stops", {{"why", error.to_string()}});
  if (around_.on_failure) {
    around_.on_failure(error);
    return;
  }
  log::flush();
  OORT_ASSERT(false, "a light node must not forget what it has told");
}

LightHead LightNode::Impl::head() const {
  const std::lock_guard lock(head_mutex_);
  return head_;
}

std::optional<MonoTime> LightNode::Impl::moved_at() const {
  const std::lock_guard lock(head_mutex_);
  return moved_at_;
}

void LightNode::Impl::keep_head() {
  if (is_keeping_ || client_.height() <= head_.height) return;
  is_keeping_ = true;
  const FinalHeaders& newest = *client_.head();
  // The header that has the certificate proves itself; those on the way to it are not needed.
  const FinalHeaders kept{{newest.headers.back()}, newest.certificate};
  const std::optional<Bytes> roots = std::exchange(has_new_roots_, false)
                                         ? std::optional(encode_roots(client_.roots()))
                                         : std::nullopt;
  around_.disk.post([self = shared_from_this(), kept, roots] {
    const auto written = [&]() -> Result<void> {
      // A head of an epoch that is not known any more could not be read again.
      if (roots) OORT_TRY(self->around_.store.replace(epochs_name, *roots));
      return self->around_.store.replace(head_name, codec::to_bytes(kept));
    }();
    self->on_strand(
        [header = kept.headers.front(), written](Impl& light) { light.on_kept(header, written); });
  });
}

void LightNode::Impl::on_kept(const consensus::Header& header, const Result<void>& written) {
  is_keeping_ = false;
  if (!written) return fail_for_ever(written.error());
  OORT_ASSERT(header.height > head_.height, "the head never goes back");
  {
    const std::lock_guard lock(head_mutex_);
    head_ = head_of(header);
    moved_at_ = around_.clock.now_mono();
  }
  highest_shown_ = std::max(highest_shown_, head_.turn);
  settle_waits();
  keep_head();
}

LightNode::LightNode(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

LightNode::~LightNode() { impl_->close(); }

Result<std::unique_ptr<LightNode>> LightNode::open(const ledger::GenesisParams& genesis,
                                                   LightOptions options, LightSurroundings around) {
  OORT_TRY(TrustRoot root, TrustRoot::of(genesis));
  auto impl = std::make_shared<Impl>(std::move(root), options, std::move(around));
  OORT_TRY(impl->open());
  return std::unique_ptr<LightNode>(new LightNode(std::move(impl)));
}

void LightNode::start() {
  impl_->on_strand([](Impl& impl) { impl.start(); });
}

LightHead LightNode::head() const { return impl_->head(); }
std::optional<MonoTime> LightNode::moved_at() const { return impl_->moved_at(); }

void LightNode::read(Bytes key, Freshness freshness, Callback<Result<Proven>> done) {
  impl_->on_strand([key = std::move(key), freshness, done = std::move(done)](Impl& impl) mutable {
    impl.read(std::move(key), freshness, wire::prove, std::move(done));
  });
}

void LightNode::prove(Bytes key, Freshness freshness, Callback<Result<Proven>> done) {
  impl_->on_strand([key = std::move(key), freshness, done = std::move(done)](Impl& impl) mutable {
    impl.read(std::move(key), freshness, wire::prove_from_genesis, std::move(done));
  });
}

void LightNode::submit(ledger::Transaction transaction, Callback<Result<Commit>> done) {
  impl_->on_strand(
      [transaction = std::move(transaction), done = std::move(done)](Impl& impl) mutable {
        impl.submit(std::move(transaction), std::move(done));
      });
}

void LightNode::find(const TransactionId& id, Callback<Result<Commit>> done) {
  impl_->on_strand(
      [id, done = std::move(done)](Impl& impl) mutable { impl.find(id, std::move(done)); });
}

void LightNode::block(Height height, Callback<Result<BlockProof>> done) {
  impl_->on_strand([height, done = std::move(done)](Impl& impl) mutable {
    impl.block(height, std::move(done));
  });
}

void LightNode::diagnose(Callback<LightDiagnosis> done) {
  impl_->on_strand([done = std::move(done)](Impl& impl) mutable { done(impl.diagnose()); });
}

const TrustRoot& LightNode::trust_root() const noexcept { return impl_->root(); }

}  // namespace oort::chain
