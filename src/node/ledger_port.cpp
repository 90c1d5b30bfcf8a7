// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "api_ports.hpp"
#include "api_views.hpp"
#include "oort/api/ports.hpp"
#include "oort/chain/certified.hpp"
#include "oort/chain/chain.hpp"
#include "oort/chain/proof_bundle.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/keys.hpp"
#include "oort/ledger/object_records.hpp"
#include "oort/ledger/records.hpp"
#include "oort/ledger/view.hpp"
#include "oort/object/sealing.hpp"

namespace oort::node {
namespace {

api::StateMark mark_of(const chain::FinalView& view, bool is_stale) {
  api::StateMark mark;
  mark.height = view.height();
  mark.time = {view.time_ms()};
  mark.is_stale = is_stale;
  return mark;
}

api::BlockView view_of(const chain::FinalBlock& block) {
  std::vector<TransactionId> ids;
  ids.reserve(block.transactions.size());
  for (const auto& transaction : block.transactions) ids.push_back(transaction->id);
  return block_view(block.header, std::move(ids));
}

class ChainLedgerPort final : public api::LedgerPort {
 public:
  explicit ChainLedgerPort(NodeParts& parts) : parts_(parts) {}

  void submit(Bytes bytes, bool waits, Duration, Callback<Result<api::Submitted>> done) override {
    submit_to(parts_.chain, bytes, waits, std::move(done));
  }

  void find_transaction(const TransactionId& id,
                        Callback<Result<api::TransactionOutcome>> done) override {
    parts_.chain.find(id, [done = std::move(done)](Result<chain::Commit> commit) mutable {
      if (!commit) {
        done(fail(std::move(commit).error()));
      } else {
        done(accepted(*commit, nullptr));
      }
    });
  }

  void get_account(const AccountId& account, api::Consistency consistency,
                   Callback<Result<api::AccountView>> done) override {
    const auto answer = [account](const chain::FinalView& view, bool is_stale) {
      const ledger::Account record = ledger::View(view.state()).account(account);
      api::AccountView out;
      out.state = mark_of(view, is_stale);
      out.balance = record.balance;
      for (const ledger::Lane& lane : record.lanes) {
        out.lanes.emplace_back(lane.lane, lane.next_sequence);
      }
      return out;
    };
    if (consistency == api::Consistency::Local) {
      done(answer(*parts_.chain.view(), !parts_.ledger.has_quorum()));
      return;
    }
    // Without a quorum the last final state is served, and says that it may be old.
    parts_.chain.barrier(
        [this, answer, done = std::move(done)](Result<chain::FinalViewRef> view) mutable {
          done(view ? answer(**view, false) : answer(*parts_.chain.view(), true));
        });
  }

  void get_block(Height height, Callback<Result<api::BlockView>> done) override {
    const Height newest = parts_.chain.view()->height();
    if (height.value() == 0 || height > newest) {
      done(fail(no_block(height, newest)));
      return;
    }
    await_block(height, std::move(done));
  }

  void await_block(Height height, Callback<Result<api::BlockView>> done) override {
    // One block of a subscription; both ends run on the chain's strand.
    struct Wait {
      Callback<Result<api::BlockView>> done;
      chain::SubscriptionId id;
    };
    auto wait = std::make_shared<Wait>();
    wait->done = parts_.calls.keep(std::move(done));
    chain::Chain& chain = parts_.chain;
    wait->id = chain.subscribe(height, [wait, &chain](const chain::FinalBlockRef& block) {
      if (!wait->done) return;
      auto answer = std::move(wait->done);
      wait->done = {};
      chain.unsubscribe(wait->id);
      answer(view_of(*block));
    });
  }

  void get_chain(Callback<Result<api::ChainView>> done) override {
    const chain::FinalViewRef view = parts_.chain.view();
    api::ChainView out;
    out.id = parts_.chain.trust_root().chain;
    out.name = parts_.genesis.chain_name;
    out.state = mark_of(*view, !parts_.ledger.has_quorum());
    out.genesis = ledger::genesis_to_file(parts_.genesis);
    done(std::move(out));
  }

  void prove(api::ProofTarget target, Callback<Result<api::Proof>> done) override {
    auto question = question_of(target);
    if (!question) {
      done(fail(std::move(question).error()));
      return;
    }
    prove_from(*std::move(question), parts_.chain.view()->height(),
               parts_.calls.keep(std::move(done)));
  }

