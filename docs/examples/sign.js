// Sign a command: the header `jws`, over the exact bytes (a Buffer) of the body that you publish.
// The private key stays with you; the clinic gets its public half. Nothing to install.
"use strict";
const crypto = require("node:crypto");

// `kid` is the id that the clinic knows the key by.
function sign(body, privateKey, kid) {
  const told = { alg: "EdDSA", kid, b64: false, crit: ["b64"] };
  const header = Buffer.from(JSON.stringify(told)).toString("base64url");
  const signed = crypto.sign(null, Buffer.concat([Buffer.from(`${header}.`), body]), privateKey);
  return `${header}..${signed.toString("base64url")}`;
}

// What you give to the clinic.
function publicJwk(privateKey, kid) {
  const { kty, crv, x } = crypto.createPublicKey(privateKey).export({ format: "jwk" });
  return { kty, crv, kid, x };
}

module.exports = { sign, publicJwk };
