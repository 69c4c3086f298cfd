// Connection state recovery, through the official client: what was said while it was away comes once and in order, or the client
// is told that it is new.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TRANSPORTS, asks, collects, connected, happens, until } from "../support/clients.mjs";
import { connectedV2 } from "../support/clients-v2.mjs";
import { sutForFile } from "../support/server.mjs";

const server = sutForFile("sio-interop", "--recovery");

/** Cuts the connection under a client, and keeps it from coming back by itself. */
async function cut(socket) {
  const gone = happens(socket, "disconnect");
  socket.io.engine.close();
  await gone;
}

async function comeBack(socket) {
  socket.connect();
  await happens(socket, "connect", "connect_error");
}

for (const [name, transports] of Object.entries(TRANSPORTS)) {
  describe(`recovery over ${name}`, () => {
    test("missed events come once and in order, those of rooms and of binary too", async () => {
      const [away, here] = await Promise.all([connected(server, { transports }), connected(server, { transports })]);
      const seen = collects(away, "said");
      await asks(away, "join", name);
      here.emit("say-all", "before");
      await until(() => seen.length === 1, "the first");
      const { id } = away;
      for (let round = 0; round < 3; round += 1) {
        await cut(away);
        const values = [`${round} all`, { bytes: Buffer.from([round]) }, `${round} room`, `${round} other room`, `${round} last`];
        here.emit("say-all", values[0]);
        here.emit("say-all", values[1]);
        here.emit("say", name, values[2]);
        here.emit("say", `not ${name}`, values[3]);
        here.emit("say-all", values[4]);
        await asks(here, "echo", round);
        await comeBack(away);
        assert.deepEqual([away.recovered, away.id], [true, id], `round ${round}`);
        assert.deepEqual(await asks(away, "rooms"), [name]);
        here.emit("say-all", `${round} after`);
        await until(() => seen.at(-1) === `${round} after`, "what came after");
        assert.deepEqual(seen.splice(1), [...values.filter((value) => value !== `${round} other room`), `${round} after`]);
      }
    });

    test("it comes back by itself while much is being said", async () => {
      const away = await connected(server, { transports, reconnection: true, reconnectionDelay: 5, reconnectionDelayMax: 10 });
      const here = await connected(server);
      const seen = collects(away, "said");
      const { id } = away;
      const returns = [];
      away.on("connect", () => returns.push({ recovered: away.recovered, id: away.id }));
      here.emit("say-all", 0);
      await until(() => seen.length === 1, "the first");
      for (let number = 1; number < 400; number += 1) {
        here.emit("say-all", number);
        if (number % 100 === 0) {
          // A connection that is closed while it still opens is noticed by the client after its `timeout` of 20 s only.
          await until(() => away.connected, "the return");
          away.io.engine.close();
        }
        if (number % 10 === 0) await asks(here, "echo", number);
      }
      await until(() => returns.length === 3, "the last return");
      assert.deepEqual(returns, Array(3).fill({ recovered: true, id }));
      await until(() => seen.length >= 400, "all numbers");
      assert.deepEqual(seen, Array.from({ length: 400 }, (_, number) => number));
    });
  });
}

describe("recovery", () => {
  test("a client of 2.x is not told of it", async () => {
    const [old, today] = await Promise.all([connectedV2(server), connected(server)]);
    const seen = happens(old, "said");
    today.emit("say-all", "hello");
    assert.deepEqual(await seen, ["hello"]);
  });
});
