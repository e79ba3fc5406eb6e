// Reads one mapping of a YAML file into the members of a struct, and says all that is wrong with
// it, not only the first mistake. Used by config.cc.
#pragma once

#include <yaml-cpp/yaml.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "bridge/config.h"

namespace bridge {

/// What is wrong with a text; empty: nothing.
using TextCheck = std::function<std::string(const std::string&)>;

/// What all sections of one file share.
class ConfigContext {
 public:
  /// With `describe` nothing is read: every setting is visited once, for settings().
  ConfigContext(std::string name, Environment environment, bool describe = false);

  void mistake(const YAML::Mark& mark, const std::string& path, const std::string& text);
  /// Where `path`, or the nearest of what it is in, was given.
  void mistake(const std::string& path, const std::string& text);
  void mistake_of_variable(const std::string& variable, const std::string& text);

  const std::vector<std::string>& mistakes() const { return mistakes_; }
  const std::vector<std::string>& settings() const { return settings_; }
  bool describing() const { return describe_; }

  /// Environment variables that no setting took.
  std::vector<std::string> unused_variables() const;

 private:
  friend class ConfigSection;

  /// Name and value of the variable that sets `path`.
  const std::pair<std::string, std::string>* variable(const std::string& path);
  bool has_variable_below(const std::string& path) const;

  std::string name_;
  Environment environment_;
  bool describe_;
  std::set<std::string> used_;
  std::map<std::string, std::string> places_;  ///< path -> "name:line:column" or variable
  std::vector<std::string> mistakes_;
  std::vector<std::string> settings_;
};

/// One mapping. Keys that nobody asked for are mistakes, found when it is destroyed.
class ConfigSection {
 public:
  ConfigSection(ConfigContext& context, YAML::Node node, std::string path);
  ~ConfigSection();
  ConfigSection(const ConfigSection&) = delete;
  ConfigSection& operator=(const ConfigSection&) = delete;

  void text(const char* key, std::string& value, const TextCheck& check = {});
  void flag(const char* key, bool& value);
  void size(const char* key, std::size_t& bytes, std::size_t min, std::size_t max);
  void rate(const char* key, double& per_second);
  /// 0: there is no limit.
  void rate_or_none(const char* key, double& per_second);
  /// In YAML a list, in the environment separated by commas.
  void words(const char* key, std::vector<std::string>& values, const TextCheck& check = {});

  template <class T>
  void number(const char* key, T& value, T min, T max) {
    const std::optional<Leaf> leaf = take(key);
    if (!leaf) return;
    if (auto parsed =
            parse_integer(*leaf, static_cast<std::int64_t>(min), static_cast<std::int64_t>(max))) {
      value = static_cast<T>(*parsed);
    }
  }

  template <class Duration>
  void duration(const char* key, Duration& value, Duration min, Duration max) {
    const std::optional<Leaf> leaf = take(key);
    if (!leaf) return;
    const std::chrono::milliseconds unit = Duration(1);
    if (auto parsed = parse_duration(*leaf, min, max, unit)) {
      value = std::chrono::duration_cast<Duration>(*parsed);
    }
  }

  template <class Enum>
  void choice(const char* key, Enum& value,
              std::initializer_list<std::pair<const char*, Enum>> choices) {
    const std::optional<Leaf> leaf = take(key);
    if (!leaf) return;
    std::vector<std::string> names;
    for (const auto& [name, meaning] : choices) {
      if (leaf->text == name) {
        value = meaning;
        return;
      }
      names.emplace_back(name);
    }
    refuse_choice(*leaf, names);
  }

  template <class Fn>
  void section(const char* key, Fn read) {
    ConfigSection inner(context_, child(key), path_of(key));
    read(inner);
  }

  /// Absent, or null in the file: left as it is.
  template <class T, class Fn>
  void optional_section(const char* key, std::optional<T>& value, Fn read) {
    const YAML::Node node = child(key);
    if (!node.IsDefined() || node.IsNull()) {
      if (!context_.describing() && !context_.has_variable_below(path_of(key))) return;
    }
    T made;
    {
      ConfigSection inner(context_, node, path_of(key));
      read(inner, made);
    }
    value = std::move(made);
  }

  /// A sequence of mappings.
  template <class T, class Fn>
  void list(const char* key, std::vector<T>& values, Fn read) {
    if (context_.describing()) {
      T prototype;
      ConfigSection inner(context_, YAML::Node(), path_of(key) + "[]");
      read(inner, prototype);
      return;
    }
    const YAML::Node node = child(key);
    if (!is_sequence(key, node)) return;
    std::vector<T> made;
    for (std::size_t i = 0; i < node.size(); ++i) {
      T one;
      {
        ConfigSection inner(context_, node[i], path_of(key) + "[" + std::to_string(i) + "]");
        read(inner, one);
      }
      made.push_back(std::move(one));
    }
    values = std::move(made);
  }

  const std::string& path() const { return path_; }
  void mistake(const char* key, const std::string& text) { context_.mistake(path_of(key), text); }

 private:
  struct Leaf {
    std::string path;
    std::string text;
  };

  std::string path_of(const char* key) const { return path_.empty() ? key : path_ + "." + key; }
  /// The node of `key`, which is a known one from now on.
  YAML::Node child(const char* key);
  /// The text of a scalar, from the environment where it is set there.
  std::optional<Leaf> take(const char* key);
  bool is_sequence(const char* key, const YAML::Node& node);
  std::optional<std::int64_t> parse_integer(const Leaf& leaf, std::int64_t min, std::int64_t max);
  std::optional<std::chrono::milliseconds> parse_duration(const Leaf& leaf,
                                                          std::chrono::milliseconds min,
                                                          std::chrono::milliseconds max,
                                                          std::chrono::milliseconds unit);
  void rate(const char* key, double& per_second, bool or_none);
  void refuse_choice(const Leaf& leaf, const std::vector<std::string>& names);

  ConfigContext& context_;
  YAML::Node node_;
  std::string path_;
  std::set<std::string> known_;
};

/// "1h30m", "500ms", "0"; units ms, s, m, h, d.
std::optional<std::chrono::milliseconds> parse_duration_text(std::string_view text);
std::string format_duration(std::chrono::milliseconds duration);

/// "4096", "16KiB", "8MiB", "1GiB".
std::optional<std::uint64_t> parse_size_text(std::string_view text);

/// The candidate that `word` was probably meant to be; empty: none is near.
std::string nearest(const std::string& word, const std::set<std::string>& candidates);

}  // namespace bridge
