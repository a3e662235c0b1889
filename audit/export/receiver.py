"""What the receiver of a bundle reads first, in Danish.

What must stay true: it says what the bundle does not prove as plainly as what it does, and sends the receiver outside
the bundle for the verifier and the key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.checkpoints import Checkpoint
from audit.notes import VerifierKey
from foundation.clock import danish_time
from foundation.environment import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Whose log it is: its name, its keys (the newest last), its environment, and when the bundle is made."""

    origin: str
    keys: Sequence[VerifierKey]
    environment: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is in the bundle, for the receiver and for the manifest."""

    checkpoint: Checkpoint
    selection: Mapping[str, str]
    counts: Mapping[str, int]
    #: ``below``: how many of the first events are pruned; ``told``: what the log says of it.
    pruned_below: int
    pruned_told: Sequence[Mapping[str, object]]
    #: Since when, and how many events, no checkpoint covers.
    open_since: datetime
    open_events: int


def receiver_text(source: Source, contents: Contents) -> str:
    """The text of ``LAESMIG.md``."""
    stamp = Environment(source.environment).stamp
    chosen = ", ".join(f"{name}: {value}" for name, value in contents.selection.items()) or "hele loggen"
    return _TEXT.format(
        stamp=f"**{stamp}: dette er ikke fra drift.**\n\n" if stamp else "",
        origin=source.origin,
        environment=source.environment,
        made=danish_time(source.at),
        events=contents.counts["events"],
        size=contents.checkpoint.size,
        chosen=chosen,
        pruned=_pruned(contents),
        open_events=contents.open_events,
        open_since=danish_time(contents.open_since),
        anchors=contents.counts["anchors"],
        proofs=_PROOFS if contents.selection else _NO_PROOFS,
        openssl=OPENSSL,
    )


def _pruned(contents: Contents) -> str:
    if not contents.pruned_below:
        return "Intet af loggen er slettet."
    lines = [
        f"- alt før nr. {one['below']}: {one['reason'] or 'hændelsen, der fortalte hvorfor, er selv slettet siden'}"
        for one in contents.pruned_told
    ]
    head = f"Indholdet af de første {contents.pruned_below} hændelser er slettet. Deres blade står stadig i træet."
    return "\n".join([head, "", *lines])


#: How to check the signature with OpenSSL 3 and the tools of a POSIX shell; VKEY is the key from elsewhere.
OPENSSL = r"""head -n 3 checkpoint > tekst
sed -n 5p checkpoint | cut -d ' ' -f 3 | base64 -d | tail -c 64 > underskrift
{ printf '\060\052\060\005\006\003\053\145\160\003\041\000'
  printf '%s' "$VKEY" | cut -d + -f 3- | base64 -d | tail -c 32; } > noegle.der
openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey noegle.der -in tekst -sigfile underskrift"""

_PROOFS = "- `proofs/`: for hver hændelse et bevis, der kan stå alene (sammen med dens linje og loggens nøgle)."
#: Why there are none stands in ``audit.export.bundle``.
_NO_PROOFS = """- Hele loggen er her, og træet beviser hver hændelse. Derfor er der ingen mappe med et bevis for hver.
  Skal én hændelse bevises alene, så lav beviset selv med `--proof HÆNDELSE` efter kommandoen nedenfor, hvor HÆNDELSE er
  dens `id`. Udtrækket efterprøves, og filen `HÆNDELSE.tlog-proof` skrives, hvor du står."""

_TEXT = """# Udtræk af Sagsgangs log

{stamp}Log: `{origin}` (miljø: {environment}). Lavet {made}.
Her er {events} hændelser ud af loggens {size}. Udvalg: {chosen}.

## Hvad det er

- `events.jsonl`: hændelserne, én på hver linje, byte for byte som de blev skrevet. Det er dem, der er bevist.
- `events.csv`: de samme til Excel. Til læsning; kolonnerne `dansk_tid` og `beskrivelse` efterprøves ikke.
- `checkpoint`: loggens underskrevne hoved, og `checkpoints/`: alle de tidligere.
- `tile/`: træet over alle hændelser, kun som kontrolsummer; `tile/entries/`: hele poster, hvor alle 256 er udvalgt.
{proofs}
- `anchors/`: hvad andre har sagt om kontrolpunkterne ({anchors} stk.).
- `manifest.json` og `files.jsonl`: hvad der skal være her, med størrelse og SHA-256.
- `keys` og `policy`: loggens nøgler, som loggen selv oplyser dem. **De beviser intet her**: enhver kan lave et udtræk
  med sin egen nøgle i. Få nøglen ad en anden vej.

Udtrækket indeholder personoplysninger i pseudonym form og navne på medarbejdere. Behandl det som sådan, og slet det,
når det ikke skal bruges mere. Hvor længe en medarbejder var om noget, må kun bruges som samlede tal for mindst fem.

## Hvad det beviser

Med nøglen udefra: at hændelserne står i den log, der er skrevet under på, uændrede og på deres plads; at loggen kun er
vokset mellem kontrolpunkterne; og, hvor hele loggen er udtrukket, at ingen mangler til og med kontrolpunktet.

## Hvad det ikke beviser

- At noget, der aldrig blev skrevet i loggen, ikke er sket. Det viser afstemning med de andre systemer.
- At en hændelse var sand, da den blev skrevet.
- Noget om det, der er sket efter kontrolpunktet: {open_events} hændelser siden {open_since} var ikke dækket.
- Ved et udvalg: at alle, der skulle være med, er med.
- At den, der har loggens nøgle, ikke viser andre en anden log. Det viser vidner, og kopier af kontrolpunkterne andre
  steder; sammenlign `checkpoints/` med dem.

{pruned}

## Sådan efterprøver du det

Få `verify_bundle.py` og loggens nøgle ad en anden vej end dette udtræk, for eksempel fra leverandørens hjemmeside og
fra den, der fører tilsyn med loggen. Der skal kun bruges Python 3.9 eller nyere, og intet net:

```
python3 -I verify_bundle.py MAPPE --key VKEY
```

Koden 0 betyder, at alt holder; 1, at noget er galt; 3, at alt hænger sammen, men at du ikke gav en nøgle.

### Med openssl

Underskriften på kontrolpunktet kan efterprøves uden vores program. Stå i mappen, og sæt `VKEY` til nøglen udefra:

```
{openssl}
```

Slet de tre hjælpefiler, før udtrækket efterprøves med `verify_bundle.py`.

Et blad er SHA-256 over en nulbyte og hændelsens linje uden linjeskift:

```
{{ printf '\\000'; sed -n 1p events.jsonl | tr -d '\\n'; }} | openssl dgst -sha256
```
"""
