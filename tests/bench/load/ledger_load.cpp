// SPDX-License-Identifier: Apache-2.0
#include <grpcpp/create_channel.h>
#include <oort/v1/ledger.grpc.pb.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <memory>
#include <mutex>

#include "load/arguments.hpp"
#include "oort/codec/codec.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/transaction.hpp"

namespace oort::bench {
namespace {

constexpr std::uint64_t recipients_count = 1000;
/// Enough for the fee of any transaction here, and for all of a sender's.
constexpr std::uint64_t fee_divisor = 100;
constexpr std::uint64_t sender_oort = 1000;
constexpr std::uint64_t valid_blocks = 9000;
constexpr auto call_deadline = std::chrono::seconds(40);

using Stub = v1::LedgerService::Stub;

std::shared_ptr<Stub> connect(const std::string& endpoint) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(64 << 20);
  // A connection of its own for each channel, though several go to one node.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return v1::LedgerService::NewStub(
      grpc::CreateCustomChannel(endpoint, grpc::InsecureChannelCredentials(), arguments));
}

void expect(const grpc::Status& status, const std::string& what) {
  if (!status.ok()) die(what + ": " + status.error_message());
}

crypto::KeyPair read_key(const std::string& path) {
  std::string label;
  std::string seed;
  std::ifstream(path) >> label >> seed;
  const auto bytes = Bytes32::from_hex(seed);
  if (!bytes) die(path + " is no key file");
  return crypto::KeyPair(crypto::SecretSeed(bytes->array()));
}

crypto::KeyPair derived_key(std::string_view role, std::uint64_t number) {
  const Bytes32 seed = crypto::blake3(as_bytes(std::string(role) + std::to_string(number)));
  return crypto::KeyPair(crypto::SecretSeed(seed.array()));
}

v1::GetAccountResponse account_at(Stub& stub, const AccountId& id, v1::Consistency consistency) {
  grpc::ClientContext context;
  v1::GetAccountRequest request;
  request.set_account(std::string(as_text(id.view())));
  request.set_consistency(consistency);
  v1::GetAccountResponse response;
  expect(stub.GetAccount(&context, request, &response), "an account cannot be read");
  return response;
}

/// What every transaction of this run says about the chain.
struct ChainFacts {
  ChainId id;
  Height valid_until;
};

ChainFacts facts_of(Stub& stub) {
  grpc::ClientContext context;
  v1::GetChainResponse response;
  expect(stub.GetChain(&context, {}, &response), "the chain cannot be read");
  const auto id = ChainId::from(as_bytes(response.chain_id()));
  if (!id) die("the node sent no chain id");
  return {.id = *id, .valid_until = Height(response.state().height() + valid_blocks)};
}

v1::SubmitTransactionRequest signed_request(const ChainFacts& chain, const crypto::KeyPair& keys,
                                            std::uint64_t sequence,
                                            const std::vector<ledger::Transfer>& transfers) {
  ledger::Transaction transaction;
  transaction.chain = chain.id;
  transaction.sequence = sequence;
  transaction.valid_until = chain.valid_until;
  transaction.fee_max = Oort(oort_base_units / fee_divisor);
  for (const ledger::Transfer& transfer : transfers) ledger::add_operation(transaction, transfer);
  ledger::sign(transaction, keys);
  v1::SubmitTransactionRequest request;
  request.set_transaction(std::string(as_text(codec::to_bytes(transaction))));
  return request;
}

/// An account that sends, through one channel and in order, transactions signed in advance.
struct Sender {
  Sender(const crypto::KeyPair& its_keys, std::shared_ptr<Stub> its_stub)
      : keys(its_keys), stub(std::move(its_stub)) {}
  crypto::KeyPair keys;
  std::shared_ptr<Stub> stub;
  std::vector<v1::SubmitTransactionRequest> requests;
  std::atomic<std::size_t> next = 0;
};

