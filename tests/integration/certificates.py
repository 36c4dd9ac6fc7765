"""Certificates for tests, by the openssl program: an authority, and servers that are right or wrong in one thing."""
import subprocess
from contextlib import contextmanager

HOST = "IP:127.0.0.1,DNS:localhost"
ELSEWHERE = "DNS:elsewhere.example"


def openssl(*arguments, folder):
    done = subprocess.run(["openssl", *map(str, arguments)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@contextmanager
def tls_server(port, pem, *options):
    """It shakes hands with whoever trusts it, and says nothing more."""
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-quiet", "-cert", pem, "-key", pem, *options]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        server.kill()
        server.wait()


OLD = ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")


def in_force(days):
    """Options of `openssl x509`. Days below zero: it is over; releases differ in how they take that."""
    helped = subprocess.run(["openssl", "x509", "-help"], capture_output=True, text=True, check=False)
    if days < 0 and "-not_after" in helped.stdout + helped.stderr:
        return ["-not_before", "20200101000000Z", "-not_after", "20200102000000Z"]
    return ["-days", days]


class Authority:
    """Its certificate is `path`."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{name}.crt"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", self.path,
                "-days", "30", "-subj", f"/CN={name}", folder=folder)

    def server(self, name, hosts=HOST, days=30):
        """(key, certificate); days below zero: it is over already."""
        key, request, certificate = (self.folder / f"{name}.{end}" for end in ("key", "csr", "crt"))
        extension = self.folder / f"{name}.ext"
        extension.write_text(f"subjectAltName={hosts}\n")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}", folder=self.folder)
        openssl("x509", "-req", "-in", request, "-CA", self.path, "-CAkey", f"{self.name}.key", "-CAcreateserial", *in_force(days),
                "-extfile", extension, "-out", certificate, folder=self.folder)
        return key, certificate

    def pem(self, name, **how):
        """One file with key and certificate, as Kafka takes it."""
        key, certificate = self.server(name, **how)
        path = self.folder / f"{name}.pem"
        path.write_text(key.read_text() + certificate.read_text())
        return path
