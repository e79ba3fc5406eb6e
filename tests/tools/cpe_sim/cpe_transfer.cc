// Downloads and uploads: queued by the RPC, run after the session, told by TransferComplete.
#include <algorithm>
#include <cctype>

#include "cwmp/value.h"
#include "tests/tools/cpe_sim/cpe_rpcs.h"

namespace cpe_sim {
namespace {

using cwmp::FaultCode;

/// What an ACS gets for a request that cannot even be queued (TR-069 A.3.2.8, A.4.1.5).
template <class Rpc>
std::optional<cwmp::Fault> check_transfer(const Rpc& rpc, std::size_t queued) {
  if (rpc.command_key.size() > kMaxKeyBytes || rpc.file_type.empty() || rpc.url.empty()) {
    return fault(FaultCode::kInvalidArguments, "CommandKey, FileType or URL");
  }
  if (!rpc.url.starts_with("http://") && !rpc.url.starts_with("https://")) {
    return fault(FaultCode::kFileServerProtocol, "only http and https");
  }
  if (rpc.url.find('@') < rpc.url.find('/', 8)) {
    return fault(FaultCode::kInvalidArguments, "user and password in the URL");
  }
  if (queued >= kMaxTransfers) return fault(FaultCode::kResourcesExceeded, "too many transfers");
  return std::nullopt;
}

template <class Rpc>
Transfer make_transfer(const Rpc& rpc) {
  Transfer transfer;
  transfer.command_key = rpc.command_key;
  transfer.file_type = rpc.file_type;
  transfer.url = rpc.url;
  transfer.username = rpc.username;
  transfer.password = rpc.password;
  return transfer;
}

/// "fw-2.0.1.bin": the longest run of digits and dots that has a dot inside; empty: none.
std::string version_in(std::string_view name) {
  std::string_view best;
  for (std::size_t at = 0; at < name.size();) {
    const auto first = name.find_first_of("0123456789", at);
    if (first == std::string_view::npos) break;
    auto last = std::min(name.find_first_not_of("0123456789.", first), name.size());
    at = last;
    while (name[last - 1] == '.') --last;
    const auto run = name.substr(first, last - first);
    if (run.find('.') != std::string_view::npos && run.size() > best.size()) best = run;
  }
  return std::string(best);
}

}  // namespace

std::uint64_t Cpe::queue_transfer(Transfer transfer, std::uint32_t delay_seconds, TimePoint now) {
  transfer.id = next_transfer_id_++;
  transfer.due = now + scaled(seconds(delay_seconds)) + quirks.transfer_delay;
  transfers_.push_back(std::move(transfer));
  return transfers_.back().id;
}

cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::Download& rpc) const {
  if (auto refused = check_transfer(rpc, cpe.transfers_.size())) return *std::move(refused);
  Transfer transfer = make_transfer(rpc);
  transfer.file_size = rpc.file_size;
  transfer.target_file_name = rpc.target_file_name;
  cpe.queue_transfer(std::move(transfer), rpc.delay_seconds, now);
  return cwmp::DownloadResponse{1, std::string(cwmp::kUnknownTime),
                                std::string(cwmp::kUnknownTime)};
}

cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::Upload& rpc) const {
  if (auto refused = check_transfer(rpc, cpe.transfers_.size())) return *std::move(refused);
  Transfer transfer = make_transfer(rpc);
  transfer.is_download = false;
  cpe.queue_transfer(std::move(transfer), rpc.delay_seconds, now);
  return cwmp::UploadResponse{1, std::string(cwmp::kUnknownTime), std::string(cwmp::kUnknownTime)};
}

// One or two windows that do not overlap, in order (TR-069 A.4.1.8). It runs when the first opens.
cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::ScheduleDownload& rpc) const {
  if (auto refused = check_transfer(rpc, cpe.transfers_.size())) return *std::move(refused);
  const auto& windows = rpc.time_windows;
  bool good = !windows.empty() && windows.size() <= 2;
  for (std::size_t i = 0; good && i < windows.size(); ++i) {
    good = windows[i].start_s < windows[i].end_s && windows[i].mode.size() > 2 &&
           windows[i].mode[0] >= '1' && windows[i].mode[0] <= '4';
    if (i > 0) good = good && windows[i].start_s >= windows[i - 1].end_s;
  }
  if (!good) return fault(FaultCode::kInvalidArguments, "TimeWindowList");
  Transfer transfer = make_transfer(rpc);
  transfer.is_scheduled = true;
  transfer.file_size = rpc.file_size;
  transfer.target_file_name = rpc.target_file_name;
  cpe.queue_transfer(std::move(transfer), windows.front().start_s, now);
  return cwmp::ScheduleDownloadResponse{};
}

cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::CancelTransfer& rpc) const {
  const auto matches = [&](const Transfer& each) { return each.command_key == rpc.command_key; };
  const bool late =
      std::any_of(cpe.transfers_.begin(), cpe.transfers_.end(),
                  [&](const Transfer& each) { return matches(each) && each.state != 1; });
  if (late) return fault(FaultCode::kCancelNotPermitted, "it has begun");
  std::erase_if(cpe.transfers_, matches);
  return cwmp::CancelTransferResponse{};
}

cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::GetQueuedTransfers&) const {
  cwmp::GetQueuedTransfersResponse response;
  for (const Transfer& transfer : cpe.transfers_) {
    response.transfers.push_back({transfer.command_key, transfer.state});
  }
  return response;
}

cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::GetAllQueuedTransfers&) const {
  cwmp::GetAllQueuedTransfersResponse response;
  for (const Transfer& transfer : cpe.transfers_) {
    response.transfers.push_back({transfer.command_key, transfer.state, transfer.is_download,
                                  transfer.file_type, transfer.file_size,
                                  transfer.target_file_name});
  }
  return response;
}

std::optional<Transfer> Cpe::next_transfer(TimePoint now) {
  if (is_down() || state_ != State::kIdle) return std::nullopt;
  for (Transfer& transfer : transfers_) {
    if (transfer.state != 1 || transfer.due > now) continue;
    transfer.state = 2;
    if (!transfer.is_download) transfer.content = upload_content(transfer.file_type, now);
    return transfer;
  }
  return std::nullopt;
}

void Cpe::on_transfer_done(TransferOutcome outcome, TimePoint now) {
  const auto found = std::find_if(transfers_.begin(), transfers_.end(),
                                  [&](const Transfer& known) { return known.id == outcome.id; });
  if (found == transfers_.end()) return;  // a factory reset came between
  found->state = 3;
  found->content.clear();
  cwmp::TransferComplete complete;
  complete.command_key = found->command_key;
  complete.fault.code = outcome.fault;
  complete.fault.text = outcome.text;
  complete.start_time = cwmp::format_datetime(std::chrono::floor<seconds>(outcome.started));
  complete.complete_time = cwmp::format_datetime(std::chrono::floor<seconds>(outcome.finished));
  own_requests_.emplace_back(std::move(complete));
  raise(kTransferComplete);
  raise(found->is_scheduled  ? "M ScheduleDownload"
        : found->is_download ? "M Download"
                             : "M Upload",
        found->command_key);
  if (outcome.fault != 0 || !found->is_download) return;
  if (found->file_type.starts_with("1 ")) {
    install_firmware(*found);
    start_reboot(now);
  }
  if (found->file_type.starts_with("3 ")) apply_configuration(outcome.content);
}

// The version is in the name of the file; else the last number of the old one goes up.
void Cpe::install_firmware(const Transfer& transfer) {
  const std::string path = root() + "DeviceInfo.SoftwareVersion";
  const auto slash = transfer.url.rfind('/');
  std::string version = version_in(transfer.target_file_name);
  if (version.empty()) version = version_in(std::string_view(transfer.url).substr(slash + 1));
  if (version.empty()) {
    version = tree_.value(path);
    const auto dot = version.rfind('.');
    const auto last = cwmp::parse_unsigned(std::string_view(version).substr(dot + 1));
    version = version.substr(0, dot + 1) + std::to_string(last.value_or(0) + 1);
  }
  change(path, version);
  tree_.set_value(root() + "DeviceInfo.FirmwareImage.1.Version", version);
}

// Lines of path=value; what does not fit is left out, as devices do.
void Cpe::apply_configuration(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string path(line.substr(0, equals));
    const std::string value(line.substr(equals + 1));
    const Param* param = tree_.find(path);
    if (param == nullptr || !param->writable || check_value(*param->type, value)) continue;
    change(path, value);
  }
}

std::string Cpe::upload_content(std::string_view file_type, TimePoint now) const {
  std::string text;
  if (file_type.starts_with("1 ") || file_type.starts_with("3 ")) {
    tree_.visit(root(), [&](const std::string& path, const Param& param) {
      if (param.writable && !param.is_object()) {
        text.append(path).append("=").append(present(param, now)).append("\n");
      }
      return true;
    });
    return text;
  }
  text = cwmp::format_datetime(std::chrono::floor<seconds>(booted_at_)) + " boot\n";
  text += cwmp::format_datetime(std::chrono::floor<seconds>(now)) + " upload of this log\n";
  return text;
}

}  // namespace cpe_sim
