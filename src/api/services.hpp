// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "oort/api/annotation_port.hpp"
#include "oort/api/broker_port.hpp"
#include "oort/api/ports.hpp"

namespace oort::api {

/// Each borrows its port, which may be null: every call then answers UNIMPLEMENTED.
[[nodiscard]] std::unique_ptr<grpc::Service> make_ledger_service(LedgerPort* port,
                                                                 StatePort* state);
[[nodiscard]] std::unique_ptr<grpc::Service> make_governance_service(StatePort* state);
[[nodiscard]] std::unique_ptr<grpc::Service> make_market_service(StatePort* state);
/// What only brokers know is asked of `broker`, all else of the state.
[[nodiscard]] std::unique_ptr<grpc::Service> make_compute_service(LedgerPort* ledger,
                                                                  StatePort* state,
                                                                  BrokerPort* broker);
[[nodiscard]] std::unique_ptr<grpc::Service> make_datahub_service(StatePort* state);
/// Who calls is checked against the state.
[[nodiscard]] std::unique_ptr<grpc::Service> make_annotation_service(AnnotationPort* port,
                                                                     StatePort* state);
[[nodiscard]] std::unique_ptr<grpc::Service> make_model_service(StatePort* state);
[[nodiscard]] std::unique_ptr<grpc::Service> make_node_service(NodePort* port);
[[nodiscard]] std::unique_ptr<grpc::Service> make_object_service(ObjectPort* port);
[[nodiscard]] std::unique_ptr<grpc::Service> make_admin_service(AdminPort* port, StatePort* state);

}  // namespace oort::api
