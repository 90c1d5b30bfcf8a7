// SPDX-License-Identifier: Apache-2.0
#include "oort/consensus/core.hpp"

#include "engine.hpp"
#include "oort/env/signer.hpp"

namespace oort::consensus {

Core::Core(const Config& config, EpochStart epoch, const Verifier& verifier, env::Signer* signer)
    : engine_(std::make_unique<Engine>(config, std::move(epoch), verifier, signer)) {}
Core::~Core() = default;
Core::Core(Core&&) noexcept = default;
Core& Core::operator=(Core&&) noexcept = default;

Outputs Core::step(const Input& input) noexcept { return engine_->step(input); }
BlockRef Core::find(const BlockId& block) const noexcept { return engine_->find(block); }
std::vector<WalRecord> Core::durable_state() const { return engine_->durable_state(); }
const SignerRecord& Core::record() const noexcept { return engine_->record(); }
bool Core::knows_past() const noexcept { return engine_->knows_past(); }
Diagnosis Core::diagnose() const { return engine_->diagnose(); }
const ValidatorSet& Core::validators() const noexcept { return engine_->set(); }
const Schedule& Core::schedule() const noexcept { return engine_->schedule(); }
EpochContext Core::context() const noexcept { return engine_->context(); }

}  // namespace oort::consensus
