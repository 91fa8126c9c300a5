"""An auditor reads everything of the own level, finds no button that writes, and no address that would."""

from __future__ import annotations

import re

import pytest

from tests.e2e.neighbourhood import Neighbourhood
from tests.e2e.walking import skim
from tests.e2e.windows import Windows

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="session")]

WRITES = "main form[method=post]:not(.column-choice), main [form=post], main a[data-dialog]:not(#export):not(#views a)"
OF_ONES_OWN = re.compile(r"^/personal/|/views/")
"""Where an auditor writes: what he sets of himself, and the filters that he keeps."""


async def test_an_auditor_reads_and_never_writes(windows: Windows, neighbourhood: Neighbourhood) -> None:
    auditor = await windows.open("auditor@QL")
    buttons = {address: count async for address, count in skim(auditor, WRITES)}
    assert len(buttons) > 25, buttons
    writing = {address for address, count in buttons.items() if count and not OF_ONES_OWN.search(address)}
    assert not writing
    await auditor.open("/system/audit/")
    await auditor.picture("audit", whole=True)

    tenant, pile = neighbourhood.tenants["PD"], neighbourhood.piles["HQ-01"]["pk"]
    driver = neighbourhood.drivers[0]
    before = await _written(neighbourhood)
    auditor.expect_refusal(403, "")
    for refused in (
        "/tenants/new/",
        f"/tenants/{tenant}/edit/",
        f"/tenants/do/suspend/?pk={tenant}",
        "/system/staff/new/",
        "/stations/new/",
        f"/piles/{pile}/ask/Reset/",
        f"/piles/{pile}/password/",
        f"/drivers/do/block/?pk={driver['pk']}",
        f"/finance/wallets/{driver['wallet']}/adjust/",
        f"/orders/{neighbourhood.settled}/refund/",
        "/finance/channels/connect/",
    ):
        answer = await auditor.open(refused)
        assert answer.status == 403, refused
    await auditor.picture("refused")
    assert await _written(neighbourhood) == before


async def _written(neighbourhood: Neighbourhood) -> int:
    """How many changes the auditor made."""
    counted = neighbourhood.house.rows(
        "SELECT count(*) FROM kit_auditentry a JOIN tenants_user u ON a.actor_ref = 'staff:' || u.id"
        " WHERE u.email = %s AND a.action NOT LIKE 'sign_in%%'",
        [neighbourhood.logins["auditor@QL"]],
    )
    return int(counted[0][0])
