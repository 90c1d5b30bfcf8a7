// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/annotation.pb.h>
#include <oort/v1/datahub.pb.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "annotation_client.hpp"
#include "annotation_order.hpp"
#include "artefacts.hpp"
#include "campaign_answers.hpp"
#include "client.hpp"
#include "command.hpp"
#include "datahub_client.hpp"
#include "devnet/process.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/datahub/annotation_queue.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

constexpr Duration poll_interval = std::chrono::milliseconds(500);
/// In a row; a node that restarts is back by then.
constexpr int unanswered_max = 120;

struct Arguments {
  std::string key_file;
  std::string id;
  std::string samples;
  std::string gold;
  std::string consent;
  std::string out;
  std::vector<std::string> annotators;
  QueueOptions queue;
  std::uint64_t since = 0;
};

tl::unexpected<Error> refused(const std::string& why) {
  return fail(ErrorCode::InvalidArgument, reason::bad_argument, why);
}

Result<CampaignId> campaign_in(const Arguments& arguments) {
  return artefact_named<CampaignId>("campaign", arguments.id);
}

bool may_pass(const Error& error) noexcept {
  return error.code() == ErrorCode::Unavailable || error.code() == ErrorCode::DeadlineExceeded ||
         error.code() == ErrorCode::Cancelled;
}

/// Every call of an annotator may be repeated, so a node that restarts only takes its time.
template <class Call>
auto patiently(const Session& session, const Call& call) {
  auto done = call();
  for (int unanswered = 1; !done && may_pass(done.error()); ++unanswered) {
    if (unanswered > unanswered_max) break;
    if (unanswered == 1) session.progress("no answer; trying again");
    devnet::sleep_for(poll_interval);
    done = call();
  }
  return done;
}

/// Of the account, about the campaign's queue: at the node that keeps it, or at this one.
AnnotationClient client_at(const Session& session, std::string endpoint,
                           const crypto::KeyPair& keys, const CampaignId& campaign) {
  return {std::move(endpoint), keys, campaign, session.clock()};
}

/// Fails with NOT_FOUND, so that a mistyped campaign is not taken for one that is done.
Result<std::string> find_queue(const Session& session, const CampaignId& campaign) {
  OORT_TRY(const std::string endpoint, session.endpoint());
  return patiently(session, [&] { return keeper_of(endpoint, campaign); });
}

// The steward -------------------------------------------------------------------------------------

Result<datahub::AnnotationOrder> read_order(const Arguments& arguments,
                                            const v1::Campaign& campaign, const CampaignId& id,
                                            const Bytes32& secret) {
  QueueOptions options = arguments.queue;
  for (const std::string& text : arguments.annotators) {
    OORT_TRY(options.annotators.emplace_back(), parse_account(text));
  }
  OORT_TRY(const std::string text, text_of_file(arguments.samples));
  OORT_TRY(auto samples, parse_samples(text));
  std::vector<GoldLine> gold;
  if (!arguments.gold.empty()) {
    OORT_TRY(const std::string lines, text_of_file(arguments.gold));
    OORT_TRY(gold, parse_gold(lines));
  }
  OORT_TRY(check_gold(as_bytes(campaign.gold()), gold, secret));
  return order_of(id, secret, std::move(samples), gold, options);
}

/// Two queues would ask everything twice.
Result<void> check_alone(const std::string& endpoint, const CampaignId& campaign) {
  const auto keeper = keeper_of(endpoint, campaign);
  if (!keeper && keeper.error().reason() != reason::not_found) return fail(keeper.error());
  if (!keeper || *keeper == endpoint) return {};
  return fail(ErrorCode::AlreadyExists, reason::already_exists,
              "the node at " + *keeper + " keeps the queue of campaign " + campaign.hex());
}

