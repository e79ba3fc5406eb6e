#!/usr/bin/env python3
"""What the documents point at is there: links, files, settings and metrics.

    tests/docs/documents_test.py
"""

import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("bridge", "cwmp", "deploy", "docs", "proto", "tests", "usp")
# Sections of the configuration: `cwmp.auth.shared` in a document is a setting.
SECTIONS = ("admin", "brakes", "cwmp", "device", "grpc", "log", "mqtt", "signatures", "store", "translation")
SETTING = re.compile(rf"`((?:{'|'.join(SECTIONS)})(?:\.[a-z0-9_]+)+)(?:: [^`]*)?`")
NO_SETTING = {"grpc.health.v1", "store.key"}  # a service of gRPC, a file


def tracked():
    """Files of the project, without what is built or fetched."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True)
    if listed.returncode == 0 and listed.stdout:
        return listed.stdout.split("\n")
    found = (path.relative_to(ROOT) for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file())
    return [str(path) for path in found if "node_modules" not in path.parts] + [p.name for p in ROOT.glob("*.md")]


FILES = tracked()
DOCUMENTS = [ROOT / name for name in FILES if name.endswith(".md") and (ROOT / name).exists()]


def without_code(text):
    """The text alone: a link in an example is no link."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M))


def anchors(document):
    """The names that headings get."""
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.S | re.M)
    headings = re.findall(r"^#+ (.*)$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def exists(path):
    """A file, a folder, a pattern, or a header and its source without their endings."""
    path = path.rstrip("/")
    if (ROOT / path).exists():
        return True
    return any(ROOT.glob(path)) or any(ROOT.glob(path + ".*"))


def settings():
    """Dotted names of all settings, from the example that has each."""
    found, stack = set(), []
    for line in (ROOT / "deploy/usp-bridge.example.yaml").read_text().split("\n"):
        match = re.match(r"^( *)#?( *)(?:- )?([a-z][a-z0-9_]*):(?: |$)", line)
        if not match:
            continue
        depth = len(match[1]) + len(match[2]) + (2 if re.match(r"^ *#? *- ", line) else 0)
        while stack and stack[-1][0] >= depth:
            stack.pop()
        stack.append((depth, match[3]))
        found.add(".".join(name for _, name in stack))
    return found


class Documents(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for document in DOCUMENTS:
            for target in re.findall(r"\]\(([^)\s]+)\)", without_code(document.read_text())):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                file = (document.parent / path).resolve() if path else document
                with self.subTest(document=str(document.relative_to(ROOT)), target=target):
                    self.assertTrue(file.exists())
                    if anchor:
                        self.assertIn(anchor, anchors(file))

    def test_paths_that_are_named_are_there(self):
        named = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[A-Za-z0-9_./*-]+)`")
        topic = re.compile(r"usp/v1/")
        for document in DOCUMENTS:
            for path in named.findall(document.read_text()):
                if topic.match(path):
                    continue
                with self.subTest(document=str(document.relative_to(ROOT)), path=path):
                    self.assertTrue(exists(path) or exists(str(document.parent.relative_to(ROOT) / path)))

    def test_sources_in_the_pictures_are_there(self):
        text = (ROOT / "README.md").read_text().split("## Architecture")[1]
        for picture in re.findall(r"^```\n(.*?)^```", text, flags=re.S | re.M):
            for name in re.findall(r"[a-z0-9_/]+\.(?:cc|h)\b", picture):
                with self.subTest(name=name):
                    self.assertTrue(any(("/" + file).endswith("/" + name) for file in FILES))

    def test_settings_that_are_named_are_there(self):
        known = settings()
        for document in DOCUMENTS:
            if "helm" in document.parts:  # values of the chart
                continue
            for name in SETTING.findall(document.read_text()):
                if name in NO_SETTING or re.search(r"\.(cc|h|md|yaml|csv|proto)$", name):
                    continue
                with self.subTest(document=str(document.relative_to(ROOT)), setting=name):
                    self.assertTrue(name in known)

    def test_metrics_that_are_named_are_there(self):
        code = (ROOT / "bridge/metrics.cc").read_text() + (ROOT / "bridge/process_metrics.cc").read_text()
        for document in DOCUMENTS:
            for name in re.findall(r"`(usp_bridge_[a-z_]+)", document.read_text()):
                with self.subTest(document=str(document.relative_to(ROOT)), metric=name):
                    self.assertTrue(f'"{name}"' in code)

    def test_environment_variables_that_are_named_are_settings(self):
        known = {name.replace(".", "__").upper() for name in settings()}
        for document in DOCUMENTS:
            for name in re.findall(r"\bUSP_BRIDGE_([A-Z0-9_]+)", document.read_text()):
                if "__" not in name:
                    continue
                with self.subTest(document=str(document.relative_to(ROOT)), variable=name):
                    self.assertTrue(name in known)


if __name__ == "__main__":
    unittest.main(verbosity=0)
