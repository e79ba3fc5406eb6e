// Recorded exchanges of tests/data/cwmp (see the README there), taken apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support {

struct HttpMessage {
  std::string start_line;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case, unfolded
  std::string body;

  /// First value of a header; empty when there is none.
  std::string header(std::string_view lower_name) const;
};

/// Takes bare LF, folded headers, and any body length: the recording's marks say where it ends.
HttpMessage parse_http(std::string_view bytes);

struct Recording {
  std::string client;  ///< folder
  std::string file;    ///< "05-GetParameterNamesResponse__next-GetParameterValues"
  std::string stray;   ///< bytes of the message before in front of the request line (quirk 29)
  HttpMessage cpe;
  HttpMessage acs;

  /// "GetParameterNamesResponse", "Fault-9005", "empty", "unauthorized", "file-get", ...
  std::string what() const;
  std::string path() const { return client + "/" + file; }
};

struct ConnectionRequestRecording {
  std::string client;
  std::vector<std::pair<HttpMessage, HttpMessage>> rounds;  ///< GET and answer
};

std::vector<std::string> recorded_clients();
/// In order of time, without connection requests.
std::vector<Recording> recordings(std::string_view client);
std::vector<Recording> all_recordings();
std::vector<ConnectionRequestRecording> connection_request_recordings();

}  // namespace support
