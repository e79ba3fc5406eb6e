// Keeps one simulated CPE logged in to the XMPP server that its parameters name.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <random>

#include "cwmp/xmpp_connection.h"
#include "tests/tools/cpe_sim/cpe_xmpp.h"
#include "tests/tools/cpe_sim/journal.h"

namespace cpe_sim {

/// Lives as long as its device, on the device's strand.
class XmppLink {
 public:
  /// `changed`: parameters have changed, or a session is wanted. `tls`: see ClientOptions.
  XmppLink(boost::asio::any_io_executor strand, Cpe& cpe, Journal& journal,
           std::shared_ptr<boost::asio::ssl::context> tls, std::function<void()> changed);

  /// Logs in, out and in again as the parameters want it, for ever.
  boost::asio::awaitable<void> run();

  /// Parameters may have changed, or the device went down or up.
  void look();

 private:
  boost::asio::awaitable<void> live_once(XmppAccount account);
  boost::asio::awaitable<void> wait(std::optional<milliseconds> time);
  void on_bound(const cwmp::xmpp::Bound& bound);
  void on_asked(const cwmp::xmpp::Asked& asked);

  boost::asio::any_io_executor strand_;
  Cpe& cpe_;
  Journal& journal_;
  std::shared_ptr<boost::asio::ssl::context> tls_;
  std::function<void()> changed_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<cwmp::XmppConnection> connection_;
  std::optional<XmppAccount> account_;  ///< the one in use
  unsigned attempt_ = 0;
  std::minstd_rand random_;
};

}  // namespace cpe_sim
