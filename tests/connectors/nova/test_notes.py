"""Journal notes as Nova holds them."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.fields import Drift
from connectors.nova import notes

texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(texts)
def test_what_is_written_is_read_back(text: str) -> None:
    written = notes.encode_text(text, pads_with_spaces=True)
    assert notes.decode_text(written, "note", strips_spaces=True) == text.rstrip(" ")


@given(texts)
def test_a_lengthened_text_has_no_padding_in_base64(text: str) -> None:
    assert "=" not in notes.encode_text(text, pads_with_spaces=True)


@given(texts)
def test_without_lengthening_every_space_is_kept(text: str) -> None:
    written = notes.encode_text(text, pads_with_spaces=False)
    assert notes.decode_text(written, "note", strips_spaces=False) == text


def test_danish_letters_are_never_transliterated() -> None:
    assert base64.b64decode(notes.encode_text("æøåÆØÅ", pads_with_spaces=True)).decode() == "æøåÆØÅ"


def test_another_clients_latin_letters_do_not_stop_the_reading() -> None:
    written = base64.b64encode("Blåbær".encode("latin-1")).decode()
    assert notes.decode_text(written, "note", strips_spaces=True) == "Bl�b�r"


@pytest.mark.parametrize("written", ["***", "abc", "æ"])
def test_what_is_not_base64_is_drift(written: str) -> None:
    with pytest.raises(Drift) as raised:
        notes.decode_text(written, "cases[0].note", strips_spaces=True)
    assert raised.value.path == "cases[0].note"
    assert raised.value.__context__ is None
