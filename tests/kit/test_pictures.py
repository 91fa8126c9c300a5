from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings as hypothesis_settings, strategies as st

from backoffice.kit.pictures import Limits, Picture, PictureError, read_picture
from tests.support.pictures import PDF, chunk, jpeg, png, webp

SAMPLES = {
    "png": png(30, 20),
    "jpeg": jpeg(30, 20),
    "webp": webp(30, 20),
    "lossless webp": webp(30, 20, lossless=True),
    "extended webp": webp(30, 20, flags=0x10),
}


def fault(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(PictureError) as refused:
        read_picture(data, limits) if limits else read_picture(data)
    return refused.value.code


@pytest.mark.parametrize("name", SAMPLES)
def test_a_picture_says_its_kind_and_size(name: str) -> None:
    picture = read_picture(SAMPLES[name])
    assert picture == Picture(name.rsplit(maxsplit=1)[-1], 30, 20)  # type: ignore[arg-type]
    assert picture.media_type == f"image/{picture.kind}"


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a\x01\0\x01\0", b"<svg xmlns='http://www.w3.org/2000/svg'/>", PDF, b"MZ\x90\0", b"\x89PNG"],
)
def test_what_is_no_picture_of_ours_is_told_apart(data: bytes) -> None:
    assert fault(data) == "unknown_kind"


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("share", [0.4, 0.7, 0.99])
def test_a_picture_that_is_cut_short_is_broken(name: str, share: float) -> None:
    data = SAMPLES[name]
    assert fault(data[: max(13, int(len(data) * share))]) == "broken"


@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - {"jpeg"}))
def test_nothing_may_stand_behind_the_end_of_a_picture(name: str) -> None:
    assert fault(SAMPLES[name] + b"<script>alert(1)</script>") == "broken"


def test_what_a_camera_hangs_behind_a_jpeg_is_told_from_the_picture() -> None:
    assert read_picture(jpeg() + jpeg(8, 8)).length == len(jpeg())


def test_a_png_whose_checksum_is_wrong_is_broken() -> None:
    data = bytearray(png())
    data[20] ^= 1
    assert fault(bytes(data)) == "broken"


def test_a_png_without_pixels_is_broken() -> None:
    head = chunk(b"IHDR", (1).to_bytes(4) + (1).to_bytes(4) + bytes([8, 0, 0, 0, 0]))
    assert fault(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IEND", b"")) == "broken"


def test_pictures_that_move_are_refused() -> None:
    assert fault(png(extra=chunk(b"acTL", bytes(8)))) == "moving"
    assert fault(webp(flags=0x02)) == "moving"


def test_an_extended_webp_that_claims_another_size_is_broken() -> None:
    data = bytearray(webp(30, 20, flags=0))
    data[24] = 99
    assert fault(bytes(data)) == "broken"


def test_a_picture_of_no_width_is_broken() -> None:
    assert fault(jpeg(0, 20)) == "broken"


def test_limits_of_weight_and_size_are_kept() -> None:
    assert fault(png(), Limits(heaviest=20)) == "too_heavy"
    assert fault(png(60_000, 60_000)) == "too_many_pixels"
    assert fault(png(40, 20), Limits(longest_side=39)) == "too_many_pixels"
    assert fault(png(40, 20), Limits(shortest_side=21)) == "too_small"
    assert read_picture(png(40, 20), Limits(longest_side=40, shortest_side=20)).width == 40


@hypothesis_settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(SAMPLES)), at=st.integers(0, 400), put=st.binary(max_size=6))
def test_mangled_bytes_are_a_picture_or_a_fault_and_nothing_else(name: str, at: int, put: bytes) -> None:
    data = SAMPLES[name]
    with contextlib.suppress(PictureError):
        assert read_picture(data[:at] + put + data[at + len(put) :]).width > 0