Result<void> open_queue(const Session& session, const Arguments& arguments) {
  OORT_TRY(const CampaignId id, campaign_in(arguments));
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(DataHubClient datahub, open_datahub(session));
  OORT_TRY(const auto campaign, datahub.campaign(id));
  OORT_TRY(const auto order, read_order(arguments, campaign, id, campaign_secret(keys, id)));
  const Bytes bytes = codec::to_bytes(order);
  if (bytes.size() > datahub::annotation_order_bytes_max) {
    return fail(ErrorCode::InvalidArgument, reason::too_large,
                "a queue has at most 7 MiB: several campaigns, or addresses instead of texts");
  }
  OORT_TRY(std::string endpoint, session.endpoint());
  OORT_TRY(check_alone(endpoint, id));
  AnnotationClient client = client_at(session, std::move(endpoint), keys, id);
  OORT_TRY(client.open_queue(bytes));
  const auto gold_count = std::ranges::count_if(
      order.samples, [](const datahub::AnnotationSample& each) { return each.gold.has_value(); });
  session.show({{"campaign", id.hex()},
                {"samples", order.samples.size()},
                {"gold", gold_count},
                {"labels", order.labels}},
               [&] {
                 std::printf("the queue is open: %zu samples, %td of them gold\n",
                             order.samples.size(), gold_count);
               });
  return {};
}

Result<void> show_queues(const Session& session, const Arguments&) {
  OORT_TRY(const std::string endpoint, session.endpoint());
  OORT_TRY(const auto queues, list_queues(endpoint));
  Json all = Json::array();
  std::vector<std::vector<std::string>> rows = {
      {"CAMPAIGN", "SAMPLES", "ANNOTATORS", "ANSWERS", "COMPLETE", "LABELS"}};
  for (const v1::AnnotationQueue& queue : queues) {
    Json labels = Json::array();
    std::string text;
    for (const std::string& label : queue.labels()) {
      labels.push_back(label);
      text += (text.empty() ? "" : ", ") + printable(label);
    }
    all.push_back({{"campaign", hex_of(queue.campaign())},
                   {"labels", labels},
                   {"samples_count", queue.samples_count()},
                   {"annotators_count", queue.annotators_count()},
                   {"answers_count", queue.answers_count()},
                   {"is_complete", queue.is_complete()}});
    rows.push_back({hex_of(queue.campaign()), std::to_string(queue.samples_count()),
                    std::to_string(queue.annotators_count()), std::to_string(queue.answers_count()),
                    queue.is_complete() ? "yes" : "no", text});
  }
  session.show({{"queues", all}}, [&] { std::fputs(columns(rows).c_str(), stdout); });
  return {};
}

/// What `campaign batch` reads. Fails with MALFORMED where it would not be what the node sent.
Result<std::string> answers_csv(const std::vector<v1::AnnotationAnswer>& answers,
                                std::size_t since) {
  std::string text = "sample,account,label\n";
  std::vector<NamedAnswer> wanted;
  for (std::size_t i = since; i < answers.size(); ++i) {
    const auto account = AccountId::from(as_bytes(answers[i].account()));
    if (!account) return fail(ErrorCode::Internal, reason::malformed, "the node sent no account");
    wanted.push_back({answers[i].sample(), *account, answers[i].label()});
    text += answers[i].sample() + "," + account->hex() + "," + answers[i].label() + "\n";
  }
  if (wanted.empty()) return text;
  OORT_TRY(const auto read, parse_answers(text));
  if (read == wanted) return text;
  return fail(ErrorCode::Internal, reason::malformed, "the node sent what is no field of CSV");
}

