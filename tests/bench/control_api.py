#!/usr/bin/env python3
"""What the control API costs with a large fleet, beside a floor in the same run.

    tests/bench/control_api.py USP_BRIDGE CPE_SIM [--devices 10000] [--events 60000]

Takes some minutes. Answers are not decoded while the clock runs: Python would take longer than the bridge.
"""

import argparse
import datetime
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import bridge_world

bridge_world.need("grpc", "google.protobuf", "yaml")
bridge_world.make_stubs()

import grpc
from google.protobuf import field_mask_pb2
from proto.bridge.v1 import device_pb2, watch_pb2
from bridge_world import Fleet, World, wait_until
from control_client import Control, refusal_in

LOGIN = ("--username", "cpe", "--password", "secret")
FEW = 100      # devices of another model; half as many have a tag
PROBES = 20    # devices whose Informs are followed to the Watch
CALLS = 300
SPEED = 500    # sessions a second where their number is what counts


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000


def row(name, times, note=""):
    print(f"{name:50} {len(times):5} {percentile(times, 0.5):9.2f} {percentile(times, 0.99):9.2f} {max(times) * 1000:9.2f}  {note}", flush=True)


def resident_mib(world):
    return int(pathlib.Path(f"/proc/{world.bridge.pid}/statm").read_text().split()[1]) * 4096 / 2**20


