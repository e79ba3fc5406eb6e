#include "bridge/translate/mappings.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "bridge/pattern.h"

namespace bridge::translate {

namespace {

constexpr std::size_t kMaxFileBytes = 16 << 20;

tl::expected<std::string, std::string> read_file(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in.good() && !in.eof()) return tl::unexpected(name + ": cannot be read");
  if (text.size() > kMaxFileBytes) return tl::unexpected(name + ": longer than 16 MiB");
  return text;
}

bool fits(const OverlayConfig::Match& match, const Mappings::Model& model) {
  return matches_pattern(match.manufacturer, model.manufacturer) &&
         matches_pattern(match.oui, model.oui) &&
         matches_pattern(match.product_class, model.product_class);
}

}  // namespace

tl::expected<std::unique_ptr<Mappings>, std::string> Mappings::load(
    const TranslationConfig& config) {
  std::unique_ptr<Mappings> mappings(new Mappings(config));
  std::string wrong;
  const auto tell = [&wrong](const std::string& text) {
    wrong += (wrong.empty() ? "" : "\n") + text;
  };
  for (const OverlayConfig& overlay : config.overlays) {
    auto text = read_file(overlay.file);
    if (!text) {
      tell(text.error());
      continue;
    }
    Mapping::Source source{overlay.file, *std::move(text)};
    if (auto alone = Mapping::make({source}); !alone) {
      for (const MappingError& error : alone.error()) tell(error.message());
    }
    mappings->overlays_.push_back(std::move(source));
  }
  if (!wrong.empty()) return tl::unexpected(std::move(wrong));
  return mappings;
}

std::shared_ptr<const Mapping> Mappings::make(const std::vector<std::size_t>& overlays) const {
  const MappingOptions options{config_.legacy_names};
  if (!config_.tr098) return std::make_shared<const Mapping>();
  if (overlays.empty()) return built_in_mapping(options);
  std::vector<Mapping::Source> sources{{"built-in mapping", std::string(built_in_mapping_text())}};
  for (const std::size_t overlay : overlays) sources.push_back(overlays_[overlay]);
  auto made = Mapping::make(sources, options);
  return made ? *made : built_in_mapping(options);  // each alone was read without a mistake
}

std::shared_ptr<const Mapping> Mappings::of(const Model& model) const {
  std::vector<std::size_t> fitting;
  for (std::size_t i = 0; i < overlays_.size(); ++i) {
    if (fits(config_.overlays[i].match, model)) fitting.push_back(i);
  }
  const std::lock_guard lock(mutex_);
  auto& mapping = made_[fitting];
  if (!mapping) mapping = make(fitting);
  return mapping;
}

}  // namespace bridge::translate
