// Binary values anywhere among the arguments, byte for byte, both ways.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TRANSPORTS, asks, connected, happens } from "../support/clients.mjs";
import { sutForFile } from "../support/server.mjs";

const server = sutForFile("sio-interop");

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const empty = Buffer.alloc(0);

const VALUES = {
  "one buffer": [everyByte],
  "an empty buffer": [empty],
  "buffers among other values": ["before", everyByte, { n: 1 }, empty, null, Buffer.from("after")],
  "nested in objects and arrays": [{ a: { b: [everyByte, [Buffer.from([1]), { c: Buffer.from([2, 3]) }]] }, d: "text" }, [[empty]]],
  "ten attachments, the most that the client takes": [Array.from({ length: 10 }, (_, size) => Buffer.alloc(size, size))],
  "bytes that look like packets": [Buffer.from("42[\"x\"]\x1e4"), Buffer.from([0, 255, 4, 0x1e])],
};

for (const [name, transports] of Object.entries(TRANSPORTS)) {
  describe(`binary over ${name}`, () => {
    for (const [what, values] of Object.entries(VALUES)) {
      test(`${what}: event, ack, and ack of the client`, async () => {
        const socket = await connected(server, { transports });
        socket.emit("echo", ...values);
        assert.deepEqual(await happens(socket, "echo"), values, "as an event");
        const acked = await new Promise((resolve) => socket.emit("echo", ...values, (...back) => resolve(back)));
        assert.deepEqual(acked, values, "as an ack");
        socket.on("give", (...received) => received.pop()(...received));
        const asked = await new Promise((resolve) => socket.emit("ask", "give", ...values, (...back) => resolve(back)));
        assert.deepEqual(asked, values, "as the client's ack");
      });
    }

    test("binary and text events keep their order", async () => {
      const socket = await connected(server, { transports });
      const seen = [];
      socket.on("echo", (value) => seen.push(Buffer.isBuffer(value) ? value[0] : value));
      for (let number = 0; number < 40; number += 1) socket.emit("echo", number % 2 ? number : Buffer.from([number]));
      await asks(socket, "echo", "last");
      assert.deepEqual(seen, Array.from({ length: 40 }, (_, number) => number));
    });

    test("typed arrays and array buffers arrive as their bytes", async () => {
      const socket = await connected(server, { transports });
      const back = await asks(socket, "echo", [new Uint8Array([1, 2, 3]), new Uint8Array([4, 5]).buffer]);
      assert.deepEqual(back.map((value) => [...Buffer.from(value)]), [[1, 2, 3], [4, 5]]);
    });
  });
}
