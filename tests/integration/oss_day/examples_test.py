#!/usr/bin/env python3
"""docs/api-examples.md does what it says: its Python is run in one go, its grpcurl lines are parsed and called.

    examples_test.py USP_BRIDGE CPE_SIM     exit status 77: something of deploy/install-deps.sh --tests is not there
"""

import contextlib
import hashlib
import importlib
import io
import os
import pathlib
import re
import shlex
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import bridge_world

bridge_world.need("grpc", "google.protobuf", "yaml")

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from bridge_world import LONG, ROOT, Fleet, World, temporary_folder
from certificates import Authority

PAGE = ROOT / "docs/api-examples.md"
TOKEN = "the-token-of-the-examples"
TEST_BRIDGE, TEST_CPE_SIM = sys.argv[-2:]
SWITCHES = {"-plaintext": 0, "-cacert": 1, "-H": 1, "-d": 1}


def blocks(page, language):
    """(line, text) of each, padded so that a traceback names the line of the page."""
    for match in re.finditer(rf"^```{language}\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL):
        yield "\n" * page.read_text()[:match.start(1)].count("\n") + match[1]


def grpcurl_lines(page):
    """(method, JSON) of each command; the method is as in "bridge.v1.DeviceService/GetDevice"."""
    for block in blocks(page, "sh"):
        words = shlex.split(block.replace("\\\n", " "))
        while "grpcurl" in words:
            words = words[words.index("grpcurl") + 1:]
            body = "{}"
            while words[0].startswith("-"):
                switch, *words = words
                taken, words = words[:SWITCHES[switch]], words[SWITCHES[switch]:]
                body = taken[0] if switch == "-d" else body
            assert re.fullmatch(r"[\w.]+:\d+", words[0]), f"no address: {words[0]}"
            yield words[1], body


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = temporary_folder()
        (cls.folder / "proto").symlink_to(ROOT / "proto")
        os.chdir(cls.folder)
        stubs = next(block for block in blocks(PAGE, "sh") if "protoc" in block)
        subprocess.run(["bash", "-ec", stubs], check=True)
        cls.ca = Authority(cls.folder, "examples")
        certificate, key = cls.ca.issue("bridge")
        cls.tls = {"certificate": str(certificate), "key": str(key)}
        cls.world = World(TEST_BRIDGE, {
            "cwmp": {"auth": {"shared": {"username": "cpe", "password": "secret"}}},
            "grpc": {"tls": cls.tls, "clients": [
                {"name": "oss", "role": "admin", "token_sha256": hashlib.sha256(TOKEN.encode()).hexdigest()}]}})
        cls.fleets = [Fleet(TEST_CPE_SIM, cls.world.acs_port, "--events", "--username", "cpe", "--password", "secret", "--serial", serial)
                      for serial in ("0001", "0002")]
        for _ in cls.fleets:
            cls.world.bridge.wait_for(": learned")
        cls.names = {}

    @classmethod
    def tearDownClass(cls):
        cls.world.stop()

    def run_page(self, python):
        """What it prints."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            for block in python:
                exec(compile(block, str(PAGE), "exec"), self.names)  # the page is ours
        return out.getvalue()

    def test_1_the_python_of_the_page_runs(self):
        os.environ.update(USP_BRIDGE_ADDRESS=self.world.address, USP_BRIDGE_CA=str(self.ca.certificate), USP_BRIDGE_TOKEN=TOKEN)
        said = self.run_page(blocks(PAGE, "python"))
        for words in ("devices/ops::00D09E-Gateway-0001 1.4.2", "Device.WiFi.SSID.1.SSID", "Device.Nothing.", "7026",
                      "would send SetParameterValues", "2 set", "StatusCode.INVALID_ARGUMENT DEVICE_ERROR", "LeaseTime 70",
                      "StatusCode.INVALID_ARGUMENT filter", "'SuccessCount': '3'", "will touch 2", "2 done, 0 failed", "SUCCEEDED",
                      "2 devices", " inform", " operation", "100 added", "PENDING"):
            self.assertIn(words, said)
        self.assertNotIn("not rebooted", said)
        self.assertEqual(self.fleets[1].command("get", "0002", "Device.WiFi.SSID.1.SSID"), "everywhere")

    def test_2_the_grpcurl_lines_are_calls_that_work(self):
        for file in (self.folder / "stubs/proto/bridge/v1").glob("*_pb2.py"):
            importlib.import_module("proto.bridge.v1." + file.stem)
        pool = descriptor_pool.Default()
        lines = list(grpcurl_lines(PAGE)) + list(grpcurl_lines(ROOT / "docs/control-api.md"))
        self.assertGreater(len(lines), 15)
        for name, body in lines:
            with self.subTest(name, body=body):
                if name.startswith("grpc.health.v1."):
                    continue  # its stubs are not among those of the bridge
                service, method = name.split("/")
                found = pool.FindServiceByName(service).methods_by_name[method]
                request = json_format.Parse(body, message_class(found.input_type)())
                self.assertIsNotNone(self.answer(name, found, request))

    def answer(self, name, found, request):
        """The first message of it."""
        file = pathlib.Path(self.folder / "proto/bridge/v1" / pathlib.Path(found.containing_service.file.name).name).read_text()
        streams = re.search(rf"rpc {found.name}\(\w+\) returns \(stream ", file)
        kind = self.names["channel"].unary_stream if streams else self.names["channel"].unary_unary
        call = kind("/" + name, lambda each: each.SerializeToString(), message_class(found.output_type).FromString)
        answer = call(request, timeout=LONG)
        if not streams:
            return answer
        first = next(answer)
        answer.cancel()
        return first

    def test_3_the_watch_of_the_page_goes_on_after_a_crash(self):
        gaps = []

        def on_gap():
            gaps.append(len(gaps))
            self.fleets[1].write_line("inform 0002")

        events = self.names["watch"](on_gap, types=[self.names["watch_pb2"].INFORM], device="devices/ops::00D09E-Gateway-0002")
        self.assertEqual(next(events).inform.event_codes, ["2 PERIODIC"])
        self.assertEqual(gaps, [0])
        self.world.kill_bridge()
        self.world.start_bridge()
        self.assertEqual(next(events).inform.event_codes, ["2 PERIODIC"])
        self.assertEqual(gaps, [0, 1])
        events.close()

    def test_4_a_certificate_does_as_well(self):
        world = World(TEST_BRIDGE, {"grpc": {"tls": {**self.tls, "client_ca": str(self.ca.certificate)},
                                             "clients": [{"name": "oss", "role": "viewer", "certificate": "oss.example"}]}})
        self.names["ADDRESS"] = world.address
        channel = self.names["connect_with_certificate"](*self.ca.issue("oss.example"))
        stub = self.names["device_pb2_grpc"].DeviceServiceStub(channel)
        self.assertEqual(len(stub.ListDevices(self.names["device_pb2"].ListDevicesRequest(), timeout=LONG).devices), 0)
        world.stop()


def message_class(descriptor):
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory().GetPrototype(descriptor)  # before protobuf 4.22


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:-2], failfast=True, verbosity=2)
