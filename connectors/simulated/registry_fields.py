"""A form of "Folkeregister" as HTML: a label for every field, and hints that a screen reader finds.

What must stay true: ids are unique on a page with all forms, and every field has a label of its own.
"""

from __future__ import annotations

from connectors.simulated.markup import Html, tag
from connectors.simulated.registry_forms import Field, Form


def show_form(form: Form, uuid: str, *, is_open: bool) -> Html:
    """The form behind its title; open where it was sent and refused."""
    return tag(
        "details",
        tag("summary", form.title),
        tag("p", form.hint, class_="hint") if form.hint else None,
        tag(
            "form",
            *(_field(form, field) for field in form.fields),
            tag("button", form.button, type="submit"),
            method="post",
            action=f"/__admin/citizens/{uuid}/{form.act}",
        ),
        open=is_open,
    )


def _field(form: Form, field: Field) -> Html:
    key = f"{form.act}-{field.name.replace('.', '-')}"
    hint = tag("div", field.hint, id=f"{key}-hint", class_="hint") if field.hint else None
    described = f"{key}-hint" if field.hint else None
    if field.kind == "check":
        box = tag("input", type="checkbox", id=key, name=field.name, value="true")
        return tag("label", box, f" {field.label}", for_=key, class_="check")
    return tag("div", tag("label", field.label, for_=key), _control(field, key, described), hint)


def _control(field: Field, key: str, described: str | None) -> Html:
    if field.kind in {"choice", "yes_no"}:
        options = [tag("option", text, value=value) for value, text in field.options]
        return tag("select", *options, id=key, name=field.name, aria_describedby=described)
    if field.kind == "lines":
        return tag("textarea", id=key, name=field.name, rows=3, aria_describedby=described)
    return tag(
        "input",
        type="date" if field.kind == "date" else "text",
        id=key,
        name=field.name,
        required=field.is_required,
        autocomplete="off",
        aria_describedby=described,
    )
