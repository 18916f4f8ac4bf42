"""The endpoint's contract with FastAPI and Stream's SDK, as its documentation would have it; no audit log, no limits."""

import os

import jwt
from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel, ConfigDict, StrictInt
from stream_chat import StreamChat

KEY = bytes.fromhex(os.environ["PEER_SESSION_KEY"])
CHAT = StreamChat(api_key="key", api_secret=os.environ["PEER_SECRET"])

app = FastAPI(openapi_url=None)


class Asked(BaseModel):
    """The body."""

    model_config = ConfigDict(extra="forbid")
    customer_id: StrictInt


@app.post("/stream-chat/token")
async def token(asked: Asked, authorization: str = Header(default="")) -> dict[str, str]:
    """Gives the session's own customer a token."""
    scheme, _, session = authorization.partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise jwt.InvalidTokenError
        claims = jwt.decode(session, KEY, algorithms=["HS256"], options={"require": ["exp", "sub"]})
    except jwt.InvalidTokenError as refused:
        raise HTTPException(401, "Invalid or expired session token") from refused
    if claims["sub"] != str(asked.customer_id):
        raise HTTPException(403, "Customer ID does not match authenticated user")
    return {"token": CHAT.create_token(f"customer-{asked.customer_id}")}
