#include "bridge/task/attributes.h"

#include <algorithm>
#include <iterator>

namespace bridge::task {

namespace {

constexpr std::string_view kMethod = "SetParameterAttributes";

}  // namespace

SetAttributes::SetAttributes(std::vector<std::string> names, std::uint32_t notification)
    : notification_(notification) {
  for (std::size_t begin = 0; begin < names.size(); begin += kBatch) {
    const auto first = names.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last =
        names.begin() + static_cast<std::ptrdiff_t>(std::min(begin + kBatch, names.size()));
    batches_.emplace_back(std::make_move_iterator(first), std::make_move_iterator(last));
  }
}

std::optional<cwmp::AcsRequest> SetAttributes::do_next(Context& context) {
  if (!context.learned.supports(kMethod)) refuse_all();
  if (batches_.empty()) {
    finish();
    return std::nullopt;
  }
  open_ = std::move(batches_.front());
  batches_.pop_front();
  cwmp::SetParameterAttributes rpc;
  for (const std::string& name : open_) {
    rpc.parameters.push_back({name, notification_, std::nullopt});
  }
  return rpc;
}

void SetAttributes::do_response(const cwmp::CpeResponse& response, Context& context) {
  lost_ = 0;
  const auto set = answer<cwmp::SetParameterAttributesResponse>(response);
  if (set) {
    accepted_.insert(accepted_.end(), open_.begin(), open_.end());
    return;
  }
  if (set.error().code == cwmp::FaultCode::kMethodNotSupported) {
    context.learned.unsupported.emplace(kMethod);
    batches_.push_front(std::move(open_));
    refuse_all();
  } else if (open_.size() == 1) {
    refused_.push_back(open_.front());
  } else {
    const auto half = open_.begin() + static_cast<std::ptrdiff_t>(open_.size() / 2);
    batches_.emplace_front(half, open_.end());
    batches_.emplace_front(open_.begin(), half);
  }
}

void SetAttributes::do_lost(Context&) {
  if (open_.empty()) return;  // restored: it begins again
  batches_.push_front(std::move(open_));
  if (++lost_ < kMaxLost) return;
  refuse_all();
  finish();
}

void SetAttributes::refuse_all() {
  for (const std::vector<std::string>& batch : batches_) {
    refused_.insert(refused_.end(), batch.begin(), batch.end());
  }
  batches_.clear();
}

}  // namespace bridge::task
