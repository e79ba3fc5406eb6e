#!/usr/bin/env python3
"""deploy/prometheus and deploy/grafana: they ask for metrics that the bridge has, in words that Prometheus takes.

    tests/deploy/monitoring_test.py PATH_OF_USP_BRIDGE     exit status 77: python3-yaml or promtool is not there
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALERTS = ROOT / "deploy/prometheus/alerts.yaml"
RUNBOOK = ROOT / "deploy/prometheus/runbook.md"
DASHBOARD = ROOT / "deploy/grafana/usp-bridge.json"

try:
    import yaml
except ImportError:
    print("SKIPPED: python3-yaml is not installed (deploy/install-deps.sh --tests)")
    sys.exit(77)
if shutil.which("promtool") is None:
    print("SKIPPED: promtool is not installed (Debian: apt-get install prometheus)")
    sys.exit(77)
BRIDGE = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else ""

HISTOGRAM_PARTS = ("_bucket", "_sum", "_count")


def metrics_of_the_bridge():
    """name: counter, gauge or histogram, as bridge/metrics.cc registers it."""
    text = (ROOT / "bridge/metrics.cc").read_text()
    header = (ROOT / "bridge/metrics.h").read_text()
    found = {}
    for member, made_by, name in re.findall(r"(\w+)\(\s*(?:(\w+)\()?\*registry_,\s*\"(usp_bridge_\w+)\"", text):
        family = re.search(rf"(\w+)Family {member};", header)
        found[name] = made_by or family[1].lower()
    return found


def metrics_of_the_process():
    return set(re.findall(r'family\("(\w+)"', (ROOT / "bridge/process_metrics.cc").read_text()))


def labels_of(name):
    """Label names that the code gives it."""
    text = (ROOT / "bridge/metrics.cc").read_text()
    arguments = text.split(f'"{name}"')[1].split("usp_bridge_")[0]
    braces = re.search(r"\{((?:\"\w+\",?\s*)+)\}", arguments)
    single = re.search(r'", "(way)",', arguments)
    return set(re.findall(r'"(\w+)"', braces[1] if braces else "")) | ({single[1]} if single else set())


def expressions():
    """(where, PromQL) of everything that asks."""
    for rule in yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]:
        yield rule["alert"], rule["expr"]
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


class Names(unittest.TestCase):
    def setUp(self):
        self.metrics = metrics_of_the_bridge()

    def test_all_metrics_are_found(self):
        text = (ROOT / "bridge/metrics.cc").read_text()
        self.assertEqual(set(self.metrics), set(re.findall(r'"(usp_bridge_\w+)"', text)))

    def test_they_keep_to_the_conventions_of_prometheus(self):
        for name, kind in self.metrics.items():
            self.assertRegex(name, r"^usp_bridge_[a-z][a-z0-9_]*[a-z]$")
            self.assertEqual(name.endswith("_total"), kind == "counter", f"{name} is a {kind}")
            self.assertNotRegex(name, r"_(ms|millis\w*|micros\w*|minutes|hours|kib|mib|kilobytes|percent)(_|$)", "base units")
            self.assertFalse(name.endswith(HISTOGRAM_PARTS), name)

    def test_what_is_asked_for_is_there(self):
        for where, expression in expressions():
            for name in re.findall(r"\bprocess_\w+", expression):
                self.assertIn(name, metrics_of_the_process(), where)
            for name in re.findall(r"\busp_bridge_\w+", expression):
                base = re.sub("(_bucket|_sum|_count)$", "", name) if name not in self.metrics else name
                self.assertIn(base, self.metrics, where)
                if base != name:
                    self.assertEqual(self.metrics[base], "histogram", f"{where}: {name}")

    def test_labels_that_are_asked_for_are_there(self):
        for where, expression in expressions():
            known = {"instance", "le"}
            for name in re.findall(r"\b(usp_bridge_\w+?)(?:_bucket|_sum|_count)?\b", expression):
                if name in self.metrics:
                    known |= labels_of(name)
            asked = set(re.findall(r"[{,]\s*(\w+)\s*[=!]", expression))
            for group in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression):
                asked |= {word.strip() for word in group.split(",")}
            self.assertLessEqual(asked, known, f"{where}: {expression}")

    def test_counters_are_asked_for_as_rates(self):
        for where, expression in expressions():
            for before, name in re.findall(r"(\w*\(?)(usp_bridge_\w+_total)", expression):
                self.assertIn(before, ("rate(", "increase("), f"{where}: {name}")

    def test_the_dashboard_shows_every_metric(self):
        text = DASHBOARD.read_text()
        for name in self.metrics:
            self.assertIn(name, text)


class Alerts(unittest.TestCase):
    def setUp(self):
        self.rules = yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]

    def test_each_says_what_to_do(self):
        headings = re.findall(r"^## (\w+)$", RUNBOOK.read_text(), re.MULTILINE)
        self.assertEqual(headings, [rule["alert"] for rule in self.rules])
        for rule in self.rules:
            self.assertEqual(rule["annotations"]["runbook"], "deploy/prometheus/runbook.md#" + rule["alert"].lower())
            self.assertTrue(rule["annotations"]["summary"] and rule["annotations"]["description"])
            self.assertIn(rule["labels"]["severity"], ("critical", "warning"))

    def test_settings_that_the_runbook_names_are_there(self):
        example = (ROOT / "deploy/usp-bridge.example.yaml").read_text()
        for path in re.findall(r"`((?:cwmp|mqtt|device|store|admin|grpc)\.[a-z_.]+)`", RUNBOOK.read_text()):
            for part in path.split("."):
                self.assertRegex(example, rf"(?m)^ *#? *{part}:", path)

    def test_promtool_takes_them(self):
        done = subprocess.run(["promtool", "check", "rules", ALERTS], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_they_fire_when_they_should(self):
        done = subprocess.run(["promtool", "test", "rules", "alerts_test.yaml"], capture_output=True, text=True, check=False,
                              cwd=ROOT / "tests/deploy")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_has_a_case(self):
        cases = (ROOT / "tests/deploy/alerts_test.yaml").read_text()
        for rule in self.rules:
            self.assertIn(f"alertname=\"{rule['alert']}\"", cases)


class Dashboard(unittest.TestCase):
    def setUp(self):
        self.dashboard = json.loads(DASHBOARD.read_text())

    def test_promtool_takes_its_expressions(self):
        rules = []
        for number, (_, expression) in enumerate(expressions()):
            expression = expression.replace("$__rate_interval", "5m").replace("$instance", ".*")
            rules.append({"record": f"test:expression:{number}", "expr": expression})
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump({"groups": [{"name": "test", "rules": rules}]}, file)
            file.flush()
            done = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_panels_have_numbers_of_their_own_and_lie_beside_each_other(self):
        panels = self.dashboard["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        taken = set()
        for panel in panels:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells

    def test_it_is_for_any_prometheus(self):
        for panel in self.dashboard["panels"]:
            for target in panel.get("targets", []):
                self.assertEqual(target["datasource"]["uid"], "${datasource}")
                self.assertIn('instance=~"$instance"', target["expr"])


class RealMetrics(unittest.TestCase):
    """/metrics of a bridge that has just started."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        settings = {"CWMP__PORT": "0", "GRPC__PORT": "0", "ADMIN__PORT": "0", "STORE__DIRECTORY": cls.folder.name + "/store",
                    "MQTT__PORT": "1", "LOG__FORMAT": "text", "SHUTDOWN_TIMEOUT": "1s"}
        environment = {**os.environ, **{"USP_BRIDGE_" + name: value for name, value in settings.items()}}
        cls.bridge = subprocess.Popen([BRIDGE], stdout=subprocess.PIPE, text=True, env=environment)
        for line in cls.bridge.stdout:
            if match := re.search(r"ready: .*admin port (\d+)", line):
                break
        with urllib.request.urlopen(f"http://127.0.0.1:{match[1]}/metrics", timeout=30) as answer:
            cls.text = answer.read().decode()

    @classmethod
    def tearDownClass(cls):
        cls.bridge.terminate()
        cls.bridge.communicate(timeout=60)
        cls.folder.cleanup()

    def test_promtool_takes_them(self):
        done = subprocess.run(["promtool", "check", "metrics"], input=self.text, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_their_names_are_those_of_the_source(self):
        self.assertLessEqual(set(re.findall(r"^# TYPE (\w+)", self.text, re.MULTILINE)), set(metrics_of_the_bridge()) | metrics_of_the_process())


if __name__ == "__main__":
    unittest.main()
