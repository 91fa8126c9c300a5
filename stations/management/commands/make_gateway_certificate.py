"""Makes what a gateway needs to serve TLS, for a site that has no authority of its own.

Two roots, one for each kind of key, and a certificate of each for the gateway. A root that lies in the folder
already is used again, so that piles which trust it trust the new certificate too.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice.kit import clock
from stations import pki

KINDS = {"rsa": pki.KeyKind.RSA, "ecdsa": pki.KeyKind.EC}


class Command(BaseCommand):
    help = "Make the certificates of a gateway, RSA and ECDSA, and the roots that piles must trust."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="+", help="the host names piles connect to, the main one first")
        parser.add_argument("--into", type=Path, required=True, help="folder of the files")
        parser.add_argument("--organization", default="Pilehouse", help="O of the certificates")

    def handle(self, *args, **options):
        folder, names, organization = options["into"], options["names"], options["organization"]
        folder.mkdir(parents=True, exist_ok=True)
        pairs, roots = [], []
        for word, kind in KINDS.items():
            root = self._root(folder / f"root-{word}.pem", folder / f"root-{word}.key", kind, organization)
            made = pki.make_server(names, root, kind=kind, organization=organization, at=clock.now())
            pair = folder / f"gateway-{word}.pem", folder / f"gateway-{word}.key"
            _write(pair[1], made.key)
            _write(pair[0], made.certificate)
            pairs.append(":".join(map(str, pair)))
            roots.append(root.certificate)
        (folder / "roots.pem").write_text("".join(roots))
        self.stdout.write(f"OCPP_TLS_CERTIFICATES={','.join(pairs)}")
        self.stdout.write(f"OCPP_TLS_ROOTS={folder / 'roots.pem'}")

    def _root(self, certificate: Path, key: Path, kind: pki.KeyKind, organization: str) -> pki.Authority:
        if certificate.exists() and key.exists():
            return pki.Authority(certificate.read_text(), key.read_text())
        if certificate.exists() or key.exists():
            raise CommandError(f"{certificate} and {key} belong together, and one is missing")
        root = pki.make_authority(
            f"{organization} gateway {kind}", organization=organization, kind=kind, at=clock.now()
        )
        _write(key, root.key)
        _write(certificate, root.certificate)
        return root


def _write(path: Path, text: str) -> None:
    """At once or not at all, and for the owner only: a gateway may be reading."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)
