// MessagePack with the client of 2.x and the version of the official parser that goes with it, over each transport.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TRANSPORTS, asks, collects, connected, happens, until } from "../support/clients.mjs";
import { acked, connectedV2, joinedV2 } from "../support/clients-v2.mjs";
import { msgpack, msgpackV2 } from "../support/peers.mjs";
import { sutForFile } from "../support/server.mjs";

const server = sutForFile("sio-interop-msgpack");

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

const VALUES = {
  "no value": [],
  "several values": [1, -70_000, 0.5, "2", { 3: [true] }, null],
  "text beyond ASCII": ["пойду спать", "𝄞 て"],
  "one buffer": [everyByte],
  "buffers among other values": ["before", { a: [everyByte, { b: Buffer.from([1]) }] }, Buffer.alloc(0), "after"],
};

for (const [name, transports] of Object.entries(TRANSPORTS)) {
  const options = { transports, parser: msgpackV2 };
  describe(`2.x in MessagePack over ${name}`, () => {
    for (const [what, values] of Object.entries(VALUES)) {
      test(`${what}: event, ack, and ack of the client`, async () => {
        const socket = await connectedV2(server, options);
        socket.emit("echo", ...values);
        assert.deepEqual(await happens(socket, "echo"), values, "as an event");
        assert.deepEqual(await acked(socket, "echo", ...values), values, "as an ack");
        socket.on("give", (...received) => received.pop()(...received));
        assert.deepEqual(await acked(socket, "ask", "give", ...values), values, "as the client's ack");
      });
    }

    test("namespaces side by side, and the client's goodbye", async () => {
      const main = await connectedV2(server, options);
      const custom = await joinedV2(main, "/custom", { query: { a: "b" } });
      assert.equal(custom.id, `/custom#${main.id}`);
      assert.deepEqual(await acked(custom, "echo", "custom"), ["custom"]);
      custom.close();
      assert.deepEqual(await acked(main, "echo", "still here"), ["still here"]);
      main.close();
      await until(() => main.io.readyState === "closed", "the connection's end");
    });

    test("a room of clients of both kinds", async () => {
      const today = await connected(server, { transports, parser: msgpack });
      const old = await connectedV2(server, options);
      const [toOld, toToday] = [collects(old, "said"), collects(today, "said")];
      await Promise.all([acked(old, "join", `tea ${name}`), asks(today, "join", `tea ${name}`)]);
      const data = [{ text: "hello", bytes: Buffer.from([1, 2, 3]) }, "plain"];
      for (const value of data) today.emit("say", `tea ${name}`, value);
      old.emit("say", `tea ${name}`, "from 2.x");
      await until(() => toOld.length === 2 && toToday.length === 1, "what was said");
      assert.deepEqual(toOld, data);
      assert.deepEqual(toToday, ["from 2.x"]);
    });

    test("goodbyes of the server", async () => {
      const main = await connectedV2(server, options);
      const custom = await joinedV2(main, "/custom");
      custom.emit("disconnect-me", false);
      assert.deepEqual(await happens(custom, "disconnect"), ["io server disconnect"]);
      assert.deepEqual(await acked(main, "echo", 1), [1]);
    });
  });
}