/// One transaction that was answered.
struct Done {
  Clock::time_point at;
  double milliseconds = 0;
  std::size_t applied_count = 0;
};

class LedgerLoad {
 public:
  LedgerLoad(const Arguments& arguments)
      : operations_(arguments.number("operations", 1)),
        window_(arguments.number("window", 1)),
        seconds_(static_cast<double>(arguments.number("seconds", 10))),
        warm_up_(static_cast<double>(arguments.number("warm-up", 2))) {
    const auto endpoints = arguments.list("endpoints");
    stub_ = connect(endpoints.front());
    chain_ = facts_of(*stub_);
    for (std::uint64_t i = 0; i < recipients_count; ++i) {
      const Bytes32 name = crypto::blake3(as_bytes("recipient" + std::to_string(i)));
      recipients_.push_back(*AccountId::from(name.view().first(AccountId::size_bytes)));
    }
    const std::uint64_t senders = arguments.number("senders", 4);
    for (std::uint64_t i = 0; i < senders; ++i) {
      senders_.push_back(std::make_unique<Sender>(derived_key("sender", i),
                                                  connect(endpoints[i % endpoints.size()])));
    }
    fund(read_key(arguments.text("owner")));
    sign_all(arguments.number("transactions", 1000) / senders);
  }

  void run() {
    begin_ = Clock::now();
    for (const auto& sender : senders_) {
      for (std::uint64_t i = 0; i < window_; ++i) start_next(*sender);
    }
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return open_count_ == 0; });
  }

  void report() {
    Figures figures;
    // Between the warm-up and the last start of a call, the pipe is full.
    const double end = std::min(seconds_, last_start_);
    std::vector<double> milliseconds;
    double transactions = 0;
    double operations = 0;
    std::uint64_t applied = 0;
    for (const Done& done : done_) {
      applied += done.applied_count;
      const double at = seconds_between(begin_, done.at);
      if (at < warm_up_ || at > end) continue;
      milliseconds.push_back(done.milliseconds);
      transactions += 1;
      operations += static_cast<double>(done.applied_count);
    }
    if (end <= warm_up_) die("the transactions were used up before the warm-up ended");
    figures.set("transactions_per_second", transactions / (end - warm_up_));
    figures.set("operations_per_second", operations / (end - warm_up_));
    figures.set("seconds", end - warm_up_);
    figures.set("p50_ms", percentile(milliseconds, 50));
    figures.set("p99_ms", percentile(milliseconds, 99));
    figures.set("transactions", transactions);
    figures.set("resent", static_cast<double>(resent_.load()));
    figures.set("grpc_reads_per_second", reads_per_second());
    check_balances(applied);
    figures.print();
  }

 private:
  void fund(const crypto::KeyPair& owner) {
    const auto account =
        account_at(*stub_, crypto::account_of(owner.public_key()), v1::CONSISTENCY_STRONG);
    std::uint64_t sequence = 0;
    for (const v1::Lane& lane : account.lanes()) {
      if (lane.lane() == 0) sequence = lane.next_sequence();
    }
    std::vector<ledger::Transfer> transfers;
    for (const auto& sender : senders_) {
      transfers.push_back({.to = crypto::account_of(sender->keys.public_key()),
                           .amount = Oort(oort_base_units * sender_oort)});
    }
    grpc::ClientContext context;
    v1::SubmitTransactionResponse response;
    const auto request = signed_request(chain_, owner, sequence, transfers);
    expect(stub_->SubmitTransaction(&context, request, &response), "the senders got no money");
    for (const auto& receipt : response.receipt().operations()) {
      if (receipt.rejection() != 0) die("no money: " + receipt.rejection_name());
    }
  }

  void sign_all(std::uint64_t per_sender) {
    std::size_t number = 0;
    for (std::uint64_t sequence = 0; sequence < per_sender; ++sequence) {
      for (const auto& sender : senders_) {
        std::vector<ledger::Transfer> transfers;
        for (std::uint64_t i = 0; i < operations_; ++i) {
          transfers.push_back(
              {.to = recipients_[number++ % recipients_.size()], .amount = Oort(1)});
        }
        sender->requests.push_back(signed_request(chain_, sender->keys, sequence, transfers));
      }
    }
  }

  void start_next(Sender& sender) {
    const double now = seconds_between(begin_, Clock::now());
    if (now >= seconds_) return;
    const std::size_t index = sender.next.fetch_add(1);
    {
      const std::lock_guard lock(mutex_);
      if (index >= sender.requests.size()) return;
      last_start_ = std::max(last_start_, now);
      ++open_count_;
    }
    send(sender, index, Clock::now());
  }

  struct Call {
    grpc::ClientContext context;
    v1::SubmitTransactionResponse response;
  };

  void send(Sender& sender, std::size_t index, Clock::time_point started) {
    auto call = std::make_shared<Call>();
    call->context.set_deadline(std::chrono::system_clock::now() + call_deadline);
    sender.stub->async()->SubmitTransaction(
        &call->context, &sender.requests[index], &call->response,
        [this, &sender, index, started, call](const grpc::Status& status) {
          on_answer(sender, index, started, *call, status);
        });
  }

  void on_answer(Sender& sender, std::size_t index, Clock::time_point started, const Call& call,
                 const grpc::Status& status) {
    if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
      // The queue is full: the lane cannot go on without this one, so it is sent again.
      ++resent_;
      send(sender, index, started);
      return;
    }
    expect(status, "a transfer failed");
    Done done{.at = Clock::now(), .milliseconds = 0, .applied_count = 0};
    done.milliseconds = seconds_between(started, done.at) * 1e3;
    for (const auto& receipt : call.response.receipt().operations()) {
      if (receipt.rejection() != 0) die("a transfer was rejected: " + receipt.rejection_name());
      ++done.applied_count;
    }
    // Before this call is counted out, or the run could seem to be over.
    start_next(sender);
    const std::lock_guard lock(mutex_);
    done_.push_back(done);
    if (--open_count_ == 0) idle_.notify_one();
  }

  /// What was counted as applied is what the ledger's final state holds.
  void check_balances(std::uint64_t applied) {
    std::uint64_t sum = 0;
    auto consistency = v1::CONSISTENCY_STRONG;
    for (const AccountId& recipient : recipients_) {
      sum += std::stoull(account_at(*stub_, recipient, consistency).balance());
      consistency = v1::CONSISTENCY_LOCAL;
    }
    if (sum != applied) {
      die(std::to_string(applied) + " transfers were answered, and the ledger holds " +
          std::to_string(sum));
    }
  }

  /// One after the other, from one thread: the least that a call takes.
  double reads_per_second() {
    const auto begin = Clock::now();
    double passed = 0;
    double count = 0;
    while (passed < 1) {
      account_at(*stub_, recipients_.front(), v1::CONSISTENCY_LOCAL);
      count += 1;
      passed = seconds_between(begin, Clock::now());
    }
    return count / passed;
  }

  std::uint64_t operations_;
  std::uint64_t window_;
  double seconds_;
  double warm_up_;
  std::shared_ptr<Stub> stub_;
  ChainFacts chain_;
  std::vector<AccountId> recipients_;
  std::vector<std::unique_ptr<Sender>> senders_;
  Clock::time_point begin_;
  std::atomic<std::uint64_t> resent_ = 0;
  std::mutex mutex_;
  std::condition_variable idle_;
  double last_start_ = 0;
  std::size_t open_count_ = 0;
  std::vector<Done> done_;
};

}  // namespace

/// Transfers from many accounts, signed in advance, through the gRPC interface of several nodes,
/// each answered when it is final.
void run_ledger_load(const Arguments& arguments) {
  LedgerLoad load(arguments);
  load.run();
  load.report();
}

}  // namespace oort::bench
