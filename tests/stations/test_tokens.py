from __future__ import annotations

from hypothesis import given, strategies as st

from stations.tokens import LENGTH, new_token, print_token, read_token


@given(st.integers(0, 2**50 - 1))
def test_a_printed_token_is_read_back(bits: int) -> None:
    token = new_token(lambda count: bits)
    assert len(token) == LENGTH
    assert token.isalnum()
    for typed in (
        token,
        token.lower(),
        print_token(token),
        f"  {token} ",
        token.replace("0", "O"),
        token.replace("1", "l"),
    ):
        assert read_token(typed) == token


def test_a_token_asks_for_fifty_random_bits_and_differs_from_the_last() -> None:
    asked: list[int] = []
    new_token(lambda count: asked.append(count) or 0)  # type: ignore[func-returns-value]
    assert asked == [50]
    assert len({new_token() for _ in range(100)}) == 100


@given(
    st.integers(0, 2**50 - 1), st.integers(0, LENGTH - 1), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
)
def test_a_mistyped_token_opens_nothing(bits: int, place: int, character: str) -> None:
    token = new_token(lambda count: bits)
    typed = token[:place] + character + token[place + 1 :]
    assert read_token(typed) == (token if typed == token else None)


@given(st.text(max_size=200))
def test_garbage_opens_nothing_and_breaks_nothing(text: str) -> None:
    token = read_token(text)
    assert token is None or read_token(token) == token


def test_a_token_of_another_length_opens_nothing() -> None:
    token = new_token(lambda count: 12345)
    for typed in ("", token[:-1], token + "0", "../" + token, token + "\x00"):
        assert read_token(typed) is None
