// TCP_NODELAY for sockets of a library that neither sets it nor tells its sockets.
#pragma once

#include <cstdint>

namespace usp::mtp {

/// Sets TCP_NODELAY on every TCP socket of this process whose peer has `port`; how many there were.
///
/// Paho C 1.3.12 leaves Nagle's algorithm on. It writes a PUBLISH while its PUBACK for the last one
/// is still unacknowledged by TCP, so the kernel holds it back until the broker's delayed ACK: a
/// QoS 1 exchange takes 44 ms instead of 0.2. Its handle is opaque, and the ways to its descriptor
/// are these: parse its trace output (process-wide, the text of one version), wrap connect() at
/// link time (touches every library of the process), read its private structs (one ABI). Looking
/// among our own descriptors for those connected to the broker's port needs no knowledge of Paho
/// and does no harm to a descriptor found by mistake: the option only costs small packets. One
/// getpeername() per open descriptor (0.2 us each) per connect.
int set_nodelay_for_peer_port(std::uint16_t port);

}  // namespace usp::mtp
