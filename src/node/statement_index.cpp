// SPDX-License-Identifier: Apache-2.0
#include "statement_index.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "oort/api/ports.hpp"
#include "oort/chain/chain.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/log.hpp"
#include "oort/core/reasons.hpp"
#include "oort/env/kv_store.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/keys.hpp"
#include "oort/ledger/modules.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/state_tree.hpp"
#include "statement_lines.hpp"

namespace oort::node {
namespace {

constexpr std::byte progress_table{'h'};
constexpr std::byte balance_table{'b'};
constexpr std::byte line_table{'l'};
constexpr std::uint8_t layout_version = 1;
constexpr std::size_t erase_batch_max = 1'000;
constexpr std::size_t genesis_batch_max = 10'000;
/// So many blocks wait for the disk; the chain is asked again for what comes then.
constexpr std::size_t blocks_waiting_max = 256;

void add_number(Bytes& key, std::uint64_t number, std::size_t size) {
  for (std::size_t i = size; i-- > 0;) {
    key.push_back(static_cast<std::byte>(static_cast<std::uint8_t>(number >> (8 * i))));
  }
}

Bytes balance_key(const AccountId& account) {
  Bytes key{balance_table};
  key.insert(key.end(), account.view().begin(), account.view().end());
  return key;
}

Bytes lines_of(const AccountId& account) {
  Bytes key{line_table};
  key.insert(key.end(), account.view().begin(), account.view().end());
  return key;
}

/// Big-endian, so that lines lie in their order.
Bytes line_key(const AccountId& account, api::StatementPlace place) {
  Bytes key = lines_of(account);
  add_number(key, place.height.value(), 8);
  add_number(key, place.index, 4);
  return key;
}

std::uint64_t number_in(ByteView bytes) noexcept {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint8_t>(byte);
  return value;
}

struct Progress {
  ChainId chain;
  Height height;
  std::uint64_t time_ms = 0;
};

Bytes encoded(const Progress& progress) {
  codec::Writer out;
  out.u8(layout_version);
  codec::encode(out, progress.chain);
  out.u64(progress.height.value());
  out.u64(progress.time_ms);
  return std::move(out).take();
}

/// Nothing for what another layout wrote.
std::optional<Progress> progress_in(ByteView bytes) {
  codec::Reader in(bytes);
  Progress progress;
  const auto version = in.u8();
  if (!version || *version != layout_version || !codec::decode(in, progress.chain)) return {};
  const auto height = in.u64();
  const auto time_ms = in.u64();
  if (!height || !time_ms || !in.finish()) return {};
  progress.height = Height(*height);
  progress.time_ms = *time_ms;
  return progress;
}

Bytes encoded(Oort balance) {
  codec::Writer out;
  out.u128(balance.units());
  return std::move(out).take();
}

Error damaged(const std::string& what) {
  return {ErrorCode::DataLoss, reason::corrupt_data,
          "the statements of this node are damaged (" + what +
              "); stop it and remove its folder `statements`, which is then written anew"};
}

/// The lines of one batch, and the balances behind them.
class LineWriter {
 public:
  LineWriter(const env::KvStore& store, Height height, std::uint64_t time_ms)
      : store_(store), height_(height), time_ms_(time_ms) {}

  Result<void> add(const Movement& movement) {
    OORT_TRY(Account * account, find(movement.account));
    const auto after = movement.is_income ? account->balance.plus(movement.amount)
                                          : account->balance.minus(movement.amount);
    if (!after) return fail(damaged("a balance would fall below zero"));
    account->balance = *after;
    const StoredLine line{time_ms_, movement.purpose, movement.is_income,  movement.amount,
                          *after,   movement.subject, movement.transaction};
    batch_.put(line_key(movement.account, {height_, account->lines_count++}),
               codec::to_bytes(line));
    return {};
  }
  /// With all balances as they are now.
  env::KvBatch take() && {
    for (const auto& [id, account] : accounts_) {
      batch_.put(balance_key(id), encoded(account.balance));
    }
    return std::move(batch_);
  }

 private:
  struct Account {
    Oort balance;
    std::uint32_t lines_count = 0;
  };

  Result<Account*> find(const AccountId& id) {
    const auto found = accounts_.find(id);
    if (found != accounts_.end()) return &found->second;
    OORT_TRY(const auto stored, store_.get(balance_key(id)));
    Account account;
    if (stored) {
      codec::Reader in(*stored);
      const auto units = in.u128();
      if (!units || !in.finish()) return fail(damaged("a balance does not decode"));
      account.balance = Oort(*units);
    }
    return &accounts_.emplace(id, account).first->second;
  }

