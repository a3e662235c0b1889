"""How the page "Folkeregister" looks, and the frame around every page of it.

What must stay true: nothing is fetched from elsewhere and no script runs; the policy names the one style by its hash.
"""

from __future__ import annotations

import base64
import hashlib

from connectors.simulated.markup import Content, Html, join, tag
from connectors.simulated.municipality import NAME

_STYLE = Html("""
:root { --ink: #1d2733; --soft: #5b6875; --line: #d5dce3; --ground: #f3f5f7; --mark: #0b5c8a; --warn: #8a3b00; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.45 system-ui, "Segoe UI", sans-serif; }
header { background: #12324a; color: #fff; padding: 0.7rem 1.5rem; display: flex; gap: 1rem; align-items: baseline; }
header a { color: #fff; font-size: 1.25rem; font-weight: 650; text-decoration: none; }
header span { color: #c7d7e4; font-size: 0.9rem; }
main { max-width: 76rem; margin: 0 auto; padding: 1.2rem 1.5rem 3rem; }
h1 { font-size: 1.5rem; margin: 0.3rem 0 0.8rem; } h2 { font-size: 1.12rem; margin: 0 0 0.6rem; }
h3 { font-size: 1rem; margin: 0.9rem 0 0.3rem; }
a { color: var(--mark); } a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible,
textarea:focus-visible, summary:focus-visible { outline: 3px solid #f0a500; outline-offset: 2px; }
.card { background: #fff; border: 1px solid var(--line); border-radius: 8px; padding: 1rem 1.2rem; margin: 0 0 1rem; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; align-items: start; }
.acts { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 0.7rem; align-items: start; }
.acts details { background: #fff; border: 1px solid var(--line); border-radius: 8px; padding: 0.5rem 0.9rem; }
.acts details[open] { padding-bottom: 0.9rem; } summary { cursor: pointer; font-weight: 600; padding: 0.2rem 0; }
@media (max-width: 52rem) { .two { grid-template-columns: 1fr; } }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--soft); padding-bottom: 0.4rem; }
th, td { text-align: left; padding: 0.4rem 0.7rem 0.4rem 0; border-top: 1px solid var(--line); vertical-align: top; }
thead th { border-top: 0; color: var(--soft); font-weight: 600; font-size: 0.9rem; }
dl { display: grid; grid-template-columns: 11rem 1fr; gap: 0.3rem 1rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; } .number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.badge { display: inline-block; border-radius: 1rem; padding: 0 0.6rem; font-size: 0.85rem; background: #e4ebf1; }
.badge + .badge { margin-left: 0.3rem; }
.badge.shield { background: #a11616; color: #fff; } .badge.differs { background: #fbe3d0; color: var(--warn); }
.badge.same { background: #dcefe2; color: #14532d; }
.message { border-left: 5px solid #14803c; background: #e7f5ec; padding: 0.6rem 1rem; border-radius: 4px; }
.message.failed { border-color: #a11616; background: #fbeaea; }
label { display: block; font-weight: 600; font-size: 0.93rem; margin-top: 0.6rem; }
label.check { font-weight: 400; } .hint { color: var(--soft); font-size: 0.85rem; }
input:not([type=checkbox]), select, textarea { width: 100%; font: inherit; padding: 0.35rem 0.5rem;
border: 1px solid #8b98a5; border-radius: 5px; background: #fff; color: inherit; }
button { font: inherit; font-weight: 600; margin-top: 0.8rem; padding: 0.4rem 0.9rem; border: 0; border-radius: 5px;
background: var(--mark); color: #fff; cursor: pointer; }
.search { display: grid; grid-template-columns: 2fr 1fr auto; gap: 0 1rem; align-items: end; }
""")
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

#: No script, nothing from elsewhere, forms only to ourselves, and no frame around us.
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"


def frame(title: str, *content: Content) -> str:
    """A whole page."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} | Folkeregister"),
        tag("style", _STYLE),
    )
    top = tag(
        "header",
        tag("a", "Folkeregister", href="/__admin/"),
        tag("span", f"{NAME} (simuleret): alle personer er opdigtede eller offentliggjorte testpersoner"),
    )
    return "<!doctype html>" + join(tag("html", head, tag("body", top, tag("main", *content)), lang="da"))
