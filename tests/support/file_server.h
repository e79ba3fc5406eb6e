// An HTTP file server for devices that download and upload.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "tests/support/mailbox.h"

namespace support {

class FileServer {
 public:
  FileServer();
  ~FileServer();
  FileServer(const FileServer&) = delete;
  FileServer& operator=(const FileServer&) = delete;

  std::string url(const std::string& name) const;
  /// GET finds it from now on; others are answered 404. PUT is always taken.
  void offer(const std::string& name, std::string body);
  /// Requests are answered after release() only.
  void hold();
  void release();

  struct Request {
    std::string method;
    std::string target;
    std::string body;
  };
  /// The next request in the order of arrival; nullopt when none comes.
  std::optional<Request> next() { return requests_.take(); }

 private:
  boost::asio::awaitable<void> listen();
  boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer held_;  ///< expires far away while requests are held
  std::mutex mutex_;
  std::map<std::string, std::string> files_;
  Mailbox<Request> requests_;
  std::thread thread_;
};

}  // namespace support
