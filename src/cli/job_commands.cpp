// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/compute.pb.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "amounts.hpp"
#include "client.hpp"
#include "command.hpp"
#include "compute_client.hpp"
#include "job_file.hpp"
#include "job_order.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
#include "named.hpp"
#include "node_view.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/amount.hpp"
#include "oort/core/bytes.hpp"
#include "oort/core/ids.hpp"
#include "oort/core/reasons.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/hash.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/jobs_operations.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

constexpr std::uint64_t access_ms = 300'000;

struct Arguments {
  std::string file;
  std::string job;
  std::string key_file;
  std::string account;
  JobOrder order;
  bool is_waiting = false;
  bool is_all = false;
  std::uint32_t task = 0;
  std::uint64_t offset = 0;
  bool is_once = false;
  std::string node;
};

bool is_in_credits(const std::string& currency) { return currency == "credits"; }

/// "12.5 credits" or "12.5 OORT" from decimal units.
std::string money(const std::string& units, const std::string& currency) {
  if (!is_in_credits(currency)) return oort_text(units);
  return to_text(Credits(from_decimal(units).value_or(0))) + " credits";
}

// Offers ------------------------------------------------------------------------------------------

Json to_json(const v1::Offer& offer) {
  Json devices = Json::array();
  for (const v1::OfferDevices& group : offer.devices()) {
    devices.push_back(
        {{"model", group.model()}, {"memory_mib", group.memory_mib()}, {"count", group.count()}});
  }
  Json tiers = Json::array();
  for (const std::string& tier : offer.tiers()) tiers.push_back(tier);
  return {{"node", hex_of(offer.node_id())},
          {"operator", hex_of(offer.owner())},
          {"region", offer.region()},
          {"digest", hex_of(offer.digest())},
          {"devices", devices},
          {"cpu_milli", offer.cpu_milli()},
          {"memory_mib", offer.memory_mib()},
          {"disk_mib", offer.disk_mib()},
          {"network_mbps", offer.network_mbps()},
          {"architecture", offer.architecture()},
          {"tiers", tiers},
          {"data_class", offer.data_class()},
          {"ask_per_gpu", offer.ask_per_gpu()},
          {"ask_per_core", offer.ask_per_core()},
          {"expires_ms", offer.expires_ms()}};
}

std::string devices_text(const v1::Offer& offer) {
  std::string text;
  for (const v1::OfferDevices& group : offer.devices()) {
    text += (text.empty() ? "" : ", ") + std::to_string(group.count()) + " × " + group.model();
  }
  return text.empty() ? "-" : text;
}

void show_offers(const Session& session, const std::vector<v1::Offer>& offers) {
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {
      {"NODE", "REGION", "GPUS", "CORES", "MEMORY MiB", "ASK/CORE·h", "ASK/GPU·h"}};
  for (const v1::Offer& offer : offers) {
    list.push_back(to_json(offer));
    rows.push_back({hex_of(offer.node_id()), offer.region(), devices_text(offer),
                    std::to_string(offer.cpu_milli() / 1000), std::to_string(offer.memory_mib()),
                    to_text(Credits(offer.ask_per_core())), to_text(Credits(offer.ask_per_gpu()))});
  }
  session.show({{"offers", list}}, [&] { std::fputs(columns(rows).c_str(), stdout); });
}

Result<void> list_offers(const Session& session, const Arguments&) {
  OORT_TRY(ComputeClient client, open_compute(session));
  OORT_TRY(const auto offers, client.offers());
  show_offers(session, offers);
  return {};
}

Result<void> show_offer(const Session& session, const Arguments& arguments) {
  OORT_TRY(const NodeId node, node_named(session, arguments.node));
  OORT_TRY(ComputeClient client, open_compute(session));
  OORT_TRY(auto offers, client.offers());
  std::erase_if(offers,
                [&](const v1::Offer& offer) { return offer.node_id() != as_text(node.view()); });
  if (offers.empty()) {
    return fail(ErrorCode::NotFound, reason::not_found, "the node " + node.hex() + " has no offer");
  }
  show_offers(session, offers);
  return {};
}

// Plans -------------------------------------------------------------------------------------------

