// SPDX-License-Identifier: Apache-2.0
// Datasets, trainings and models. Operators of nodes own them, so that the same account may train
// on a dataset, speak for the node that does it, and register what came out.
#include <algorithm>
#include <string>
#include <utility>

#include "oort/crypto/hash.hpp"
#include "oort/ledger/datahub_operations.hpp"
#include "oort/ledger/datahub_view.hpp"
#include "trace/trace.hpp"

namespace oort::ledger::trace {
namespace {

constexpr std::uint64_t datasets_count = 12;
constexpr std::uint64_t trainings_count = 20;

Bytes32 digest(const std::string& text) { return crypto::sha256(as_bytes(text)); }
DatasetId dataset_of(std::uint64_t number) {
  return DatasetId(digest("dataset " + std::to_string(number)).array());
}
ModelId model_of(std::uint64_t number) {
  return ModelId(digest("model " + std::to_string(number)).array());
}
Bytes32 training_of(std::uint64_t number) { return digest("training " + std::to_string(number)); }
BlockId some_block() { return BlockId(digest("block").array()); }

std::uint8_t operator_of(const AccountId& account) {
  for (std::uint8_t seed = 11; seed <= 15; ++seed) {
    if (account_of(seed) == account) return seed;
  }
  return 11;
}

DatasetSeal seal_of(std::uint64_t number) {
  DatasetSeal seal;
  seal.root = dataset_of(number);
  seal.name = "set-" + std::to_string(number % 3);
  seal.version = {1, static_cast<std::uint32_t>(number), 0};
  seal.manifest = digest("manifest");
  seal.card = digest("card");
  seal.samples = digest("samples");
  seal.samples_count = 10;
  seal.bytes = 1'000;
  seal.licence = "CC-BY-4.0";
  seal.not_before = some_block();
  return seal;
}

}  // namespace

Draw Author::datasets(const View& view) {
  const std::uint64_t number = dice_->pick(datasets_count);
  const DatasetId id = dataset_of(number);
  const std::uint8_t somebody = dice_->between(11, 15);
  const auto version = DataHubView(view.state()).dataset(id);
  if (!version) {
    DatasetSeal seal = seal_of(number);
    const DatasetId parent = dataset_of(dice_->pick(datasets_count));
    if (dice_->is_one_in(3)) seal.parents = {parent};
    return {somebody, {seal, {}}};
  }
  const std::uint8_t owner = operator_of(version->owner);
  switch (dice_->pick(8)) {
    case 0: {
      const auto access = static_cast<DatasetAccess>(dice_->pick(4));
      const bool is_sold = access == DatasetAccess::Sold;
      const Oort price = is_sold ? Oort(1 + dice_->pick(1'000'000'000)) : Oort();
      return {owner, {DatasetOffer{id, access, price, dice_->pick(60'000)}, {}}};
    }
    case 1: {
      const bool is_granted = !dice_->is_one_in(3);
      const AccountId account = account_of(somebody);
      return {owner, {DatasetDecide{id, account, is_granted, dice_->pick(5)}, {}}};
    }
    case 2:
      if (dice_->is_one_in(8)) return {owner, {DatasetTakeDown{id, digest("why")}, {}}};
      return {somebody, {DatasetUse{id, 1 + dice_->pick(2)}, {}}};
    case 3: return {somebody, {DatasetUse{id, 1 + dice_->pick(2)}, {}}};
    case 4:
      if (dice_->pick(2) == 0) return {somebody, {DatasetOpen{id}, {}}};
      return {somebody, {DatasetUse{id, 2}, {}}};
    default: return {somebody, {DatasetRequest{id, Oort(1'000'000'000)}, {}}};
  }
}

Draw Author::models(const View& view) {
  const DataHubView hub(view.state());
  const std::uint64_t number = dice_->pick(trainings_count);
  const std::uint8_t node = dice_->between(1, 5);
  const auto speaker = static_cast<std::uint8_t>(10 + node);
  const auto training = hub.training(training_of(number));
  if (!training) {
    TrainingBegin begin{training_of(number), {}};
    begin.terms.trainer = node_of(node);
    begin.terms.datasets = {dataset_of(dice_->pick(datasets_count))};
    begin.terms.recipe = digest("recipe");
    begin.terms.code = digest("code");
    begin.terms.not_before = some_block();
    return {speaker, {begin, {}}};
  }
  const std::uint8_t owner = operator_of(training->owner);
  if (!training->result) {
    return {owner, {TrainingRecord{training->id, model_of(number), digest("statement")}, {}}};
  }
  const auto model = hub.model(model_of(number));
  if (!model) {
    ModelRegister registration{
        model_of(number), "model-" + std::to_string(number % 2), {}, {}, "MIT", training->id};
    registration.version = {1, static_cast<std::uint32_t>(number), 0};
    return {owner, {registration, {}}};
  }
  if (dice_->is_one_in(3)) {
    const auto grade = static_cast<TrainingGrade>(1 + dice_->pick(2));
    return {speaker, {TrainingAttest{training->id, node_of(node), model->root, grade}, {}}};
  }
  const bool is_removed = dice_->is_one_in(3);
  return {speaker, {ModelDeploy{model->root, node_of(node), is_removed}, {}}};
}

}  // namespace oort::ledger::trace
