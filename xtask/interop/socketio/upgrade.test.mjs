// The upgrade under load: numbered messages in both directions while the transport changes, none lost, doubled or moved.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { asks, client, collects, happens, until, within } from "../support/clients.mjs";
import { slowUpgrades } from "../support/latency.mjs";
import { sutForFile } from "../support/server.mjs";

const server = sutForFile("sio-interop");

const ROUNDS = 20;
const MESSAGES = 2_000;
/** Over this many milliseconds the messages are spread, as the server spreads its own. */
const SPREAD = 300;
/** As many of the client's wait until the transport has changed, however long a busy machine takes for that. */
const HELD = 100;

const expected = Array.from({ length: MESSAGES }, (_, number) => number);

/** Emits the numbers in order, a few at a time, from before the upgrade until after it. `progress.sent` tells how far. */
async function count(socket, progress, upgrade) {
  let last = MESSAGES - HELD;
  upgrade.finally(() => (last = MESSAGES)).catch(() => {});
  const start = Date.now();
  while (progress.sent < MESSAGES) {
    const due = Math.min(last, Math.ceil(((Date.now() - start) / SPREAD) * MESSAGES));
    for (; progress.sent < due; progress.sent += 1) socket.emit("number", progress.sent);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** What had crossed when the transport changed, each way. */
function atUpgrade(socket, numbers, progress) {
  const moment = new Promise((resolve) => {
    socket.io.once("open", () => {
      socket.io.engine.once("upgrade", () => resolve({ received: numbers.length, sent: progress.sent }));
    });
  });
  return within(moment, "the upgrade");
}

/** How often a round is played until its upgrade comes amid the messages. */
const TRIES = 8;

/** One client, whose WebSocket is `delay` milliseconds away. What came is whole and in order, and `crossed` is told. */
async function play(delay, context) {
  const relay = await slowUpgrades(server, delay);
  context.after(relay.stop);
  const socket = client(relay, { transports: ["polling", "websocket"] });
  const numbers = collects(socket, "number");
  const progress = { sent: 0 };
  const upgrade = atUpgrade(socket, numbers, progress);
  socket.connect();
  await happens(socket, "connect", "connect_error");
  const before = socket.io.engine.transport.name;
  socket.emit("flood", MESSAGES);
  await count(socket, progress, upgrade);
  const crossed = await upgrade;
  await until(() => numbers.length >= MESSAGES, `the ${MESSAGES}th message`);
  const report = await asks(socket, "report");

  assert.deepEqual(numbers, expected, "from the server");
  assert.deepEqual(report, { count: MESSAGES, ordered: true, last: MESSAGES - 1 }, "from the client");
  assert.equal(socket.io.engine.transport.name, "websocket");
  return { before, crossed };
}

const isEarly = ({ before, crossed }) => before !== "polling" || Object.values(crossed).includes(0);
const isLate = ({ crossed }) => Object.values(crossed).includes(MESSAGES);

describe("messages during the upgrade", () => {
  for (let round = 1; round <= ROUNDS; round += 1) {
    test(`round ${round}: ${MESSAGES} each way`, async (context) => {
      // The upgrade takes about five crossings; each round it ends at another moment.
      let delay = 12 + round;
      let played = await play(delay, context);
      // A busy machine may be slower with the messages than with the crossings, or the other way about.
      for (let tries = 1; tries < TRIES && (isEarly(played) || isLate(played)); tries += 1) {
        delay = Math.ceil(delay * (isEarly(played) ? 1.5 : 0.7));
        played = await play(delay, context);
      }
      const told = JSON.stringify({ delay, ...played });
      assert.ok(!isEarly(played) && !isLate(played), `the upgrade came amid the messages (${told})`);
    });
  }
});
