// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>

#include "honesty_view.hpp"
#include "key_file.hpp"
#include "ledger_client.hpp"
#include "oort/chain/proof_bundle.hpp"
#include "oort/codec/codec.hpp"
#include "oort/core/reasons.hpp"
#include "oort/datahub/provenance_bundle.hpp"
#include "oort/ledger/genesis.hpp"
#include "oort/ledger/honesty_case.hpp"
#include "oort/ledger/keys.hpp"
#include "proof_view.hpp"
#include "provenance_view.hpp"
#include "session.hpp"

namespace oort::cli {
namespace {

struct Arguments {
  std::string target;
  std::string out;
  std::string file;
  std::string genesis;
  bool all_versions = false;
};

Result<void> write_proof(const Session& session, const v1::GetProofRequest& request,
                         const Arguments& arguments) {
  OORT_TRY(LedgerClient client, open_ledger(session));
  OORT_TRY(const auto proof, client.proof(request));
  OORT_TRY(write_file(arguments.out, as_bytes(proof.bundle()), 0644));
  // What it shows is read from the bundle, as whoever verifies it will.
  OORT_TRY(const auto bundle, codec::from_bytes<chain::ProofBundle>(as_bytes(proof.bundle())));
  const std::string claim(to_string(chain::claim_of(bundle.range, bundle.records)));
  const Json value = {{"file", arguments.out},
                      {"bytes", proof.bundle().size()},
                      {"height", proof.height()},
                      {"is_present", proof.is_present()},
                      {"claim", claim}};
  session.show(value, [&] {
    std::printf("%s: proof that %s is %s at height %llu, %zu bytes\n", arguments.out.c_str(),
                arguments.target.c_str(), claim.c_str(),
                static_cast<unsigned long long>(proof.height()), proof.bundle().size());
  });
  return {};
}

Result<void> prove_object(const Session& session, const Arguments& arguments) {
  const auto slash = arguments.target.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == arguments.target.size()) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "'" + arguments.target + "': write BUCKET/KEY");
  }
  v1::GetProofRequest request;
  request.mutable_object()->set_bucket(arguments.target.substr(0, slash));
  request.mutable_object()->set_name(arguments.target.substr(slash + 1));
  request.mutable_object()->set_all_versions(arguments.all_versions);
  return write_proof(session, request, arguments);
}

Result<void> prove_account(const Session& session, const Arguments& arguments) {
  OORT_TRY(const AccountId account, parse_account(arguments.target));
  v1::GetProofRequest request;
  request.set_account(std::string(as_text(account.view())));
  return write_proof(session, request, arguments);
}

Result<void> prove_evidence(const Session& session, const Arguments& arguments) {
  const auto fault = Bytes32::from_hex(arguments.target);
  if (!fault) {
    return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                "'" + arguments.target + "': write 64 hexadecimal digits");
  }
  v1::GetProofRequest request;
  request.set_state_key(std::string(as_text(ledger::keys::evidence(*fault))));
  return write_proof(session, request, arguments);
}

Result<void> verify(const Session& session, const Arguments& arguments) {
  OORT_TRY(const Bytes file, read_file(arguments.genesis, ledger::genesis_bytes_max + 1024));
  OORT_TRY(const auto genesis, ledger::genesis_from_file(file));
  OORT_TRY(const Bytes bundle, read_file(arguments.file, datahub::provenance_bytes_max));
  if (as_text(bundle).starts_with(datahub::provenance_magic)) {
    OORT_TRY(const auto report, datahub::verify_provenance(bundle, [&genesis](ByteView proof) {
               return shown_in(proof, genesis);
             }));
    session.show(to_json(report), [&] { std::fputs(to_text(report).c_str(), stdout); });
    return {};
  }
  if (const auto evidence = codec::from_bytes<ledger::EvidenceBundle>(bundle)) {
    OORT_TRY([[maybe_unused]] const auto verdict,
             verify_evidence(*evidence, ledger::chain_id_of(genesis)));
    session.show(to_json(*evidence), [&] { std::fputs(to_text(*evidence).c_str(), stdout); });
    return {};
  }
  auto verified = chain::verify_bundle(bundle, genesis);
  if (!verified) {
    // Whatever is wrong with a bundle, its reader wants one answer: it proves nothing.
    return fail(ErrorCode::InvalidArgument, reason::bad_proof,
                "nothing is proven: " + verified.error().detail());
  }
  session.show(to_json(*verified), [&] { std::fputs(to_text(*verified).c_str(), stdout); });
  return {};
}

}  // namespace

void add_proof_commands(CLI::App& app, Session& session) {
  static Arguments arguments;
  CLI::App* proof = app.add_subcommand("proof", "Fetch a proof that others can check offline")
                        ->require_subcommand(1);
  CLI::App* object = proof->add_subcommand("object", "That an object is there, absent, or deleted");
  object->add_option("BUCKET/KEY", arguments.target, "The object")->required();
  object->add_option("--out", arguments.out, "Where to write the bundle")->required();
  object->add_flag("--versions", arguments.all_versions,
                   "Every version, instead of what the newest one is");
  object->footer("Example: oortd proof object photos/cat.png --out cat.proof");
  object->callback(
      [&session] { session.action = [&session] { return prove_object(session, arguments); }; });
  CLI::App* account = proof->add_subcommand("account", "Of an account, or of its absence");
  account->add_option("ACCOUNT", arguments.target, "40 hexadecimal digits")->required();
  account->add_option("--out", arguments.out, "Where to write the bundle")->required();
  account->callback(
      [&session] { session.action = [&session] { return prove_account(session, arguments); }; });

  CLI::App* evidence = proof->add_subcommand("evidence", "That a validator broke the protocol");
  evidence
      ->add_option("FAULT", arguments.target, "64 hexadecimal digits, from `oortd evidence list`")
      ->required();
  evidence->add_option("--out", arguments.out, "Where to write the bundle")->required();
  evidence->callback(
      [&session] { session.action = [&session] { return prove_evidence(session, arguments); }; });

  CLI::App* verified = app.add_subcommand("verify", "Check a proof offline");
  verified->add_option("FILE", arguments.file, "The bundle, of a proof or of a case's evidence")
      ->required();
  verified->add_option("--genesis", arguments.genesis, "The network's genesis file")->required();
  verified->footer("Example: oortd verify cat.proof --genesis genesis.oort");
  verified->callback(
      [&session] { session.action = [&session] { return verify(session, arguments); }; });
}

}  // namespace oort::cli
