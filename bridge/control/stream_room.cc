#include "bridge/control/stream_room.h"

#include "bridge/control/errors.h"

namespace bridge::control {

namespace {

grpc::Status stopping() {
  return make_status(grpc::StatusCode::UNAVAILABLE, "the bridge is stopping; call again later",
                     "STOPPING");
}

}  // namespace

grpc::Status StreamRoom::enter(Stream& stream) {
  std::lock_guard lock(mutex_);
  if (stopped_) return stopping();
  if (streams_.size() >= limit_) {
    return make_status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too many clients watch already",
                       "TOO_MANY_WATCHES");
  }
  streams_.insert(&stream);
  return grpc::Status::OK;
}

void StreamRoom::leave(Stream& stream) {
  std::lock_guard lock(mutex_);
  streams_.erase(&stream);
}

void StreamRoom::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  for (Stream* stream : streams_) stream->end(stopping());
}

}  // namespace bridge::control
