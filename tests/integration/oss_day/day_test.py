#!/usr/bin/env python3
"""A day of an OSS: the control API in the hands of a client that is written in another language, with a fleet of 100.

    day_test.py USP_BRIDGE CPE_SIM     exit status 77: something of deploy/install-deps.sh --tests is not there

One story: each step goes on where the one before it ended.
"""

import hashlib
import pathlib
import sys
import threading
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import bridge_world

bridge_world.need("grpc", "google.protobuf", "yaml")
bridge_world.make_stubs()

import grpc
from proto.bridge.v1 import (bulk_pb2, credential_pb2, device_pb2, operation_pb2, parameter_pb2, watch_pb2)
from google.protobuf import duration_pb2, field_mask_pb2
from inform import status_of_inform
from relay import Relay
from watcher import Watcher
from bridge_world import LONG, Fleet, World, wait_until
from control_client import Control, refused

DEVICES = 100
ADMIN, VIEWER = "the-oss-of-the-day", "the-screen-on-the-wall"
SSID = "Device.WiFi.SSID.1.SSID"
CODE = "Device.DeviceInfo.ProvisioningCode"  # the device tells when it changes
TEST_BRIDGE, TEST_CPE_SIM = sys.argv[-2:]


def serial(number):
    return f"Oss-{number}"


NAMES = {}  # as the bridge gave them, by serial number


def name(number):
    return NAMES[serial(number)]


def client(who, token, role):
    return {"name": who, "role": role, "token_sha256": hashlib.sha256(token.encode()).hexdigest()}


