#include "cwmp/message.h"

#include <type_traits>
#include <utility>

#include "cwmp/soap_schema.h"

namespace cwmp {
namespace {

template <class T, class Variant>
struct Holds;
template <class T, class... Alternatives>
struct Holds<T, std::variant<Alternatives...>>
    : std::bool_constant<(std::is_same_v<T, Alternatives> || ...)> {};

template <class Variant>
std::string_view name_in(const Variant& message) {
  return std::visit(
      []<class T>(const T& value) -> std::string_view {
        if constexpr (std::is_same_v<T, UnknownRequest>) {
          return value.method;
        } else {
          static_assert(!soap::kName<T>.empty(), "every message has a name");
          return soap::kName<T>;
        }
      },
      message);
}

template <class Variant>
Message widen(Variant&& message) {
  return std::visit([](auto&& value) -> Message { return std::forward<decltype(value)>(value); },
                    std::move(message));
}

template <class Variant>
std::optional<Variant> narrow(Message&& message) {
  return std::visit(
      []<class T>(T&& value) -> std::optional<Variant> {
        if constexpr (Holds<std::remove_cvref_t<T>, Variant>::value) {
          return Variant(std::move(value));
        } else {
          return std::nullopt;
        }
      },
      std::move(message));
}

bool is_response_name(std::string_view response, std::string_view request) {
  constexpr std::string_view kSuffix = "Response";
  return response.size() == request.size() + kSuffix.size() && response.starts_with(request) &&
         response.ends_with(kSuffix);
}

}  // namespace

std::string_view method_name(const Message& message) { return name_in(message); }
std::string_view method_name(const AcsRequest& request) { return name_in(request); }
std::string_view method_name(const CpeResponse& response) { return name_in(response); }
std::string_view method_name(const CpeRequest& request) { return name_in(request); }
std::string_view method_name(const AcsResponse& response) { return name_in(response); }

Message to_message(AcsRequest request) { return widen(std::move(request)); }
Message to_message(CpeResponse response) { return widen(std::move(response)); }
Message to_message(CpeRequest request) { return widen(std::move(request)); }
Message to_message(AcsResponse response) { return widen(std::move(response)); }

std::optional<AcsRequest> to_acs_request(Message&& message) {
  return narrow<AcsRequest>(std::move(message));
}
std::optional<CpeResponse> to_cpe_response(Message&& message) {
  return narrow<CpeResponse>(std::move(message));
}
std::optional<CpeRequest> to_cpe_request(Message&& message) {
  return narrow<CpeRequest>(std::move(message));
}
std::optional<AcsResponse> to_acs_response(Message&& message) {
  return narrow<AcsResponse>(std::move(message));
}

bool answers(const CpeResponse& response, const AcsRequest& request) {
  return std::holds_alternative<Fault>(response) ||
         is_response_name(method_name(response), method_name(request));
}

bool answers(const AcsResponse& response, const CpeRequest& request) {
  return std::holds_alternative<Fault>(response) ||
         is_response_name(method_name(response), method_name(request));
}

}  // namespace cwmp
