// A value that is replaced now and then while others read it.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace bridge {

/// Who has got a value keeps that one. Thread-safe.
template <class T>
class Replaceable {
 public:
  explicit Replaceable(T value = {}) : value_(std::make_shared<const T>(std::move(value))) {}

  std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  void replace(T value) {
    auto fresh = std::make_shared<const T>(std::move(value));
    const std::lock_guard lock(mutex_);
    value_.swap(fresh);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace bridge
