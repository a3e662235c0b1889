"""One call of one command: its options, its screen, and what it needs of the house, opened when first asked for.

What must stay true: the settings, the actor and the logs are set up in this one place, so that no command forgets the
stamp or logs past the mask.
"""

from __future__ import annotations

import logging
import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from apps.cli.program import command
from apps.cli.screens import Screen
from casework.workplace import Workplace
from flows.composition import open_workplace
from foundation.actor import Actor, resolve_actor
from foundation.logs import configure_logs
from foundation.settings import PREFIX, Settings, load_settings


class Invocation:
    """What a command is called with."""

    def __init__(self, options: Namespace, screen: Screen) -> None:
        self.options = options
        self.screen = screen

    @cached_property
    def settings(self) -> Settings:
        """The settings; the first to ask sets up the logs as well."""
        return self.settings_with()

    def settings_with(self, **overrides: object) -> Settings:
        """Settings with overrides, for the commands that bring their own systems."""
        given: dict[str, Any] = dict(overrides)
        if self.data_dir is not None:
            given.setdefault("data_dir", self.data_dir)
        settings = load_settings(**given)
        self.screen.environment = settings.environment
        configure_logs(json=settings.uses_json_logs, level=settings.log_level)
        _quieten_screen()
        return settings

    @property
    def data_dir(self) -> Path | None:
        """The data folder named on the command line."""
        chosen: Path | None = self.options.data_dir
        return chosen

    @property
    def chosen(self) -> str | None:
        """The name after ``--as``."""
        name: str | None = self.options.chosen
        return name

    @cached_property
    def actor(self) -> Actor:
        """Who acts."""
        return resolve_actor(self.settings, chosen=self.chosen)

    @contextmanager
    def workplace(self) -> Iterator[Workplace]:
        """The database, for commands that speak to no other system."""
        if self.chosen is not None:
            # Also where nobody is asked who he is, a name that is nobody's, or not to be chosen, is not let through.
            resolve_actor(self.settings, chosen=self.chosen)
        with open_workplace(self.settings) as place:
            yield place

    def command(self, *words: str, chosen: str | None = None) -> str:
        """A command that goes on from here, ready to paste; keeps the data folder and the person."""
        return command(*words, data_dir=self.data_dir, chosen=chosen or self.chosen)


def _quieten_screen() -> None:
    """Let only warnings reach the screen unless somebody asked for more; files keep everything."""
    if PREFIX + "LOG_LEVEL" in os.environ:
        return
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler):
            handler.setLevel(logging.ERROR)
