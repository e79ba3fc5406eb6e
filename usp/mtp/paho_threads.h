// Paho C runs all clients of a process on one sending and one receiving thread. Some of their
// habits need help from outside.
#pragma once

namespace usp::mtp {

/// Paho ends its threads with the last client, which takes a second and races with the next client
/// to be made. After this they run until the process ends. It also formats each of its steps into a
/// buffer that nobody reads: from now on only where MQTT_C_CLIENT_TRACE is set. Call before a
/// client is made.
void keep_paho_running();

/// Wakes the sending thread. In Paho C 1.3.12 it looks for commands and then waits, without a lock
/// over both, and nobody wakes it when a socket that was full can be written again: a PUBLISH then
/// lies there for up to a second. A wake-up too many costs some microseconds.
void nudge_paho();

}  // namespace usp::mtp
