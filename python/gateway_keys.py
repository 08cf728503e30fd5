"""Tells the gateway's two keys apart: the assistant's, around which the guardrails stand already, and that of other clients.

The gateway skips the guardrails that are on by default only for a key whose own metadata says so; a request cannot.
"""

import os
import secrets

from litellm.proxy._types import LitellmUserRoles, ProxyErrorTypes, ProxyException, UserAPIKeyAuth

ASSISTANT = os.environ["LITELLM_MASTER_KEY"]
CLIENTS = os.environ["AI_OPS_CLIENT_KEY"]
# where the check is known to see every text; administration and other APIs are not for clients
CLIENT_PATHS = {"/v1/chat/completions", "/chat/completions", "/v1/models", "/models"}


def matches(given, key: str) -> bool:
    return secrets.compare_digest(str(given).encode(), key.encode())


def refusal(message: str, code: int) -> ProxyException:
    return ProxyException(message=message, type=ProxyErrorTypes.auth_error, param="key", code=code)


async def authenticate(request, api_key) -> UserAPIKeyAuth:
    if matches(api_key, ASSISTANT):
        return UserAPIKeyAuth(
            api_key="assistant",
            user_id="assistant",
            user_role=LitellmUserRoles.PROXY_ADMIN,
            metadata={"disable_global_guardrails": True},
        )
    if matches(api_key, CLIENTS):
        if request.url.path not in CLIENT_PATHS:
            raise refusal("Authentication Error, this key is for /v1/chat/completions and /v1/models only.", 403)
        return UserAPIKeyAuth(api_key="client", user_id="client", user_role=LitellmUserRoles.INTERNAL_USER)
    raise refusal("Authentication Error, Invalid proxy server token passed.", 401)