Json to_json(const v1::PlanJobResponse& plan) {
  Json constraints = Json::array();
  for (const v1::PlanConstraint& constraint : plan.constraints()) {
    constraints.push_back({{"name", constraint.name()},
                           {"removed", constraint.removed_count()},
                           {"alone", constraint.alone_count()}});
  }
  Json value = {{"verdict", plan.verdict()},         {"text", plan.text()},
                {"alternative", plan.alternative()}, {"nodes", plan.nodes_count()},
                {"usable", plan.usable_count()},     {"constraints", constraints},
                {"binding", plan.binding()},         {"knows_leases", plan.knows_leases()}};
  if (plan.has_relaxation()) {
    value["relaxation"] = {{"constraint", plan.relaxation().constraint()},
                           {"node", hex_of(plan.relaxation().node_id())},
                           {"have", plan.relaxation().have()},
                           {"want", plan.relaxation().want()}};
  }
  if (!plan.node_id().empty()) {
    value["node"] = hex_of(plan.node_id());
    value["price_per_hour"] = plan.price_per_hour();
    value["starts_ms"] = plan.starts_ms();
  }
  return value;
}

Result<void> plan_job(const Session& session, const Arguments& arguments) {
  OORT_TRY(const auto spec, load_job(arguments.file));
  OORT_TRY(ComputeClient client, open_compute(session));
  OORT_TRY(const auto plan, client.plan(codec::to_bytes(spec)));
  session.show(to_json(plan), [&] {
    std::printf("%s\n%llu of %llu nodes can run it%s\n", plan.text().c_str(),
                static_cast<unsigned long long>(plan.usable_count()),
                static_cast<unsigned long long>(plan.nodes_count()),
                plan.knows_leases() ? "" : ", were they idle");
  });
  return {};
}

// Submission --------------------------------------------------------------------------------------

Result<void> wait_for(const Session& session, const JobId& job);

Result<void> submit_job(const Session& session, const Arguments& arguments) {
  OORT_TRY(auto spec, load_job(arguments.file));
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(state_inputs(session, spec));
  OORT_TRY(const PlacedJob placed, place_order(session, arguments.order, spec, keys));
  const std::string id = placed.job.hex();
  const Json value = {{"job", id},
                      {"transaction_id", hex_of(placed.submitted.transaction_id())},
                      {"height", placed.submitted.receipt().height()}};
  session.show(value, [&] { std::printf("job %s\n", id.c_str()); });
  if (!arguments.is_waiting) return {};
  return wait_for(session, placed.job);
}

// Jobs --------------------------------------------------------------------------------------------

Json to_json(const v1::Job& job) {
  Json brokers = Json::array();
  for (const std::string& broker : job.brokers()) brokers.push_back(hex_of(broker));
  return {{"job", hex_of(job.id())},
          {"payer", hex_of(job.payer())},
          {"kind", job.kind()},
          {"phase", job.phase()},
          {"outcome", job.outcome()},
          {"escrow", job.escrow()},
          {"currency", job.currency()},
          {"budget", job.budget()},
          {"brokers", brokers},
          {"broker", hex_of(job.broker())},
          {"broker_epoch", job.broker_epoch()},
          {"deadline_ms", job.deadline_ms()},
          {"due_ms", job.due_ms()},
          {"leases", job.leases_count()},
          {"open_leases", job.open_leases_count()},
          {"pay", job.pay()},
          {"paid", job.paid()},
          {"share", job.share()},
          {"lost", job.lost()},
          {"disputes", job.disputes_count()},
          {"output", hex_of(job.output())},
          {"receipts", hex_of(job.receipts())}};
}

Json to_json(const v1::JobRun& run) {
  Json tasks = Json::array();
  for (const v1::JobTask& task : run.tasks()) {
    tasks.push_back({{"task", task.task()},
                     {"attempt", task.attempt()},
                     {"state", task.state()},
                     {"node", hex_of(task.node_id())},
                     {"result", hex_of(task.result())},
                     {"pay", task.pay()},
                     {"why", task.why()}});
  }
  return {{"pending", run.pending_count()}, {"running", run.running_count()},
          {"done", run.done_count()},       {"is_over", run.is_over()},
          {"waits", run.waits()},           {"tasks", tasks}};
}

Json to_json(const v1::GetJobResponse& found) {
  Json value = to_json(found.job());
  if (found.has_run()) value["run"] = to_json(found.run());
  return value;
}

void print_job(const v1::GetJobResponse& found) {
  const v1::Job& job = found.job();
  std::vector<std::vector<std::string>> rows = {
      {"job", hex_of(job.id())},
      {"phase", job.phase() + (job.outcome() == "none" ? "" : ", " + job.outcome())},
      {"budget", money(job.budget(), job.currency())},
      {"owed", money(job.pay(), job.currency())},
      {"paid", money(job.paid(), job.currency())},
      {"broker", hex_of(job.broker()) + ", epoch " + std::to_string(job.broker_epoch())}};
  if (!job.output().empty()) rows.push_back({"output", hex_of(job.output())});
  if (found.has_run()) {
    const v1::JobRun& run = found.run();
    rows.push_back({"tasks", std::to_string(run.done_count()) + " done, " +
                                 std::to_string(run.running_count()) + " running, " +
                                 std::to_string(run.pending_count()) + " pending"});
    if (!run.waits().empty()) rows.push_back({"waits", run.waits()});
  }
  std::fputs(columns(rows).c_str(), stdout);
}

