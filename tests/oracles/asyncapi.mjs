// Read an AsyncAPI document from standard input with the stock parser; print what it has to say.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(`${process.env.ORACLES}/`);
const { Parser } = require("@asyncapi/parser");

const { document, diagnostics } = await new Parser().parse(readFileSync(0, "utf8"));
const told = diagnostics.map(({ code, severity, message, path }) => ({ code, severity, message, path: path.join("/") }));
const found = document && {
  version: document.version(),
  channels: document.channels().all().map((channel) => channel.address()),
  sends: document.operations().filterBySend().map((operation) => operation.id()),
  receives: document.operations().filterByReceive().map((operation) => operation.id()),
  replies: document.operations().all().filter((operation) => operation.reply()).map((operation) => operation.id()),
  messages: document.components().messages().all().map((message) => message.name()),
};
process.stdout.write(JSON.stringify({ diagnostics: told, document: found }));
