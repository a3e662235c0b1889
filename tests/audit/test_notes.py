"""Notes and checkpoints are those of C2SP: by the specification's own examples, and by each of its refusals."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoints import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from audit.errors import NoteRefusedError
from audit.notes import Note, NoteSignature, SigningKey, VerifierKey, open_note, parse_note, sign_note

#: The example of golang.org/x/mod/sumdb/note, whose format the specification describes.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PROBLEM = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETERS_NOTE = (
    f"{PROBLEM}\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
#: The examples of C2SP signed-note and tlog-checkpoint; the keys are not published with them.
POEM = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)
SOFA = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
KEY = SigningKey("kommune.example/log", bytes(range(32)))
OTHER = SigningKey("kommune.example/log", bytes(32))
ROOT = bytes(range(32))


def test_the_published_note_opens_under_its_published_key() -> None:
    key = VerifierKey.from_text(PETER)
    note, signers = open_note(PETERS_NOTE, [key])
    assert (note.text, signers, key.to_text()) == (PROBLEM, (key,), PETER)


def test_the_published_private_key_makes_the_published_note() -> None:
    key = SigningKey.from_text(PETER_PRIVATE)
    assert sign_note(PROBLEM, key).to_text() == PETERS_NOTE
    assert (key.to_text(), key.verifier.to_text()) == (PETER_PRIVATE, PETER)


def test_the_specifications_note_is_read_and_written_back_as_it_stands() -> None:
    note = parse_note(POEM)
    assert note.text.endswith("ed è subito sera.\n")
    assert [(one.name, one.key_id.hex()) for one in note.signatures] == [("quasimodo.example/salvatore", "367ba04b")]
    assert note.to_text() == POEM


def test_the_specifications_checkpoint_is_read_and_written_back_as_it_stands() -> None:
    checkpoint = parse_checkpoint(parse_note(SOFA).text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.to_text() + "\n" + parse_note(SOFA).signatures[0].to_line() == SOFA


def test_a_signature_by_somebody_unknown_is_kept_and_ignored() -> None:
    witness = SigningKey("vidne.example", bytes([7] * 32))
    text = sign_note("a\n", KEY, witness).to_text()
    note, signers = open_note(text, [KEY.verifier])
    assert signers == (KEY.verifier,)
    assert note.signatures[1].name == "vidne.example"
    assert note.to_text() == text


def test_a_signature_that_shares_only_a_name_or_only_an_id_with_a_known_key_is_ignored() -> None:
    signature = KEY.sign("a\n")
    renamed = NoteSignature("another.example", signature.key_id, signature.data)
    for stranger in (renamed, OTHER.sign("a\n")):
        with pytest.raises(NoteRefusedError, match="no known key"):
            open_note(Note("a\n", (stranger,)).to_text(), [KEY.verifier])


def test_a_known_keys_signature_that_does_not_hold_spoils_the_whole_note() -> None:
    witness = SigningKey("vidne.example", bytes([7] * 32))
    good = sign_note("a\n", witness).signatures[0]
    signature = KEY.sign("b\n")
    text = Note("a\n", (good, signature)).to_text()
    with pytest.raises(NoteRefusedError, match="does not hold"):
        open_note(text, [KEY.verifier, witness.verifier])


def test_a_note_signed_twice_by_one_key_is_refused() -> None:
    signature = KEY.sign("a\n")
    with pytest.raises(NoteRefusedError, match="two signatures"):
        open_note(Note("a\n", (signature, signature)).to_text(), [KEY.verifier])


def test_sixteen_signatures_are_accepted_and_a_flood_is_not() -> None:
    lines = tuple(NoteSignature(f"vidne-{number}", b"1234", b"x") for number in range(70))
    assert len(parse_note(Note("a\n", lines[:16]).to_text()).signatures) == 16
    with pytest.raises(NoteRefusedError, match="more than"):
        parse_note(Note("a\n", lines).to_text())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n",
        "a\n\n",
        "a\n\n— n YWJjZGU=",
        "a\n\n- n YWJjZGU=\n",
        "a\n\n—n YWJjZGU=\n",
        "a\n\n— n\n",
        "a\n\n—  YWJjZGU=\n",
        "a\n\n— n YWJjZA==\n",
        "a\n\n— n YWJjZGU\n",
        "a\n\n— n YWJjZGU=\x20\n",
        "a\n\n— n YWJjZGV=\n",
        "a\n\n— n YWJ_ZGU=\n",
        "a\n\n— n+1 YWJjZGU=\n",
        "a\n\n— n\u00a0m YWJjZGU=\n",
        "a\n\n— n YWJjZGU=\n\n",
        "a\r\n\n— n YWJjZGU=\n",
        "a\tb\n\n— n YWJjZGU=\n",
        "a\x00\n\n— n YWJjZGU=\n",
        "a\ud800\n\n— n YWJjZGU=\n",
        "a\n\n— n YWJjZGU=\nb\n",
    ],
)
def test_a_text_that_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(NoteRefusedError):
        parse_note(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "a\nb", "a\x01"])
def test_a_name_that_no_key_may_have_is_refused(name: str) -> None:
    with pytest.raises(NoteRefusedError):
        VerifierKey(name, bytes(32))


def test_every_piece_of_a_vkey_is_no_vkey() -> None:
    for start in range(len(PETER)):
        for end in range(start, len(PETER) + 1):
            if (start, end) != (0, len(PETER)):
                with pytest.raises(NoteRefusedError):
                    VerifierKey.from_text(PETER[start:end])


def test_a_vkey_with_one_character_changed_is_refused() -> None:
    for place, character in enumerate(PETER):
        with pytest.raises(NoteRefusedError):
            VerifierKey.from_text(PETER[:place] + chr(ord(character) + 1) + PETER[place + 1 :])


@pytest.mark.parametrize("kind", [b"\x02", b"\x04", b""])
def test_a_key_of_another_kind_is_refused(kind: bytes) -> None:
    encoded = base64.b64encode(kind + bytes(32)).decode()
    with pytest.raises(NoteRefusedError):
        VerifierKey.from_text(f"n+00000000+{encoded}")
    with pytest.raises(NoteRefusedError):
        SigningKey.from_text(f"PRIVATE+KEY+n+00000000+{encoded}")


@pytest.mark.parametrize("text", ["", PETER, PETER_PRIVATE[:-4], PETER_PRIVATE.replace("c74f20a3", "c74f20a4")])
def test_a_text_that_is_no_signing_key_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(NoteRefusedError) as refused:
        SigningKey.from_text(text)
    assert "AYEKFALV" not in str(refused.value)


def test_a_signing_key_does_not_show_itself() -> None:
    assert "seed" not in repr(KEY)


def test_a_new_key_is_another_each_time() -> None:
    assert SigningKey.generate("n") != SigningKey.generate("n")


@given(st.integers(0, 2**62), st.binary(min_size=32, max_size=32))
def test_what_is_signed_is_what_is_opened(size: int, root: bytes) -> None:
    checkpoint = Checkpoint("kommune.example/log", size, root)
    note = sign_checkpoint(checkpoint, KEY).to_text()
    assert open_checkpoint(note, [OTHER.verifier, KEY.verifier], origin=checkpoint.origin) == (
        checkpoint,
        (KEY.verifier,),
    )


def test_a_checkpoint_of_another_log_is_refused() -> None:
    note = sign_checkpoint(Checkpoint("a.example", 1, ROOT), KEY).to_text()
    with pytest.raises(NoteRefusedError, match="another log"):
        open_checkpoint(note, [KEY.verifier], origin="b.example")


_ROOT_TEXT = base64.b64encode(ROOT).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log\n",
        "log\n1\n",
        f"\n1\n{_ROOT_TEXT}\n",
        f"log\n1\n{_ROOT_TEXT}",
        f"log\n01\n{_ROOT_TEXT}\n",
        f"log\n-1\n{_ROOT_TEXT}\n",
        f"log\n+1\n{_ROOT_TEXT}\n",
        f"log\n1 \n{_ROOT_TEXT}\n",
        f"log\n\u0661\n{_ROOT_TEXT}\n",
        f"log\n\n{_ROOT_TEXT}\n",
        f"log\n{'9' * 30}\n{_ROOT_TEXT}\n",
        f"log\n1\n{_ROOT_TEXT[:-1]}\n",
        "log\n1\nYWJj\n",
        f"log\n1\n{_ROOT_TEXT[:-2]}9=\n",
        f"log\n1\n{_ROOT_TEXT}\n\n",
        f"log\n1\n{_ROOT_TEXT}\na\n\nb\n",
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteRefusedError):
        parse_checkpoint(text)


def test_a_checkpoint_cannot_be_made_with_a_line_that_reads_as_two() -> None:
    with pytest.raises(NoteRefusedError):
        Checkpoint("log\n7", 1, ROOT).to_text()


def test_extension_lines_of_others_are_kept() -> None:
    assert parse_checkpoint(f"log\n1\n{_ROOT_TEXT}\nmore\n").extensions == ("more",)
