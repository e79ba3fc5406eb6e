#include "bridge/agent/fresh_view.h"

#include "bridge/config.h"
#include "bridge/device.h"
#include "bridge/pattern.h"
#include "bridge/runtime.h"

namespace bridge {

namespace {

class FreshView final : public usp::DataModel {
 public:
  FreshView(Device& device, std::unique_ptr<Snapshot> snapshot)
      : device_(device),
        rules_(device.runtime().config.device.freshness),
        snapshot_(std::move(snapshot)),
        view_(*snapshot_->view) {}

  const usp::SupportedObject& supported() const override { return view_.supported(); }
  std::string model_uri(const usp::SupportedObject& object) const override {
    return view_.model_uri(object);
  }
  bool has_object(std::string_view path) const override { return view_.has_object(path); }
  std::vector<std::uint32_t> instances(std::string_view table) const override {
    return view_.instances(table);
  }
  usp::Value value(std::string_view object, std::string_view name) const override {
    usp::Value out = view_.value(object, name);
    if (out.state == usp::ValueState::kKnown && is_old(object, name)) {
      out.state = usp::ValueState::kStale;
    }
    return out;
  }
  void for_each_param(std::string_view object, const ParamVisitor& visit) const override {
    view_.for_each_param(object, [&](const usp::ParamView& param) {
      usp::ParamView out = param;
      if (out.state == usp::ValueState::kKnown && is_old(object, out.name)) {
        out.state = usp::ValueState::kStale;
      }
      visit(out);
    });
  }
  std::optional<usp::Error> check_value(std::string_view object, std::string_view name,
                                        std::string_view value) const override {
    return view_.check_value(object, name, value);
  }
  std::optional<usp::Error> check_add(std::string_view table) const override {
    return view_.check_add(table);
  }
  std::optional<usp::Error> check_delete(std::string_view instance) const override {
    return view_.check_delete(instance);
  }
  std::optional<usp::Error> check_command(
      std::string_view object, std::string_view command,
      const std::map<std::string, std::string>& input) const override {
    return view_.check_command(object, command, input);
  }

 private:
  bool is_old(std::string_view object, std::string_view name) const {
    if (rules_.empty()) return false;
    std::string path(object);
    path += name;
    for (const FreshnessRule& rule : rules_) {
      if (!matches_pattern(rule.path, path)) continue;
      if (!device_.covers(path)) return false;
      const Node* node = device_.model().shown().find(path);
      return node != nullptr && node->updated_ms() + rule.max_age.count() < snapshot_->facts.now_ms;
    }
    return false;
  }

  Device& device_;
  const std::vector<FreshnessRule>& rules_;
  std::unique_ptr<Snapshot> snapshot_;
  const AgentView& view_;
};

}  // namespace

std::unique_ptr<usp::DataModel> make_fresh_view(Device& device, bool show_secured) {
  std::unique_ptr<Snapshot> snapshot = device.snapshot();
  if (show_secured) snapshot->view->show_secured();
  return std::make_unique<FreshView>(device, std::move(snapshot));
}

}  // namespace bridge
