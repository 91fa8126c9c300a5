"""What is known of the companies beside their names: contracts, quotas, whom to reach, a logo and a paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from zlib import compress, crc32

from backoffice.demo_data.companies import Company
from backoffice.kit.levels import Level

BRANDED = "QILIN"
"""The operator that has a logo and a paper to show."""

REGIONS = {
    "QILIN": "Zhejiang 浙江",
    "LANTERN": "Jiangsu 江苏",
    "PEARL": "Guangdong 广东",
    "RHINE": "Rhine – Rhône",
    "HZ-BINJIANG": "Zhejiang 浙江",
    "NB-PORT": "Zhejiang 浙江",
    "SZ-LAKE": "Jiangsu 江苏",
    "SH-HUB": "Shanghai 上海",
    "NJ-CENTRE": "Jiangsu 江苏",
    "WH-OPTICS": "Hubei 湖北",
    "SZ-NANSHAN": "Guangdong 广东",
    "GZ-TIANHE": "Guangdong 广东",
    "HAMBURG": "Hamburg",
    "LYON": "Rhône",
}

DAYS_LEFT = {"WH-OPTICS": 12, "SZ-LAKE": 26, "LANTERN": 75}
"""Contracts that end soon; the others hold for another year."""

QUOTAS: dict[Level, dict[str, int]] = {
    Level.DEALER: {"quota_stations": 60, "quota_terminals": 600},
    Level.OPERATOR: {"quota_users": 40, "quota_stations": 30, "quota_terminals": 300},
    Level.AGENCY: {"quota_users": 8},
}

DUTIES = (
    ("contract", "Contract 合同", "{name}", "+86571000{number:05d}"),
    ("accounts", "Invoices 发票", "Accounts 财务室", "+86571001{number:05d}"),
    ("repairs", "Repairs 维修", "Duty engineer 值班工程师", "+86571002{number:05d}"),
)


@dataclass(frozen=True, slots=True)
class Reach:
    """Somebody to reach at a company."""

    name: str
    duty: str
    phone: str
    email: str


def terms(company: Company, number: int, today: date) -> dict[str, object]:
    """Contract, licence, region and quotas of a company; ``number`` is its place in the list."""
    if company.level is Level.MANUFACTURER:
        return {}
    return {
        "region": REGIONS.get(company.code, ""),
        "licence_no": f"9133{number:04d}MA2{number * 7919 % 10_000_000:07d}",
        "contract_no": f"{company.parent}-{today.year - 1}-{number:03d}",
        "contract_to": today + timedelta(days=DAYS_LEFT.get(company.code, 365 + 7 * number)),
        **QUOTAS[company.level],
    }


def reaches(company: Company, number: int, domain: str) -> Iterator[Reach]:
    """Whom to call about what."""
    for box, duty, name, phone in DUTIES:
        yield Reach(
            name.format(name=company.contact),
            duty,
            phone.format(number=number),
            f"{box}@{company.code.lower()}.{domain}",
        )


def logo(side: int = 96) -> bytes:
    """A bolt on a round ground, as a PNG."""
    rows = b"".join(b"\0" + b"".join(_pixel(x / side, y / side) for x in range(side)) for y in range(side))
    head = side.to_bytes(4) + side.to_bytes(4) + bytes([8, 6, 0, 0, 0])
    parts = ((b"IHDR", head), (b"IDAT", compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(body).to_bytes(4) + name + body + crc32(name + body).to_bytes(4) for name, body in parts
    )


BOLT = ((0.56, 0.14), (0.26, 0.56), (0.46, 0.56), (0.42, 0.86), (0.74, 0.42), (0.53, 0.42))


def _pixel(x: float, y: float) -> bytes:
    if (x - 0.5) ** 2 + (y - 0.5) ** 2 > 0.24:
        return bytes(4)
    if _inside(x, y):
        return bytes([255, 226, 122, 255])
    return bytes([176 - int(60 * y), 42, 48 + int(30 * x), 255])


def _inside(x: float, y: float) -> bool:
    """Is the point in the bolt? A ray to the right crosses its outline an odd number of times."""
    crossed = False
    for (ax, ay), (bx, by) in zip(BOLT, (*BOLT[1:], BOLT[0]), strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            crossed = not crossed
    return crossed


def paper(line: str) -> bytes:
    """A PDF of one page with one line on it, in Latin letters."""
    text = f"BT /F1 18 Tf 72 760 Td ({line}) Tj ET".encode("latin-1")
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
    )
    file, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj%sendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count, start = len(objects) + 1, len(file)
    return file + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        % (count, table, count, start)
    )
