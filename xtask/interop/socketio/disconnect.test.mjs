// Goodbyes: from the server, from the client, and back again.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TRANSPORTS, asks, connected, happens } from "../support/clients.mjs";
import { sutForFile } from "../support/server.mjs";

const server = sutForFile("sio-interop");

for (const [name, transports] of Object.entries(TRANSPORTS)) {
  describe(`goodbyes over ${name}`, () => {
    test("the server ends the namespace and leaves the connection", async () => {
      const main = await connected(server, { transports });
      const custom = main.io.socket("/custom");
      custom.connect();
      await happens(custom, "connect", "connect_error");
      const goodbye = happens(custom, "disconnect");
      custom.emit("disconnect-me", false);
      assert.equal((await goodbye)[0], "io server disconnect");
      assert.equal(await asks(main, "echo", "still here"), "still here");
    });

    test("the server ends the whole connection", async () => {
      const main = await connected(server, { transports });
      const custom = main.io.socket("/custom");
      custom.connect();
      await happens(custom, "connect", "connect_error");
      const goodbyes = Promise.all([happens(custom, "disconnect"), happens(main, "disconnect")]);
      custom.emit("disconnect-me", true);
      await goodbyes;
      assert.equal(main.connected, false);
    });

    test("who was disconnected may come back", async () => {
      const socket = await connected(server, { transports });
      const [first, goodbye] = [socket.id, happens(socket, "disconnect")];
      socket.emit("disconnect-me", false);
      await goodbye;
      socket.connect();
      await happens(socket, "connect", "connect_error");
      assert.notEqual(socket.id, first);
      assert.equal(await asks(socket, "echo", 1), 1);
    });

    test("a client that reconnects by itself is a new socket", async () => {
      const socket = await connected(server, { transports, reconnection: true, reconnectionDelay: 10, reconnectionDelayMax: 20 });
      const first = socket.id;
      await asks(socket, "join", "tea");
      const again = happens(socket, "connect");
      socket.io.engine.close();
      await again;
      assert.notEqual(socket.id, first);
      assert.deepEqual(await asks(socket, "rooms"), []);
    });
  });
}
