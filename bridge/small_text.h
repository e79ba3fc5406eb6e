// A text in sixteen bytes: up to fifteen characters inside, longer ones on the heap.
//
// Nearly all parameter values are short; std::string would cost twice as much in every node.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace bridge {

class SmallText {
 public:
  SmallText() = default;
  explicit SmallText(std::string_view text) { assign(text); }
  SmallText(const SmallText& other) { assign(other.view()); }
  SmallText(SmallText&& other) noexcept {
    std::memcpy(bytes_, other.bytes_, sizeof bytes_);
    other.bytes_[kTag] = 0;
  }
  SmallText& operator=(SmallText other) noexcept {
    char kept[sizeof bytes_];
    std::memcpy(kept, bytes_, sizeof bytes_);
    std::memcpy(bytes_, other.bytes_, sizeof bytes_);
    std::memcpy(other.bytes_, kept, sizeof bytes_);
    return *this;
  }
  ~SmallText() {
    if (on_heap()) delete[] heap();
  }

  std::string_view view() const {
    if (!on_heap()) return {bytes_, static_cast<std::size_t>(bytes_[kTag])};
    std::uint32_t length = 0;
    std::memcpy(&length, bytes_ + sizeof(char*), sizeof length);
    return {heap(), length};
  }

  std::size_t heap_bytes() const { return on_heap() ? view().size() : 0; }

 private:
  // Layout: bytes_[15] is the length (0 to 15) of a text inside, or kHeap. On the heap the first
  // eight bytes are the pointer, the next four the length.
  static constexpr std::size_t kTag = 15;
  static constexpr char kHeap = 16;

  bool on_heap() const { return bytes_[kTag] == kHeap; }
  char* heap() const {
    char* pointer = nullptr;
    std::memcpy(&pointer, bytes_, sizeof pointer);
    return pointer;
  }

  void assign(std::string_view text) {
    if (text.size() <= kTag) {
      if (!text.empty()) std::memcpy(bytes_, text.data(), text.size());
      bytes_[kTag] = static_cast<char>(text.size());
      return;
    }
    char* pointer = new char[text.size()];
    std::memcpy(pointer, text.data(), text.size());
    const auto length = static_cast<std::uint32_t>(text.size());
    std::memcpy(bytes_, &pointer, sizeof pointer);
    std::memcpy(bytes_ + sizeof pointer, &length, sizeof length);
    bytes_[kTag] = kHeap;
  }

  char bytes_[16] = {};
};

static_assert(sizeof(SmallText) == 16);

}  // namespace bridge
