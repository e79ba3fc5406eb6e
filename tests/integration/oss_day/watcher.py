"""A Watch that is read by a thread of its own, and goes on after its last token when it breaks."""

import threading

import grpc
from proto.bridge.v1 import watch_pb2
from bridge_world import LONG


class Watcher:
    """`connect` returns a Control; it is called again after each break when `resumes`."""

    def __init__(self, connect, resumes=False, **request):
        self._connect = connect
        self._resumes = resumes
        self._request = watch_pb2.WatchRequest(**request)
        self._changed = threading.Condition()
        self._events = []
        self._began = False
        self._stopped = False
        self._stream = None
        self.breaks = 0
        self.error = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self.wait(lambda _: self._began, "the first heartbeat")

    def _run(self):
        while not self._stopped:
            control = self._connect()
            try:
                self._stream = control.watches.Watch(self._request, wait_for_ready=True)
                for event in self._stream:
                    self._on_event(event)
            except grpc.RpcError as error:
                self.error = error
            control.close()
            with self._changed:
                self.breaks += 1
                self._changed.notify_all()
            if not self._resumes:
                return

    def _on_event(self, event):
        with self._changed:
            self._began = True
            self._request.resume_token = event.resume_token
            if event.WhichOneof("event") != "heartbeat":
                self._events.append(event)
            self._changed.notify_all()

    def events(self):
        with self._changed:
            return list(self._events)

    def wait(self, condition, what, limit=LONG):
        """Until condition(events); its result. Whatever was seen since the beginning counts."""
        with self._changed:
            self._changed.wait_for(lambda: condition(self._events), limit)
            if found := condition(self._events):
                return found
        raise AssertionError(f"not watched within {limit} s: {what}; {self.error}; {len(self._events)} events, the last {self._events[-3:]}")

    def wait_for(self, kind, device=None, check=lambda event: True):
        """The first such event."""
        def find(events):
            return next((each for each in events
                         if each.WhichOneof("event") == kind and device in (None, each.device) and check(getattr(each, kind))), None)
        return self.wait(find, f"{kind} of {device or 'any device'}")

    def wait_for_end(self):
        """The error that a Watch which does not resume ended with."""
        self.wait(lambda _: self.breaks, "its end")
        return self.error

    def stop_reading(self):
        """As a client that is ended does."""
        self._stream.cancel()

    def stop(self):
        self._stopped = True
        self._stream.cancel()
        self._thread.join(LONG)