class Bench:
    def __init__(self, options):
        self.options = options
        self.world = World(options.bridge, {
            "cwmp": {"auth": {"shared": {"username": "cpe", "password": "secret"}}, "linger": {"mode": "never"}},
            "device": {"first_contact_budget": 1000}})
        self.oss = Control(self.world.address, options=[("grpc.max_receive_message_length", 64 * 2**20)])
        self.raw = {}
        self.turn = 0  # whose Inform is next

    def call(self, method, request=b""):
        """Seconds that the answer took, and its bytes."""
        if method not in self.raw:
            self.raw[method] = self.oss.channel.unary_unary("/" + method)
        message = request if isinstance(request, bytes) else request.SerializeToString()
        before = time.perf_counter()
        answer = self.raw[method](message, timeout=60)
        return time.perf_counter() - before, answer

    def list(self, **request):
        took, answer = self.call("bridge.v1.DeviceService/ListDevices", device_pb2.ListDevicesRequest(**request))
        return took, device_pb2.ListDevicesResponse.FromString(answer)

    def walk(self, **request):
        """Seconds that all pages took together, the devices, and the token of the last page."""
        total, found, token = 0, [], ""
        while True:
            took, page = self.list(page_token=token, **request)
            total += took
            found += page.devices
            if not page.next_page_token:
                return total, found, token
            token = page.next_page_token

    # ---- the fleet

    def power_on(self, count, *options):
        return Fleet(self.options.cpe_sim, self.world.acs_port, *LOGIN, "--devices", str(count), "--start-rate", "1000", *options)

    def register(self):
        begun = time.monotonic()
        quiet = self.options.devices - FEW - PROBES
        self.quiet = quiet
        self.others, self.boxes = (self.power_on(quiet, "--serial", "Q"), self.power_on(FEW, "--serial", "B", "--product-class", "Box"))
        self.probes = self.power_on(PROBES, "--serial", "P", "--events")
        wait_until(lambda: self.world.metric("usp_bridge_first_contact_seconds_count") == self.options.devices, "the fleet", 1800)
        print(f"{self.options.devices} devices registered in {time.monotonic() - begun:.0f} s, "
              f"the bridge has {resident_mib(self.world):.0f} MiB", flush=True)
        boxes = self.walk(filter='product_class = "Box"', page_size=1000)[1]
        for device in boxes[::2]:
            device.tags[:] = ["few"]
            self.oss.devices.UpdateDevice(device_pb2.UpdateDeviceRequest(
                device=device, update_mask=field_mask_pb2.FieldMask(paths=["tags"])), timeout=60)

    def informs(self, rate, sessions=None, until=None):
        """Others send an Inform each, in turn, so many a second; returns when so many were sent, or `until` is set."""
        begun = time.monotonic()
        sent = 0
        while (sessions is None or sent < sessions) and not (until and until.is_set()):
            while sent < rate * (time.monotonic() - begun):
                self.turn = self.turn % self.quiet + 1
                self.others.write_line(f"inform Q-{self.turn}")
                sent += 1
            time.sleep(0.005)
        return sent

    def sessions(self):
        return sum(float(count) for count in re.findall(r"^usp_bridge_cwmp_sessions_total\S* (\S+)$", self.world.metrics(), re.MULTILINE))

    # ---- lists

    def lists(self):
        print(f"\n{'ms':50} {'n':>5} {'p50':>9} {'p99':>9} {'max':>9}")
        row("floor: health check", [self.call("grpc.health.v1.Health/Check")[0] for _ in range(CALLS)])
        _, everything, last = self.walk(page_size=100)
        assert len(everything) == self.options.devices
        some = random.sample(everything, CALLS)
        row("floor: GetDevice", [self.call("bridge.v1.DeviceService/GetDevice", device_pb2.GetDeviceRequest(name=each.name))[0] for each in some])
        row("ListDevices, first page of 100", [self.list(page_size=100)[0] for _ in range(CALLS)])
        row("ListDevices, last page of 100", [self.list(page_size=100, page_token=last)[0] for _ in range(CALLS)])
        row("ListDevices, page of 1000", [self.list(page_size=1000)[0] for _ in range(30)])
        row("walk of all, pages of 100", [self.walk(page_size=100)[0] for _ in range(5)])
        row("walk of all, pages of 1000", [self.walk(page_size=1000)[0] for _ in range(5)])
        self.filters()

    def filters(self):
        since = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
        time.sleep(1.5)
        for number in range(1, PROBES + 1):
            self.inform(number)
        # Every field of a filter is of one device in memory, or in the store; the last is of no device.
        for text, few in (("tags:few", FEW / 2), ('product_class = "Bo*"', FEW), (f'last_inform_time > "{since:%Y-%m-%dT%H:%M:%SZ}"', PROBES),
                          ("open_operations > 0", 0), ('serial_number = "Q-77"', 1), ('display_name = "*nothing*"', 0)):
            times = []
            for _ in range(20):
                took, found, _ = self.walk(filter=text, page_size=100)
                times.append(took)
            row("filter " + text, times, f"{len(found)} found")
            assert len(found) >= few, f"{text}: {len(found)} instead of {few}"

    # ---- events

    def inform(self, number):
        """When the device sent its Inform."""
        self.probes.skip_output()
        self.probes.write_line(f"inform P-{number}")
        sent = self.probes.wait_for(rf'"event":"inform","device":"P-{number}","time":([\d.]+)')
        self.probes.wait_for(rf'"event":"session_end","device":"P-{number}"')
        return float(sent[1])

    def delays(self, name):
        names = {device.name: device.serial_number for device in self.walk(filter='serial_number = "P-*"')[1]}
        seen = {}
        here = threading.Condition()
        stream = self.oss.watches.Watch(watch_pb2.WatchRequest(types=[watch_pb2.INFORM]))
        next(stream)

        def read():
            try:
                for event in stream:
                    now = time.time()
                    if event.device in names:
                        with here:
                            seen[names[event.device]] = now
                            here.notify()
            except grpc.RpcError:
                pass

        threading.Thread(target=read, daemon=True).start()
        times = []
        for turn in range(CALLS):
            serial = f"P-{turn % PROBES + 1}"
            seen.pop(serial, None)
            sent = self.inform(turn % PROBES + 1)
            with here:
                assert here.wait_for(lambda s=serial: s in seen, 60)
            times.append(max(0, seen[serial] - sent))
        stream.cancel()
        row(name, times)

    def events(self):
        print(f"\n{'from Inform to Watch event, ms':50} {'n':>5} {'p50':>9} {'p99':>9} {'max':>9}")
        self.delays("floor: no other Informs")
        for rate in (100, 300):
            enough = threading.Event()
            others = threading.Thread(target=self.informs, args=(rate, None, enough))
            before, begun = self.sessions(), time.monotonic()
            others.start()
            self.delays(f"beside {rate} other Informs a second")
            pages = [self.list(page_size=100)[0] for _ in range(CALLS)]
            real = (self.sessions() - before) / (time.monotonic() - begun)
            enough.set()
            others.join()
            row("  ListDevices, first page of 100, meanwhile", pages, f"{real:.0f} sessions/s")

    # ---- memory

    def memory(self):
        sessions = self.options.events // 2  # each is an Inform and an end
        print(f"\n{'the bridge, MiB; ' + str(2 * sessions) + ' events each':50} {'before':>9} {'after':>9} {'grown':>9} {'s':>7}")
        self.grown("every device once, so that it is in memory", self.quiet)
        self.grown("floor: no Watch", sessions)
        with tempfile.NamedTemporaryFile("w+") as lines:
            # Python would not keep up with that many.
            reader = subprocess.Popen([pathlib.Path(self.options.bridge).with_name("usp-bridgectl"), "--address", self.world.address,
                                       "-o", "json", "watch", "--once"], stdout=lines, stderr=lines)
            self.grown("a Watch that reads", sessions)
            begun, at_once = time.monotonic(), line_count(lines.name)
            while line_count(lines.name) < 2 * sessions and reader.poll() is None and time.monotonic() - begun < 60:
                time.sleep(0.1)
            print(f"  {at_once} events read by then, {line_count(lines.name)} {time.monotonic() - begun:.1f} s later; "
                  f"it {'goes on' if reader.poll() is None else 'was ended'}")
            reader.kill()
            reader.wait()
        slow = self.oss.watches.Watch(watch_pb2.WatchRequest())
        next(slow)
        self.grown("a Watch that does not read", sessions)
        self.grown("the same Watch, as many again", sessions)
        threading.Timer(10, slow.cancel).start()
        try:
            for _ in slow:
                pass
        except grpc.RpcError as error:
            print(f"  it was ended: {refusal_in(error).code.name} {refusal_in(error).reason}")

    def grown(self, name, sessions):
        before, begun = resident_mib(self.world), time.monotonic()
        ended = self.sessions()
        self.informs(SPEED, sessions)
        wait_until(lambda: self.sessions() >= ended + sessions, "the sessions", 600)
        after = resident_mib(self.world)
        print(f"{name:50} {before:9.1f} {after:9.1f} {after - before:9.1f} {time.monotonic() - begun:7.0f}", flush=True)


def line_count(path):
    with open(path, "rb") as file:
        return sum(1 for _ in file)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bridge")
    parser.add_argument("cpe_sim")
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--events", type=int, default=60_000)
    bench = Bench(parser.parse_args())
    bench.register()
    bench.lists()
    bench.events()
    bench.memory()


if __name__ == "__main__":
    main()
