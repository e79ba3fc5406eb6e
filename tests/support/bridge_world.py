"""A broker, the bridge and simulated devices for tests in Python, and the stubs of the control API.

What tests/integration/world.h is to those in C++. No sleeping: a test waits for a line, an event or an exit.
"""

import atexit
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ROOT / "tests/data/models"
LONG = 60  # seconds; what a busy machine may take for anything
SKIPPED = 77  # exit status, as ctest is told


def need(*modules):
    """Ends the test as skipped where Debian's packages are not there."""
    missing = [name for name in modules if not _is_there(name)]
    missing += [name for name in ("protoc", "grpc_python_plugin", "mosquitto") if _path_of(name) is None]
    if missing:
        print(f"SKIPPED: {', '.join(missing)} not installed (deploy/install-deps.sh --tests)")
        sys.exit(SKIPPED)


def _is_there(module):
    try:
        __import__(module)
    except ImportError:
        return False
    return True


def _path_of(program):
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin")


def temporary_folder():
    """Removed when the program ends."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="usp-bridge-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def make_stubs():
    """Generates the stubs of proto/ and makes them importable: `from proto.bridge.v1 import device_pb2`."""
    folder = temporary_folder()
    files = sorted(str(path.relative_to(ROOT)) for name in ("bridge/v1", "google/rpc") for path in (ROOT / "proto" / name).glob("*.proto"))
    subprocess.run(["protoc", "-I.", f"--python_out={folder}", f"--grpc_out={folder}",
                    f"--plugin=protoc-gen-grpc={_path_of('grpc_python_plugin')}", *files], cwd=ROOT, check=True)
    sys.path.insert(0, str(folder))


_reserved = []


def free_port():
    """Free, and no other test's as long as this one runs (tests/support/process.cc keeps to the same names)."""
    for _ in range(1000):
        port = random.randrange(10_000, 30_000)
        name = socket.socket(socket.AF_UNIX)
        probe = socket.socket()
        try:
            name.bind(f"\0usp-bridge-test-port-{port}")
            probe.bind(("127.0.0.1", port))
        except OSError:
            name.close()
            continue
        finally:
            probe.close()
        _reserved.append(name)
        return port
    raise RuntimeError("no free port")


def wait_until(condition, what, limit=LONG):
    """For what no event tells. Returns what the condition returned."""
    end = time.monotonic() + limit
    while True:
        if found := condition():
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit} s: {what}")
        time.sleep(0.02)


class Program:
    """A running process whose output is read line by line."""

    def __init__(self, *command):
        self._lines = []
        self._position = 0
        self._changed = threading.Condition()
        self._process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT, text=True, bufsize=1)
        self._name = os.path.basename(str(command[0]))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        atexit.register(self.kill)

    def _read(self):
        for line in self._process.stdout:
            with self._changed:
                self._lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._lines.append(f"<{self._name} has ended>")
            self._changed.notify_all()

    @property
    def pid(self):
        return self._process.pid

    def output(self):
        with self._changed:
            return "\n".join(self._lines)

    def last_output(self):
        """For messages."""
        with self._changed:
            return "\n".join(self._lines[-100:])

    def skip_output(self):
        with self._changed:
            self._position = len(self._lines)

    def wait_for(self, pattern, limit=LONG):
        """The match of the next line that has this regular expression."""
        wanted = re.compile(pattern)
        end = time.monotonic() + limit
        with self._changed:
            while True:
                while self._position < len(self._lines):
                    self._position += 1
                    if match := wanted.search(self._lines[self._position - 1]):
                        return match
                if not self._changed.wait(max(0, end - time.monotonic())) and time.monotonic() > end:
                    break
        raise AssertionError(f"{self._name} did not say {pattern!r}:\n{self.last_output()}")

    def write_line(self, text):
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def send(self, number):
        self._process.send_signal(number)

    def wait(self, limit=LONG):
        return self._process.wait(limit)

    def kill(self):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


class Fleet(Program):
    """cpe-sim with its operator: `fleet.command("get", "Oss-1", path)`."""

    def __init__(self, program, acs_port, *options, model="tr181-small.csv"):
        super().__init__(program, "--acs", f"http://127.0.0.1:{acs_port}/", "--model", MODELS / model, "--time-scale", "0.1", *options)

    def command(self, *words):
        self.skip_output()
        self.write_line(" ".join(words))
        return self.wait_for(r"^(?:ok ?(.*)|(error.*))$").group(1)  # None after an error


class World:
    """A broker and the bridge, up. `settings` are nested as the YAML is, and win over the usual ones."""

    def __init__(self, bridge, settings=None):
        self.folder = temporary_folder()
        self.acs_port, self.grpc_port, self.admin_port, mqtt_port = (free_port() for _ in range(4))
        self.address = f"127.0.0.1:{self.grpc_port}"
        self._program = bridge
        self.broker = self._start_broker(mqtt_port)
        usual = {
            "cwmp": {"listen": "127.0.0.1", "port": self.acs_port, "connection_request": {"allow": ["127.0.0.0/8"]}},
            "mqtt": {"host": "127.0.0.1", "port": mqtt_port},
            "grpc": {"port": self.grpc_port},
            "admin": {"port": self.admin_port},
            "store": {"directory": str(self.folder / "store")},
            "log": {"format": "text", "level": "info"},
        }
        import yaml  # pylint: disable=import-outside-toplevel
        (self.folder / "bridge.yaml").write_text(yaml.safe_dump(merged(usual, settings or {})))
        self.start_bridge()

    def _start_broker(self, port):
        config = self.folder / "mosquitto.conf"
        # Started by root it would become user mosquitto, who cannot read this folder.
        user = "user root\n" if os.geteuid() == 0 else ""
        config.write_text(f"allow_anonymous true\npersistence false\nlog_dest stderr\n{user}listener {port} 127.0.0.1\n")
        broker = Program(_path_of("mosquitto"), "-c", config)
        broker.wait_for(" running")
        return broker

    def start_bridge(self):
        self.bridge = Program(self._program, "-c", self.folder / "bridge.yaml")
        self.bridge.wait_for("mqtt: connected")

    def kill_bridge(self):
        self.bridge.send(signal.SIGKILL)
        self.bridge.wait()

    def stop(self):
        self.bridge.kill()
        self.broker.kill()

    def metrics(self):
        """The text of /metrics."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/metrics", timeout=LONG) as answer:
            return answer.read().decode()

    def metric(self, series):
        """Its value; 0 where it is not there yet."""
        found = re.search(rf"^{re.escape(series)} (\S+)$", self.metrics(), re.MULTILINE)
        return float(found[1]) if found else 0.0


def merged(usual, settings):
    """Dictionaries within dictionaries; `settings` win."""
    out = dict(usual)
    for name, value in settings.items():
        out[name] = merged(out[name], value) if isinstance(value, dict) and isinstance(out.get(name), dict) else value
    return out