Result<void> fetch_answers(const Session& session, const Arguments& arguments) {
  OORT_TRY(const CampaignId id, campaign_in(arguments));
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(std::string keeper, find_queue(session, id));
  AnnotationClient client = client_at(session, std::move(keeper), keys, id);
  OORT_TRY(const auto answers, client.answers());
  if (arguments.since > answers.size()) {
    return refused("--since " + std::to_string(arguments.since) + ": there are " +
                   std::to_string(answers.size()) + " answers");
  }
  OORT_TRY(const std::string text, answers_csv(answers, arguments.since));
  OORT_TRY(write_file(arguments.out, as_bytes(text), 0600));
  const std::size_t count = answers.size() - arguments.since;
  session.show({{"answers", count}, {"since", arguments.since}, {"total", answers.size()}}, [&] {
    std::printf("%zu answers of %zu in %s\n", count, answers.size(), arguments.out.c_str());
  });
  return {};
}

// Annotators --------------------------------------------------------------------------------------

/// The label, or an empty text to skip; nothing where the input ended. A person who mistypes is
/// asked again, a program fails with BAD_ARGUMENT.
Result<std::optional<std::string>> read_label(const Session& session, const v1::Assignment& task) {
  const std::vector<std::string> labels(task.labels().begin(), task.labels().end());
  for (std::string line; std::getline(std::cin, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) return line;
    auto label = label_meant(labels, line);
    if (label) return *std::move(label);
    if (session.is_json) return fail(label.error());
    std::printf("%s\nWhich? ", printable(label.error().detail()).c_str());
    std::fflush(stdout);
  }
  return std::nullopt;
}

void show_task(const Session& session, const v1::Assignment& task) {
  const std::vector<std::string> labels(task.labels().begin(), task.labels().end());
  session.show({{"assignment", task.id()},
                {"content", task.content()},
                {"labels", labels},
                {"expires_ms", task.expires_ms()}},
               [&] {
                 std::printf("\n%s\n\n", printable(task.content()).c_str());
                 for (std::size_t i = 0; i < labels.size(); ++i) {
                   const std::string place =
                       are_numbered(labels) ? std::to_string(i + 1) + "  " : "";
                   std::printf("  %s%s\n", place.c_str(), printable(labels[i]).c_str());
                 }
                 std::fputs("Which? (nothing skips it) ", stdout);
               });
  std::fflush(stdout);
}

/// What one annotator does in one run. The next sample comes once the node has the answer to the
/// last one for good (I5).
class Sitting {
 public:
  Sitting(const Session& session, AnnotationClient client, const Bytes32& consent)
      : session_(session), client_(std::move(client)), consent_(consent) {}

  /// Until nothing is left, or the input ends.
  Result<void> run() {
    while (true) {
      const auto task = patiently(session_, [this] { return client_.next(consent_); });
      if (!task && task.error().reason() != reason::not_found) return fail(task.error());
      if (!task) {
        end_ = task.error().detail();
        return {};
      }
      show_task(session_, *task);
      OORT_TRY(const auto label, read_label(session_, *task));
      if (!label) return {};
      OORT_TRY(label->empty() ? skip(*task) : answer(*task, *label));
    }
  }

  void show() const {
    const Json value = {{"answered", answered_},
                        {"skipped", skipped_},
                        {"refused", refused_},
                        {"is_over", end_.has_value()}};
    session_.show(value, [this] {
      if (end_) std::printf("\n%s", printable(*end_).c_str());
      std::printf("\n%s\n", counts().c_str());
    });
  }
  [[nodiscard]] std::string counts() const {
    return std::to_string(answered_) + " answered, " + std::to_string(skipped_) + " skipped";
  }

 private:
  static bool is_lost(const Result<void>& done) {
    return !done && done.error().reason() == reason::precondition_failed;
  }

  Result<void> skip(const v1::Assignment& task) {
    const auto done = patiently(session_, [&] { return client_.skip(task.id()); });
    // One that is somebody else's by now is given back too.
    if (!done && !is_lost(done)) return fail(done.error());
    ++skipped_;
    return {};
  }

