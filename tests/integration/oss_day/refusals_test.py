#!/usr/bin/env python3
"""What an OSS is refused, with which code and which details; and that the bridge lets go of what a client gives up.

    refusals_test.py USP_BRIDGE CPE_SIM     exit status 77: something of deploy/install-deps.sh --tests is not there
"""

import hashlib
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import bridge_world

bridge_world.need("grpc", "google.protobuf", "yaml")
bridge_world.make_stubs()

import grpc
from proto.bridge.v1 import credential_pb2, device_pb2, operation_pb2, parameter_pb2, watch_pb2
from bridge_world import LONG, Fleet, World, temporary_folder, wait_until
from certificates import Authority
from control_client import Control, refused

TOKEN = "the-token-of-the-oss"
LEASE = "Device.DHCPv4.Server.Pool.1.LeaseTime"
LIVE_READ = f'"method":"GetParameterValues","names":["{LEASE}"]'
TEST_BRIDGE, TEST_CPE_SIM = sys.argv[-2:]
Code = grpc.StatusCode


class Refusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World(TEST_BRIDGE, {
            "cwmp": {"auth": {"shared": {"username": "cpe", "password": "secret"}}, "linger": {"mode": "never"}},
            "grpc": {"clients": [{"name": "oss", "role": "admin", "token_sha256": hashlib.sha256(TOKEN.encode()).hexdigest()}]}})
        cls.oss = Control(cls.world.address, TOKEN)
        cls.fleet = Fleet(TEST_CPE_SIM, cls.world.acs_port, "--events", "--username", "cpe", "--password", "secret",
                          "--serial", "R", "--devices", "3")
        wait_until(lambda: len(cls.listed("onboarded = true AND in_session = false").devices) == 3, "the devices")

    @classmethod
    def tearDownClass(cls):
        cls.world.stop()

    @classmethod
    def listed(cls, text, **options):
        return cls.oss.devices.ListDevices(device_pb2.ListDevicesRequest(filter=text, **options), timeout=LONG)

    def name(self, serial):
        return self.listed(f"serial_number = {serial}").devices[0].name

    def refused(self, call, request, **options):
        return refused(call, request, **{"timeout": LONG, **options})

    def assert_bad_field(self, refusal, field, words):
        self.assertEqual((refusal.code, refusal.reason), (Code.INVALID_ARGUMENT, "INVALID_FIELD"), refusal)
        self.assertEqual(refusal.details["ErrorInfo"].domain, "usp-bridge")
        violation = refusal.details["BadRequest"].field_violations[0]
        self.assertEqual(violation.field, field)
        self.assertIn(words, violation.description)

    # ---- who calls

    def test_strangers_are_told_what_is_missing(self):
        request = device_pb2.ListDevicesRequest()
        for token, reason in ((None, "NO_CREDENTIALS"), ("a-token-of-nobody-here", "UNKNOWN_CREDENTIALS")):
            refusal = self.refused(Control(self.world.address, token).devices.ListDevices, request)
            self.assertEqual((refusal.code, refusal.reason), (Code.UNAUTHENTICATED, reason), refusal)
        watching = self.refused(Control(self.world.address).watches.Watch, watch_pb2.WatchRequest())
        self.assertEqual(watching.code, Code.UNAUTHENTICATED)

    # ---- what is asked for

    def test_a_device_that_is_unknown_is_named(self):
        name = "devices/ops::00D09E-Gateway-Nobody"
        for call, request in ((self.oss.devices.GetDevice, device_pb2.GetDeviceRequest(name=name)),
                              (self.oss.credentials.RotateCredential, credential_pb2.RotateCredentialRequest(device=name)),
                              (self.oss.operations.RebootDevice, operation_pb2.RebootDeviceRequest(device=name))):
            refusal = self.refused(call, request)
            self.assertEqual((refusal.code, refusal.reason), (Code.NOT_FOUND, "NO_SUCH_RESOURCE"), refusal)
            resource = refusal.details["ResourceInfo"]
            self.assertEqual((resource.resource_type, resource.resource_name), ("device", name))

    def test_a_filter_that_is_none_is_explained(self):
        for text, words in (("serial_number = ", ""), ("colour = red", "colour"), ("tags = lab", "tags"), ("online = true AND (", "")):
            self.assert_bad_field(self.refused(self.oss.devices.ListDevices, device_pb2.ListDevicesRequest(filter=text)), "filter", words)

    def test_a_page_token_is_good_for_its_list_only(self):
        token = self.listed('serial_number = "R-*"', page_size=1).next_page_token
        self.assertEqual(len(self.listed('serial_number = "R-*"', page_token=token).devices), 2)
        for text, stale in (('serial_number = "*"', token), ("", token), ("", "AAAA"), ("", "no base64!"), ("", token[:-4])):
            refusal = self.refused(self.oss.devices.ListDevices, device_pb2.ListDevicesRequest(filter=text, page_token=stale))
            self.assert_bad_field(refusal, "page_token", "")
        other = self.refused(self.oss.operations.ListOperations,
                             operation_pb2.ListOperationsRequest(device=self.name("R-1"), page_token=token))
        self.assert_bad_field(other, "page_token", "of another list")

    def test_a_request_beyond_the_limit_is_refused_and_the_connection_stays_good(self):
        def set_of(size):
            return parameter_pb2.SetParametersRequest(device=self.name("R-1"), parameters=[
                parameter_pb2.Parameter(path="Device.WiFi.SSID.1.SSID", value="x" * size)])
        huge = self.refused(self.oss.parameters.SetParameters, set_of(4 * 1024 * 1024))
        self.assertEqual((huge.code, huge.details), (Code.RESOURCE_EXHAUSTED, {}), "gRPC's own answer")
        large = self.refused(self.oss.parameters.SetParameters, set_of(4 * 1024 * 1024 - 1024))
        self.assertEqual(large.code, Code.INVALID_ARGUMENT, large)
        self.assertEqual(len(self.listed("").devices), 3)

    # ---- who goes away

    def let_go_after_cancel(self, method, call):
        """The client cancels the call; how often calls of the method have ended in the bridge since, by code."""
        with self.assertRaises(grpc.FutureTimeoutError):
            call.result(timeout=0.5)  # the bridge is at it
        before = self.ended(method)
        call.cancel()
        self.assertEqual(call.code(), Code.CANCELLED)
        wait_until(lambda: sum(self.ended(method).values()) > sum(before.values()), method + " to end in the bridge")
        after = self.ended(method)
        return {code: after[code] - before.get(code, 0) for code in after if after[code] != before.get(code, 0)}

    def ended(self, method):
        """How often, by code."""
        series = re.compile(rf'^usp_bridge_grpc_calls_total{{code="(\w+)",method="{method}"}} (\d+)$', re.MULTILINE)
        return {code: int(count) for code, count in series.findall(self.world.metrics())}

    def waiting_for_a_reboot(self, serial):
        """Of a device that sleeps."""
        self.fleet.command("sleep", serial)
        started = self.oss.operations.RebootDevice(operation_pb2.RebootDeviceRequest(device=self.name(serial)), timeout=LONG)
        return self.oss.operations.WaitOperation.future(operation_pb2.WaitOperationRequest(name=started.name), timeout=LONG)

    def reading_live(self, serial):
        """From a device that sleeps; the bridge waits for it."""
        self.fleet.command("sleep", serial)
        request = parameter_pb2.GetParametersRequest(device=self.name(serial), paths=[LEASE], source=parameter_pb2.LIVE)
        return self.oss.parameters.GetParameters.future(request, timeout=LONG)

    def test_a_wait_that_is_cancelled_is_let_go(self):
        self.let_go_after_cancel("OperationService/WaitOperation", self.waiting_for_a_reboot("R-2"))
        self.assertEqual(len(self.listed("open_operations > 0").devices), 1, "the operation itself goes on")

    def test_a_live_read_that_is_cancelled_is_let_go(self):
        self.let_go_after_cancel("ParameterService/GetParameters", self.reading_live("R-3"))

    def test_what_a_client_has_cancelled_is_not_called_an_error_of_the_bridge(self):
        self.assertEqual(self.let_go_after_cancel("OperationService/WaitOperation", self.waiting_for_a_reboot("R-2")), {"CANCELLED": 1})

    def test_a_live_read_that_is_cancelled_is_never_sent(self):
        reading = self.reading_live("R-3")
        self.let_go_after_cancel("ParameterService/GetParameters", reading)
        self.fleet.skip_output()
        before = self.fleet.output().count(LIVE_READ)
        self.fleet.write_line("wake R-3")
        self.fleet.wait_for('"event":"session_end","device":"R-3"')
        self.assertEqual(self.fleet.output().count(LIVE_READ), before)

    # ---- deadlines

    def test_deadlines_are_told_before_the_client_gives_up(self):
        self.fleet.command("sleep", "R-1")
        device = self.name("R-1")
        reading = parameter_pb2.GetParametersRequest(device=device, paths=[LEASE], source=parameter_pb2.LIVE)
        writing = parameter_pb2.SetParametersRequest(device=device, parameters=[parameter_pb2.Parameter(path=LEASE, value="4711")])
        for call, request in ((self.oss.parameters.GetParameters, reading), (self.oss.parameters.SetParameters, writing)):
            refusal = self.refused(call, request, timeout=2)
            self.assertEqual((refusal.code, refusal.reason), (Code.DEADLINE_EXCEEDED, "DEVICE_NOT_REACHED"), refusal)
            self.assertEqual(refusal.details["DeviceError"].usp_code, 7801)
        self.fleet.skip_output()
        self.fleet.write_line("wake R-1")
        self.fleet.wait_for('"event":"session_end","device":"R-1"')
        self.assertEqual(self.fleet.command("get", "R-1", LEASE), "86400", "nothing was or will be written")


