// The data model a simulated CPE starts with, from a CSV file; shared by all devices of a process.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cpe_sim {

struct Param {
  std::string type;  ///< XML Schema local name; "object" for objects
  bool writable = false;
  std::string value;
  std::uint32_t notification = 0;
  bool operator==(const Param&) const = default;
};

/// Immutable after load.
///
/// A line is `path,type,writable,value[,notification]`; "#" starts a comment, a value in double
/// quotes may hold commas.
///   Device.NAT.PortMapping.,object,1,            a table that instances can be added to
///   Device.NAT.PortMapping.{i}.Enable,boolean,1,false   what a new instance has
///   Device.Hosts.Host.{1-150}.HostName,string,0,host-{n}   150 instances; {n} is the number
/// Objects above a parameter need no line of their own.
class Model {
 public:
  using Params = std::map<std::string, Param, std::less<>>;

  /// Throws std::runtime_error with file and line.
  static Model load(const std::string& file);
  static Model parse(std::string_view text, const std::string& name);

  const Params& params() const { return params_; }
  /// "Device." or "InternetGatewayDevice."
  const std::string& root() const { return root_; }
  /// What a new instance of `table` ("Device.NAT.PortMapping.") has, by relative name.
  const Params* instance_template(std::string_view table) const;

 private:
  void add(std::string path, Param param);

  Params params_;
  std::map<std::string, Params, std::less<>> templates_;
  std::string root_;
};

}  // namespace cpe_sim
