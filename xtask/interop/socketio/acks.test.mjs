// Acknowledgements both ways: with values, and with none in time.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TRANSPORTS, asks, connected } from "../support/clients.mjs";
import { sutForFile } from "../support/server.mjs";

const server = sutForFile("sio-interop");

for (const [name, transports] of Object.entries(TRANSPORTS)) {
  describe(`acks over ${name}`, () => {
    test("the server acks with all the values", async () => {
      const socket = await connected(server, { transports });
      const values = await new Promise((resolve) => socket.emit("echo", 1, "2", { 3: [true] }, (...values) => resolve(values)));
      assert.deepEqual(values, [1, "2", { 3: [true] }]);
    });

    test("the server acks with no value", async () => {
      const socket = await connected(server, { transports });
      assert.deepEqual(await new Promise((resolve) => socket.emit("echo", (...values) => resolve(values))), []);
    });

    test("each of many acks finds its own request", async () => {
      const socket = await connected(server, { transports });
      const numbers = Array.from({ length: 200 }, (_, number) => number);
      assert.deepEqual(await Promise.all(numbers.map((number) => asks(socket, "echo", number))), numbers);
    });

    test("the client acks an event of the server", async () => {
      const socket = await connected(server, { transports });
      socket.on("add", (first, second, ack) => ack(first + second, "done"));
      const values = await new Promise((resolve) => socket.emit("ask", "add", 20, 22, (...values) => resolve(values)));
      assert.deepEqual(values, [42, "done"]);
    });

    test("the server's requests run side by side", async () => {
      const socket = await connected(server, { transports });
      const waiting = [];
      socket.on("later", (number, ack) => {
        waiting.push(() => ack(number));
        if (waiting.length === 10) waiting.reverse().forEach((answer) => answer());
      });
      const numbers = Array.from({ length: 10 }, (_, number) => number);
      assert.deepEqual(await Promise.all(numbers.map((number) => asks(socket, "ask", "later", number))), numbers);
    });

    test("the server gives up on an ack that does not come", async () => {
      const socket = await connected(server, { transports });
      assert.equal(await asks(socket, "ask-timeout", 50), "timeout");
      assert.equal(await asks(socket, "echo", "still here"), "still here");
    });

    test("the server takes an ack that comes in time", async () => {
      const socket = await connected(server, { transports });
      socket.on("never-answered", (ack) => ack("answered"));
      assert.equal(await asks(socket, "ask-timeout", 5_000), "answered");
    });

    test("the client gives up on an ack that does not come", async () => {
      const socket = await connected(server, { transports });
      await assert.rejects(socket.timeout(50).emitWithAck("no-such-event", 1), /timed out/);
    });
  });
}
