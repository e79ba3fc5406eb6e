"""Checks Kubernetes objects against Kubernetes' own types: unknown fields, wrong types, missing ones.

The types are those of the API's OpenAPI document, as TypeScript; its compiler does the work, as it refuses properties that a
type does not have.
"""

import json
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).parent

# apiVersion: module with its types.
MODULES = {
    "v1": "kubernetes-types/core/v1",
    "apps/v1": "kubernetes-types/apps/v1",
    "policy/v1": "kubernetes-types/policy/v1",
    "networking.k8s.io/v1": "kubernetes-types/networking/v1",
    "monitoring.coreos.com/v1": "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1",
}


def line_of(number, document):
    version, kind = document["apiVersion"], document["kind"]
    name = "I" + kind if version.startswith("monitoring") else kind
    module = MODULES[version] + ("/" + kind if version.startswith("monitoring") else "")
    return (
        f'import type {{ {name} as T{number} }} from "{module}";\n'
        f"export const d{number}: T{number} = {json.dumps(document, indent=1)};\n"
    )


def mistakes(documents):
    """What is wrong, as text; empty: nothing."""
    with tempfile.TemporaryDirectory(dir=HERE / "node_modules") as folder:
        source = pathlib.Path(folder) / "documents.ts"
        source.write_text("".join(line_of(n, d) for n, d in enumerate(documents)))
        compiler = HERE / "node_modules/typescript/bin/tsc"
        options = ["--pretty", "--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--moduleResolution", "nodenext"]
        done = subprocess.run(["node", compiler, *options, source], capture_output=True, text=True, check=False)
        return done.stdout + done.stderr if done.returncode else ""
