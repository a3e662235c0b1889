"""The verifier's own Ed25519, notes, proofs and policies, by the vectors of their specifications."""

import base64
import hashlib
from types import ModuleType

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.notes import SigningKey, VerifierKey, sign_note
from tests.audit.test_notes import PETER, PETERS_NOTE, POEM, PROBLEM, SOFA

#: RFC 8032 section 7.1: TEST 1, TEST 2, TEST 3 and TEST SHA(abc): public key, message, signature.
RFC_8032 = [
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     ("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     ("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     ("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")),
    ("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf", hashlib.sha512(b"abc").hexdigest(),
     ("dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
     "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704")),
]  # fmt: skip
_ORDER = 2**252 + 27742317777372353535851937790883648493
LOG = SigningKey("kommune.example/log", bytes(range(32)))
TEXT = "kommune.example/log\n5\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_the_signatures_of_rfc_8032_hold(verifier: ModuleType, public: str, message: str, signature: str) -> None:
    key, text, signed = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    assert verifier.is_signed(key, text, signed)
    assert not verifier.is_signed(key, text + b"x", signed)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
@settings(max_examples=30, deadline=None)
def test_what_another_library_signs_holds(verifier: ModuleType, seed: bytes, message: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    assert verifier.is_signed(key.public_key().public_bytes_raw(), message, key.sign(message))


@given(st.integers(0, 127), st.integers(1, 255))
@settings(max_examples=60, deadline=None)
def test_a_changed_byte_of_key_or_signature_never_holds_and_the_other_library_agrees(
    verifier: ModuleType, place: int, change: int
) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    data = bytearray(key.public_key().public_bytes_raw() + key.sign(b"m" * 32) + b"m" * 32)
    data[place] ^= change
    public, signature, message = bytes(data[:32]), bytes(data[32:96]), bytes(data[96:])
    assert not verifier.is_signed(public, message, signature)
    with pytest.raises((InvalidSignature, ValueError)):
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64))
@settings(max_examples=60, deadline=None)
def test_arbitrary_bytes_are_no_signature_and_no_crash(verifier: ModuleType, public: bytes, signature: bytes) -> None:
    assert verifier.is_signed(public, b"", signature) is False


def test_a_signature_with_the_order_added_is_refused(verifier: ModuleType) -> None:
    public, _, signature = (bytes.fromhex(one) for one in RFC_8032[0])
    again = (int.from_bytes(signature[32:], "little") + _ORDER).to_bytes(32, "little")
    assert not verifier.is_signed(public, b"", signature[:32] + again)


@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_signature_of_another_length_is_refused(verifier: ModuleType, length: int) -> None:
    assert not verifier.is_signed(bytes.fromhex(RFC_8032[0][0]), b"", bytes(length))


def test_a_public_key_that_is_no_point_is_refused(verifier: ModuleType) -> None:
    for data in (b"\xff" * 32, (2**255 - 19).to_bytes(32, "little"), (2).to_bytes(32, "little")):
        assert not verifier.is_signed(data, b"", bytes(64))


def test_the_published_note_opens_under_its_published_key(verifier: ModuleType) -> None:
    key = verifier.parse_key(PETER)
    note = verifier.parse_note(PETERS_NOTE.encode())
    assert (note.text, verifier.signers(note, [key])) == (PROBLEM, [key])


def test_the_published_note_does_not_open_when_a_letter_is_changed(verifier: ModuleType) -> None:
    note = verifier.parse_note(PETERS_NOTE.replace("answer", "Answer").encode())
    with pytest.raises(verifier.BrokenError, match="passer ikke"):
        verifier.signers(note, [verifier.parse_key(PETER)])


def test_the_specifications_note_and_checkpoint_are_read(verifier: ModuleType) -> None:
    (signature,) = verifier.parse_note(POEM.encode()).signatures
    assert (signature[0], signature[1].hex()) == ("quasimodo.example/salvatore", "367ba04b")
    checkpoint = verifier.parse_checkpoint(SOFA.encode())
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)


@pytest.mark.parametrize(
    "note",
    [
        b"", b"\n", b"a\n\n", b"a\n\n\xe2\x80\x94 x\n", b"\xff\n\n", b"a\n\n- x AAAAAAA=\n",
        "a\n\n— x AAAAAAA=".encode(), "a\n\n— x AAAAAAA\n".encode(), "a\n\n— x AAAAAAB=\n".encode(),
        "a\n\n— x  AAAAAAA=\n".encode(), "a\n\n— x+y AAAAAAA=\n".encode(), "a\tb\n\n— x AAAAAAA=\n".encode(),
        "a\n\n— x AAAAAAA=\r\n".encode(), ("a\n\n" + "— x AAAAAAA=\n" * 65).encode(),
    ],
)  # fmt: skip
def test_what_is_no_signed_note_is_refused(verifier: ModuleType, note: bytes) -> None:
    with pytest.raises(verifier.BrokenError):
        verifier.parse_note(note)


@pytest.mark.parametrize(
    "change",
    [
        ("\n5\n", "\n05\n"), ("\n5\n", "\n-5\n"), ("\n5\n", "\n" + "9" * 30 + "\n"), ("\n5\n", "\n\u0665\n"),
        ("\n5\n", "\n"), ("Hh8=", "Hh9="), ("Hh8=", ""),
    ],
)  # fmt: skip
def test_a_checkpoint_has_one_spelling_only(verifier: ModuleType, change: tuple[str, str]) -> None:
    note = sign_note(TEXT.replace(*change), LOG).to_text().encode()
    with pytest.raises(verifier.BrokenError):
        verifier.parse_checkpoint(note)


