// The unique keys of a row and their values, as notifications and responses carry them (R-MSG.3).
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "usp/data_model.h"

namespace bridge {

/// The object of this instantiated path in the supported model; nullptr: there is none.
const usp::SupportedObject* supported_object(const usp::DataModel& model,
                                             std::string_view object_path);

/// Every key parameter that the row has with a known value.
std::map<std::string, std::string> unique_keys(const usp::DataModel& model,
                                               const std::string& instance_path);

/// Is there a key parameter whose value was never read?
bool has_unread_keys(const usp::DataModel& model, const std::string& instance_path);

}  // namespace bridge
