// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "oort/core/assert.hpp"

namespace oort {

/// A callable that owns what it captured and can be moved but not copied.
template <class Signature>
class UniqueFunction;

template <class R, class... Args>
class UniqueFunction<R(Args...)> {
 public:
  UniqueFunction() noexcept = default;
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, UniqueFunction> &&
             std::is_invocable_r_v<R, std::remove_cvref_t<F>&, Args...>)
  UniqueFunction(F&& callable)  // NOLINT(google-explicit-constructor)
      : target_(std::make_unique<Target<std::remove_cvref_t<F>>>(std::forward<F>(callable))) {}

  [[nodiscard]] explicit operator bool() const noexcept { return target_ != nullptr; }

  R operator()(Args... args) {
    OORT_ASSERT(target_ != nullptr, "an empty function cannot be called");
    return target_->call(std::forward<Args>(args)...);
  }

 private:
  struct Callable {
    Callable() = default;
    Callable(const Callable&) = delete;
    Callable& operator=(const Callable&) = delete;
    virtual ~Callable() = default;
    virtual R call(Args... args) = 0;
  };
  template <class F>
  struct Target final : Callable {
    explicit Target(F&& callable) : callable_(std::move(callable)) {}
    explicit Target(const F& callable) : callable_(callable) {}
    R call(Args... args) override { return callable_(std::forward<Args>(args)...); }
    F callable_;  // NOLINT(readability-identifier-naming): Target is private as a whole.
  };
  std::unique_ptr<Callable> target_;
};

/// A completion: called exactly once, on the executor that the interface names.
template <class T>
using Callback = UniqueFunction<void(T)>;

/// A piece of work for an executor.
using Task = UniqueFunction<void()>;

}  // namespace oort
