// Read a partner's queue: each event once in effect, in order, with the feed to fill a gap.
// Needs amqplib. Reads AMQP_URL, QUEUE, FEED_URL, TOKEN and STATE (a file of its own).
"use strict";
const fs = require("node:fs");

const { AMQP_URL, QUEUE, FEED_URL, TOKEN, STATE } = process.env;
const [file, last] = [fs.openSync(STATE, "a+"), new Map()];
let after = "";

// 1 is the next of its source; less was there already; before more something is missing.
const ahead = (event) => Number(event.sequence) - (last.get(event.source) ?? 0);

function remember({ event, next_after }) {
  if (event) last.set(event.source, Number(event.sequence));
  after = next_after ?? after;
}

// Your effect and the memory of it: here one line, on the disk before anything is acknowledged.
function keep(entry) {
  fs.writeSync(file, JSON.stringify(entry) + "\n");
  fs.fsyncSync(file);
  remember(entry);
}

async function take(event) {
  if (ahead(event) === 1 && !event.type.includes(".skipped.")) keep({ event });
  while (ahead(event) > 0) { // what is missing is on its way, dead-lettered or skipped
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const answer = await fetch(`${FEED_URL}?limit=1000&after=${after}`, { headers });
    const page = await answer.json();
    for (const missed of page.results) if (ahead(missed) > 0) keep({ event: missed });
    keep({ next_after: page.next_after });
    if (!page.results.length) throw new Error(`neither in order nor in the feed: ${event.id}`);
  }
}

function recall() {
  const whole = fs.readFileSync(file, "utf8").replace(/[^\n]*$/, ""); // half a line is no effect
  fs.ftruncateSync(file, Buffer.byteLength(whole));
  for (const line of whole.split("\n").filter(Boolean)) remember(JSON.parse(line));
}

async function main() {
  recall();
  const channel = await (await require("amqplib").connect(AMQP_URL)).createChannel();
  await channel.prefetch(20);
  let turn = Promise.resolve(); // one after the other, also while the feed is read
  await channel.consume(QUEUE, (message) => {
    turn = turn.then(() => take(JSON.parse(message.content))).then(() => channel.ack(message));
  });
}

if (require.main === module) main();
module.exports = { take, recall };
