// SPDX-License-Identifier: Apache-2.0
#include "oort/core/callback.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace oort {
namespace {

static_assert(!std::copy_constructible<Task>);
static_assert(std::is_nothrow_move_constructible_v<Task>);

/// Counts how many of it are alive and not moved from.
class Alive {
 public:
  explicit Alive(int& count) : count_(&count) { ++*count_; }
  Alive(Alive&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  Alive(const Alive&) = delete;
  Alive& operator=(const Alive&) = delete;
  Alive& operator=(Alive&&) = delete;
  ~Alive() {
    if (count_ != nullptr) --*count_;
  }

 private:
  int* count_;
};

TEST(UniqueFunction, OwnsWhatCannotBeCopied) {
  UniqueFunction<int(int)> add = [base = std::make_unique<int>(40)](int n) { return *base + n; };
  EXPECT_EQ(add(2), 42);
}

TEST(UniqueFunction, PassesMoveOnlyArguments) {
  UniqueFunction<int(std::unique_ptr<int>)> take = [](std::unique_ptr<int> n) { return *n; };
  EXPECT_EQ(take(std::make_unique<int>(7)), 7);
}

TEST(UniqueFunction, DestroysItsCapturesOnce_F1) {
  int alive_count = 0;
  {
    Task task = [alive = Alive(alive_count)] {};
    EXPECT_EQ(alive_count, 1);
    Task other = std::move(task);
    EXPECT_EQ(alive_count, 1);
    EXPECT_FALSE(task);  // NOLINT(bugprone-use-after-move): emptiness is what is claimed.
    ASSERT_TRUE(other);
    other();
    EXPECT_EQ(alive_count, 1);
    other = Task();
    EXPECT_EQ(alive_count, 0);
  }
  EXPECT_EQ(alive_count, 0);
}

TEST(UniqueFunction, CopiesAFunctionThatIsStillOwnedElsewhere) {
  int calls_count = 0;
  const auto count = [&calls_count] { ++calls_count; };
  Task first = count;
  Task second = count;
  first();
  second();
  EXPECT_EQ(calls_count, 2);
}

TEST(UniqueFunctionDeathTest, AnEmptyOneCannotBeCalled_P1) {
  EXPECT_DEATH(Task()(), "an empty function cannot be called");
}

}  // namespace
}  // namespace oort
