// Plans and results as bytes.
//
//   plan    = version fields         fields in the order of visit() below
//   text    = varint-size bytes      list = varint-count items
//   number  = varint                 flag = varint 0 or 1
#include <concepts>
#include <type_traits>

#include "usp/plan.h"

namespace usp {
namespace {

constexpr std::uint64_t kVersion = 1;

// One description of each struct serves both directions.
template <class Archive>
void visit(Archive& a, Setting& v) {
  a(v.param), a(v.value), a(v.required);
}
template <class Archive>
void visit(Archive& a, ParamError& v) {
  a(v.path), a(v.code), a(v.text);
}
template <class Archive>
void visit(Archive& a, Step& v) {
  a(v.path), a(v.request_index), a(v.settings), a(v.missing_keys), a(v.param_errors);
}
template <class Archive>
void visit(Archive& a, Failure::Instance& v) {
  a(v.path), a(v.params);
}
template <class Archive>
void visit(Archive& a, Failure& v) {
  a(v.request_index), a(v.path), a(v.code), a(v.text), a(v.instances);
}
template <class Archive>
void visit(Archive& a, Plan& v) {
  a(v.kind), a(v.msg_id), a(v.all_or_nothing), a(v.requested), a.flags(v.searches), a(v.steps),
      a(v.failures), a(v.command), a(v.command_key), a(v.asynchronous), a(v.send_resp),
      a.map(v.input_args);
}
template <class Archive>
void visit(Archive& a, StepResult& v) {
  a(v.state), a(v.code), a(v.text), a(v.param_errors), a(v.path), a.map(v.values);
}

class Writer {
 public:
  std::string out;

  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
    out += static_cast<char>(value);
  }
  void operator()(const std::string& text) {
    number(text.size());
    out += text;
  }
  template <class T>
  requires(std::integral<T> || std::is_enum_v<T>) void operator()(T value) {
    number(static_cast<std::uint64_t>(value));
  }
  template <class T>
  requires(std::is_class_v<T> && !std::same_as<T, std::string>) void operator()(T& value) {
    visit(*this, value);
  }
  template <class T>
  void operator()(std::vector<T>& items) {
    number(items.size());
    for (T& item : items) (*this)(item);
  }
  void flags(const std::vector<bool>& items) {
    number(items.size());
    for (const bool item : items) number(item);
  }
  void map(const std::map<std::string, std::string>& items) {
    number(items.size());
    for (const auto& [key, value] : items) (*this)(key), (*this)(value);
  }
};

// After the first error everything reads as empty and `good` stays false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool good = true;
  bool at_end() const { return bytes_.empty(); }

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !bytes_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    good = false;
    return 0;
  }
  // Every item has a byte at least: no count makes us reserve more than was sent.
  std::size_t count() {
    const std::uint64_t value = number();
    if (value > bytes_.size()) good = false;
    return good ? static_cast<std::size_t>(value) : 0;
  }
  void operator()(std::string& text) {
    const std::size_t size = count();
    text.assign(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
  }
  template <class T>
  requires(std::integral<T> || std::is_enum_v<T>) void operator()(T& value) {
    value = static_cast<T>(number());
  }
  template <class T>
  requires(std::is_class_v<T> && !std::same_as<T, std::string>) void operator()(T& value) {
    visit(*this, value);
  }
  template <class T>
  void operator()(std::vector<T>& items) {
    const std::size_t size = count();
    items.clear();
    for (std::size_t i = 0; good && i < size; ++i) (*this)(items.emplace_back());
  }
  void flags(std::vector<bool>& items) {
    const std::size_t size = count();
    items.clear();
    for (std::size_t i = 0; good && i < size; ++i) items.push_back(number() != 0);
  }
  void map(std::map<std::string, std::string>& items) {
    const std::size_t size = count();
    items.clear();
    for (std::size_t i = 0; good && i < size; ++i) {
      std::string key;
      (*this)(key);
      (*this)(items[std::move(key)]);
    }
  }

 private:
  std::string_view bytes_;
};

template <class T>
std::string encode(const T& value) {
  Writer writer;
  writer.number(kVersion);
  T copy = value;  // visit() takes references; these structs are small
  writer(copy);
  return std::move(writer.out);
}

template <class T>
std::optional<T> decode(std::string_view bytes) {
  Reader reader(bytes);
  if (reader.number() != kVersion) return std::nullopt;
  T value;
  reader(value);
  if (!reader.good || !reader.at_end()) return std::nullopt;
  return value;
}

// What finish() relies on.
bool is_consistent(const Plan& plan) {
  std::uint32_t last = 0;
  for (const Step& step : plan.steps) {
    if (step.request_index < last || step.request_index >= plan.requested.size()) return false;
    last = step.request_index;
  }
  for (const Failure& failure : plan.failures) {
    if (failure.request_index >= plan.requested.size()) return false;
  }
  return plan.searches.size() == plan.requested.size() && plan.kind <= Plan::Kind::kOperate;
}

}  // namespace

std::string encode_plan(const Plan& plan) { return encode(plan); }

std::optional<Plan> decode_plan(std::string_view bytes) {
  auto plan = decode<Plan>(bytes);
  if (plan && !is_consistent(*plan)) return std::nullopt;
  return plan;
}

std::string encode_results(const std::vector<StepResult>& results) { return encode(results); }

std::optional<std::vector<StepResult>> decode_results(std::string_view bytes) {
  return decode<std::vector<StepResult>>(bytes);
}

}  // namespace usp
