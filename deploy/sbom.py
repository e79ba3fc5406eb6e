#!/usr/bin/env python3
"""The software bill of materials of the built programs: SPDX 2.3 as JSON, from what is really in them.

    deploy/sbom.py --build build/release --version 0.1.0 --output usp-bridge.spdx.json PROGRAM...
    deploy/sbom.py --packages PROGRAM...      the Debian packages that they need at run time, one a line

  DYNAMIC_LINK  packages of the libraries that a program names itself (readelf: NEEDED)
  DEPENDS_ON    packages of the libraries that those need (ldd)
  STATIC_LINK   packages of header-only libraries that were compiled in (ninja's dependency log)

Versions are dpkg's; licences are those of /usr/share/doc/*/copyright where that can be parsed, else NOASSERTION.
"""

import argparse
import collections
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse
import uuid

# Debian's short names (copyright-format 1.0) that are not SPDX's.
LICENCES = {
    "apache": "Apache-2.0", "apache-2": "Apache-2.0", "artistic": "Artistic-1.0-Perl", "boost-1.0": "BSL-1.0",
    "bsd": "BSD-3-Clause", "expat": "MIT", "x11": "X11", "gpl-1+": "GPL-1.0-or-later", "gpl-2": "GPL-2.0-only",
    "gpl-2+": "GPL-2.0-or-later", "gpl-3": "GPL-3.0-only", "gpl-3+": "GPL-3.0-or-later",
    "lgpl-2": "LGPL-2.0-only", "lgpl-2+": "LGPL-2.0-or-later", "lgpl-2.1": "LGPL-2.1-only",
    "lgpl-2.1+": "LGPL-2.1-or-later", "lgpl-3": "LGPL-3.0-only", "lgpl-3+": "LGPL-3.0-or-later", "zlib": "Zlib",
}
# Those that are SPDX's own, whatever their case.
LICENCES.update({name.lower(): name for name in (
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "EPL-1.0", "EPL-2.0", "ISC", "MIT",
    "MPL-2.0", "OpenSSL", "Unlicense", "Zlib",
)})

Package = collections.namedtuple("Package", "name version architecture source homepage")


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def needed_names(program):
    return re.findall(r"\(NEEDED\).*\[(.+)\]", output_of("readelf", "--wide", "--dynamic", program))


def libraries(program):
    """Name: file of everything that the loader would map."""
    found = {}
    for line in output_of("ldd", program).splitlines():
        if match := re.match(r"\s*(\S+) => (/\S+) ", line):
            found[match[1]] = match[2]
        elif match := re.match(r"\s*(/\S+) ", line):
            found[os.path.basename(match[1])] = match[1]
        elif "not found" in line:
            raise SystemExit(f"sbom: {program}: {line.strip()}")
    return found


class Dpkg:
    """Which package a file is of. Reads dpkg's lists once: there are thousands of headers."""

    def __init__(self):
        self.owners = {}
        for file in pathlib.Path("/var/lib/dpkg/info").glob("*.list"):
            name = file.name[: -len(".list")]
            for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
                self.owners.setdefault(self.canonical(line), name)
        self.known = {}

    @staticmethod
    def canonical(path):
        """/lib is /usr/lib since the directories were merged; the lists have either."""
        return "/usr" + path if re.match(r"/(bin|sbin|lib\w*)/", path) else path

    def owner(self, path):
        """None: no package's. A link may belong to another package than what it leads to, which is the one that counts."""
        for each in (os.path.realpath(path), path):
            if name := self.owners.get(self.canonical(each)):
                return self.package(name)
        return None

    def package(self, name):
        if name not in self.known:
            form = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${Homepage}"
            self.known[name] = Package(*output_of("dpkg-query", "-W", "-f", form, name).split("\t"))
        return self.known[name]


def owned(dpkg, files):
    packages = set()
    for file in files:
        package = dpkg.owner(file)
        if package is None:
            raise SystemExit(f"sbom: {file} is of no package")
        packages.add(package)
    return packages


def included_headers(build):
    """Headers of the system that objects of ours, tests aside, were compiled with."""
    headers, ours = set(), False
    for line in output_of("ninja", "-C", build, "-t", "deps").splitlines():
        if not line.startswith(" "):
            ours = not line.startswith(("tests/", "ninja:")) and "VALID" in line
        elif ours and (path := line.strip()).startswith("/usr/"):
            headers.add(os.path.normpath(path))
    return headers


def compiled_in(dpkg, build, linked):
    """Packages whose headers were included and whose code comes from no library that is linked."""
    sources = {package.source for package in linked}
    packages = {dpkg.owner(header) for header in included_headers(build)} - {None}
    # The kernel's headers are declarations only.
    return {package for package in packages if package.source not in sources and package.source != "linux"}


def expression(short):
    """Debian's licence as SPDX's; None: cannot be said."""
    out = []
    for word in re.split(r"\s*\b(and|or)\b\s*|,\s*", short.strip()):
        if not word:
            continue
        if word in ("and", "or"):
            out.append(word.upper())
        elif name := LICENCES.get(word.lower()):
            out.append(name)
        else:
            return None
    return " ".join(out) or None