class Certificates(unittest.TestCase):
    """Where clients are known by their certificates."""

    @classmethod
    def setUpClass(cls):
        folder = temporary_folder()
        cls.ca, cls.other_ca = Authority(folder, "ours"), Authority(folder, "theirs")
        certificate, key = cls.ca.issue("bridge")
        cls.world = World(TEST_BRIDGE, {"grpc": {
            "tls": {"certificate": str(certificate), "key": str(key), "client_ca": str(cls.ca.certificate)},
            "clients": [{"name": "oss", "role": "admin", "certificate": "oss.example"},
                        {"name": "wall", "role": "viewer", "certificate": "wall.example"}]}})

    @classmethod
    def tearDownClass(cls):
        cls.world.stop()

    def client(self, pair=None, trusts=None):
        certificate, key = (path.read_bytes() for path in pair) if pair else (None, None)
        credentials = grpc.ssl_channel_credentials((trusts or self.ca).certificate.read_bytes(), key, certificate)
        return Control(self.world.address, credentials=credentials)

    def test_the_right_one_is_let_in_with_its_role(self):
        oss, wall = self.client(self.ca.issue("oss.example")), self.client(self.ca.issue("wall.example"))
        request = credential_pb2.ListCredentialsRequest()
        self.assertEqual(len(oss.credentials.ListCredentials(request, timeout=LONG).credentials), 0)
        refusal = refused(wall.credentials.ListCredentials, request, timeout=LONG)
        self.assertEqual((refusal.code, refusal.reason), (Code.PERMISSION_DENIED, "ROLE_FORBIDS"), refusal)

    def test_one_that_nobody_knows_is_a_stranger(self):
        refusal = refused(self.client(self.ca.issue("nobody.example")).devices.ListDevices, device_pb2.ListDevicesRequest(), timeout=LONG)
        self.assertEqual((refusal.code, refusal.reason), (Code.UNAUTHENTICATED, "UNKNOWN_CREDENTIALS"), refusal)

    def test_one_of_another_authority_or_none_gets_no_connection(self):
        for pair in (self.other_ca.issue("oss.example"), None):
            refusal = refused(self.client(pair).devices.ListDevices, device_pb2.ListDevicesRequest(), timeout=LONG)
            self.assertEqual((refusal.code, refusal.details), (Code.UNAVAILABLE, {}), refusal)

    def test_a_client_does_not_talk_to_a_bridge_that_it_does_not_trust(self):
        refusal = refused(self.client(self.ca.issue("oss.example"), self.other_ca).devices.ListDevices, device_pb2.ListDevicesRequest(),
                          timeout=LONG)
        self.assertEqual(refusal.code, Code.UNAVAILABLE, refusal)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:-2], verbosity=2)
