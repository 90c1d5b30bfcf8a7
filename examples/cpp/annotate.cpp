// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/annotation.grpc.pb.h>
#include <oort/v1/ledger.grpc.pb.h>

#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "client.hpp"
#include "signing.hpp"

namespace {

using example::Writer;
using oort::v1::AnnotationService;
using oort::v1::LedgerService;

constexpr std::uint8_t next_assignment = 2;
constexpr std::uint8_t submit_answer = 3;

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + " cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Signs for calls about one campaign.
class Annotator {
 public:
  Annotator(const example::Key& key, const std::string& campaign, LedgerService::Stub& ledger)
      : key_(key), campaign_(campaign) {
    const auto chain = example::call<oort::v1::GetChainResponse>(
        ledger, &LedgerService::Stub::GetChain, oort::v1::GetChainRequest());
    chain_ = chain.chain_id();
    // By the ledger's clock, and at most an hour ahead. Who works for longer asks again.
    constexpr std::uint64_t half_an_hour_ms = 1'800'000;
    until_ms_ = chain.state().time_ms() + half_an_hour_ms;
  }

  /// A request of the campaign with the proof of who makes it.
  template <class Request>
  [[nodiscard]] Request request(std::uint8_t verb, const std::string& argument) const {
    const std::string signed_bytes =
        Writer().raw(chain_).raw(campaign_).u8(verb).u64(until_ms_).raw(argument).bytes();
    Request made;
    made.set_campaign(campaign_);
    made.mutable_proof()->set_public_key(key_.public_key());
    made.mutable_proof()->set_valid_until_ms(until_ms_);
    made.mutable_proof()->set_signature(
        key_.sign(example::hash("oort.v1 annotation call", signed_bytes)));
    return made;
  }

 private:
  const example::Key& key_;
  std::string campaign_;
  std::string chain_;
  std::uint64_t until_ms_ = 0;
};

/// Answers with the first label. Whoever pays for labels has hidden samples whose label is known
/// among them, so this earns nothing.
void annotate(const char* const* arguments) {
  const auto channel = example::connect(arguments[0]);
  const example::Key key(arguments[1]);
  const std::string consent = example::sha256(content_of(arguments[3]));
  const auto ledger = LedgerService::NewStub(channel);
  const auto desk = AnnotationService::NewStub(channel);
  const Annotator annotator(key, example::from_hex(arguments[2]), *ledger);
  for (int count = std::stoi(arguments[4]); count > 0; --count) {
    auto question = annotator.request<oort::v1::NextAssignmentRequest>(next_assignment, consent);
    question.set_consent(consent);
    const auto given = example::call<oort::v1::NextAssignmentResponse>(
                           *desk, &AnnotationService::Stub::NextAssignment, question)
                           .assignment();
    const std::string& label = given.labels(0);
    auto answer = annotator.request<oort::v1::SubmitAnswerRequest>(
        submit_answer, Writer().u64(given.id()).raw(label).bytes());
    answer.set_assignment(given.id());
    answer.set_label(label);
    // Both calls may be repeated: the same sample comes until it is answered, and the same answer
    // changes nothing.
    static_cast<void>(example::call<oort::v1::SubmitAnswerResponse>(
        *desk, &AnnotationService::Stub::SubmitAnswer, answer));
    std::cout << given.id() << " " << given.content() << " is " << label << "\n";
  }
}

}  // namespace

/// AnnotationService: labels samples of a campaign. CONSENT is the file of the text that whoever
/// takes part agrees to.
int main(int count, char** words) {
  return example::run(count, words, "ENDPOINT KEY_FILE CAMPAIGN CONSENT COUNT", annotate);
}
