"""HTML that is put together from elements.

What must stay true: text and attribute values are escaped here and nowhere else, so that nothing from the store can
become markup.
"""

from __future__ import annotations

from html import escape

_VOID = frozenset({"input", "meta", "link"})


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


Content = str | None
Attribute = str | int | bool | None


def tag(element: str, *content: Content, **attributes: Attribute) -> Html:
    """An element with its content; an attribute that is None or False is left out.

    A name that Python keeps for itself ends in an underscore (``class_``); other underscores become hyphens.
    """
    spelled = "".join(_attribute(name, value) for name, value in attributes.items())
    if element in _VOID:
        return Html(f"<{element}{spelled}>")
    return Html(f"<{element}{spelled}>{join(*content)}</{element}>")


def join(*content: Content) -> Html:
    """One after the other."""
    return Html("".join(part if isinstance(part, Html) else escape(part) for part in content if part is not None))


def _attribute(name: str, value: Attribute) -> str:
    spelled = name.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {spelled}" if value is True else f' {spelled}="{escape(str(value))}"'
