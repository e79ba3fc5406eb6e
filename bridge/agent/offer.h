// What a device can be asked for beyond reading and writing: the part of its supported model that
// its tree does not tell.
#pragma once

#include "bridge/agent/command_catalogue.h"
#include "bridge/learned.h"
#include "bridge/tree.h"

namespace bridge {

/// A plain value. The default is a device that has told nothing of itself yet.
struct Offer {
  // RPCs.
  bool reboot = true;
  bool factory_reset = true;
  bool download = true;
  bool upload = true;
  bool change_du = true;
  bool cancel_transfer = true;
  bool schedule_inform = true;

  bool stored_images = false;   ///< Download of "6 Stored Firmware Image" (TR-069 A.3.2.8, 1.4)
  bool files_by_number = true;  ///< "3 Vendor Configuration File <i>" (cwmp-1-2)
  bool several_images = false;  ///< more than one row in FirmwareImage.
  bool no_image_rows = false;   ///< none: the bridge shows one (virtual_rows.h)
  bool no_config_rows = false;  ///< likewise VendorConfigFile.
  bool no_log_rows = false;     ///< likewise VendorLogFile.
  bool canceled_state = false;  ///< DiagnosticsState takes Canceled (Device:2.12), else None

  /// The RPC that this way needs is there.
  bool has_rpc(CommandWay way) const;
  bool operator==(const Offer&) const = default;
};

/// Rows of Device.DeviceInfo. that files are transferred to and from. They change with the names in
/// the shown tree only.
struct FileRows {
  std::size_t images = 0;  ///< FirmwareImage.
  std::size_t configs = 0;
  std::size_t logs = 0;
};
FileRows file_rows_of(const Tree& shown);

/// A method is taken to be there unless the device answered it with 9000, or left it out of a
/// believable list. Reboot is required of every CPE (TR-069 table 4), so a list does not count
/// against it (quirk 74). `tree`: the device's own.
Offer offer_of(const FileRows& rows, const Tree& tree, const Learned& learned);

}  // namespace bridge
