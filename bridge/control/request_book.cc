#include "bridge/control/request_book.h"

#include <algorithm>

#include "bridge/runtime.h"
#include "bridge/sha256.h"
#include "bridge/store/store.h"

namespace bridge::control {

namespace asio = boost::asio;

asio::awaitable<Result<RequestBook::Begun>> RequestBook::begin(RequestKey key,
                                                               std::string fingerprint) {
  auto write = [key, fingerprint, started = started_ms_](StateWriter& state) -> Result<Begun> {
    auto row = state.request(key);
    if (!row) return tl::unexpected(row.error());
    Begun out;
    if (!*row) {
      auto put = state.put_request({key, fingerprint, false, "", now_ms()});
      if (!put) return tl::unexpected(put.error());
      return out;
    }
    const RequestRow& known = **row;
    if (known.fingerprint != fingerprint) {
      out.found = Found::kOther;
    } else if (known.finished) {
      out.found = Found::kSame;
      out.response = known.response;
    } else {
      out.found = Found::kPending;
      out.interrupted = known.created_ms < started;
    }
    return out;
  };
  Result<Begun> begun = co_await store_.write_state(std::move(write));
  co_return begun;
}

asio::awaitable<Result<void>> RequestBook::finish(RequestKey key, std::string response) {
  auto write = [key, response](StateWriter& state) -> Result<void> {
    auto row = state.request(key);
    if (!row) return tl::unexpected(row.error());
    if (!*row) return {};  // purged meanwhile
    (*row)->finished = true;
    (*row)->response = response;
    return state.put_request(**row);
  };
  Result<void> done = co_await store_.write_state(std::move(write));
  co_return done;
}

asio::awaitable<Result<void>> RequestBook::abandon(RequestKey key) {
  auto write = [key](StateWriter& state) -> Result<void> {
    auto erased = state.erase_request(key);
    return erased ? Result<void>{} : tl::unexpected(erased.error());
  };
  Result<void> done = co_await store_.write_state(std::move(write));
  co_return done;
}

bool is_request_id(const std::string& text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return false;
    if (!dash && std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  }
  return true;
}

std::string request_fingerprint(std::string_view method, std::string_view request) {
  std::string all(method);
  all += '\0';
  all += request;
  return sha256(all);
}

}  // namespace bridge::control
