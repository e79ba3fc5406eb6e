// Boots another firmware image.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "bridge/task/task.h"

namespace bridge::task {

/// Sets BootFirmwareImage to the image, reboots the device and, once it is back, compares
/// ActiveFirmwareImage. Reboot is never sent twice: when its answer is lost, the boot tells.
class ActivateImage : public Task {
 public:
  /// `info`: "Device.DeviceInfo."; `image`: a row of FirmwareImage., as the device writes
  /// references.
  ActivateImage(std::string info, std::string image, std::string command_key,
                std::string parameter_key);
  ~ActivateImage() override;

  bool in_doubt() const override;

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;
  void do_inform(const cwmp::Inform& inform, Context& context) override;
  std::string do_save() const override;
  bool do_restore(std::string_view progress) override;

 private:
  enum class Step : std::uint8_t {
    kChoose = 0,  ///< sets BootFirmwareImage
    kReboot = 1,
    kBoot = 2,  ///< Reboot was sent, waits for the boot
    kCheck = 3,
  };

  void child_ended();
  void compare(const std::string& active);

  std::string info_;
  std::string image_;
  std::string command_key_;
  std::string parameter_key_;
  Step step_ = Step::kChoose;
  std::unique_ptr<Task> child_;
};

}  // namespace bridge::task
