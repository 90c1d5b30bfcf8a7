// SPDX-License-Identifier: Apache-2.0
#include "oort/chain/chain.hpp"

#include "impl.hpp"
#include "oort/codec/codec.hpp"
#include "oort/consensus/core.hpp"
#include "oort/consensus/signer_record.hpp"
#include "oort/consensus/types.hpp"
#include "oort/consensus/wal.hpp"
#include "oort/core/assert.hpp"
#include "oort/core/reasons.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/crypto/vrf.hpp"
#include "oort/env/blob_store.hpp"
#include "oort/env/random.hpp"
#include "oort/env/transport.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/transaction.hpp"

namespace oort::chain {
namespace {

constexpr crypto::Context beacon_context{"oort.v1 beacon output"};
constexpr const char* log_name = "consensus.wal";

class EcVrf final : public Vrf {
 public:
  explicit EcVrf(const crypto::KeyPair* keys) {
    if (keys != nullptr) keys_ = *keys;
  }
  [[nodiscard]] crypto::VrfProof prove(ByteView alpha) override {
    OORT_ASSERT(keys_.has_value(), "only a node with a key proposes");
    return crypto::vrf_prove(*keys_, alpha);
  }
  [[nodiscard]] std::optional<Bytes32> verify(const PublicKey& key, ByteView alpha,
                                              const crypto::VrfProof& proof) const override {
    const auto output = crypto::vrf_verify(key, alpha, proof);
    if (!output) return std::nullopt;
    return crypto::hash(beacon_context, output->view());
  }