  void list_faults(const Bytes32& from, std::size_t count_max,
                   Callback<Result<api::FaultsView>> done) override {
    const chain::FinalViewRef view = parts_.chain.view();
    api::FaultsView out;
    out.state = mark_of(*view, !parts_.ledger.has_quorum());
    for (const ledger::Evidence& fault : ledger::View(view->state()).faults(from, count_max)) {
      out.faults.push_back({fault.id, fault.kind, fault.offender, fault.reporter, fault.height});
    }
    done(std::move(out));
  }

  void list_statement(const AccountId& account, api::StatementPlace from, std::size_t count_max,
                      Callback<Result<api::StatementView>> done) override {
    auto kept = parts_.calls.keep(std::move(done));
    parts_.statements->list(
        account, from, count_max,
        [this, kept = std::move(kept)](Result<api::StatementView> view) mutable {
          if (view) view->state.is_stale = !parts_.ledger.has_quorum();
          kept(std::move(view));
        });
  }

 private:
  struct Question {
    chain::KeyRange range;
    std::size_t records_max = 1;
  };

  /// A state can be proven one block after it was made; whoever asks for a proof of what was just
  /// written means the state with it. Without a quorum no block comes, and the older state serves.
  void prove_from(Question question, Height wanted, Callback<Result<api::Proof>> done) {
    parts_.chain.prove(
        question.range, question.records_max,
        [this, question, wanted,
         done = std::move(done)](Result<chain::ProofBundle> bundle) mutable {
          if (!bundle) {
            done(fail(std::move(bundle).error()));
            return;
          }
          const Height height(bundle->headers.headers.front().height.value() - 1);
          if (height < wanted && parts_.ledger.has_quorum()) {
            prove_later(std::move(question), wanted, std::move(done));
            return;
          }
          const auto claim = chain::claim_of(bundle->range, bundle->records);
          done(api::Proof{codec::to_bytes(*bundle), claim == chain::Claim::Present, height});
        });
  }

  void prove_later(Question question, Height wanted, Callback<Result<api::Proof>> done) {
    await_block(wanted.next(), [this, question = std::move(question), wanted,
                                done = std::move(done)](Result<api::BlockView> block) mutable {
      if (!block) {
        done(fail(std::move(block).error()));
      } else {
        prove_from(std::move(question), wanted, std::move(done));
      }
    });
  }

  Result<Question> question_of(const api::ProofTarget& target) const {
    if (const auto* account = std::get_if<AccountId>(&target)) {
      return Question{chain::range_of_key(ledger::keys::account(*account)), 1};
    }
    if (const auto* key = std::get_if<api::StateKey>(&target)) {
      return Question{chain::range_of_key(key->bytes), 1};
    }
    return question_of_object(std::get<api::ObjectName>(target));
  }

  /// Names are hashed under the bucket's key, which is sealed to the gateways that its owner chose:
  /// only those can say where a name's versions stand.
  Result<Question> question_of_object(const api::ObjectName& object) const {
    const chain::FinalViewRef final_view = parts_.chain.view();
    const ledger::View view(final_view->state());
    const auto bucket = view.bucket_id(object.bucket);
    if (!bucket) {
      return fail(ErrorCode::NotFound, reason::not_found,
                  "there is no bucket '" + object.bucket + "'");
    }
    const auto keys = view.bucket_keys(*bucket);
    const NodeId self = parts_.keys.node_id();
    for (const ledger::KeySeal& seal : keys ? keys->seals : std::vector<ledger::KeySeal>()) {
      if (seal.gateway != self) continue;
      OORT_TRY(const auto secret, object::open_bucket_secret(parts_.keys, seal.sealed));
      const NameHash name = object::name_hash_of(secret, object.name);
      // The newest version comes first, so one record says what the name is now.
      return Question{chain::range_of_prefix(ledger::keys::object(*bucket, name)),
                      object.all_versions ? std::numeric_limits<std::size_t>::max() : 1};
    }
    return fail(
        ErrorCode::PermissionDenied, reason::not_allowed,
        "this node is no gateway of bucket '" + object.bucket + "': its key is not sealed to it");
  }

  NodeParts& parts_;
};

class ChainStatePort final : public api::StatePort {
 public:
  explicit ChainStatePort(NodeParts& parts) : parts_(parts) {}

  void read(const Use& use) override {
    const chain::FinalViewRef view = parts_.chain.view();
    use(mark_of(*view, !parts_.ledger.has_quorum()), view->state());
  }

 private:
  NodeParts& parts_;
};

}  // namespace

std::unique_ptr<api::LedgerPort> make_ledger_port(NodeParts& parts) {
  return std::make_unique<ChainLedgerPort>(parts);
}

std::unique_ptr<api::StatePort> make_state_port(NodeParts& parts) {
  return std::make_unique<ChainStatePort>(parts);
}

}  // namespace oort::node
