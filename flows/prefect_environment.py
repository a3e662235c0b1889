"""What Prefect finds in the environment when it is imported, and which Prefect server may be spoken to.

Prefect reads its settings once, while it is imported. What must stay true: everything here happens before that, Prefect
sends nothing to its makers, its logs pass our mask and stay on this machine, and ``simulated`` reaches loopback only.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from urllib.parse import urlsplit

from foundation.environment import is_loopback, require_address_allowed
from foundation.settings import PREFIX, Settings

API_URL = "PREFECT_API_URL"

#: No telemetry (server, client), no page that calls out from the browser, nothing on the screen but warnings.
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_V2_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    # Logs go to our own handlers, which mask, and never to the Prefect server, which keeps what it is told in clear.
    # What Prefect says of flows and tasks it says of parameters and errors too, so that is left out; we log our own.
    "PREFECT_LOGGING_SETTINGS_PATH": str(Path(__file__).with_name("prefect_logging.json")),
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    # We start a server ourselves, so that it dies with us; a second one behind our back would not.
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
}


def prefect_environment(settings: Settings) -> dict[str, str]:
    """The environment variables for Prefect; a folder of Prefect's own that was named before stays."""
    home = os.environ.get("PREFECT_HOME") or str((settings.data_dir / "prefect").resolve())
    return {**QUIET, "PREFECT_HOME": home}


def settings_environment(settings: Settings) -> dict[str, str]:
    """What a child process needs to come to the same settings.

    Secrets are not among it: a child finds them where this process found them. Paths are made absolute.
    """
    named = settings.model_dump(mode="json", include=set(settings.model_fields_set), exclude_none=True)
    secret = {name for name in named if hasattr(getattr(settings, name), "get_secret_value")}
    shown = {PREFIX + name.upper(): str(value) for name, value in named.items() if name not in secret}
    shown[PREFIX + "DATA_DIR"] = str(settings.data_dir.resolve())
    return shown


def require_api_allowed(url: str, *, settings: Settings, inside: Collection[str] = ()) -> None:
    """Refuse a Prefect server that this environment must not reach.

    Args:
        url: the address of its API.
        settings: tells the environment.
        inside: hosts of a closed network that whoever starts the process vouches for, as in ``docker/compose.yaml``.

    Raises:
        EnvironmentLockedError: for anything but loopback in ``simulated``, and but loopback or https elsewhere.
    """
    host = urlsplit(url).hostname or ""
    if host in inside or is_loopback(host):
        return
    require_address_allowed(url, environment=settings.environment, name=API_URL)