  /// An assignment whose time was over may be somebody else's by now: that is told, and work goes
  /// on.
  Result<void> answer(const v1::Assignment& task, const std::string& label) {
    const auto done = patiently(session_, [&] { return client_.submit(task.id(), label); });
    if (done) {
      ++answered_;
      return {};
    }
    if (!is_lost(done)) return fail(done.error());
    ++refused_;
    const Json value = {{"assignment", task.id()},
                        {"reason", done.error().reason()},
                        {"detail", done.error().detail()}};
    session_.show(value, [&] {
      std::printf("That answer does not count: %s\n", printable(done.error().detail()).c_str());
    });
    return {};
  }

  const Session& session_;
  AnnotationClient client_;
  Bytes32 consent_;
  std::uint64_t answered_ = 0;
  std::uint64_t skipped_ = 0;
  std::uint64_t refused_ = 0;
  std::optional<std::string> end_;  ///< Why nothing more comes; without it the input ended.
};

Result<void> work(const Session& session, const Arguments& arguments) {
  OORT_TRY(const CampaignId id, campaign_in(arguments));
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(const Bytes32 consent, digest_of_file(arguments.consent));
  OORT_TRY(std::string keeper, find_queue(session, id));
  Sitting sitting(session, client_at(session, std::move(keeper), keys, id), consent);
  auto done = sitting.run();
  if (done) {
    sitting.show();
  } else {
    session.say(sitting.counts());
  }
  return done;
}

// Options -----------------------------------------------------------------------------------------

using Command = Result<void> (*)(const Session&, const Arguments&);

CLI::App* add_signed(CLI::App* group, Session& session, Arguments& arguments,
                     const std::string& name, const std::string& help, Command command) {
  CLI::App* added = add(group, session, arguments, name, help, command);
  added->add_option("CAMPAIGN", arguments.id, "64 hexadecimal digits")->required();
  added->add_option("--key", arguments.key_file, "Key file of who does it")->required();
  return added;
}

void add_queue(CLI::App* group, Session& session, Arguments& arguments) {
  CLI::App* queue = add_signed(group, session, arguments, "queue",
                               "Hand samples over to a node, for people to label", open_queue);
  queue->add_option("--samples", arguments.samples, R"(JSON lines: {"sample", "content"})")
      ->required();
  queue->add_option("--gold", arguments.gold, "CSV: sample,label, as `campaign gold` took it");
  queue->add_option("--label", arguments.queue.labels, "One of the answers; repeat it for each")
      ->required()
      ->allow_extra_args(false);
  queue
      ->add_option("--annotator", arguments.annotators,
                   "An account that may label, may be repeated; else everybody")
      ->allow_extra_args(false);
  queue
      ->add_option("--lease-s", arguments.queue.lease_s,
                   "Seconds for an answer before another gets the sample")
      ->capture_default_str();
  queue->add_option("--answers-max", arguments.queue.answers_max,
                    "Samples that one annotator gets; else no end");
  queue->footer(
      "Example: oortd campaign queue ID --samples s.jsonl --label cat --label dog --key me.key");
}

}  // namespace

void add_annotation_commands(CLI::App& app, Session& session) {
  static Arguments arguments;
  CLI::App* group = app.get_subcommand("campaign");
  add_queue(group, session, arguments);
  add(group, session, arguments, "queues", "What a node has to be labelled", show_queues);
  CLI::App* worked =
      add_signed(group, session, arguments, "work", "Label samples until nothing is left", work);
  worked->add_option("--consent", arguments.consent, "The text that you consent to, in a file");
  worked->footer(
      "Takes a label, its number, or an empty line to skip; the end of the input ends it.\n"
      "Example: oortd campaign work ID --consent consent.txt --key me.key");
  CLI::App* fetched = add_signed(group, session, arguments, "answers",
                                 "Fetch what people answered, for `campaign batch`", fetch_answers);
  fetched->add_option("--out", arguments.out, "Where to write sample,account,label")->required();
  fetched->add_option("--since", arguments.since, "Leave out so many that came first");
}

}  // namespace oort::cli
