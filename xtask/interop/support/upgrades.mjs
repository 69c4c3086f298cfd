// Our client's upgrade under load, as a test for each official server: numbered messages in both directions while the
// transport changes, none lost, doubled or moved.

import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { within } from "./clients.mjs";
import { RUNTIMES, client, serve } from "./engine.mjs";
import { slowUpgrades } from "./latency.mjs";

const ROUNDS = 30;
const MESSAGES = 300;
/** Over this many milliseconds either side spreads its own. */
const SPREAD = 250;
/** As many of either side wait until the transport has changed, however long a busy machine takes for that. */
const HELD = 30;
/** How often a round is played until its upgrade comes amid the messages: on a busy machine it may come before the first. */
const TRIES = 5;

const expected = Array.from({ length: MESSAGES }, (_, number) => String(number));

/** Sends the numbers in order, a few at a time. `progress.sent` tells how far. */
async function count(send, progress, upgrade) {
  let last = MESSAGES - HELD;
  upgrade.finally(() => (last = MESSAGES)).catch(() => {});
  const start = Date.now();
  while (progress.sent < MESSAGES) {
    const due = Math.min(last, Math.ceil(((Date.now() - start) / SPREAD) * MESSAGES));
    for (; progress.sent < due; progress.sent += 1) send(String(progress.sent));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** One session; what came is whole and in order, and what had crossed at the upgrade is told. */
async function play(kind, runtime, round, context) {
  const server = await serve(kind, context);
  // The upgrade takes about five crossings; each round it ends at another moment.
  const relay = await slowUpgrades(server, 5 + round);
  context.after(relay.stop);
  const ours = client(relay.url, { eio: kind.eio, runtime }, context);
  const theirs = await server.socket();
  const got = [];
  theirs.on("message", (data) => got.push(String(data)));
  const up = { sent: 0 };
  const down = { sent: 0 };
  const upgrade = within(once(theirs, "upgrade"), "the upgrade").then(() => ({ up: got.length, down: down.sent }));
  await ours.next("open");
  await Promise.all([count(ours.send, up, upgrade), count((number) => theirs.send(number), down, upgrade)]);
  await ours.next("upgrade");
  await ours.until(() => ours.messages().length >= MESSAGES && got.length >= MESSAGES, "last message");
  assert.deepEqual(ours.messages(), expected, "from the server");
  assert.deepEqual(got, expected, "from the client");
  assert.equal(theirs.transport.name, "websocket");
  return upgrade;
}

const isAmid = (crossed) => Object.values(crossed).every((amount) => amount > 0 && amount < MESSAGES);

/** The rounds against a server of this kind, on both runtimes. */
export function upgrades(kind) {
  for (const runtime of RUNTIMES) {
    describe(`${kind.name}, on ${runtime}: messages during the upgrade`, () => {
      for (let round = 1; round <= ROUNDS; round += 1) {
        test(`round ${round}: ${MESSAGES} each way`, async (context) => {
          let crossed = await play(kind, runtime, round, context);
          for (let tries = 1; tries < TRIES && !isAmid(crossed); tries += 1) {
            crossed = await play(kind, runtime, round, context);
          }
          assert.ok(isAmid(crossed), `the upgrade came amid the messages (${JSON.stringify(crossed)})`);
        });
      }
    });
  }
}
