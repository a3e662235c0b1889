"""Nova's token call (Keycloak, client credentials).

What must stay true: a token is random, tells nothing, and stops working when its time is over.
"""

from __future__ import annotations

import hmac
import secrets
import time
from urllib.parse import parse_qs

from connectors.simulated.exchange import Call, JsonObject
from connectors.simulated.refusals import Refusal
from connectors.simulated.world import NOVA_CLIENTS


def give_token(call: Call) -> JsonObject:
    """A bearer token for the system account; 401 ``invalid_client`` or 400 as OAuth 2.0 (RFC 6749, 5.2) has them."""
    form = {key: values[0] for key, values in parse_qs(call.body.decode("utf-8", "replace")).items()}
    if form.get("grant_type") != "client_credentials":
        raise Refusal(400, {"error": "unsupported_grant_type", "errorCode": "InvalidField", "field": "grant_type"})
    if form.get("scope") != "client":
        raise Refusal(400, {"error": "invalid_scope", "errorCode": "InvalidField", "field": "scope"})
    known = NOVA_CLIENTS.get(form.get("client_id", ""))
    if known is None or not hmac.compare_digest(known.encode(), form.get("client_secret", "").encode()):
        raise Refusal(401, {"error": "invalid_client"})
    seconds = call.world.settings.token_seconds
    now = time.monotonic()
    for token in [token for token, expiry in call.world.tokens.items() if expiry <= now]:
        del call.world.tokens[token]
    token = secrets.token_urlsafe(32)
    call.world.tokens[token] = now + seconds
    return {"access_token": token, "expires_in": int(seconds), "token_type": "Bearer"}
