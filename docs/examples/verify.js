// Verify an event's signature: the header `jws`, over the exact bytes of the body (a Buffer).
// `keys` is the JSON of /.well-known/tandem-event-keys.json. Nothing to install.
"use strict";
const crypto = require("node:crypto");

function verify(signature, body, keys) {
  const [header, , value] = signature.split(".");
  const { alg, kid, b64, crit } = JSON.parse(Buffer.from(header, "base64url"));
  const jwk = keys.keys.find((key) => key.kid === kid);
  if (!jwk || alg !== "EdDSA" || b64 !== false || String(crit) !== "b64") return false;
  const signed = Buffer.concat([Buffer.from(`${header}.`), body]);
  const key = crypto.createPublicKey({ key: jwk, format: "jwk" });
  return crypto.verify(null, signed, key, Buffer.from(value, "base64url"));
}

module.exports = { verify };
