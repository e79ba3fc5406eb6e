#include "bridge/agent/offer.h"

#include <charconv>
#include <string>

#include "usp/path.h"

namespace bridge {
namespace {

/// A list that lacks what every CPE must have, or holds methods of an ACS, says nothing (quirk 74).
bool is_believable(const Learned::Names& listed) {
  return listed.contains("GetParameterValues") && listed.contains("SetParameterValues") &&
         !listed.contains("Inform") && !listed.contains("TransferComplete");
}

bool has_method(const Learned& learned, std::string_view method) {
  if (!learned.supports(method)) return false;
  return !is_believable(learned.listed) || learned.listed.contains(method);
}

/// "2.12" is at least 2.12, "2.9" is not. Absent or unreadable: no.
bool is_2_12(std::string_view version) {
  if (!version.starts_with("2.")) return false;
  unsigned minor = 0;
  std::from_chars(version.data() + 2, version.data() + version.size(), minor);
  return minor >= 12;
}

}  // namespace

bool Offer::has_rpc(CommandWay way) const {
  switch (way) {
    case CommandWay::kReboot:
    case CommandWay::kActivate:
      return reboot;
    case CommandWay::kFactoryReset:
      return factory_reset;
    case CommandWay::kFirmware:
    case CommandWay::kRestore:
      return download;
    case CommandWay::kBackup:
    case CommandWay::kLog:
      return upload;
    case CommandWay::kInstall:
    case CommandWay::kUpdate:
    case CommandWay::kUninstall:
      return change_du;
    case CommandWay::kScheduleInform:
      return schedule_inform;
    case CommandWay::kTimer:
    case CommandWay::kOnboard:
    case CommandWay::kReconnect:
    case CommandWay::kResetSession:
    case CommandWay::kAddCertificate:
    case CommandWay::kDeleteCertificate:
    case CommandWay::kFingerprint:
    case CommandWay::kCancel:
    case CommandWay::kSet:
    case CommandWay::kToggle:
    case CommandWay::kDiagnostics:
      break;
  }
  return true;
}

FileRows file_rows_of(const Tree& shown) {
  return {.images = shown.instances("Device.DeviceInfo.FirmwareImage.").size(),
          .configs = shown.instances("Device.DeviceInfo.VendorConfigFile.").size(),
          .logs = shown.instances("Device.DeviceInfo.VendorLogFile.").size()};
}

Offer offer_of(const FileRows& rows, const Tree& tree, const Learned& learned) {
  Offer offer;
  offer.reboot = learned.supports("Reboot");
  offer.factory_reset = has_method(learned, "FactoryReset");
  offer.download = has_method(learned, "Download");
  offer.upload = has_method(learned, "Upload");
  offer.change_du = has_method(learned, "ChangeDUState");
  offer.cancel_transfer = has_method(learned, "CancelTransfer");
  offer.schedule_inform = has_method(learned, "ScheduleInform");

  offer.stored_images = rows.images > 0 && learned.cwmp_minor.value_or(0) >= 4;
  offer.files_by_number = learned.cwmp_minor.value_or(2) >= 2;
  offer.several_images = rows.images > 1;
  offer.no_image_rows = rows.images == 0 && offer.download;
  offer.no_config_rows = rows.configs == 0 && (offer.upload || offer.download);
  offer.no_log_rows = rows.logs == 0 && offer.upload;
  if (const Node* version = tree.find("Device.RootDataModelVersion")) {
    offer.canceled_state = is_2_12(version->value());
  }
  return offer;
}

}  // namespace bridge
