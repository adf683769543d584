// Read a partner's queue: each event once in effect, in order, with the feed to fill a gap.
// Needs amqplib. Reads AMQP_URL, QUEUE, FEED_URL, TOKEN and STATE (a file of its own).
"use strict";
const fs = require("node:fs");

const { AMQP_URL, QUEUE, FEED_URL, TOKEN, STATE } = process.env;
const seen = new Set();
const last = new Map();
let after = "";
const file = fs.openSync(STATE, "a+");

function remember({ event, next_after }) {
  if (event) {
    seen.add(event.id);
    last.set(event.source, Math.max(Number(event.sequence), last.get(event.source) ?? 0));
  }
  after = next_after ?? after;
}

// Your effect and the memory of it: here one line, on the disk before anything is acknowledged.
function keep(entry) {
  fs.writeSync(file, JSON.stringify(entry) + "\n");
  fs.fsyncSync(file);
  remember(entry);
}

async function take(event) {
  if (seen.has(event.id)) return; // a repetition
  const ahead = Number(event.sequence) - (last.get(event.source) ?? 0);
  if (ahead === 1 && !event.type.includes(".skipped.")) return keep({ event });
  await fillTheGap(); // what is missing is on its way, dead-lettered or skipped
  if (Number(event.sequence) > (last.get(event.source) ?? 0)) throw new Error(`lost: ${event.id}`);
}

async function fillTheGap() {
  for (let page; page?.results.length !== 0; keep({ next_after: page.next_after })) {
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const answer = await fetch(`${FEED_URL}?limit=1000&after=${after}`, { headers });
    if (!answer.ok) throw new Error(`the feed answers ${answer.status}`);
    page = await answer.json();
    for (const event of page.results) if (!seen.has(event.id)) keep({ event });
  }
}

function recall() {
  const whole = fs.readFileSync(file, "utf8").replace(/[^\n]*$/, ""); // a line cut off is no effect
  fs.ftruncateSync(file, Buffer.byteLength(whole));
  for (const line of whole.split("\n").filter(Boolean)) remember(JSON.parse(line));
}

async function main() {
  recall();
  const connection = await require("amqplib").connect(AMQP_URL);
  const channel = await connection.createChannel();
  await channel.prefetch(20);
  let turn = Promise.resolve(); // one after the other, also while the feed is read
  await channel.consume(QUEUE, (message) => {
    turn = turn.then(() => take(JSON.parse(message.content))).then(() => channel.ack(message));
  });
}

if (require.main === module) main();
module.exports = { take, recall, seen };
