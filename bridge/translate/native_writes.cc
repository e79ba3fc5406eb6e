#include "bridge/translate/native_writes.h"

#include <utility>

#include "bridge/translate/write_rows.h"
#include "bridge/translate/write_settings.h"

namespace bridge::translate {

std::vector<NativeWrite> NativeWrites::set(std::span<const ShownStep> steps) const {
  Draft draft(projection_);
  std::vector<const ShownStep*> moves;
  for (const ShownStep& step : steps) {
    if (is_move(projection_, step)) {
      moves.push_back(&step);
    } else {
      write_settings(projection_, step, draft);
    }
  }
  // What other steps set in such a row goes along.
  std::vector<NativeWrite> moved;
  for (const ShownStep* step : moves) {
    NativeWrite write = move_row(projection_, *step, draft);
    if (!write.add.empty()) moved.push_back(std::move(write));
  }
  std::vector<NativeWrite> out;
  out.reserve(moved.size() + 1);
  out.push_back(std::move(draft).finish());
  for (NativeWrite& write : moved) out.push_back(std::move(write));
  return out;
}

NativeWrite NativeWrites::add(const ShownStep& step) const {
  ShownStep asked = step;
  std::vector<usp::Setting> others;
  if (keeps_alias(projection_, step.path)) {
    others.assign(step.settings.begin(), step.settings.end());
    std::erase_if(others, [](const usp::Setting& each) { return each.param == "Alias"; });
    asked.settings = others;
  }
  auto write = check_alias(projection_, step).and_then([&] { return add_row(projection_, asked); });
  if (write) return *std::move(write);
  NativeWrite refused;
  refused.refused.push_back(
      {{step.index, {}}, true, write.error().code, std::move(write.error().text)});
  return refused;
}

NativeWrite NativeWrites::remove(std::string_view row) const {
  auto write = remove_row(projection_, row);
  if (write) return *std::move(write);
  NativeWrite refused;
  refused.refused.push_back({{}, true, write.error().code, std::move(write.error().text)});
  return refused;
}

}  // namespace bridge::translate