Result<void> show_job(const Session& session, const Arguments& arguments) {
  OORT_TRY(const JobId id, parse_job(arguments.job));
  OORT_TRY(ComputeClient client, open_broker(session, id));
  OORT_TRY(const auto found, client.job(id));
  session.show(to_json(found), [&] { print_job(found); });
  return {};
}

Result<void> wait_for(const Session& session, const JobId& job) {
  return watch_run(session, job, [&session](const v1::GetJobResponse& found) {
    session.show(to_json(found), [&] { print_job(found); });
  });
}

Result<void> watch_job(const Session& session, const Arguments& arguments) {
  OORT_TRY(const JobId id, parse_job(arguments.job));
  return wait_for(session, id);
}

Result<void> list_jobs(const Session& session, const Arguments& arguments) {
  v1::ListJobsRequest request;
  if (!arguments.node.empty()) {
    OORT_TRY(const NodeId node, node_named(session, arguments.node));
    request.set_broker(std::string(as_text(node.view())));
  } else if (!arguments.is_all) {
    OORT_TRY(const AccountId payer, account_named(arguments.account, arguments.key_file));
    request.set_payer(std::string(as_text(payer.view())));
  }
  OORT_TRY(ComputeClient client, open_compute(session));
  OORT_TRY(const auto jobs, client.jobs(request));
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {{"JOB", "PHASE", "OUTCOME", "OWED", "BUDGET"}};
  for (const v1::Job& job : jobs) {
    list.push_back(to_json(job));
    rows.push_back({hex_of(job.id()), job.phase(), job.outcome(), money(job.pay(), job.currency()),
                    money(job.budget(), job.currency())});
  }
  session.show({{"jobs", list}}, [&] { std::fputs(columns(rows).c_str(), stdout); });
  return {};
}

/// What shows a broker that the reader is the payer; see JobLogsRequest.
Result<void> sign_access(const Session& session, const Arguments& arguments, const JobId& job,
                         v1::JobLogsRequest& request) {
  static constexpr crypto::Context context("oort.v1 job access");
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(LedgerClient ledger, open_ledger(session));
  OORT_TRY(const auto chain, ledger.chain());
  OORT_TRY(const auto genesis, ledger::genesis_from_file(as_bytes(chain.genesis())));
  request.set_valid_until_ms(chain.state().time_ms() + access_ms);
  codec::Writer out;
  codec::encode(out, ledger::chain_id_of(genesis));
  codec::encode(out, job);
  out.u64(request.valid_until_ms());
  const Signature signature = keys.sign(crypto::hash(context, out.bytes()).view());
  request.set_public_key(std::string(as_text(keys.public_key().view())));
  request.set_signature(std::string(as_text(signature.view())));
  return {};
}

Result<void> show_logs(const Session& session, const Arguments& arguments) {
  OORT_TRY(const JobId id, parse_job(arguments.job));
  v1::JobLogsRequest request;
  request.set_job(std::string(as_text(id.view())));
  request.set_task(arguments.task);
  request.set_offset(arguments.offset);
  request.set_no_wait(arguments.is_once);
  OORT_TRY(sign_access(session, arguments, id, request));
  OORT_TRY(ComputeClient broker, open_broker(session, id));
  return broker.logs(request, [&session](const v1::JobLogsResponse& chunk) {
    const Json value = {{"offset", chunk.offset()},
                        {"content_hex", hex_of(chunk.content())},
                        {"is_end", chunk.is_end()}};
    session.show(value, [&] {
      std::fwrite(chunk.content().data(), 1, chunk.content().size(), stdout);
      std::fflush(stdout);
    });
    return true;
  });
}

Result<void> cancel_job(const Session& session, const Arguments& arguments) {
  OORT_TRY(const JobId id, parse_job(arguments.job));
  OORT_TRY(const crypto::KeyPair keys, load_key(arguments.key_file));
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto response, client.submit(keys, ledger::JobCancel{id}));
  show_submitted(session, response, "cancelled " + id.hex());
  return {};
}