  const env::KvStore& store_;
  Height height_;
  std::uint64_t time_ms_;
  env::KvBatch batch_;
  std::map<AccountId, Account> accounts_;
};

/// Whatever is there goes, the progress first: a crash in between leaves an index without one.
Result<void> erase_all(env::KvStore& store) {
  env::KvBatch batch;
  batch.erase(Bytes{progress_table});
  OORT_TRY(store.write(batch, env::Sync::No));
  batch.clear();
  const auto all = store.iterate({});
  for (all->seek({}); all->is_valid(); all->next()) {
    batch.erase(all->key());
    if (batch.changes().size() < erase_batch_max) continue;
    OORT_TRY(store.write(batch, env::Sync::No));
    batch.clear();
  }
  OORT_TRY(all->status());
  return store.write(batch, env::Sync::No);
}

/// What every account begins with.
Result<Progress> write_genesis(env::KvStore& store, const ledger::GenesisParams& genesis) {
  const Progress begin{ledger::chain_id_of(genesis), Height(), genesis.time_ms};
  const Bytes prefix = ledger::keys::prefix(ledger::Module::Bank, ledger::table::account);
  std::vector<Movement> all;
  for (const ledger::StateWrite& write : ledger::genesis_writes(genesis)) {
    const bool is_account = std::ranges::equal(ByteView(write.key).first(prefix.size()), prefix);
    if (!is_account || !write.value) continue;
    const auto id = AccountId::from(ByteView(write.key).subspan(prefix.size()));
    const auto account = codec::from_bytes<ledger::Account>(*write.value);
    if (!id || !account) return fail(damaged("the genesis does not decode"));
    if (account->balance.is_zero()) continue;
    all.push_back({*id, static_cast<std::uint16_t>(LineKind::Genesis), true, account->balance,
                   Bytes(), std::nullopt});
  }
  for (std::size_t first = 0; first < all.size(); first += genesis_batch_max) {
    LineWriter lines(store, begin.height, begin.time_ms);
    const std::size_t end = std::min(first + genesis_batch_max, all.size());
    for (std::size_t i = first; i < end; ++i) OORT_TRY(lines.add(all[i]));
    OORT_TRY(store.write(std::move(lines).take(), env::Sync::No));
  }
  env::KvBatch last;
  last.put(Bytes{progress_table}, encoded(begin));
  OORT_TRY(store.write(last, env::Sync::No));
  return begin;
}

}  // namespace

struct StatementIndex::Shared : std::enable_shared_from_this<Shared> {
  Shared(Parts parts_in, Progress progress_in)
      : parts(parts_in), progress(progress_in), next(progress_in.height.next()) {}

  void subscribe() {
    const auto id = parts.chain.subscribe(
        next,
        [self = shared_from_this()](const chain::FinalBlockRef& block) { self->hear(block); });
    const std::lock_guard lock(mutex);
    subscription = id;
  }

  /// On the chain's strand.
  void hear(const chain::FinalBlockRef& block) {
    const std::lock_guard lock(mutex);
    if (is_stopped || block->header.height != next) return;
    if (blocks.size() == blocks_waiting_max) {
      is_behind = true;
      if (subscription) parts.chain.unsubscribe(*subscription);
      subscription.reset();
      return;
    }
    next = next.next();
    blocks.push_back(block);
    if (blocks.size() == 1) parts.disk.post([self = shared_from_this()] { self->drain(); });
  }

  /// On the disk.
  void drain() {
    while (const chain::FinalBlockRef block = first_waiting()) {
      if (!failure) write(*block);
      answer_waiting();
    }
  }

  chain::FinalBlockRef first_waiting() {
    bool goes_on = false;
    {
      const std::lock_guard lock(mutex);
      if (is_draining) blocks.pop_front();
      is_draining = !blocks.empty() && !is_stopped;
      if (is_draining) return blocks.front();
      goes_on = is_behind && !is_stopped;
      is_behind = false;
    }
    if (goes_on) subscribe();
    return nullptr;
  }