class Day(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.world = World(TEST_BRIDGE, {
            "grpc": {"clients": [client("oss", ADMIN, "admin"), client("wall", VIEWER, "viewer")]},
            "device": {"first_contact_budget": DEVICES, "operation_deadline": "20s"}})
        cls.oss = cls.connect()
        cls.wall = Control(cls.world.address, VIEWER)
        cls.fleet = None

    @classmethod
    def tearDownClass(cls):
        cls.world.stop()

    @classmethod
    def connect(cls):
        return Control(cls.world.address, ADMIN)

    def run(self, result=None):
        failed = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > failed:
            print("The bridge:", self.world.bridge.last_output(), "The fleet:", self.fleet and self.fleet.last_output(), sep="\n")

    def power_on(self, *options):
        return Fleet(TEST_CPE_SIM, self.world.acs_port, "--events", "--start-rate", "200", *options)

    def until_session_end(self, verb, number):
        self.fleet.skip_output()
        self.fleet.write_line(f"{verb} {serial(number)}")
        self.fleet.wait_for(rf'"event":"session_end","device":"{serial(number)}"')

    def list_all(self, text="", page_size=1000):
        """The pages that the filter gives."""
        request = device_pb2.ListDevicesRequest(filter=text, page_size=page_size)
        pages = []
        while True:
            page = self.oss.devices.ListDevices(request, timeout=LONG, wait_for_ready=True)
            pages.append([device.name for device in page.devices])
            if not page.next_page_token:
                return pages
            request.page_token = page.next_page_token

    def named(self, text):
        return {each for page in self.list_all(text) for each in page}

    def watch(self, **request):
        watcher = Watcher(self.connect, **request)
        self.addCleanup(watcher.stop)
        return watcher

    def mirrored(self, device, path):
        answer = self.oss.parameters.GetParameters(parameter_pb2.GetParametersRequest(device=device, paths=[path]), timeout=LONG)
        return answer.parameters[0].value

    def bulk_set(self, path, value, **options):
        change = bulk_pb2.BulkChange(set=bulk_pb2.BulkChange.Set(parameters=[parameter_pb2.Parameter(path=path, value=value)]))
        return self.oss.bulks.StartBulkOperation(bulk_pb2.StartBulkOperationRequest(change=change, **options), timeout=LONG)

    def reboot(self, number, **options):
        return self.oss.operations.RebootDevice(operation_pb2.RebootDeviceRequest(device=name(number), **options), timeout=LONG)

    # ---- the fleet comes in

    def test_imports_the_credentials_of_a_hundred_devices(self):
        request = credential_pb2.PutCredentialsRequest(credentials=[
            credential_pb2.NewCredential(username=serial(number), password="pw-" + serial(number), oui="00D09E",
                                         product_class="Gateway", serial_number=serial(number)) for number in range(1, DEVICES + 1)])
        put = self.oss.credentials.PutCredentials(request, timeout=LONG)
        self.assertEqual((put.added, put.changed, put.unchanged), (DEVICES, 0, 0))
        again = self.oss.credentials.PutCredentials(request, timeout=LONG)
        self.assertEqual((again.added, again.changed, again.unchanged), (0, 0, DEVICES))
        self.assertEqual(self.list_all(), [[]], "nobody has come in yet")

    def test_waits_for_the_devices_and_lets_nobody_else_in(self):
        watcher = self.watch(types=[watch_pb2.PRESENCE])
        # One more than there are credentials.
        type(self).fleet = self.power_on("--devices", str(DEVICES + 1), "--serial", "Oss", "--username", "{serial}",
                                         "--password", "pw-{serial}")
        watcher.wait(lambda events: len({each.device for each in events if each.presence.online}) == DEVICES, "all devices online")
        wait_until(lambda: len(self.named("onboarded = true AND in_session = false")) == DEVICES, "all devices learned")
        for device in self.oss.devices.ListDevices(device_pb2.ListDevicesRequest(page_size=1000), timeout=LONG).devices:
            NAMES[device.serial_number] = device.name
        self.assertEqual(set(NAMES), {serial(number) for number in range(1, DEVICES + 1)})
        self.assertEqual({each.device for each in watcher.events()}, set(NAMES.values()))
        self.fleet.skip_output()
        self.fleet.write_line(f"inform {serial(DEVICES + 1)}")
        self.fleet.wait_for(rf'"event":"refused","device":"{serial(DEVICES + 1)}".*"status":401')

    def test_lists_with_filters_and_pages(self):
        pages = self.list_all('product_class = "Gate*" AND online = true', page_size=30)
        self.assertEqual([len(page) for page in pages], [30, 30, 30, 10])
        listed = [each for page in pages for each in page]
        self.assertEqual((len(listed), set(listed)), (DEVICES, set(NAMES.values())), "each once")

        for number in range(1, 11):
            device = device_pb2.Device(name=name(number), tags=["lab"])
            self.oss.devices.UpdateDevice(device_pb2.UpdateDeviceRequest(
                device=device, update_mask=field_mask_pb2.FieldMask(paths=["tags"])), timeout=LONG)
        lab = {name(number) for number in range(1, 11)}
        self.assertEqual(self.named("tags:lab"), lab)
        self.assertEqual(self.named("NOT tags:lab"), set(NAMES.values()) - lab)
        self.assertEqual(self.named(f"tags:lab AND NOT serial_number = {serial(10)}"), lab - {name(10)})
        self.assertEqual(self.named(f'serial_number = {serial(99)} OR serial_number = "*-98"'), {name(98), name(99)})
        seen = [self.oss.devices.GetDevice(device_pb2.GetDeviceRequest(name=each), timeout=LONG).last_inform_time for each in lab]
        last = max(each.ToJsonString() for each in seen)
        self.assertLessEqual(lab, self.named(f'last_inform_time <= "{last}"'))
        self.assertEqual(self.named('last_inform_time < "2020-01-01T00:00:00Z"'), set())

    # ---- all of them are changed

    def test_sets_a_parameter_on_all_and_is_told_which_two_failed(self):
        everywhere = {"filter": 'oui = "00D09E"', "concurrency": 25, "max_failures": 2, "device_timeout": duration_pb2.Duration(seconds=8)}
        self.assertEqual(self.bulk_set(SSID, "Oss", validate_only=True, **everywhere).total, DEVICES)
        self.fleet.command("fault", serial(3), "SetParameterValues", "9001", "1000")
        self.fleet.command("sleep", serial(7))
        started = self.bulk_set(SSID, "Oss", **everywhere)

        steps = list(self.oss.bulks.WatchBulkOperation(bulk_pb2.WatchBulkOperationRequest(name=started.name), timeout=LONG))
        for before, after in zip(steps, steps[1:]):
            self.assertLessEqual(before.succeeded + before.failed, after.succeeded + after.failed)
        for step in steps:
            self.assertEqual(step.succeeded + step.failed + step.running + step.pending, DEVICES, step)
        done = steps[-1]
        self.assertEqual((done.state, done.succeeded, done.failed), (bulk_pb2.BulkOperation.FAILED, DEVICES - 2, 2), done)

        failed = self.oss.bulks.ListBulkResults(bulk_pb2.ListBulkResultsRequest(name=started.name, states=[bulk_pb2.BulkResult.FAILED]),
                                                timeout=LONG)
        why = {each.device: (each.code, each.error.usp_code, each.error.cwmp_fault) for each in failed.results}
        self.assertEqual(set(why), {name(3), name(7)})
        self.assertEqual(why[name(3)][2], 9001, "what the device said")
        self.assertEqual(why[name(7)], (grpc.StatusCode.DEADLINE_EXCEEDED.value[0], 7801, 0), "it was not reached")
        for number in range(1, DEVICES + 1):
            value = "Home-1" if number in (3, 7) else "Oss"
            self.assertEqual((self.mirrored(name(number), SSID), self.fleet.command("get", serial(number), SSID)), (value, value))

    def test_repeats_it_for_the_two(self):
        self.fleet.command("clear", serial(3))
        self.fleet.command("wake", serial(7))
        started = self.bulk_set(SSID, "Oss", devices=[name(3), name(7)])
        done = list(self.oss.bulks.WatchBulkOperation(bulk_pb2.WatchBulkOperationRequest(name=started.name), timeout=LONG))[-1]
        self.assertEqual((done.state, done.succeeded), (bulk_pb2.BulkOperation.SUCCEEDED, 2), done)
        self.assertEqual(self.fleet.command("get", serial(7), SSID), "Oss")

    # ---- what happens is watched

    def test_watches_the_events_of_a_device(self):
        watcher = self.watch(device=name(10))
        self.fleet.command("set", serial(10), CODE, "by-hand")
        changed = watcher.wait_for("value_change", name(10), lambda each: each.path == CODE)
        self.assertEqual(changed.value_change.value, "by-hand")
        watcher.wait_for("inform", name(10), lambda each: "4 VALUE CHANGE" in each.event_codes)
        watcher.wait_for("session_ended", name(10), lambda each: each.outcome == watch_pb2.SessionEvent.COMPLETE)

        table = "Device.NAT.PortMapping."
        row = self.oss.parameters.AddObject(parameter_pb2.AddObjectRequest(device=name(10), table=table), timeout=LONG).path
        watcher.wait_for("object_created", name(10), lambda each: each.path == row)
        self.oss.parameters.DeleteObject(parameter_pb2.DeleteObjectRequest(device=name(10), path=row), timeout=LONG)
        watcher.wait_for("object_deleted", name(10), lambda each: each.path == row)
        self.assertEqual({each.device for each in watcher.events()}, {name(10)}, "no other device's")

    def test_watches_those_that_a_filter_lets_through(self):
        watcher = self.watch(filter="tags:lab", types=[watch_pb2.INFORM])
        for number in (50, 5):  # in this order: the second says that the first was passed over
            self.until_session_end("inform", number)
        watcher.wait_for("inform", name(5))
        self.assertNotIn(name(50), {each.device for each in watcher.events()})

    # ---- operations

    def test_reboots_one_and_waits_for_the_operation(self):
        watcher = self.watch(device=name(20))
        request_id = str(uuid.uuid4())
        started = self.reboot(20, request_id=request_id)
        self.assertEqual(started.requester, "grpc:oss")
        self.assertEqual(self.reboot(20, request_id=request_id).name, started.name, "a repetition starts no other")
        ended = self.oss.operations.WaitOperation(operation_pb2.WaitOperationRequest(name=started.name), timeout=LONG)
        self.assertEqual((ended.state, ended.done), (operation_pb2.Operation.SUCCEEDED, True), ended)

        watcher.wait_for("inform", name(20), lambda each: {"1 BOOT", "M Reboot"} <= set(each.event_codes))
        last = watcher.wait_for("operation", name(20), lambda each: each.done)
        self.assertEqual((last.operation.name, last.operation.state), (started.name, ended.state))
        states = [each.operation.state for each in watcher.events() if each.WhichOneof("event") == "operation"]
        self.assertEqual(states, sorted(states), "queued, running, succeeded")
        self.assertEqual(self.fleet.output().count(f'"event":"reboot","device":"{serial(20)}"'), 1)

    def test_cancels_another(self):
        self.fleet.command("sleep", serial(30))
        started = self.reboot(30)
        waiting = self.wall.operations.WaitOperation.future(operation_pb2.WaitOperationRequest(name=started.name), timeout=LONG)
        cancelled = self.oss.operations.CancelOperation(operation_pb2.CancelOperationRequest(name=started.name), timeout=LONG)
        self.assertEqual(cancelled.state, operation_pb2.Operation.CANCELLED, cancelled)
        self.assertEqual(waiting.result().state, operation_pb2.Operation.CANCELLED, "who waits is told")
        too_late = refused(self.oss.operations.CancelOperation, operation_pb2.CancelOperationRequest(name=started.name), timeout=LONG)
        self.assertEqual(too_late.code, grpc.StatusCode.FAILED_PRECONDITION)

        self.until_session_end("wake", 30)
        self.assertNotIn(f'"event":"reboot","device":"{serial(30)}"', self.fleet.output())

    # ---- credentials

    def test_rotates_credentials_and_the_devices_come_back_with_the_new_ones(self):
        rotated = {}
        for number in (40, 41, 42):
            pending = self.oss.credentials.RotateCredential(credential_pb2.RotateCredentialRequest(device=name(number)), timeout=LONG)
            self.assertEqual((pending.state, pending.source), (credential_pb2.Credential.PENDING, credential_pb2.Credential.ROTATION))
            rotated[number] = pending.username
        for number, username in rotated.items():
            wait_until(lambda n=number, u=username: self.fleet.command("get", serial(n), "Device.ManagementServer.Username") == u,
                       "the device has its new credential")
            self.fleet.command("inform", serial(number))
            wait_until(lambda n=number, u=username: self.states_of(n).get(u) == credential_pb2.Credential.ACTIVE, "it came back with it")
            self.assertNotEqual(self.states_of(number).get(serial(number)), credential_pb2.Credential.ACTIVE)
            old = status_of_inform(self.world.acs_port, serial(number), "pw-" + serial(number), serial(number))
            self.assertIn(old, (401, 403), "what was imported is no good any more")
        self.assertEqual(status_of_inform(self.world.acs_port, serial(99), "pw-" + serial(99), serial(99)), 200, "where it was not rotated it is")
        self.assertEqual(self.world.metric('usp_bridge_credential_rotations_total{outcome="confirmed"}'), len(rotated))
        self.oss.parameters.SetParameters(parameter_pb2.SetParametersRequest(
            device=name(40), parameters=[parameter_pb2.Parameter(path=SSID, value="rotated")]), timeout=LONG)
        self.assertEqual(self.fleet.command("get", serial(40), SSID), "rotated")

    def states_of(self, number):
        listed = self.oss.credentials.ListCredentials(credential_pb2.ListCredentialsRequest(device=name(number)), timeout=LONG)
        return {each.username: each.state for each in listed.credentials}

    # ---- the line breaks

    def test_resumes_a_broken_watch_without_losing_or_repeating_an_event(self):
        relay = Relay(self.world.grpc_port)
        line_is_up = threading.Semaphore(1)

        def connect():
            line_is_up.acquire()
            return Control(relay.address, ADMIN)

        steady = self.watch()
        broken = Watcher(connect, resumes=True)
        self.addCleanup(broken.stop)
        for turn in range(12):
            before = len(broken.events())
            self.fleet.write_line("inform *")
            # In the middle of 200 events, once by cutting the connection, once by the client's own wish.
            broken.wait(lambda events, n=before: len(events) > n + 10, "events of this turn")
            if turn % 2:
                relay.cut()
            else:
                broken.stop_reading()
            broken.wait(lambda _, n=turn: broken.breaks > n, "the break")
            before = len(steady.events())
            self.fleet.write_line("inform *")
            steady.wait(lambda events, n=before: len(events) > n + 20, "what the other does not see")
            line_is_up.release()
        self.fleet.command("set", serial(50), CODE, "the-end")
        for each in (steady, broken):
            each.wait_for("value_change", name(50), lambda change: change.value == "the-end")

        whole, pieced = (up_to_the_end(each.events()) for each in (steady, broken))
        self.assertGreater(len(whole), 1000)
        tokens = [event.resume_token for event in whole]
        self.assertEqual(len(set(tokens)), len(tokens), "no token twice")
        # The broken one began a little later.
        self.assertIn(pieced[0].resume_token, tokens)
        self.assertEqual([event.SerializeToString(deterministic=True) for event in pieced],
                         [event.SerializeToString(deterministic=True) for event in whole[tokens.index(pieced[0].resume_token):]])

    def test_is_told_so_after_a_crash_and_lists_what_matters(self):
        watcher = self.watch(types=[watch_pb2.INFORM])
        self.fleet.command("inform", serial(60))
        token = watcher.wait_for("inform", name(60)).resume_token
        self.fleet.command("sleep", serial(61))
        queued = self.reboot(61)
        self.world.kill_bridge()
        self.assertEqual(watcher.wait_for_end().code(), grpc.StatusCode.UNAVAILABLE)
        self.world.start_bridge()

        gone = refused(self.oss.watches.Watch, watch_pb2.WatchRequest(resume_token=token), timeout=LONG, wait_for_ready=True)
        self.assertEqual((gone.code, gone.reason), (grpc.StatusCode.OUT_OF_RANGE, "EVENTS_GONE"), gone)
        anew = self.watch(types=[watch_pb2.OPERATION])
        self.assertEqual(self.named(""), set(NAMES.values()))
        self.assertEqual(len(self.named("tags:lab")), 10)
        self.assertEqual(self.states_of(41)[serial(41)], credential_pb2.Credential.RETIRED)
        self.fleet.command("wake", serial(61))
        done = anew.wait_for("operation", name(61), lambda each: each.done)
        self.assertEqual((done.operation.name, done.operation.state), (queued.name, operation_pb2.Operation.SUCCEEDED))

    # ---- all day long

    def test_lets_a_viewer_look_and_change_nothing(self):
        self.assertEqual(len(self.wall.devices.ListDevices(device_pb2.ListDevicesRequest(page_size=1000), timeout=LONG).devices), DEVICES)
        for call, request in (
                (self.wall.operations.RebootDevice, operation_pb2.RebootDeviceRequest(device=name(1))),
                (self.wall.parameters.SetParameters, parameter_pb2.SetParametersRequest(device=name(1))),
                (self.wall.bulks.StartBulkOperation, bulk_pb2.StartBulkOperationRequest(filter="online = true")),
                (self.wall.credentials.ListCredentials, credential_pb2.ListCredentialsRequest()),
                (self.wall.credentials.RotateCredential, credential_pb2.RotateCredentialRequest(device=name(1))),
                (self.wall.devices.DeleteDevice, device_pb2.DeleteDeviceRequest(name=name(1)))):
            answer = refused(call, request, timeout=LONG)
            self.assertEqual((answer.code, answer.reason), (grpc.StatusCode.PERMISSION_DENIED, "ROLE_FORBIDS"), answer)


def up_to_the_end(events):
    last = next(i for i, each in enumerate(events) if each.value_change.value == "the-end")
    return events[:last + 1]


class InOrder(unittest.TestLoader):
    """The steps as they are written."""

    def getTestCaseNames(self, testCaseClass):
        return [each for each in vars(testCaseClass) if each.startswith("test_")]


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:-2], testLoader=InOrder(), failfast=True, verbosity=2)
