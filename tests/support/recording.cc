#include "tests/support/recording.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace support {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFromCpe = "=== CPE -> ACS ===\n";
constexpr std::string_view kFromAcs = "\n=== ACS -> CPE ===\n";
constexpr std::string_view kConnectionRequest = "=== ACS -> CPE connection request ===\n";

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> files_of(std::string_view client) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(TEST_DATA_DIR) / "cwmp" / client)) {
    if (entry.path().extension() == ".txt") {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  std::string line(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (line.ends_with('\r')) {
    line.pop_back();
  }
  return line;
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first == std::string_view::npos
             ? std::string()
             : std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

Recording parse_exchange(std::string client, const fs::path& path, const std::string& text) {
  Recording recording;
  recording.client = std::move(client);
  recording.file = path.stem().string();
  const std::size_t split = text.find(kFromAcs);
  std::string_view request =
      std::string_view(text).substr(kFromCpe.size(), split - kFromCpe.size());
  const std::size_t method = std::min(request.find("POST "), request.find("GET "));
  recording.stray = request.substr(0, method);
  recording.cpe = parse_http(request.substr(method));
  recording.acs = parse_http(std::string_view(text).substr(split + kFromAcs.size()));
  return recording;
}

ConnectionRequestRecording parse_connection_request(std::string client, std::string_view text) {
  ConnectionRequestRecording recording;
  recording.client = std::move(client);
  constexpr std::string_view kGet = "--- GET ";
  constexpr std::string_view kAnswer = "\n--- answer ---\n";
  std::size_t at = text.find(kGet);
  while (at != std::string_view::npos) {
    const std::size_t get = text.find('\n', at) + 1;
    const std::size_t answer = text.find(kAnswer, get);
    at = text.find(kGet, answer);
    recording.rounds.emplace_back(
        parse_http(text.substr(get, answer - get)),
        parse_http(text.substr(answer + kAnswer.size(), at - answer - kAnswer.size())));
  }
  return recording;
}

}  // namespace

std::string HttpMessage::header(std::string_view lower_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_name) {
      return value;
    }
  }
  return {};
}

HttpMessage parse_http(std::string_view bytes) {
  HttpMessage message;
  message.start_line = take_line(bytes);
  while (!bytes.empty()) {
    const std::string line = take_line(bytes);
    if (line.empty()) {
      break;
    }
    if ((line.front() == ' ' || line.front() == '\t') && !message.headers.empty()) {
      message.headers.back().second += " " + trimmed(line);
      continue;
    }
    const std::size_t colon = std::min(line.find(':'), line.size() - 1);
    message.headers.emplace_back(lowered(line.substr(0, colon)),
                                 trimmed(std::string_view(line).substr(colon + 1)));
  }
  message.body = bytes;
  return message;
}

std::string Recording::what() const {
  const std::size_t start = file.find('-') + 1;
  return file.substr(start, file.find("__") - start);
}

std::vector<std::string> recorded_clients() {
  std::vector<std::string> clients;
  for (const auto& entry : fs::directory_iterator(fs::path(TEST_DATA_DIR) / "cwmp")) {
    if (entry.is_directory()) {
      clients.push_back(entry.path().filename().string());
    }
  }
  std::sort(clients.begin(), clients.end());
  return clients;
}

std::vector<Recording> recordings(std::string_view client) {
  std::vector<Recording> result;
  for (const fs::path& path : files_of(client)) {
    const std::string text = read_file(path);
    if (text.starts_with(kFromCpe)) {
      result.push_back(parse_exchange(std::string(client), path, text));
    }
  }
  return result;
}

std::vector<Recording> all_recordings() {
  std::vector<Recording> result;
  for (const std::string& client : recorded_clients()) {
    std::vector<Recording> of_client = recordings(client);
    std::move(of_client.begin(), of_client.end(), std::back_inserter(result));
  }
  return result;
}

std::vector<ConnectionRequestRecording> connection_request_recordings() {
  std::vector<ConnectionRequestRecording> result;
  for (const std::string& client : recorded_clients()) {
    for (const fs::path& path : files_of(client)) {
      const std::string text = read_file(path);
      if (text.starts_with(kConnectionRequest)) {
        result.push_back(parse_connection_request(client, text));
      }
    }
  }
  return result;
}

}  // namespace support