 private:
  std::optional<crypto::KeyPair> keys_;
};

}  // namespace

std::uint64_t fresh_number(env::Random& random) {
  std::uint64_t number = 0;
  random.fill(std::as_writable_bytes(std::span(&number, 1)));
  return number;
}

std::unique_ptr<Vrf> make_vrf(const crypto::KeyPair* keys) { return std::make_unique<EcVrf>(keys); }

Result<void> begin_log(env::BlobStore& logs, env::Random& random) {
  OORT_TRY(auto opened, consensus::Wal::open(logs, log_name, fresh_number(random)));
  if (opened.recovered.record) return {};
  const consensus::WalRecord record{
      consensus::RecordKind::Signer,
      std::make_shared<const Bytes>(codec::to_bytes(consensus::SignerRecord{}))};
  OORT_TRY(opened.wal->append({&record, 1}));
  return opened.wal->sync();
}

Chain::Impl::Impl(TrustRoot root, Options options, Surroundings around)
    : root_(std::move(root)),
      options_(options),
      around_(std::move(around)),
      pool_(options_.mempool) {}

Chain::Impl::~Impl() = default;

Result<void> Chain::Impl::open(const ledger::GenesisParams& genesis) {
  Execution::Settings settings;
  settings.trees = {records::trees_prefix(), options_.accounts_cache_bytes,
                    options_.index_cache_bytes, options_.retained_blocks};
  settings.on_failure = [weak = weak_from_this()](const Error& error) {
    if (const auto self = weak.lock()) self->fail_for_ever(error);
  };
  OORT_TRY(execution_, Execution::open(genesis, root_, std::move(settings), around_));
  accepted_height_ = execution_->tip().height;
  accepted_ = execution_->tip().block;

  OORT_TRY(auto opened, consensus::Wal::open(around_.logs, log_name, fresh_number(around_.random)));
  log_ = std::make_shared<LogWriter>(
      std::shared_ptr<consensus::Wal>(std::move(opened.wal)), around_.strand, around_.log_disk,
      [weak = weak_from_this()](std::uint64_t token) {
        if (const auto self = weak.lock()) self->on_persisted(token);
      },
      [weak = weak_from_this()](const Error& error) {
        if (const auto self = weak.lock()) self->fail_for_ever(error);
      });
  for (const consensus::CertificateRef& certificate : opened.recovered.certificates) {
    note_certificate(codec::to_bytes(*certificate));
  }
  start_.emplace();
  start_->recovered = std::move(opened.recovered);
  // Of the last block of an epoch the engine of the next one knows as its anchor.
  const auto& newest = execution_->tip().header;
  if (newest && !newest->is_last_of_epoch()) start_->committed = newest;
  start_->nonce = fresh_number(around_.random);
  options_.consensus.jitter_seed = fresh_number(around_.random);

  make_engine();
  OORT_TRY(note_handover());
  OORT_TRY(const auto certificate,
           records::read<consensus::Certificate>(
               around_.store, records::certificate_key(execution_->tip().height)));
  if (certificate) {
    head_ = FinalHeaders{{*execution_->tip().header}, *certificate};
    note_certificate(codec::to_bytes(*certificate));
  }
  publish_view();
  around_.transport.on_message(
      env::message_range::consensus,
      [weak = weak_from_this()](NodeId from, env::MessageType type, Bytes payload) {
        const auto self = weak.lock();
        if (!self) return;
        self->on_strand([from, type, payload = std::move(payload)](Impl& chain) mutable {
          chain.on_consensus(from, type, std::make_shared<const Bytes>(std::move(payload)));
        });
      });
  listen_gossip();
  listen_sync();
  return {};
}

void Chain::Impl::start() {
  step(std::move(*start_));
  start_.reset();
  tick();
}

void Chain::Impl::close() {
  is_closed_ = true;
  if (log_) log_->close();
  cancel_engine_timers();
  if (tick_) around_.timers.cancel(*tick_);
  if (barrier_) around_.timers.cancel(barrier_->timer);
  for (auto& [id, waiting] : waiting_) {
    for (auto& [number, waiter] : waiting.waiters) around_.timers.cancel(waiter.timer);
  }
}

FinalViewRef Chain::Impl::view() const {
  const std::lock_guard lock(view_mutex_);
  return view_;
}

ValidatorSetRef Chain::Impl::shared_validators() const {
  const std::lock_guard lock(view_mutex_);
  return validators_;
}

Chain::Chain(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Chain::~Chain() { impl_->close(); }

Result<std::unique_ptr<Chain>> Chain::open(const ledger::GenesisParams& genesis, Options options,
                                           Surroundings around) {
  OORT_TRY(TrustRoot root, TrustRoot::of(genesis));
  auto impl = std::make_shared<Impl>(std::move(root), options, std::move(around));
  OORT_TRY(impl->open(genesis));
  return std::unique_ptr<Chain>(new Chain(std::move(impl)));
}

void Chain::start() {
  impl_->on_strand([](Impl& impl) { impl.start(); });
}

FinalViewRef Chain::view() const { return impl_->view(); }

void Chain::barrier(Callback<Result<FinalViewRef>> done) {
  impl_->on_strand([done = std::move(done)](Impl& impl) mutable { impl.barrier(std::move(done)); });
}

void Chain::submit(ledger::Transaction transaction, Callback<Result<Commit>> done) {
  impl_->on_strand(
      [transaction = std::move(transaction), done = std::move(done)](Impl& impl) mutable {
        impl.submit(std::move(transaction), std::move(done));
      });
}

void Chain::find(const TransactionId& id, Callback<Result<Commit>> done) {
  impl_->on_strand(
      [id, done = std::move(done)](Impl& impl) mutable { impl.find(id, std::move(done)); });
}

SubscriptionId Chain::subscribe(Height from, BlockHandler handler) {
  const SubscriptionId id = impl_->new_subscription();
  impl_->on_strand([id, from, handler = std::move(handler)](Impl& impl) mutable {
    impl.subscribe(id, from, std::move(handler));
  });
  return id;
}

void Chain::unsubscribe(SubscriptionId id) {
  impl_->on_strand([id](Impl& impl) { impl.unsubscribe(id); });
}

void Chain::prove(KeyRange range, std::size_t records_max, Callback<Result<ProofBundle>> done) {
  impl_->on_strand(
      [range = std::move(range), records_max, done = std::move(done)](Impl& impl) mutable {
        impl.prove(std::move(range), records_max, Impl::ProofFor::Anyone, std::move(done));
      });
}

void Chain::head(Callback<Result<FinalHeaders>> done) {
  impl_->on_strand([done = std::move(done)](Impl& impl) mutable { impl.head(std::move(done)); });
}

void Chain::diagnose(Callback<Diagnosis> done) {
  impl_->on_strand([done = std::move(done)](Impl& impl) mutable { done(impl.diagnose()); });
}

const TrustRoot& Chain::trust_root() const noexcept { return impl_->root(); }

ValidatorSetRef Chain::validators() const { return impl_->shared_validators(); }

}  // namespace oort::chain
