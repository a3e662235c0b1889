"""``sagsgang audit export`` and ``sagsgang audit verifier``: the record, and what verifies it, for a receiver.

They are two commands because they go two ways: a bundle that brought its own verifier or key would prove nothing.
Handing out is for a ``revisor`` and an ``administrator``. What must stay true: it is written into the trail, with how
much and which, before a single event leaves; and what somebody typed is sealed and stands in no body.
"""

from __future__ import annotations

import hashlib
import json
import os
from argparse import Namespace
from datetime import date
from importlib.resources import files
from pathlib import Path

from sqlmodel import Session

from apps.cli.exits import Exit
from apps.cli.finding import find_item, find_run
from apps.cli.invocation import Invocation
from apps.cli.known_log import know_log
from apps.cli.program import shown_path
from audit.errors import ExportRefusedError, LeafRefusedError, SigningRefusedError
from audit.events import Event, PrivateDetail, Scalar
from audit.export.bundle import Exported, write_bundle
from audit.export.folder import require_free, zip_folder
from audit.export.receiver import Source
from audit.export.selection import Choice, count_selected
from audit.looking.periods import Period, parse_day
from audit.sequencer import drain
from audit.signer import Signer
from audit.vocabulary import EventType, RetentionClass
from casework.workplace import Workplace, as_person
from foundation.actor import Actor, Role
from foundation.errors import ConfigurationError, NotAllowedError

#: Before and after every event.
_EARLIEST, _LATEST = date(2000, 1, 1), date(2999, 1, 1)
_MAY_EXPORT = frozenset({Role.REVISOR, Role.ADMINISTRATOR})


def write(call: Invocation) -> int:
    """Write a bundle."""
    actor, folder = call.actor, call.options.folder
    if not _MAY_EXPORT & actor.roles:
        message = f"{actor.id} må ikke udlevere udtræk af loggen. Det kræver rollen revisor eller administrator."
        raise NotAllowedError(message)
    require_free(folder)
    known = know_log(call.settings, call.options.keys)
    keys = known.keys
    with call.workplace() as place:
        with place.database.read() as session:
            choice = _choice(session, call.options)
            count = count_selected(session, choice)
        _record(place, actor, choice, count)
        _bring_up_to_date(call, place, known.signer)
        environment = place.environment.value
        source = Source(origin=known.origin, keys=keys, environment=environment, at=place.now())
        with place.database.read() as session:
            exported = write_bundle(session, folder, choice, source)
    packed = zip_folder(folder) if call.options.zip else None
    key = keys[-1].to_text()
    call.screen.heading(f"Udtræk af loggen, udleveret af {actor.id}")
    call.screen.facts(_facts(exported, folder, packed))
    call.screen.line("Giv modtageren efterprøveren og denne nøgle ad en anden vej end udtrækket:")
    call.screen.lines(one.to_text() for one in keys)
    call.screen.advise(
        call.command("audit", "verifier", "verify_bundle.py"),
        f"python3 -I verify_bundle.py {shown_path(folder)} --key {key}",
    )
    call.screen.answer(
        {
            "folder": str(folder),
            "zip": str(packed) if packed is not None else None,
            "events": exported.events,
            "size": exported.size,
            "files": exported.files,
            "keys": [one.to_text() for one in keys],
        }
    )
    return Exit.OK


def hand_out_verifier(call: Invocation) -> int:
    """Write the verifier as a file of its own."""
    target: Path = call.options.file
    data = files("audit").joinpath("verifier", "verify_bundle.py").read_bytes()
    try:
        number = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o644)
    except FileExistsError:
        raise ExportRefusedError("Filen er der allerede. Vælg et andet navn.") from None
    with os.fdopen(number, "wb") as file:
        file.write(data)
    digest = hashlib.sha256(data).hexdigest()
    call.screen.heading("Efterprøveren er skrevet. Den er én fil og kræver kun Python 3.9 eller nyere.")
    call.screen.facts([("Fil", shown_path(target)), ("SHA-256", digest)])
    call.screen.answer({"file": str(target), "sha256": digest})
    return Exit.OK


def _choice(session: Session, options: Namespace) -> Choice:
    first = parse_day(options.start) if options.start else _EARLIEST
    last = parse_day(options.end) if options.end else _LATEST
    # Refused when it ends before it begins.
    period = Period(first, last)
    return Choice(
        since=period.start if options.start else None,
        until=period.end if options.end else None,
        robot=options.robot,
        run=str(find_run(session, options.run)) if options.run else None,
        item=str(find_item(session, options.item)) if options.item else None,
        case=options.case,
    )


def _record(place: Workplace, actor: Actor, choice: Choice, count: int) -> None:
    """Who takes what out, before it is taken. A case or robot that was typed may be anything, so it is sealed."""
    told = choice.to_manifest()
    facts: dict[str, Scalar] = {"events": count}
    facts.update({f"asked_{name}": told[name] for name in ("from", "to", "run", "item") if name in told})
    typed = {name: told[name] for name in ("case", "robot") if name in told}
    private = PrivateDetail(json.dumps(typed, sort_keys=True).encode(), RetentionClass.LOOKUP) if typed else None
    event = Event(type=EventType.LOG_EXPORTED, actor=as_person(actor).actor, facts=facts, private=private)
    with place.database.write() as session:
        place.record(session, event)


def _bring_up_to_date(call: Invocation, place: Workplace, signer: Signer | None) -> None:
    """Let what waits come into the tree and under a signature; where that cannot be, the last checkpoint serves."""
    if signer is None:
        call.screen.say("Her kan ikke skrives under. Udtrækket laves under det seneste kontrolpunkt, der er.")
        return
    try:
        drain(place.database, now=place.now, environment=place.environment.value)
        signer.sign(place.database, now=place.now())
    except (LeafRefusedError, SigningRefusedError, ConfigurationError) as error:
        call.screen.say(f"{error} Udtrækket laves under det seneste kontrolpunkt, der er.")


def _facts(exported: Exported, folder: Path, packed: Path | None) -> list[tuple[str, object]]:
    return [
        ("Mappe", shown_path(folder)),
        *([("Zip", shown_path(packed))] if packed is not None else []),
        ("Hændelser", f"{exported.events} af {exported.size}"),
        ("Filer", f"{exported.files} ({exported.bytes} bytes)"),
    ]
