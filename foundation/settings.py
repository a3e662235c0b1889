"""Every setting in one object, read from the environment and from secret files.

A setting ``seal_key`` is the environment variable ``SAGSGANG_SEAL_KEY``, or a file ``SAGSGANG_SEAL_KEY`` in the folder
named by ``SAGSGANG_SECRETS_DIR``. What must stay true: each setting has a documented default or says that it has none,
and a wrong one is named together with what it should be, never with its value.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from foundation.environment import Environment, require_address_allowed
from foundation.errors import ConfigurationError

PREFIX = "SAGSGANG_"
#: What the simulated municipality takes; it opens nothing else, and no other environment accepts it.
SIMULATED_SECRET = "kun-til-simulatoren"  # noqa: S105 - published on purpose.
#: Settings that other ones took the place of, with what to set instead.
_REPLACED = {
    "NOVA_ASSUMED_ADDRESS_WRITE": (
        f"Sæt {PREFIX}NOVA_ADDRESS_WRITE i stedet: api (før true), screen, vendor eller none (før false)."
    ),
}


class Settings(BaseSettings):
    """All settings. Make one with ``load_settings``, which turns mistakes into a readable error."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True, extra="ignore")

    environment: Environment = Field(default=Environment.SIMULATED, description="simulated, test eller production.")
    production_switch: Literal["", "ja-dette-er-produktion"] = Field(
        default="", description="Skal være ja-dette-er-produktion, før noget kører i production."
    )
    data_dir: Path = Field(default=Path("var"), description="Mappe til database, nøgler, låse og kørselslogge.")
    database_url: str = Field(
        default="", description="SQLAlchemy-adresse; tom betyder SQLite i data_dir. PostgreSQL: postgresql://…"
    )
    seal_key: SecretStr = Field(
        default=SecretStr(""),
        description="Nøgle til personoplysninger i databasen, 32 byte i hex. Tom: laves i data_dir i simulated.",
    )
    people_file: Path | None = Field(
        default=None, description="TOML-fil, der knytter konti til personer og roller. Tom: prøvepersoner i simulated."
    )

    nova_url: str = Field(default="http://127.0.0.1:8810/nova", description="Adressen på Novas API.")
    nova_token_url: str = Field(
        default="http://127.0.0.1:8810/nova/realms/NovaIntegration/protocol/openid-connect/token",
        description="Adressen, hvor robotten henter adgangsbevis til Nova.",
    )
    nova_client_id: str = Field(default="sagsgang", description="Robottens klient-id hos Nova.")
    nova_client_secret: SecretStr = Field(
        default=SecretStr(SIMULATED_SECRET), description="Robottens hemmelighed hos Nova; kun standard i simulated."
    )
    nova_address_write: Literal["api", "screen", "vendor", "none"] = Field(
        default="api",
        description="Hvordan parters adresser kommer ind i Nova: api (kaldet er ikke offentligt kendt, se ADR 0008), "
        "screen (kun på skærmen), vendor (KMD henter selv fra CPR) eller none (Nova viser dem ikke).",
    )
    cpr_url: str = Field(default="http://127.0.0.1:8810/cpr", description="Adressen på CPR-opslag og hændelser.")
    cpr_token: SecretStr = Field(
        default=SecretStr(SIMULATED_SECRET), description="Adgangsbevis til CPR-opslag; kun standard i simulated."
    )
    cpr_extract_dir: Path | None = Field(
        default=None,
        description="Mappe med CPR's ændringsudtræk (U12170-P), som læses i stedet for hændelserne på CPR_URL.",
    )
    dar_url: str = Field(
        default="http://127.0.0.1:8810/dar",
        description="Adressen på adresseregistret (DAR) i DAWAs form. Tom betyder, at der intet adresseregister er.",
    )
    dar_token: SecretStr = Field(
        default=SecretStr(""), description="Adgangsbevis til adresseregistret. Tom: registret er åbent."
    )
    connect_timeout: float = Field(default=3.0, gt=0, description="Sekunder, før en forbindelse opgives.")
    read_timeout: float = Field(default=15.0, gt=0, description="Sekunder, før et svar opgives.")
    calls_per_second: float = Field(
        default=50.0, gt=0, description="Højeste antal kald i sekundet fra én robot i én proces til hvert system."
    )
    sweep_per_second: float = Field(
        default=25.0, gt=0, description="Højeste antal borgere, en gennemgang slår op i sekundet; opgaver går forud."
    )
    sweep_schedule: str = Field(
        default="",
        pattern=r"^$|^[\d*/,-]+( [\d*/,-]+){4}$",
        description="Hvornår arbejderen selv gennemgår alle sager, som en cron-linje i dansk tid, fx 15 22 1 * * (den "
        "1. i hver måned kl. 22.15). Tom: kun når en person beder om det.",
    )
    cpr_subscriptions: bool = Field(
        default=False,
        description="Om en gennemgang skal bede CPR melde om parter på åbne sager og afmelde dem, der ingen har mere.",
    )

    longest_transaction: float = Field(
        default=30.0, gt=0, description="Sekunder, en arbejder højst må låse databasen; så tager de andre over."
    )
    workers: int = Field(default=4, ge=1, le=32, description="Hvor mange opgaver en kørsel behandler ad gangen.")
    claim_batch: int = Field(default=20, ge=1, le=500, description="Hvor mange opgaver der tages ad gangen.")
    lease_seconds: float = Field(default=120.0, gt=0, description="Sekunder, en arbejder har en opgave ad gangen.")
    stop_grace_seconds: float = Field(
        default=30.0, gt=0, description="Sekunder, en kørsel har til at blive færdig, når den bliver bedt om at stoppe."
    )
    max_attempts: int = Field(default=5, ge=1, description="Forsøg, før en opgave er fejlet.")
    settle_seconds: float = Field(
        default=5.0, ge=0, description="Sekunder, før det tæller, at en ændring ikke kan ses i det andet system."
    )
    owner_wait_seconds: float = Field(
        default=3600.0, gt=0, description="Sekunder, robotten venter på en arbejder, der er standset midt i et kald."
    )
    circuit_failures: int = Field(default=5, ge=1, description="Fejl i træk, før et system får ro.")
    circuit_seconds: float = Field(default=60.0, gt=0, description="Sekunder, et system får ro.")

    notice_urls: SecretStr = Field(
        default=SecretStr(""),
        description="Hvor beskeder sendes hen, én adresse på hver linje, i Apprises form: mailtos://… (e-mail) eller "
        "jsons://… (webhook). Tom: ingen beskeder. Webhooks følger HTTPS_PROXY, NO_PROXY og REQUESTS_CA_BUNDLE.",
    )
    notice_hours: float = Field(
        default=24.0, gt=0, description="Timer før en frist, hvor der sendes besked om opgaver, der ikke er færdige."
    )
    notice_approval_hours: float = Field(
        default=24.0, gt=0, description="Timer af arbejdsdage, et forslag må vente, før der sendes besked om det."
    )

    audit_origin: str = Field(
        default="", description="Loggens navn i dens kontrolpunkter, fx kommune.dk/sagsgang/2026. Tom kun i simulated."
    )
    audit_signer_dir: Path | None = Field(
        default=None, description="Mappe med loggens underskriftsnøgle, uden for databasen. Tom kun i simulated."
    )
    audit_write_once_dir: Path | None = Field(
        default=None, description="Mappe, hvor hvert kontrolpunkt skrives én gang; gerne på en anden disk."
    )
    audit_kept_elsewhere: bool = Field(
        default=False, description="Loggen indlemmes og skrives under af en tjeneste for sig, ikke efter hver kørsel."
    )
    audit_sequence_seconds: float = Field(
        default=2.0, gt=0, description="Sekunder mellem, at nye hændelser indlemmes i loggens træ."
    )
    audit_checkpoint_seconds: float = Field(
        default=60.0, gt=0, description="Sekunder, der højst går, før nye hændelser er skrevet under."
    )

    log_json: bool | None = Field(default=None, description="Logge som JSON. Tom: ja i production, ellers nej.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Hvor meget der logges."
    )

    @model_validator(mode="after")
    def _obey_environment(self) -> Self:
        if self.data_dir.exists() and not self.data_dir.is_dir():
            message = (
                f"{PREFIX}DATA_DIR, eller det efter --data-dir, er ikke en mappe. Vælg en mappe, eller slet filen."
            )
            raise ConfigurationError(message)
        for name in ("nova_url", "nova_token_url", "cpr_url"):
            require_address_allowed(getattr(self, name), environment=self.environment, name=PREFIX + name.upper())
        if self.dar_url:
            require_address_allowed(self.dar_url, environment=self.environment, name=PREFIX + "DAR_URL")
        if self.environment is Environment.PRODUCTION and not self.production_switch:
            message = f"{PREFIX}PRODUCTION_SWITCH skal være ja-dette-er-produktion, før noget kører i production."
            raise ConfigurationError(message)
        if self.environment is not Environment.SIMULATED:
            self._require_own_secrets()
        return self

    def _require_own_secrets(self) -> None:
        """Outside ``simulated`` no secret may be the one that everybody can read here."""
        for name in ("nova_client_secret", "cpr_token"):
            if getattr(self, name).get_secret_value() in {"", SIMULATED_SECRET}:
                message = f"{PREFIX}{name.upper()} mangler. Sæt den som miljøvariabel eller hemmelig fil."
                raise ConfigurationError(message)
        if self.dar_token.get_secret_value() == SIMULATED_SECRET:
            message = f"{PREFIX}DAR_TOKEN er simulatorens. Sæt jeres eget adgangsbevis, eller lad den være tom."
            raise ConfigurationError(message)
        if not self.seal_key.get_secret_value():
            message = f"{PREFIX}SEAL_KEY mangler. Lav en med: openssl rand -hex 32"
            raise ConfigurationError(message)
        if self.people_file is None:
            message = f"{PREFIX}PEOPLE_FILE mangler. Den skal knytte konti til personer og roller."
            raise ConfigurationError(message)

    @property
    def uses_json_logs(self) -> bool:
        """Whether logs are JSON lines."""
        return self.environment is Environment.PRODUCTION if self.log_json is None else self.log_json

    @property
    def effective_database_url(self) -> str:
        """The database's address; the embedded SQLite file where none is set."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'sagsgang.db').as_posix()}"


def load_settings(**overrides: object) -> Settings:
    """The settings from the environment and the secret files, with overrides for tests and the command line.

    Raises:
        ConfigurationError: naming each wrong setting and what it should be.
        EnvironmentLockedError: for an address that the environment does not allow.
    """
    folder = os.environ.get(PREFIX + "SECRETS_DIR")
    if folder is not None and not Path(folder).is_dir():
        message = f"{PREFIX}SECRETS_DIR skal være en mappe med en fil for hver hemmelighed."
        raise ConfigurationError(message)
    _refuse_replaced(Path(folder) if folder is not None else None)
    try:
        return Settings(_secrets_dir=folder, **overrides)  # type: ignore[arg-type]  # checked by pydantic itself
    except ValidationError as error:
        raise ConfigurationError(" ".join(_explain(part) for part in error.errors())) from None


def _refuse_replaced(folder: Path | None) -> None:
    """Whoever still sets what was replaced would believe that it is obeyed."""
    here = {name.upper() for name in os.environ}
    if folder is not None:
        here |= {each.name.upper() for each in folder.iterdir()}
    for old, instead in _REPLACED.items():
        if PREFIX + old in here:
            raise ConfigurationError(f"{PREFIX}{old} findes ikke mere. {instead} Fjern den gamle.")


def _explain(wrong: ErrorDetails) -> str:
    """One wrong setting: its name, what it should be, and what it means; never its value."""
    name = str(wrong["loc"][0]) if wrong["loc"] else ""
    field = Settings.model_fields.get(name)
    meaning = f" {field.description}" if field is not None and field.description else ""
    return f"{PREFIX}{name.upper()} er forkert: den skal {_wanted(wrong)}.{meaning}"


def _wanted(wrong: ErrorDetails) -> str:
    """What the setting should be, in Danish; pydantic says it in English."""
    limits = wrong.get("ctx", {})
    match wrong["type"]:
        case "greater_than":
            return f"være større end {limits['gt']:g}"
        case "greater_than_equal":
            return f"være mindst {limits['ge']:g}"
        case "less_than_equal":
            return f"være højst {limits['le']:g}"
        case "literal_error" | "enum":
            return f"være en af {limits['expected'].replace(' or ', ', ')}"
        case "bool_parsing":
            return "være true eller false"
        case kind if kind.startswith("int_"):
            return "være et helt tal"
        case kind if kind.startswith("float_"):
            return "være et tal, med punktum og ikke komma"
        case _:
            return "skrives på en anden måde"
