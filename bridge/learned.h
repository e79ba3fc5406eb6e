// What was found out about one device's CWMP client, kept with the device.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace bridge {

/// How a device writes booleans; it takes them in the same form (quirk 55).
enum class BooleanForm : std::uint8_t { kUnknown = 0, kWords = 1, kDigits = 2 };

/// A plain value; the owner compares copies to see whether it changed.
struct Learned {
  using Names = std::set<std::string, std::less<>>;

  /// Names per GetParameterValues (quirk 60).
  static constexpr std::uint32_t kFirstBatch = 32;
  static constexpr std::uint32_t kMaxBatch = 256;
  /// A device that lists more methods than this lists no methods.
  static constexpr std::size_t kMaxMethods = 64;

  /// What the operator has configured for the model (cwmp.profiles). Stronger than what is learned,
  /// never stored, and kept over new firmware: the owner sets it with each session.
  struct Preset {
    std::optional<bool> names_by_level;
    BooleanForm booleans = BooleanForm::kUnknown;
    std::uint32_t batch = 0;       ///< names per read at most; 0: as learned
    bool ignore_writable = false;  ///< "read-only" of the device is not believed (quirk 63)
    bool basic_connection_request = false;  ///< quirk 93
    bool operator==(const Preset&) const = default;
  };
  Preset preset;

  Names unsupported;  ///< methods that gave 9000: a fact, until the firmware changes
  Names listed;       ///< by GetRPCMethods: a hint (quirk 74)
  bool asked_methods = false;
  bool next_level_only = false;                  ///< listing a whole tree fails (quirk 53)
  bool fixed_credential = false;                 ///< refuses to be given another (ManagementServer)
  BooleanForm booleans = BooleanForm::kUnknown;  ///< as last seen anywhere
  std::uint32_t batch = kFirstBatch;             ///< to use now
  std::uint32_t batch_limit = kMaxBatch;         ///< a larger one has been too much
  std::string firmware;                          ///< software version for which all this holds
  /// The newest CWMP it speaks, 4 for 1.4: by its namespace and what it says it supports.
  std::optional<std::uint32_t> cwmp_minor;

  bool supports(std::string_view method) const { return !unsupported.contains(method); }

  /// List level by level?
  bool lists_by_level() const { return preset.names_by_level.value_or(next_level_only); }
  /// Names for the next read, at least 1.
  std::uint32_t batch_size() const {
    const std::uint32_t most = preset.batch > 0 ? preset.batch : kMaxBatch;
    return std::clamp(batch, 1U, most);
  }

  /// A batch of `size` names went well: the next may be twice as large.
  void batch_worked(std::size_t size);
  /// It was too much (9002, 9004, a session lost twice): half of it from now on.
  void batch_failed(std::size_t size);

  /// Software version as informed; empty: unknown, changes nothing. true: another than before. Then
  /// all is forgotten that may have changed with it. The first one heard is no change.
  bool on_firmware(std::string_view version);

  /// `cwmp_namespace`: "urn:dslforum-org:cwmp-1-2"; `versions`: "1.0,1.4", may be empty (TR-069
  /// SupportedCWMPVersions). What cannot be read changes nothing.
  void on_versions(std::string_view cwmp_namespace, std::string_view versions);

  bool operator==(const Learned&) const = default;
};

/// Text for the store, versioned; and back. nullopt: damaged or written by something newer.
std::string encode_learned(const Learned& learned);
std::optional<Learned> decode_learned(std::string_view text);

}  // namespace bridge
