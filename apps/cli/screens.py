"""What a command shows: results on standard output, talk on standard error, or one JSON document.

What must stay true: with ``--json`` standard output holds exactly one document; every screen outside production
carries the stamp; and colours appear at a terminal only, never with ``NO_COLOR``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TextIO

from rich.box import ASCII, SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from foundation.environment import Environment

#: Columns of a screen that is not a terminal; wide enough that nothing is cut.
_PLAIN_WIDTH = 140
#: Lines of progress where there is no terminal.
_PORTIONS = 10


class Bar:
    """Progress through a known number of things; thread-safe as far as rich is."""

    def __init__(self, total: int, tell: Progress | None, say: Screen, title: str) -> None:
        self._total = total
        self._live = tell
        self._task = tell.add_task(title, total=total) if tell is not None else None
        self._screen = say
        self._title = title
        self._done = 0
        #: How many are done when the next line is due.
        self._next = -(-total // _PORTIONS)

    def advance(self) -> None:
        """One more is done."""
        self._done += 1
        if self._live is not None and self._task is not None:
            # More may be handled than were waiting: what the run fetched, and items that come round twice.
            self._live.update(self._task, completed=self._done, total=max(self._total, self._done))
        elif self._total and self._done >= self._next:
            # Past what was known nobody knows the end, and a line for each doubling is enough.
            is_known = self._done < self._total
            self._next = self._done + -(-self._total // _PORTIONS) if is_known else 2 * self._done
            of_all = f" af {self._total}" if self._done <= self._total else ""
            self._screen.say(f"  {self._title}: {self._done}{of_all}")


class Screen:
    """Where one command shows what it found. Commands call all methods; ``--json`` decides which of them print."""

    def __init__(self, *, as_json: bool, out: TextIO | None = None, talk: TextIO | None = None) -> None:
        self.as_json = as_json
        self.environment: Environment | None = None
        self._out = _console(out or sys.stdout)
        self._talk = _console(talk or sys.stderr)
        self._has_answered = False

    @property
    def is_terminal(self) -> bool:
        """Whether a person sits in front of it and can be asked."""
        return not self.as_json and sys.stdin.isatty() and self._out.is_terminal

    def say(self, text: str) -> None:
        """Talk: standard error, in every mode."""
        self._talk.print(Text(text))

    def heading(self, title: str) -> None:
        """The first line of a screen, with the stamp."""
        if not self.as_json:
            self._out.print(Text(f"{self._stamp()}{title}", style="bold"))

    def line(self, text: str = "", *, style: str = "") -> None:
        """One line of the result."""
        if not self.as_json:
            self._out.print(Text(text, style=style))

    def lines(self, texts: Iterable[str]) -> None:
        """Several lines of the result."""
        for text in texts:
            self.line(text)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str = "") -> None:
        """A table; columns whose name begins with ``#`` are numbers and stand to the right."""
        if self.as_json:
            return
        if not rows:
            self.line(empty)
            return
        table = Table(box=SIMPLE_HEAD if self._can_draw() else ASCII, pad_edge=False, show_edge=False)
        for name in columns:
            table.add_column(name.lstrip("#"), justify="right" if name.startswith("#") else "left", overflow="fold")
        for row in rows:
            table.add_row(*[Text("" if cell is None else str(cell)) for cell in row])
        self._out.print(table)

    def facts(self, pairs: Iterable[tuple[str, object]]) -> None:
        """Labels with values, one a line."""
        if self.as_json:
            return
        grid = Table.grid(padding=(0, 2))
        grid.add_column()
        grid.add_column(overflow="fold")
        for label, value in pairs:
            if value not in (None, ""):
                grid.add_row(Text(f"  {label}"), Text(str(value)))
        self._out.print(grid)

    def advise(self, *commands: str) -> None:
        """The next commands, ready to paste; never folded, so that they can be."""
        if self.as_json or not commands:
            return
        self._out.print(Text("Næste skridt:", style="bold"))
        for command in commands:
            self._out.print(Text(f"  {command}"), soft_wrap=True)

    def answer(self, document: Mapping[str, object]) -> None:
        """The result as a document; printed with ``--json`` only, once."""
        if not self.as_json:
            return
        if self._has_answered:
            raise RuntimeError("a command answers with one JSON document only")
        self._has_answered = True
        environment = {} if self.environment is None else {"environment": self.environment.value}
        stamp = {} if self.environment is None else {"stamp": self.environment.stamp}
        text = json.dumps({**environment, **stamp, **document}, ensure_ascii=False, indent=2, default=str)
        self._out.file.write(text + "\n")

    @property
    def has_answered(self) -> bool:
        """Whether the one document is out."""
        return self._has_answered

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[Bar]:
        """A progress bar on standard error; without a terminal a line for each tenth."""
        if not self._talk.is_terminal:
            yield Bar(total, None, self, title)
            return
        columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._talk) as live:
            # A process that is ended in the middle of it must not leave a terminal without a cursor.
            self._talk.show_cursor()
            yield Bar(total, live, self, title)

    def flush(self) -> None:
        """Let what was shown be seen now, by a reader that waits for it."""
        self._out.file.flush()

    def ask(self, question: str) -> str:
        """A person's answer; only where ``is_terminal``."""
        return self._out.input(Text(question)).strip()

    def _stamp(self) -> str:
        if self.environment is None:
            return ""
        return f"{self.environment.stamp} · {self.environment.value} · " if self.environment.stamp else ""

    def _can_draw(self) -> bool:
        return "utf" in (self._out.encoding or "").lower()


class _PipedConsole(Console):
    """A console whose reader may leave, as ``head`` does."""

    def on_broken_pipe(self) -> None:
        """Let ``main`` end the command; rich itself would end it with 1, which means that it failed."""
        raise BrokenPipeError


def _console(file: TextIO) -> Console:
    is_terminal = file.isatty()
    # rich reads NO_COLOR by itself; FORCE_COLOR and the like must not colour what is piped.
    return _PipedConsole(
        file=file,
        force_terminal=is_terminal,
        no_color=None if is_terminal else True,
        width=None if is_terminal else _PLAIN_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
    )
