// SPDX-License-Identifier: Apache-2.0
#include "json_fields.hpp"

#include <utility>

#include "oort/core/reasons.hpp"

namespace oort::cli {

JsonFields::JsonFields(const Json& object, std::string where)
    : object_(object), where_(std::move(where)) {
  if (!object_.is_object()) {
    failure_.emplace(ErrorCode::InvalidArgument, reason::bad_argument,
                     where_ + " must be an object: {…}");
  }
}

const Json* JsonFields::find(const std::string& name) {
  known_.insert(name);
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(name);
  return found == object_.end() ? nullptr : &*found;
}

const Json* JsonFields::need(const std::string& name) {
  const Json* found = find(name);
  if (found == nullptr) refuse(name, "is missing");
  return found;
}

std::string JsonFields::text(const std::string& name, const std::string& otherwise) {
  const Json* found = find(name);
  if (found == nullptr) return otherwise;
  if (found->is_string()) return found->get<std::string>();
  refuse(name, "must be text");
  return otherwise;
}

std::uint64_t JsonFields::number(const std::string& name, std::uint64_t otherwise,
                                 std::uint64_t max) {
  const Json* found = find(name);
  if (found == nullptr) return otherwise;
  if (found->is_number_unsigned() && found->get<std::uint64_t>() <= max) {
    return found->get<std::uint64_t>();
  }
  refuse(name, "must be a whole number of at most " + std::to_string(max));
  return otherwise;
}

bool JsonFields::truth(const std::string& name, bool otherwise) {
  const Json* found = find(name);
  if (found == nullptr) return otherwise;
  if (found->is_boolean()) return found->get<bool>();
  refuse(name, "must be true or false");
  return otherwise;
}

Oort JsonFields::oort(const std::string& name, Oort otherwise) {
  const Json* found = find(name);
  if (found == nullptr) return otherwise;
  const auto amount = found->is_string() ? oort_from_text(found->get<std::string>()) : std::nullopt;
  if (amount) return *amount;
  refuse(name, "must be an amount of OORT as text, such as \"12.5\"");
  return otherwise;
}

void JsonFields::refuse(const std::string& name, const std::string& why) {
  if (failure_) return;
  failure_.emplace(ErrorCode::InvalidArgument, reason::bad_argument,
                   where_ + "." + name + " " + why);
}

void JsonFields::keep(const Error& error) {
  if (!failure_) failure_ = error;
}

Result<void> JsonFields::finish() const {
  if (failure_) return fail(Error(*failure_));
  for (const auto& [name, value] : object_.items()) {
    if (!known_.contains(name)) {
      return fail(ErrorCode::InvalidArgument, reason::bad_argument,
                  where_ + "." + name + " is no field; `oortd genesis template` shows them all");
    }
  }
  return {};
}

}  // namespace oort::cli
