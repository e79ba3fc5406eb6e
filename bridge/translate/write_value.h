// Values on their way to the device: the inverses of the transforms that need nothing but the
// value.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "bridge/translate/mapping.h"
#include "usp/error.h"

namespace bridge::translate {

/// Why something is not written.
struct WriteError {
  usp::ErrorCode code = usp::ErrorCode::kInternalError;
  std::string text;
};
template <class T>
using WriteResult = tl::expected<T, WriteError>;

inline tl::unexpected<WriteError> refuse(usp::ErrorCode code, std::string text) {
  return tl::unexpected(WriteError{code, std::move(text)});
}
inline tl::unexpected<WriteError> invalid(std::string text) {
  return refuse(usp::ErrorCode::kInvalidValue, std::move(text));
}
inline tl::unexpected<WriteError> read_only(std::string text) {
  return refuse(usp::ErrorCode::kNotWriteable, std::move(text));
}

/// The longest value TR-098 has room for (DeviceInfo.DeviceLog).
constexpr std::size_t kMaxValueBytes = 32 * 1024;

/// Can a SetParameterValues carry the text? XML 1.0 has no control characters.
WriteResult<void> check_text(std::string_view value);

/// Of kCopy, kCopyList, kEnum, kEnumList, kScale, kBase64Hex and kTextHex. Booleans come out as
/// "true" and "false".
WriteResult<std::string> to_native_value(const Rule& rule, std::string_view shown);
/// Does this native word already read as `shown`? Only of kEnum; several words may read alike.
bool reads_as(const Rule& rule, std::string_view native, std::string_view shown);

/// For an error's text: a value that may be long.
std::string shortened(std::string_view value);

/// Elements without white space around them; empty ones are left out.
std::vector<std::string> split_list(std::string_view text);
std::string join_list(const std::vector<std::string>& elements);

}  // namespace bridge::translate
