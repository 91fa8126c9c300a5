"""The chain of companies, parents before children, and who works there. All of them are invented."""

from __future__ import annotations

from dataclasses import dataclass

from backoffice.kit.levels import Level
from backoffice.kit.perms import Role

DOMAIN = "pilehouse.example"


@dataclass(frozen=True, slots=True)
class Company:
    """A tenant to be. Empty ``zone``, ``currency`` and ``locale`` are inherited."""

    code: str
    level: Level
    parent: str
    name: str
    contact: str
    phone: str = ""
    brand: str = ""
    hotline: str = ""
    zone: str = ""
    currency: str = ""
    locale: str = ""


COMPANIES = (
    Company(
        "HANGLU",
        Level.MANUFACTURER,
        "",
        "Hanglu Power 航陆电力",
        "赵启航 Zhao Qihang",
        "+8657100000101",
        zone="Asia/Shanghai",
        currency="CNY",
        locale="en",
    ),
    Company(
        "JIANGNAN", Level.DEALER, "HANGLU", "Jiangnan EV Supply 江南电动", "钱江 Qian Jiang", "+8657100000201"
    ),
    Company(
        "SEABRIDGE",
        Level.DEALER,
        "HANGLU",
        "Seabridge Energy Partners 海桥能源",
        "Helen Marsh",
        "+85200000301",
    ),
    Company(
        "QILIN",
        Level.OPERATOR,
        "JIANGNAN",
        "Qilin Charging 麒麟充电",
        "孙琪 Sun Qi",
        "+8657100000401",
        brand="麒麟充电 Qilin",
        hotline="4000000401",
    ),
    Company(
        "LANTERN",
        Level.OPERATOR,
        "JIANGNAN",
        "Lantern Power 明灯能源",
        "李明 Li Ming",
        "+8602500000402",
        brand="明灯充电 Lantern",
        hotline="4000000402",
    ),
    Company(
        "PEARL",
        Level.OPERATOR,
        "SEABRIDGE",
        "Pearl Delta Charging 珠江快充",
        "陈珠 Chen Zhu",
        "+8675500000403",
        brand="珠江快充 Pearl",
        hotline="4000000403",
    ),
    Company(
        "RHINE",
        Level.OPERATOR,
        "SEABRIDGE",
        "Rhine & Rhône Charge",
        "Jonas Brandt",
        "+494000000404",
        brand="Rhine & Rhône",
        hotline="+49 40 0000404",
        zone="Europe/Berlin",
        currency="EUR",
        locale="en",
    ),
    Company("HZ-BINJIANG", Level.AGENCY, "QILIN", "Binjiang Park 滨江园区物业", "周滨 Zhou Bin"),
    Company("NB-PORT", Level.AGENCY, "QILIN", "Ningbo Port Logistics 宁波港物流", "吴波 Wu Bo"),
    Company("SZ-LAKE", Level.AGENCY, "QILIN", "Suzhou Lakeside 苏州湖东商业", "郑湖 Zheng Hu"),
    Company("SH-HUB", Level.AGENCY, "QILIN", "Shanghai Hub Parking 上海枢纽停车", "王沪 Wang Hu"),
    Company("NJ-CENTRE", Level.AGENCY, "LANTERN", "Nanjing Centre 南京中心商管", "冯宁 Feng Ning"),
    Company("WH-OPTICS", Level.AGENCY, "LANTERN", "Optics Valley Estates 光谷置业", "褚光 Chu Guang"),
    Company("SZ-NANSHAN", Level.AGENCY, "PEARL", "Nanshan Tech Park 南山科技园", "卫南 Wei Nan"),
    Company("GZ-TIANHE", Level.AGENCY, "PEARL", "Tianhe Plaza 天河广场", "蒋天 Jiang Tian"),
    Company("HAMBURG", Level.AGENCY, "RHINE", "Hanse Parkhaus Hamburg", "Britta Lorenzen"),
    Company(
        "LYON", Level.AGENCY, "RHINE", "Parkings du Confluent Lyon", "Camille Royer", zone="Europe/Paris"
    ),
)

SHOWN = ("HANGLU", "JIANGNAN", "QILIN", "HZ-BINJIANG")
"""The chain whose logins are handed out, one for each role."""

BESIDE = ("SEABRIDGE", "LANTERN", "NB-PORT")
"""A sibling at each level, with one login, to see that it does not see the others."""

STAFF: dict[Role, tuple[str, str]] = {
    Role.OWNER: ("Lin Wei", "林伟"),
    Role.MANAGER: ("Anna Keller", "高安娜"),
    Role.FINANCE: ("Tang Yue", "唐悦"),
    Role.ENGINEER: ("Marco Rossi", "罗马可"),
    Role.SUPPORT: ("Su Lan", "苏兰"),
    Role.AUDITOR: ("Grace Obi", "欧恩慈"),
}
"""The people of the chain: an English and a Chinese name each."""


def email_of(role: Role, code: str) -> str:
    """``owner@qilin.pilehouse.example``."""
    return f"{role.value}@{code.lower()}.{DOMAIN}"


def operators() -> list[Company]:
    """Those who have drivers and wallets."""
    return [company for company in COMPANIES if company.level is Level.OPERATOR]
