// The endpoint's contract with Express and Stream's SDK, as its documentation would have it; no audit log, no limits.
"use strict";

const express = require("express");
const jwt = require("jsonwebtoken");
const { StreamChat } = require("stream-chat");

const key = Buffer.from(process.env.PEER_SESSION_KEY, "hex");
const chat = new StreamChat("key", process.env.PEER_SECRET);
const app = express();

app.post("/stream-chat/token", express.json({ limit: 4096 }), (request, response) => {
  const [scheme, session] = (request.headers.authorization ?? "").split(" ");
  let claims;
  try {
    if (scheme.toLowerCase() !== "bearer") throw new Error("no bearer token");
    claims = jwt.verify(session, key, { algorithms: ["HS256"] });
  } catch {
    response.status(401).json({ error: "Unauthorized", message: "Invalid or expired session token" });
    return;
  }
  const id = request.body?.customer_id;
  if (!Number.isSafeInteger(id) || id < 1 || Object.keys(request.body).length !== 1) {
    response.status(422).json({ error: "Unprocessable Content", message: "Send one customer_id" });
    return;
  }
  if (claims.sub !== String(id)) {
    response.status(403).json({ error: "Forbidden", message: "Customer ID does not match authenticated user" });
    return;
  }
  response.json({ token: chat.createToken(`customer-${id}`) });
});

app.listen(Number(process.env.PEER_PORT), "127.0.0.1");
