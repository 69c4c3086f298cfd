// The upgrade under load, with the official clients: numbered messages there and back while the transport changes, none lost, doubled or moved.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { happens } from "../support/clients.mjs";
import { engine, received } from "../support/engines.mjs";
import { slowUpgrades } from "../support/latency.mjs";
import { RUNTIMES, sutForFile } from "../support/server.mjs";

const ROUNDS = 30;
const MESSAGES = 300;
/** Over this many milliseconds the messages are spread. */
const SPREAD = 200;
/** As many wait until the transport has changed, however long a busy machine takes for that. */
const HELD = 30;
/** How often a round is played until its upgrade comes amid the messages: on a busy machine it may come before the first. */
const TRIES = 5;

const expected = Array.from({ length: MESSAGES }, (_, number) => (number % 7 ? String(number) : Buffer.from([number, number >> 8])));
const plain = (data) => (typeof data === "string" ? data : Buffer.from(data));

/** Sends all in order, a few at a time, from before the upgrade until after it. */
async function count(socket, progress, upgrade) {
  let last = MESSAGES - HELD;
  upgrade.finally(() => (last = MESSAGES)).catch(() => {});
  const start = Date.now();
  while (progress.sent < MESSAGES) {
    const due = Math.min(last, Math.ceil(((Date.now() - start) / SPREAD) * MESSAGES));
    for (; progress.sent < due; progress.sent += 1) socket.send(expected[progress.sent]);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** One client; what came back is whole and in order. Tells what had crossed when the transport changed. */
async function play(server, eio, round, context) {
  // The upgrade takes about five crossings; each round it ends at another moment.
  const relay = await slowUpgrades(server, 6 + round);
  context.after(relay.stop);
  const socket = engine(relay, eio, { transports: ["polling", "websocket"] });
  const progress = { sent: 0 };
  const upgrade = happens(socket, "upgrade", "error").then(() => ({ sent: progress.sent, received: socket.got.length }));
  await happens(socket, "open", "error");
  await count(socket, progress, upgrade);
  const crossed = await upgrade;
  await received(socket, MESSAGES);
  assert.deepEqual(socket.got.map(plain), expected);
  assert.equal(socket.transport.name, "websocket");
  socket.close();
  return crossed;
}

const isAmid = (crossed) => Object.values(crossed).every((amount) => amount > 0 && amount < MESSAGES);

for (const runtime of RUNTIMES) {
  for (const eio of [4, 3]) {
    describe(`messages during the upgrade, v${eio} on ${runtime}`, () => {
      const server = sutForFile("eio-interop", "--runtime", runtime);
      for (let round = 1; round <= ROUNDS; round += 1) {
        test(`round ${round}: ${MESSAGES} each way`, async (context) => {
          let crossed = await play(server, eio, round, context);
          for (let tries = 1; tries < TRIES && !isAmid(crossed); tries += 1) crossed = await play(server, eio, round, context);
          assert.ok(isAmid(crossed), `the upgrade came amid the messages (${JSON.stringify(crossed)})`);
        });
      }
    });
  }
}
