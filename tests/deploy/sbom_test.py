#!/usr/bin/env python3
"""deploy/sbom.py: the bill of materials names what the programs are really made of.

    tests/deploy/sbom_test.py BUILD_DIRECTORY VERSION     exit status 77: dpkg or ninja is not there
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

ROOT = pathlib.Path(__file__).resolve().parents[2]
SBOM = ROOT / "deploy/sbom.py"

for tool in ("dpkg-query", "ninja", "readelf", "ldd"):
    if shutil.which(tool) is None:
        print(f"SKIPPED: {tool} is not installed")
        sys.exit(77)

BUILD, VERSION = sys.argv[1:3]
del sys.argv[1:3]
PROGRAMS = [f"{BUILD}/bin/usp-bridge", f"{BUILD}/bin/usp-bridgectl"]

sys.path.insert(0, str(ROOT / "deploy"))
sys.dont_write_bytecode = True
import sbom  # noqa: E402


class Sbom(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.file = pathlib.Path(cls.folder.name) / "usp-bridge.spdx.json"
        cls.run_sbom("--output", cls.file)
        cls.document = json.loads(cls.file.read_text())
        cls.packages = {p["SPDXID"]: p for p in cls.document["packages"]}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @staticmethod
    def run_sbom(*arguments):
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
        command = [SBOM, "--build", BUILD, "--version", VERSION, *arguments, *PROGRAMS]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout

    def related(self, kind, element=None):
        ids = [r["relatedSpdxElement"] for r in self.document["relationships"]
               if r["relationshipType"] == kind and element in (None, r["spdxElementId"])]
        return {self.packages[i]["name"] for i in ids if i in self.packages}

    def test_it_has_what_spdx_2_3_asks_for(self):
        document = self.document
        self.assertEqual((document["spdxVersion"], document["dataLicense"], document["SPDXID"]),
                         ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
        self.assertRegex(document["documentNamespace"], r"^https://[^#]+$")
        self.assertEqual(document["creationInfo"]["created"], "2023-11-14T22:13:20Z")
        for package in document["packages"]:
            self.assertLessEqual({"SPDXID", "name", "versionInfo", "downloadLocation"}, set(package))
            self.assertFalse(package["filesAnalyzed"])
        for file in document["files"]:
            algorithms = {c["algorithm"]: c["checksumValue"] for c in file["checksums"]}
            self.assertRegex(algorithms["SHA1"], "^[0-9a-f]{40}$")
            self.assertRegex(algorithms["SHA256"], "^[0-9a-f]{64}$")

    def test_every_element_has_one_good_name_and_every_reference_leads_to_one(self):
        ids = [e["SPDXID"] for e in self.document["packages"] + self.document["files"]] + ["SPDXRef-DOCUMENT"]
        self.assertEqual(len(ids), len(set(ids)))
        for each in ids:
            self.assertRegex(each, r"^SPDXRef-[A-Za-z0-9.-]+$")
        for r in self.document["relationships"]:
            self.assertIn(r["spdxElementId"], ids)
            self.assertIn(r["relatedSpdxElement"], ids)

    def test_every_library_that_a_program_names_is_there(self):
        for program in PROGRAMS:
            named = self.related("DYNAMIC_LINK", "SPDXRef-File-" + os.path.basename(program))
            text = subprocess.run(["objdump", "-p", program], check=True, capture_output=True, text=True).stdout
            for library in re.findall(r"NEEDED\s+(\S+)", text):
                found = subprocess.run(["ldconfig", "-p"], check=True, capture_output=True, text=True,
                                       env={**os.environ, "PATH": os.environ["PATH"] + ":/sbin:/usr/sbin"}).stdout
                path = re.search(rf"^\s*{re.escape(library)} .* => (\S+)$", found, re.MULTILINE)[1]
                owners = set()
                for each in {path, os.path.realpath(path), path.replace("/usr", "", 1), "/usr" + path}:
                    done = subprocess.run(["dpkg-query", "-S", each], capture_output=True, text=True, check=False)
                    owners |= {line.split(":")[0] for line in done.stdout.splitlines()}
                self.assertTrue(owners & named, library)

    def test_what_find_package_asks_for_is_there(self):
        names = " ".join(p["name"] for p in self.document["packages"])
        for library in ("boost", "ssl", "zlib", "sqlite3", "protobuf", "grpc", "pugixml", "expected", "spdlog", "yaml-cpp",
                        "cli11", "prometheus-cpp", "paho-mqtt1", "paho-mqttpp"):
            self.assertIn(library, names)

    def test_header_only_libraries_are_compiled_in_and_tests_are_not(self):
        compiled_in = self.related("STATIC_LINK")
        self.assertTrue(any("boost" in name for name in compiled_in))
        self.assertLessEqual({"libcli11-dev", "libexpected-dev"}, compiled_in)
        self.assertFalse([p["name"] for p in self.document["packages"] if re.search("gtest|gmock|benchmark", p["name"])])

    def test_versions_are_dpkgs(self):
        for package in self.document["packages"]:
            if package["name"] != "usp-bridge":
                version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}\n", package["name"]], check=True,
                                         capture_output=True, text=True).stdout.splitlines()[0]
                self.assertEqual(package["versionInfo"], version)
                locator = package["externalRefs"][0]["referenceLocator"]
                self.assertRegex(locator, r"^pkg:deb/debian/[^@]+@[A-Za-z0-9.~%-]+\?arch=\w+&distro=\w+-[\w.]+$")
        self.assertEqual(self.packages["SPDXRef-Package-usp-bridge"]["versionInfo"], VERSION)

    def test_the_same_programs_give_the_same_document(self):
        self.assertEqual(self.run_sbom(), self.file.read_text())

    def test_packages_for_a_container_are_those_that_are_linked(self):
        done = subprocess.run([SBOM, "--packages", *PROGRAMS], check=True, capture_output=True, text=True)
        self.assertEqual(set(done.stdout.split()), self.related("DYNAMIC_LINK") | self.related("DEPENDS_ON"))


class Licences(unittest.TestCase):
    def test_debians_names_become_spdxs(self):
        self.assertEqual(sbom.expression("Expat"), "MIT")
        self.assertEqual(sbom.expression("BSD-3-clause"), "BSD-3-Clause")
        self.assertEqual(sbom.expression("LGPL-2.1+"), "LGPL-2.1-or-later")
        self.assertEqual(sbom.expression("Artistic or GPL-1+"), "Artistic-1.0-Perl OR GPL-1.0-or-later")

    def test_what_cannot_be_said_is_not_guessed(self):
        for name in ("public-domain", "BSD-3-Clause~Google", "Expat with embedded exception", "Expat or Foo"):
            self.assertIsNone(sbom.expression(name), name)

    def test_merged_directories_are_one(self):
        self.assertEqual(sbom.Dpkg.canonical("/lib/x86_64-linux-gnu/libc.so.6"), "/usr/lib/x86_64-linux-gnu/libc.so.6")
        self.assertEqual(sbom.Dpkg.canonical("/lib64/ld.so"), "/usr/lib64/ld.so")
        self.assertEqual(sbom.Dpkg.canonical("/usr/lib/x"), "/usr/lib/x")


if __name__ == "__main__":
    unittest.main()