def stated_licences(package):
    """(of "Files: *" as Debian says it or None, all that are named)."""
    file = pathlib.Path("/usr/share/doc") / package.name / "copyright"
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None, []
    if not re.match(r"Format: \S*copyright-format/1\.0", text, re.IGNORECASE):
        return None, []
    main, names = None, []
    for paragraph in re.split(r"\n\s*\n", text):
        licence = re.search(r"^License:[ \t]*(\S.*)$", paragraph, re.MULTILINE)
        if not licence:
            continue
        if licence[1] not in names:
            names.append(licence[1].strip())
        if main is None and re.search(r"^Files:\s+\*\s*$", paragraph, re.MULTILINE):
            main = licence[1].strip()
    return main, names


def spdx_id(package):
    return "SPDXRef-Package-deb-" + re.sub(r"[^A-Za-z0-9.-]", "-", package.name.replace("+", "-plus"))


def distribution():
    fields = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', pathlib.Path("/etc/os-release").read_text(), re.MULTILINE))
    return f"{fields['ID']}-{fields.get('VERSION_ID', 'sid')}"


def purl(package, distro):
    quoted = (urllib.parse.quote(part, safe="") for part in (package.name, package.version))
    return "pkg:deb/debian/{}@{}?arch={}&distro={}".format(*quoted, package.architecture, distro)


def package_entry(package, distro):
    main, names = stated_licences(package)
    entry = {
        "SPDXID": spdx_id(package),
        "name": package.name,
        "versionInfo": package.version,
        "supplier": "Organization: Debian",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": expression(main) if main and expression(main) else "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "sourceInfo": f"Debian source package {package.source}",
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl(package, distro),
        }],
    }
    if names:
        entry["licenseComments"] = "named in the package's copyright file: " + "; ".join(names)
    if package.homepage:
        entry["homepage"] = package.homepage
    return entry


def file_entry(program):
    data = pathlib.Path(program).read_bytes()
    name = os.path.basename(program)
    return {
        "SPDXID": "SPDXRef-File-" + name,
        "fileName": "./bin/" + name,
        "fileTypes": ["BINARY"],
        "checksums": [
            {"algorithm": "SHA1", "checksumValue": hashlib.sha1(data).hexdigest()},  # SPDX 2.3 8.4 asks for it
            {"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()},
        ],
        "licenseConcluded": "NOASSERTION",
        "licenseInfoInFiles": ["NOASSERTION"],
        "copyrightText": "NOASSERTION",
    }


def project_entry(version):
    return {
        "SPDXID": "SPDXRef-Package-usp-bridge", "name": "usp-bridge", "versionInfo": version,
        "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION", "primaryPackagePurpose": "APPLICATION",
    }


def relation(element, kind, related):
    return {"spdxElementId": element, "relationshipType": kind, "relatedSpdxElement": related}


def created():
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    when = datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc) if epoch else \
        datetime.datetime.now(datetime.timezone.utc)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def document(arguments, dpkg):
    project = project_entry(arguments.version)
    relations = [relation("SPDXRef-DOCUMENT", "DESCRIBES", project["SPDXID"])]
    linked, files = set(), []
    for program in arguments.programs:
        files.append(file_entry(program))
        here = files[-1]["SPDXID"]
        relations.append(relation(project["SPDXID"], "CONTAINS", here))
        all_files = libraries(program)
        direct = owned(dpkg, [all_files[name] for name in needed_names(program)])
        indirect = owned(dpkg, all_files_of_packages(all_files)) - direct
        relations += [relation(here, "DYNAMIC_LINK", spdx_id(p)) for p in sorted(direct)]
        relations += [relation(here, "DEPENDS_ON", spdx_id(p)) for p in sorted(indirect)]
        linked |= direct | indirect
    headers = compiled_in(dpkg, arguments.build, linked)
    relations += [relation(project["SPDXID"], "STATIC_LINK", spdx_id(p)) for p in sorted(headers)]
    distro = distribution()
    packages = [project] + [package_entry(p, distro) for p in sorted(linked | headers)]
    seed = json.dumps([packages, files], sort_keys=True)
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"usp-bridge-{arguments.version}-{distro}",
        "documentNamespace": f"https://spdx.org/spdxdocs/usp-bridge-{uuid.uuid5(uuid.NAMESPACE_URL, seed)}",
        "creationInfo": {"created": created(), "creators": ["Tool: usp-bridge-sbom"]},
        "packages": packages,
        "files": files,
        "relationships": relations,
    }


def all_files_of_packages(found):
    """Without the kernel's own (linux-vdso), which has no file."""
    return [file for file in found.values() if os.path.exists(file)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", action="store_true", help="only list the packages needed at run time")
    parser.add_argument("--build", help="folder of the ninja build")
    parser.add_argument("--version", help="of usp-bridge")
    parser.add_argument("--output", help="file; default: standard output")
    parser.add_argument("programs", nargs="+")
    arguments = parser.parse_args()
    dpkg = Dpkg()
    if arguments.packages:
        files = {file for program in arguments.programs for file in all_files_of_packages(libraries(program))}
        print("\n".join(sorted(package.name for package in owned(dpkg, files))))
        return
    if not arguments.build or not arguments.version:
        parser.error("--build and --version are needed")
    text = json.dumps(document(arguments, dpkg), indent=2) + "\n"
    if arguments.output:
        pathlib.Path(arguments.output).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
