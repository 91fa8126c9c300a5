"""The security page of a pile, its forms, and the lists about certificates."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.urls import reverse

from backoffice.kit import clock
from backoffice.kit.perms import Role
from ocpp_gateway.tls import CertificateFiles, Contexts
from ocpp_gateway.wire import CommandState
from stations import intake, pki
from stations.models import Certificate, CertificateAuthority, Command, Pile, SecurityUpgrade
from stations.services import authorities, certificates, upgrades
from tenants.models import Tenant
from tests.factories.rows import make_row
from tests.factories.stations import ACTOR, make_online_pile, make_pile, outcome
from tests.stations.browsing import browser, errors, operator_of
from tests.support import certificates as made

pytestmark = pytest.mark.usefixtures("everything")
SERIAL = "SN-1"


@pytest.fixture(autouse=True)
def _served(settings: LazySettings, tmp_path: Path) -> None:
    settings.OCPP_TLS_PORT, settings.OCPP_MTLS_PORT = 9443, 9444
    (tmp_path / "roots.pem").write_text(made.root().certificate)
    settings.OCPP_TLS_ROOTS = str(tmp_path / "roots.pem")


def url(name: str, pile: Pile, *more: Any) -> str:
    return reverse(f"stations:{name}", args=[pile.pk, *more])


def test_all_of_it_stands_on_one_page(settings: LazySettings) -> None:
    settings.OCPP_URL = "ws://piles.example:9000/ocpp"
    pile = make_online_pile(serial=SERIAL)
    make_row(
        Certificate,
        pile.tenant,
        pile=pile,
        installed_at=clock.now(),
        not_after=clock.now() + timedelta(days=10),
        subject="CN=SN-1,O=Hanglu",
    )
    upgrades.start_upgrade(pile, actor=ACTOR, target=2)
    root = made.root().certificate
    identifier = pki.id_of(root, "SHA256")
    assert identifier is not None
    known = dict(zip(("issuerNameHash", "issuerKeyHash", "serialNumber"), identifier, strict=True))
    use = "CentralSystemRootCertificate"
    command = certificates.read_installed(pile, actor=ACTOR, use=use)
    data = {"status": "Accepted", "certificateHashData": [{"hashAlgorithm": "SHA256", **known}, "nonsense"]}
    intake.keep_outcomes([outcome(command, CommandState.ACCEPTED, answer=data)])

    page = browser(operator_of(pile)).get(url("pile_security", pile)).content.decode()
    for words in (
        "CN=SN-1,O=Hanglu",
        "9 days left",
        "Revoke…",
        "wss://piles.example:9443/ocpp/",
        "wss://piles.example:9444/ocpp/",
        "Under way",
        "Tests EC",
        "Stop…",
    ):
        assert words in page, words


def test_who_may_not_see_credentials_sees_neither_the_tab_nor_the_page() -> None:
    pile = make_online_pile()
    client = browser(operator_of(pile), Role.SUPPORT)
    assert url("pile_security", pile) not in client.get(url("pile", pile)).content.decode()
    assert client.get(url("pile_security", pile)).status_code == 403
    assert client.post(url("pile_upgrade", pile), {"target": 2, "reason": "because"}).status_code == 403
    assert not SecurityUpgrade.objects.exists()


def test_an_upgrade_is_begun_once_even_when_pressed_twice() -> None:
    pile = make_online_pile(serial=SERIAL)
    client = browser(operator_of(pile))
    form = client.get(url("pile_upgrade", pile))
    typed = {
        "target": "2",
        "new_key": "on",
        "install_roots": "on",
        "reason": "policy",
        "once": form.context["once"],
    }
    for _ in range(2):
        assert client.post(url("pile_upgrade", pile), typed).status_code == 302
    row = SecurityUpgrade.objects.get()
    assert (row.target, row.steps) == (2, ["key", "name", "roots", "profile", "return"])
    client.post(url("pile_upgrade_cancel", pile), {"reason": "not today"})
    row.refresh_from_db()
    assert row.state == "cancelled"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"target": "7", "reason": "because"}, "target"),
        ({"target": "2"}, "reason"),
        ({"target": "x", "reason": "because"}, "target"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(typed: dict[str, str], field: str) -> None:
    pile = make_online_pile(serial=SERIAL)
    answer = browser(operator_of(pile)).post(url("pile_upgrade", pile), typed)
    assert list(errors(answer)) == [field] and not SecurityUpgrade.objects.exists()


def test_an_offline_pile_is_not_begun_with_and_says_so() -> None:
    pile = make_pile(serial=SERIAL)
    answer = browser(operator_of(pile)).post(url("pile_upgrade", pile), {"target": "2", "reason": "because"})
    assert "offline" in str(errors(answer)) and not SecurityUpgrade.objects.exists()


def test_roots_are_read_installed_and_deleted() -> None:
    pile = make_online_pile()
    client = browser(operator_of(pile))
    use = "CentralSystemRootCertificate"
    assert client.post(url("pile_roots_read", pile, use)).status_code == 302
    assert client.post(url("pile_roots_read", pile, "Else")).status_code == 404
    command = Command.objects.get(action="GetInstalledCertificateIds")
    data = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "0c"}
    said = {"status": "Accepted", "certificateHashData": [data]}
    intake.keep_outcomes([outcome(command, CommandState.ACCEPTED, answer=said)])

    assert client.post(url("pile_root_forget", pile, use, 1), {"reason": "old one"}).status_code == 404
    assert client.post(url("pile_root_forget", pile, use, 0), {"reason": "old one"}).status_code == 302
    assert Command.objects.get(action="DeleteCertificate").payload == {"certificateHashData": data}

    answer = client.post(
        url("pile_install_root", pile), {"use": use, "certificate": "nonsense", "reason": "new"}
    )
    assert list(errors(answer)) == ["certificate"]
    assert "nonsense" in answer.content.decode()
    typed = {"use": use, "certificate": made.root().certificate, "reason": "new one"}
    assert client.post(url("pile_install_root", pile), typed).status_code == 302
    assert Command.objects.get(action="InstallCertificate").payload["certificateType"] == use


def test_a_renewal_is_asked_for_and_refused_where_it_cannot_be() -> None:
    pile, away = make_online_pile(), make_pile()
    for one in (pile, away):
        browser(operator_of(one)).post(url("pile_renew", one), {"reason": "new key"})
    assert [one.pile_id for one in Command.objects.all()] == [pile.pk]


def test_what_was_set_by_hand_is_entered_with_a_reason() -> None:
    pile = make_online_pile()
    client = browser(operator_of(pile))
    assert list(errors(client.post(url("pile_profile", pile), {"profile": "2"}))) == ["reason"]
    client.post(url("pile_profile", pile), {"profile": "2", "reason": "came so from the maker"})
    assert Pile.objects.get(pk=pile.pk).security_profile == 2


def test_staff_revoke_from_the_list_and_find_what_ends() -> None:
    pile = make_online_pile()
    soon = {"pile": pile, "installed_at": clock.now(), "not_after": clock.now() + timedelta(days=5)}
    row = make_row(Certificate, pile.tenant, common_name="ENDS-SOON", **soon)
    make_row(
        Certificate, pile.tenant, pile=pile, common_name="LASTS", not_after=clock.now() + timedelta(days=300)
    )
    client = browser(operator_of(pile))
    page = client.get(reverse("stations.certificates"), {"state": "week"}).content.decode()
    assert "ENDS-SOON" in page and "LASTS" not in page
    client.post(
        f"{reverse('stations.certificates')}do/revoke/", {"pk": row.pk, "reason": "stolen", "confirmed": "1"}
    )
    assert Certificate.objects.get(pk=row.pk).revoke_reason == "stolen"


def test_a_manufacturer_makes_an_authority_and_downloads_its_root_and_nothing_more() -> None:
    pile = make_online_pile()
    manufacturer = Tenant.objects.get(pk=Tenant.objects.get(pk=pile.tenant_id).get_root().pk)
    client = browser(manufacturer)
    client.post(reverse("stations:authority_new"), {"key_type": "EC"})
    row = CertificateAuthority.objects.get()
    answer = client.get(reverse("stations:authority_root", args=[row.pk]))
    assert answer.content.decode() == row.certificate and "PRIVATE" not in answer.content.decode()
    assert authorities.BOX.unseal(row.secrets).startswith("-----BEGIN PRIVATE KEY")
    assert browser(operator_of(pile)).get(reverse("stations.authorities")).status_code == 403


def test_the_command_makes_what_a_gateway_can_serve_and_keeps_its_roots(tmp_path: Path) -> None:
    out = StringIO()
    for _ in range(2):
        call_command("make_gateway_certificate", "piles.example", "10.0.0.5", into=tmp_path, stdout=out)
    first, second = (line for line in out.getvalue().splitlines() if line.startswith("OCPP_TLS_ROOTS"))
    assert first == second
    pairs = tuple(
        (tmp_path / f"gateway-{kind}.pem", tmp_path / f"gateway-{kind}.key") for kind in ("rsa", "ecdsa")
    )
    assert Contexts(CertificateFiles(pairs=pairs)).expires_at > clock.now() + timedelta(days=300)
    roots = pki.certificates_in((tmp_path / "roots.pem").read_text())
    served = pki.facts_of(pairs[0][0].read_text())
    assert served.common_name == "piles.example" and served.issuer == pki.facts_of(roots[0]).subject
    assert (tmp_path / "gateway-rsa.key").stat().st_mode & 0o077 == 0

    (tmp_path / "root-rsa.key").unlink()
    with pytest.raises(CommandError):
        call_command("make_gateway_certificate", "piles.example", into=tmp_path, stdout=out)