@pytest.mark.parametrize("text", ["", "a+b", "a+b+c", f"{PETER}=", PETER.replace("c74f20a3", "c74f20a4"),
                                  PETER.replace("Peter", "Pe ter"), PETER.replace("+ARpc", "+AhpC")])  # fmt: skip
def test_what_is_no_key_is_refused(verifier: ModuleType, text: str) -> None:
    with pytest.raises(verifier.BrokenError):
        verifier.parse_key(text)


def test_the_example_of_tlog_proof_is_read(verifier: ModuleType) -> None:
    path = ["gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=", "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA="]
    head = "c2sp.org/tlog-proof@v1\nextra YWdlLXYxLjIuMQ==\nindex 73894\n"
    data = (head + "\n".join(path) + "\n\n" + SOFA).encode()
    index, hashes, note = verifier.parse_proof(data)
    assert (index, [base64.b64encode(one).decode() for one in hashes], note) == (73894, path, SOFA.encode())


@pytest.mark.parametrize(
    "data",
    [
        b"", b"c2sp.org/tlog-proof@v1\n\nx", b"c2sp.org/tlog-proof@v2\nindex 1\n\nx",
        b"c2sp.org/tlog-proof@v1\nindex 01\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\n", b"c2sp.org/tlog-proof@v1\nindex 1\nnot base64\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 1", b"\xff\n\n", b"c2sp.org/tlog-proof@v1\nextra A\nindex 1\n\n",
    ],
)  # fmt: skip
def test_what_is_no_proof_is_refused(verifier: ModuleType, data: bytes) -> None:
    with pytest.raises(verifier.BrokenError):
        verifier.parse_proof(data)


class Witness:
    """Somebody who signs a checkpoint with the time (C2SP tlog-cosignature)."""

    def __init__(self, name: str, seed: int) -> None:
        self.name, self._key = name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        data = b"\x04" + self._key.public_key().public_bytes_raw()
        self._id = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
        self.vkey = f"{name}+{self._id.hex()}+{base64.b64encode(data).decode()}"

    def line(self, text: str, *, time: int = 1_790_000_000) -> str:
        signature = self._key.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
        return f"— {self.name} {base64.b64encode(self._id + time.to_bytes(8) + signature).decode()}\n"


WITNESSES = [Witness(f"vidne{number}.example", number) for number in (1, 2, 3)]
GROUPS = (
    f"# to af tre\nlog {LOG.verifier.to_text()} https://kommune.example/\n\n"
    + "".join(f"witness\tW{number}  {one.vkey}\n" for number, one in enumerate(WITNESSES, 1))
    + " group par any W1 W2\ngroup alle all par W3\n"
)


@pytest.mark.parametrize(
    ("quorum", "signing", "is_met"),
    [("none", (), True), ("W1", (), False), ("W1", (0,), True), ("W1", (1,), False), ("par", (1,), True),
     ("alle", (0, 1), False), ("alle", (1, 2), True)],
)  # fmt: skip
def test_a_policy_demands_its_quorum(
    verifier: ModuleType, quorum: str, signing: tuple[int, ...], *, is_met: bool
) -> None:
    logs, rule = verifier.parse_policy(f"{GROUPS}quorum {quorum}\n")
    note = sign_note(TEXT, LOG).to_text() + "".join(WITNESSES[one].line(TEXT) for one in signing)
    assert [key.name for key in logs] == ["kommune.example/log"]
    assert rule(verifier.parse_note(note.encode())) is is_met


def test_a_cosignature_over_another_time_is_refused(verifier: ModuleType) -> None:
    _logs, rule = verifier.parse_policy(f"{GROUPS}quorum W1\n")
    name, data = WITNESSES[0].line(TEXT).removeprefix("— ").split()
    changed = bytearray(base64.b64decode(data))
    changed[11] ^= 1
    line = f"— {name} {base64.b64encode(changed).decode()}\n"
    with pytest.raises(verifier.BrokenError, match="passer ikke"):
        rule(verifier.parse_note((sign_note(TEXT, LOG).to_text() + line).encode()))


@pytest.mark.parametrize(
    "policy",
    [
        "", "quorum none\nquorum none\n", "quorum W9\n", "witness W1\nquorum none\n", "hest\nquorum none\n",
        f"{GROUPS}group ny 3 par W3\nquorum none\n", f"{GROUPS}group ny 1 W1\nquorum none\n",
        f"{GROUPS}group ny 0 alle\nquorum none\n", f"{GROUPS}group ny any none\nquorum none\n",
        f"{GROUPS}group W1 any alle\nquorum none\n", f"{GROUPS}witness W4 {WITNESSES[0].vkey}\nquorum none\n",
        f"{GROUPS}log {LOG.verifier.to_text()}\nquorum none\n", "log a+b+c\nquorum none\n",
    ],
)  # fmt: skip
def test_a_policy_that_is_not_lawful_is_refused(verifier: ModuleType, policy: str) -> None:
    with pytest.raises(verifier.BrokenError):
        verifier.parse_policy(policy)


def test_our_keys_and_the_verifiers_are_the_same(verifier: ModuleType) -> None:
    ours = VerifierKey.from_text(PETER)
    assert verifier.parse_key(PETER)[:2] == (ours.name, ours.key_id)
