"""Where the tiles below the live map come from, if anywhere: one value, and what the content policy must allow."""

from __future__ import annotations

from typing import TypedDict
from urllib.parse import urlsplit


class Tiles(TypedDict):
    """``url`` and ``dark`` are templates of addresses, empty without tiles; ``hosts`` are sources of images."""

    url: str
    dark: str
    attribution: str
    hosts: list[str]


def map_tiles(url: str, dark: str, attribution: str) -> Tiles:
    """Raises ValueError for an address without host. ``{s}`` in the host stands for any subdomain."""
    hosts = []
    for address in filter(None, (url, dark)):
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ValueError(f"MAP_TILES_URL: {address} is no address of tiles")
        hosts.append(f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}")
    return Tiles(url=url, dark=dark or url, attribution=attribution, hosts=sorted(set(hosts)))
