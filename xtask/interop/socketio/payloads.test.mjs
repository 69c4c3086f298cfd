// Large messages: just within what the server takes, and beyond it.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { TRANSPORTS, asks, connected, happens } from "../support/clients.mjs";
import { sutForFile } from "../support/server.mjs";

const server = sutForFile("sio-interop");

/** The limit that the handshake names, in bytes. */
const MAX_PAYLOAD = 1_000_000;

/** Bytes that no compression and no luck can make right. */
function noise(size) {
  const blocks = [];
  for (let block = createHash("sha512").update("seed").digest(), have = 0; have < size; have += block.length) {
    blocks.push(block);
    block = createHash("sha512").update(block).digest();
  }
  return Buffer.concat(blocks).subarray(0, size);
}

for (const [name, transports] of Object.entries(TRANSPORTS)) {
  describe(`large messages over ${name}`, () => {
    test("the handshake names the limit", async () => {
      const socket = await connected(server, { transports });
      assert.equal(socket.io.engine.opts.maxPayload ?? socket.io.engine._maxPayload, MAX_PAYLOAD);
    });

    test("text of nearly the limit", async () => {
      const socket = await connected(server, { transports });
      const text = "x".repeat(MAX_PAYLOAD - 100);
      assert.ok((await asks(socket, "echo", text)) === text);
    });

    test("text whose bytes are thrice its letters", async () => {
      const socket = await connected(server, { transports });
      const text = "€".repeat(Math.floor((MAX_PAYLOAD - 100) / 3));
      assert.ok((await asks(socket, "echo", text)) === text);
    });

    test("binary of nearly the limit, base64 included", async () => {
      const socket = await connected(server, { transports });
      const bytes = noise(Math.floor(((MAX_PAYLOAD - 200) * 3) / 4));
      assert.ok((await asks(socket, "echo", bytes)).equals(bytes));
    });

    test("ten large events in a row", async () => {
      const socket = await connected(server, { transports });
      const texts = Array.from({ length: 10 }, (_, number) => String(number).repeat(300_000));
      const back = await Promise.all(texts.map((text) => asks(socket, "echo", text)));
      assert.ok(back.every((text, number) => text === texts[number]));
    });

    test("beyond the limit the server hangs up", async () => {
      const socket = await connected(server, { transports });
      const goodbye = happens(socket, "disconnect");
      socket.emit("echo", "x".repeat(MAX_PAYLOAD + 1));
      assert.match((await goodbye)[0], /^transport (close|error)$/);
      const other = await connected(server, { transports });
      assert.equal(await asks(other, "echo", "others are fine"), "others are fine");
    });
  });
}
