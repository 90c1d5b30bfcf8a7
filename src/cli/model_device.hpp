// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "oort/core/ids.hpp"
#include "oort/core/result.hpp"
#include "oort/crypto/signature.hpp"
#include "oort/http/client.hpp"
#include "session.hpp"

/// Models in a bucket, and on devices that fetch them from there.
namespace oort::cli {

struct ModelToStore {
  std::string folder;
  std::string name;
  std::string bucket;
  std::string statement;  ///< Of its training; empty where nobody says what made it.
};
/// Below `models/ROOT/`, as `store_artefact` says. Returns the root.
[[nodiscard]] Result<ModelId> store_model(const Session& session, const ModelToStore& model,
                                          const crypto::KeyPair& keys);

/// The models' door of a device.
struct ModelDoor {
  http::Origin origin;
};
/// `host:port`; without it, of a node of the local network: `node`, or the one that has a door.
/// Fails with BAD_ARGUMENT or NOT_FOUND.
[[nodiscard]] Result<ModelDoor> model_door(const Session& session, const std::string& door,
                                           const std::string& node);

/// Gives the device links to the model in the bucket, waits until it serves it, and shows what it
/// says. Fails as the device does.
[[nodiscard]] Result<void> deploy_through(const Session& session, const ModelDoor& door,
                                          const std::string& bucket, const ModelId& model);

/// `model store`, `served`, `ask` and `infer`.
void add_model_device_commands(CLI::App& group, Session& session);

}  // namespace oort::cli
