"""Certificates for tests, made by openssl."""

import subprocess


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """A CA whose files lie in `folder`."""

    def __init__(self, folder, name):
        self._folder = folder
        self.name = name
        self.certificate, self._key = folder / f"{name}.crt", folder / f"{name}.key"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                 "-days", 2, "-keyout", self._key, "-out", self.certificate)

    def issue(self, common_name):
        """(certificate, key), also good for 127.0.0.1."""
        certificate, key, request, extensions = (self._folder / f"{self.name}-{common_name}.{ending}" for ending in ("crt", "key", "csr", "ext"))
        extensions.write_text(f"subjectAltName=DNS:{common_name},IP:127.0.0.1\n")
        _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={common_name}",
                 "-keyout", key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial", "-days", 2,
                 "-extfile", extensions, "-out", certificate)
        return certificate, key
