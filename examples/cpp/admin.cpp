// SPDX-License-Identifier: Apache-2.0
#include <oort/v1/admin.grpc.pb.h>

#include <iostream>
#include <string>

#include "client.hpp"

/// AdminService, for the operator of a node alone: a unix socket that only its user may open.
int main(int count, char** words) {
  return example::run(count, words, "unix:SOCKET HEIGHT", [](const char* const* arguments) {
    using Stub = oort::v1::AdminService::Stub;
    const auto admin = oort::v1::AdminService::NewStub(example::connect(arguments[0]));

    oort::v1::AwaitHeightRequest wanted;
    wanted.set_height(std::stoull(arguments[1]));
    const auto reached =
        example::call<oort::v1::AwaitHeightResponse>(*admin, &Stub::AwaitHeight, wanted);
    std::cout << "height " << reached.height() << "\n";

    const auto audit = example::call<oort::v1::AuditSupplyResponse>(*admin, &Stub::AuditSupply,
                                                                    oort::v1::AuditSupplyRequest());
    std::cout << "supply " << audit.total() << " base units, "
              << (audit.is_conserved() ? "all accounted for" : "and the sum differs") << "\n";

    const auto consensus = example::call<oort::v1::DumpConsensusResponse>(
        *admin, &Stub::DumpConsensus, oort::v1::DumpConsensusRequest());
    std::cout << consensus.text() << "\n";
  });
}