Result<void> show_cost(const Session& session, const Arguments& arguments) {
  OORT_TRY(const JobId id, parse_job(arguments.job));
  OORT_TRY(ComputeClient client, open_compute(session));
  OORT_TRY(const auto cost, client.cost(id));
  const Json value = {{"currency", cost.currency()}, {"budget", cost.budget()},
                      {"held", cost.held()},         {"pay", cost.pay()},
                      {"share", cost.share()},       {"paid", cost.paid()},
                      {"refund", cost.refund()}};
  session.show(value, [&] {
    const std::string& currency = cost.currency();
    std::fputs(columns({{"budget", money(cost.budget(), currency)},
                        {"owed to executors", money(cost.pay(), currency)},
                        {"broker's share", money(cost.share(), currency)},
                        {"paid", money(cost.paid(), currency)},
                        {"held", money(cost.held(), currency)},
                        {"goes back", money(cost.refund(), currency)}})
                   .c_str(),
               stdout);
  });
  return {};
}

void add_submit(CLI::App* group, Session& session, Arguments& arguments) {
  CLI::App* submit =
      add(group, session, arguments, "submit", "Pay for a job and hand it over", submit_job);
  submit->add_option("FILE", arguments.file, "The job in JSON; see docs/JOBS.md")->required();
  submit->add_option("--key", arguments.key_file, "Key of the payer")->required();
  submit->add_option("--budget", arguments.order.budget, "Credits for executors and broker")
      ->required();
  submit->add_flag("--oort", arguments.order.in_oort, "The budget is in OORT");
  submit->add_option("--deadline", arguments.order.deadline_s, "Seconds until it must have ended")
      ->capture_default_str();
  submit
      ->add_option("--dispute", arguments.order.dispute_s,
                   "Seconds in which its result is disputed")
      ->capture_default_str();
  submit
      ->add_option("--brokers", arguments.order.brokers_count,
                   "How many super nodes are its brokers, one after another")
      ->check(CLI::Range(1, 3))
      ->capture_default_str();
  submit
      ->add_option("--broker", arguments.order.brokers,
                   "A broker by name; in order, may be repeated")
      ->allow_extra_args(false);
  submit->add_flag("--wait", arguments.is_waiting, "Show what becomes of it until it is over");
  submit->footer("Example: oortd job submit hash.json --budget 50 --key owner.key --wait");
}

void add_jobs(CLI::App& app, Session& session, Arguments& arguments) {
  CLI::App* group = app.add_subcommand("job", "Work on machines of others")->require_subcommand(1);
  CLI::App* plan = add(group, session, arguments, "plan",
                       "Where a job would run, or what keeps it from running", plan_job);
  plan->add_option("FILE", arguments.file, "The job in JSON; see docs/JOBS.md")->required();
  plan->footer("Example: oortd job plan hash.json --json");
  add_submit(group, session, arguments);
  CLI::App* show = add(group, session, arguments, "show", "One job", show_job);
  CLI::App* watch = add(group, session, arguments, "watch", "One job, until it is over", watch_job);
  CLI::App* logs = add(group, session, arguments, "logs", "What a task writes", show_logs);
  CLI::App* cancel =
      add(group, session, arguments, "cancel", "End it; what was done is paid", cancel_job);
  CLI::App* cost = add(group, session, arguments, "cost", "What it has cost", show_cost);
  for (CLI::App* command : {show, watch, logs, cancel, cost}) {
    command->add_option("JOB", arguments.job, "64 hexadecimal digits")->required();
  }
  cancel->add_option("--key", arguments.key_file, "Key of the payer")->required();
  logs->add_option("--key", arguments.key_file, "Key of the payer")->required();
  logs->add_option("--task", arguments.task, "Of an array or a gang");
  logs->add_option("--offset", arguments.offset, "Bytes to leave out");
  logs->add_flag("--no-follow", arguments.is_once, "End with what is there now");
  logs->footer("Example: oortd job logs 9f2c… --task 3 --key owner.key");
  CLI::App* list = add(group, session, arguments, "list", "Jobs of an account", list_jobs);
  list->add_option("ACCOUNT", arguments.account, "40 hexadecimal digits");
  list->add_option("--key", arguments.key_file, "Key file of the account");
  list->add_option("--broker", arguments.node, "Those of a broker instead");
  list->add_flag("--all", arguments.is_all, "Those of everybody");
}

void add_offers(CLI::App& app, Session& session, Arguments& arguments) {
  CLI::App* group =
      app.add_subcommand("offer", "What nodes offer to run jobs on")->require_subcommand(1);
  add(group, session, arguments, "list", "All offers", list_offers)
      ->footer("Example: oortd offer list --json");
  CLI::App* show = add(group, session, arguments, "show", "A node's offer", show_offer);
  show->add_option("NODE", arguments.node, "Its name, or 64 hexadecimal digits")->required();
}

}  // namespace

void add_job_commands(CLI::App& app, Session& session) {
  static Arguments arguments;
  add_jobs(app, session, arguments);
  add_offers(app, session, arguments);
}

}  // namespace oort::cli
