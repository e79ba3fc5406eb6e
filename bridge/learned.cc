#include "bridge/learned.h"

#include <algorithm>
#include <charconv>

namespace bridge {

namespace {

// learned   := "1" LF line*
// line      := key SP value LF          an unknown key is skipped
// key       := "unsupported" | "listed" (one line each name) | "asked" | "next_level_only"
//            | "fixed_credential" | "booleans" | "batch" | "batch_limit" | "firmware" |
//            "cwmp_minor"
// Method names and the version hold no line feed; one that does is not written.
constexpr std::string_view kVersion = "1";

void put(std::string& text, std::string_view key, std::string_view value) {
  if (value.find('\n') != std::string_view::npos) return;
  text.append(key).append(" ").append(value).append("\n");
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// false: a value that cannot be.
bool take(Learned& learned, std::string_view key, std::string_view value) {
  if (key == "unsupported") {
    learned.unsupported.emplace(value);
  } else if (key == "listed") {
    learned.listed.emplace(value);
  } else if (key == "asked") {
    learned.asked_methods = value == "1";
  } else if (key == "next_level_only") {
    learned.next_level_only = value == "1";
  } else if (key == "fixed_credential") {
    learned.fixed_credential = value == "1";
  } else if (key == "firmware") {
    learned.firmware = value;
  } else if (key == "cwmp_minor") {
    learned.cwmp_minor = number(value);
  } else if (key == "booleans" || key == "batch" || key == "batch_limit") {
    const auto parsed = number(value);
    if (!parsed) return false;
    if (key == "booleans") {
      if (*parsed > 2) return false;
      learned.booleans = static_cast<BooleanForm>(*parsed);
    } else {
      const std::uint32_t size = std::clamp(*parsed, 1U, Learned::kMaxBatch);
      (key == "batch" ? learned.batch : learned.batch_limit) = size;
    }
  }
  return true;
}

}  // namespace

void Learned::batch_worked(std::size_t size) {
  // A batch that was short for want of names says nothing, nor does one that was not to be larger.
  if (size < batch) return;
  batch = std::min(batch * 2, batch_limit);
}

void Learned::batch_failed(std::size_t size) {
  batch = std::min(batch, static_cast<std::uint32_t>(std::max<std::size_t>(size / 2, 1)));
  batch_limit = std::min(batch_limit, batch);
}

bool Learned::on_firmware(std::string_view version) {
  if (version.empty() || version == firmware) return false;
  const bool first = firmware.empty();
  if (!first) {
    const Preset kept = preset;
    *this = Learned();
    preset = kept;
  }
  firmware = version;
  return !first;
}

void Learned::on_versions(std::string_view cwmp_namespace, std::string_view versions) {
  std::optional<std::uint32_t> newest;
  const auto take_version = [&newest](std::string_view minor) {
    const auto parsed = number(minor);
    if (parsed && *parsed >= newest.value_or(0)) newest = parsed;
  };
  take_version(cwmp_namespace.substr(cwmp_namespace.rfind('-') + 1));
  while (!versions.empty()) {
    const std::size_t comma = std::min(versions.find(','), versions.size());
    std::string_view version = versions.substr(0, comma);
    versions.remove_prefix(std::min(comma + 1, versions.size()));
    version.remove_prefix(std::min(version.find_first_not_of(' '), version.size()));
    if (version.starts_with("1.")) take_version(version.substr(2));
  }
  if (newest) cwmp_minor = newest;
}

std::string encode_learned(const Learned& learned) {
  std::string text(kVersion);
  text += '\n';
  for (const std::string& method : learned.unsupported) put(text, "unsupported", method);
  for (const std::string& method : learned.listed) put(text, "listed", method);
  if (learned.asked_methods) put(text, "asked", "1");
  if (learned.next_level_only) put(text, "next_level_only", "1");
  if (learned.fixed_credential) put(text, "fixed_credential", "1");
  put(text, "booleans", std::to_string(static_cast<unsigned>(learned.booleans)));
  put(text, "batch", std::to_string(learned.batch));
  put(text, "batch_limit", std::to_string(learned.batch_limit));
  put(text, "firmware", learned.firmware);
  if (learned.cwmp_minor) put(text, "cwmp_minor", std::to_string(*learned.cwmp_minor));
  return text;
}

std::optional<Learned> decode_learned(std::string_view text) {
  Learned learned;
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (first) {
      if (line != kVersion) return std::nullopt;
      first = false;
      continue;
    }
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    if (!take(learned, line.substr(0, space), line.substr(space + 1))) return std::nullopt;
  }
  if (first) return std::nullopt;
  return learned;
}

}  // namespace bridge
