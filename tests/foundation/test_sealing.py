"""What is sealed opens only unaltered, in its place, with the key."""

import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import ConfigurationError
from foundation.sealing import KeyRing, UnsealError, open_key_ring
from foundation.settings import Settings, load_settings
from tests.concurrency import at_once

OLD, NEW = b"\x01" * 32, b"\x02" * 32
PLACE = "work_item.payload"


@given(st.binary(max_size=200))
def test_what_is_sealed_opens_again(clear: bytes) -> None:
    ring = KeyRing(OLD)
    sealed = ring.seal(clear, place=PLACE)
    assert ring.unseal(sealed, place=PLACE) == clear
    assert ring.seal(clear, place=PLACE) != sealed


def test_one_altered_bit_anywhere_keeps_it_shut() -> None:
    ring = KeyRing(OLD)
    sealed = ring.seal(b"Engvej 7", place=PLACE)
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(UnsealError):
            ring.unseal(bytes(altered), place=PLACE)


def test_a_value_that_is_cut_short_keeps_shut() -> None:
    ring = KeyRing(OLD)
    sealed = ring.seal(b"Engvej 7", place=PLACE)
    for length in range(len(sealed)):
        with pytest.raises(UnsealError):
            ring.unseal(sealed[:length], place=PLACE)


def test_a_value_moved_to_another_column_keeps_shut() -> None:
    ring = KeyRing(OLD)
    with pytest.raises(UnsealError, match=r"step\.result"):
        ring.unseal(ring.seal(b"x", place=PLACE), place="step.result")


def test_another_key_opens_nothing() -> None:
    with pytest.raises(UnsealError, match="SAGSGANG_SEAL_KEY"):
        KeyRing(NEW).unseal(KeyRing(OLD).seal(b"x", place=PLACE), place=PLACE)


def test_an_older_key_still_opens_and_the_newest_seals() -> None:
    rotated = KeyRing(NEW, OLD)
    assert rotated.unseal(KeyRing(OLD).seal(b"x", place=PLACE), place=PLACE) == b"x"
    assert KeyRing(NEW).unseal(rotated.seal(b"y", place=PLACE), place=PLACE) == b"y"


def test_look_ups_find_the_same_after_a_rotation() -> None:
    token = KeyRing(OLD).lookup_token("1012620001", purpose="p")
    assert KeyRing(NEW, OLD).lookup_token("1012620001", purpose="p") == token
    assert KeyRing(OLD).lookup_token("1012620001", purpose="q") != token
    assert KeyRing(NEW).lookup_token("1012620001", purpose="p") != token


@pytest.mark.parametrize("key", [b"", b"\x01" * 31, b"\x01" * 33])
def test_a_key_of_another_length_is_refused(key: bytes) -> None:
    with pytest.raises(ConfigurationError, match="SAGSGANG_SEAL_KEY"):
        KeyRing(key)


@pytest.mark.parametrize("text", ["ikke-hex", "ab" * 31, ",", "ab" * 32 + ",zz"])
def test_a_key_that_cannot_be_read_is_refused_without_being_repeated(settings: Settings, text: str) -> None:
    wrong = load_settings(data_dir=settings.data_dir, seal_key=text)
    with pytest.raises(ConfigurationError, match="SAGSGANG_SEAL_KEY") as caught:
        open_key_ring(wrong)
    assert text not in str(caught.value).replace(", ", "")


def test_several_keys_stand_newest_first(settings: Settings) -> None:
    ring = open_key_ring(load_settings(data_dir=settings.data_dir, seal_key=f"{NEW.hex()}, {OLD.hex()}"))
    assert KeyRing(NEW).unseal(ring.seal(b"x", place=PLACE), place=PLACE) == b"x"
    assert ring.unseal(KeyRing(OLD).seal(b"y", place=PLACE), place=PLACE) == b"y"


def test_the_simulated_environment_makes_its_key_once(settings: Settings) -> None:
    sealed = open_key_ring(settings).seal(b"x", place=PLACE)
    assert open_key_ring(settings).unseal(sealed, place=PLACE) == b"x"
    assert [path.name for path in (settings.data_dir / "keys").iterdir()] == ["seal.key"]


def test_many_who_make_the_first_key_at_once_have_the_same(settings: Settings) -> None:
    rings = at_once(*(lambda: open_key_ring(settings) for _ in range(8)))
    sealed = rings[0].seal(b"x", place=PLACE)
    assert {ring.unseal(sealed, place=PLACE) for ring in rings} == {b"x"}
    assert len(list((settings.data_dir / "keys").iterdir())) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights in another way")
def test_only_the_account_itself_reads_the_key(settings: Settings) -> None:
    open_key_ring(settings)
    path: Path = settings.data_dir / "keys" / "seal.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