  void write(const chain::FinalBlock& block) {
    const auto done = write_block(block);
    if (done) return;
    failure = done.error();
    log::error("node", "no more statements are written", {{"why", done.error().to_string()}});
    if (done.error().code() != ErrorCode::DataLoss) return;
    // The next start writes them anew.
    env::KvBatch forget;
    forget.erase(Bytes{progress_table});
    const auto forgotten = parts.store.write(forget, env::Sync::No);
    if (!forgotten) failure = forgotten.error();
  }

  Result<void> write_block(const chain::FinalBlock& block) {
    const Progress after{progress.chain, block.header.height, block.header.time_ms};
    LineWriter lines(parts.store, after.height, after.time_ms);
    for (const Movement& movement : movements_of(block)) OORT_TRY(lines.add(movement));
    env::KvBatch batch = std::move(lines).take();
    batch.put(Bytes{progress_table}, encoded(after));
    OORT_TRY(parts.store.write(batch, env::Sync::No));
    progress = after;
    return {};
  }

  void answer_waiting() {
    while (!waiting.empty() && (failure || waiting.begin()->first <= progress.height)) {
      Task task = std::move(waiting.begin()->second);
      waiting.erase(waiting.begin());
      task();
    }
  }

  Result<api::StatementView> read(const AccountId& account, api::StatementPlace from,
                                  std::size_t count_max) const {
    if (failure) return fail(Error(*failure));
    api::StatementView view;
    view.state.height = progress.height;
    view.state.time = {progress.time_ms};
    const Bytes prefix = lines_of(account);
    const auto at = parts.store.iterate(prefix);
    for (at->seek(line_key(account, from)); at->is_valid(); at->next()) {
      if (view.lines.size() == count_max) break;
      const ByteView place = at->key().subspan(prefix.size());
      const auto line = codec::from_bytes<StoredLine>(at->value());
      if (place.size() != 12 || !line) return fail(damaged("a line does not decode"));
      view.lines.push_back({.height = Height(number_in(place.first(8))),
                            .index = static_cast<std::uint32_t>(number_in(place.last(4))),
                            .time = {line->time_ms},
                            .purpose = std::string(purpose_name(line->purpose)),
                            .is_income = line->is_income,
                            .amount = line->amount,
                            .balance_after = line->balance_after,
                            .subject = line->subject,
                            .transaction = line->transaction});
    }
    OORT_TRY(at->status());
    return view;
  }

  Parts parts;
  // Of the disk alone, once it follows.
  Progress progress;
  std::optional<Error> failure;
  std::multimap<Height, Task> waiting;

  std::mutex mutex;
  // Guarded by `mutex`.
  std::optional<chain::SubscriptionId> subscription;
  std::deque<chain::FinalBlockRef> blocks;
  Height next;
  bool is_draining = false;  ///< The first of the blocks is being written.
  bool is_behind = false;    ///< There are final blocks that were not queued.
  bool is_stopped = false;
};

Result<std::unique_ptr<StatementIndex>> StatementIndex::start(const ledger::GenesisParams& genesis,
                                                              Parts parts) {
  OORT_TRY(const auto stored, parts.store.get(Bytes{progress_table}));
  auto progress = stored ? progress_in(*stored) : std::nullopt;
  const bool is_ours = progress && progress->chain == parts.chain.trust_root().chain &&
                       progress->height <= parts.chain.view()->height();
  if (!is_ours) {
    OORT_TRY(erase_all(parts.store));
    OORT_TRY(progress, write_genesis(parts.store, genesis));
  }
  auto shared = std::make_shared<Shared>(parts, *progress);
  shared->subscribe();
  return std::unique_ptr<StatementIndex>(new StatementIndex(std::move(shared)));
}

StatementIndex::~StatementIndex() {
  const std::lock_guard lock(shared_->mutex);
  shared_->is_stopped = true;
  if (shared_->subscription) shared_->parts.chain.unsubscribe(*shared_->subscription);
}

void StatementIndex::list(const AccountId& account, api::StatementPlace from, std::size_t count_max,
                          Callback<Result<api::StatementView>> done) {
  const Height wanted = shared_->parts.chain.view()->height();
  shared_->parts.disk.post(
      [shared = shared_, account, from, count_max, wanted, done = std::move(done)]() mutable {
        const auto self = shared.get();
        self->waiting.emplace(wanted, [shared = std::move(shared), account, from, count_max,
                                       done = std::move(done)]() mutable {
          done(shared->read(account, from, count_max));
        });
        self->answer_waiting();
      });
}

}  // namespace oort::node
