"""Drivers: names, plates and phone numbers, none of them anybody's.

German and French numbers are from the ranges that are kept free for films; the Chinese ones follow a
fixed pattern of zeros. Each is made from its place in the row, so the same person comes out again.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN = (
    "伟",
    "芳",
    "娜",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "军",
    "洋",
    "勇",
    "艳",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "秀英",
)
FIRST_NAMES = (
    "Lena",
    "Finn",
    "Mia",
    "Paul",
    "Clara",
    "Jonas",
    "Chloé",
    "Hugo",
    "Inès",
    "Louis",
    "Nora",
    "Emil",
    "Zoé",
    "Karim",
    "Ida",
    "Tom",
)
LAST_NAMES = (
    "Petersen",
    "Krüger",
    "Hansen",
    "Vogel",
    "Becker",
    "Moreau",
    "Laurent",
    "Girard",
    "Faure",
    "Roux",
    "Aydın",
    "Nowak",
)
PROVINCES = {"QILIN": "浙A", "LANTERN": "苏A", "PEARL": "粤B"}
MOST = {"QILIN": 130, "LANTERN": 80, "PEARL": 90, "RHINE": 60}
"""How many drivers an operator has."""

SERIES = {"QILIN": 1, "LANTERN": 2, "PEARL": 3}
RHINE = "RHINE"


@dataclass(frozen=True, slots=True)
class Person:
    """A driver to be, at one operator. ``card`` is empty for those who only scan."""

    operator: str
    phone: str
    name: str
    locale: str
    plate: str
    card: str


def people(operator: str, count: int, chance: Random, *, start: int = 0) -> list[Person]:
    """The drivers ``start`` to ``start + count`` of an operator; about two in three have a card."""
    return [_person(operator, number, chance) for number in range(start, start + count)]


def _person(operator: str, number: int, chance: Random) -> Person:
    card = f"{chance.getrandbits(28) | 1 << 28:08X}{number:04X}" if chance.random() < 0.65 else ""
    if operator == RHINE:
        is_french = number % 5 == 4
        phone = f"+336399800{number % 100:02d}" if is_french else f"+4917139200{number % 100:02d}"
        plate = f"{chance.choice(('HH', 'B', 'F', 'HB'))}-{_letters(chance)} {chance.randrange(100, 999)}E"
        if is_french:
            plate = f"{_letters(chance)}-{chance.randrange(100, 999)}-{_letters(chance)}"
        name = f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}"
        return Person(operator, phone, name, "en", plate, card)
    name = chance.choice(SURNAMES) + chance.choice(GIVEN)
    plate = f"{PROVINCES[operator]}D{chance.randrange(10_000, 99_999)}"
    locale = "zh-hans" if chance.random() < 0.8 else "en"
    phone = f"+861380000{SERIES[operator]}{number:03d}"
    return Person(operator, phone, name, locale, plate, card)


def _letters(chance: Random) -> str:
    return "".join(chance.choice("ABCDEFGHKLMNPRSTUVWXYZ") for _ in range(2))
