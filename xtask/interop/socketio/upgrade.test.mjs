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

/** How often a round is played until its upgrade comes amid the messages: on a busy machine it may come before the first. */
const TRIES = 5;

/** One client, from its connection to the report; what came is whole and in order, and `crossed` is told. */
async function play(round, context) {
  // The upgrade takes about five crossings; each round it ends at another moment.
  const relay = await slowUpgrades(server, 12 + round);
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

const isAmid = ({ before, crossed }) =>
  before === "polling" && Object.values(crossed).every((amount) => amount > 0 && amount < MESSAGES);

describe("messages during the upgrade", () => {
  for (let round = 1; round <= ROUNDS; round += 1) {
    test(`round ${round}: ${MESSAGES} each way`, async (context) => {
      let played = await play(round, context);
      for (let tries = 1; tries < TRIES && !isAmid(played); tries += 1) played = await play(round, context);
      assert.ok(isAmid(played), `the upgrade came amid the messages (${JSON.stringify(played)})`);
    });
  }
});
