// Namespaces: several on one connection, and those that refuse.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TRANSPORTS, asks, client, connected, happens } from "../support/clients.mjs";
import { sutForFile } from "../support/server.mjs";

const server = sutForFile("sio-interop");

for (const [name, transports] of Object.entries(TRANSPORTS)) {
  describe(`namespaces over ${name}`, () => {
    test("two namespaces share a connection and keep apart", async () => {
      const main = await connected(server, { transports });
      const custom = main.io.socket("/custom");
      custom.connect();
      await happens(custom, "connect", "connect_error");
      assert.notEqual(main.id, custom.id);
      main.on("echo", () => assert.fail("the main namespace heard the other's event"));
      custom.emit("echo", "custom");
      assert.deepEqual(await happens(custom, "echo"), ["custom"]);
      assert.equal(await asks(main, "echo", "main"), "main");
    });

    test("leaving one namespace leaves the other", async () => {
      const main = await connected(server, { transports });
      const custom = main.io.socket("/custom");
      custom.connect();
      await happens(custom, "connect", "connect_error");
      custom.disconnect();
      assert.equal(await asks(main, "echo", 1), 1);
      custom.connect();
      await happens(custom, "connect", "connect_error");
      assert.equal(await asks(custom, "echo", 2), 2);
    });

    test("an unknown namespace is refused by name", async () => {
      const socket = client(server, { transports, namespace: "/nowhere" });
      socket.connect();
      const [why] = await happens(socket, "connect_error", "connect");
      assert.equal(why.message, "Invalid namespace");
      assert.equal(why.data, undefined);
    });

    test("a refusal carries its data", async () => {
      for (const auth of [undefined, {}, { token: "wrong" }]) {
        const socket = client(server, { transports, namespace: "/private", auth });
        socket.connect();
        const [why] = await happens(socket, "connect_error", "connect");
        assert.equal(why.message, "not authorised");
        assert.deepEqual(why.data, { code: 401, realm: "private" });
      }
    });

    test("a refusal leaves the other namespaces of the connection", async () => {
      const main = await connected(server, { transports });
      const secret = main.io.socket("/private");
      secret.connect();
      await happens(secret, "connect_error", "connect");
      assert.equal(await asks(main, "echo", "still here"), "still here");
    });

    test("who is let in is known by its auth", async () => {
      const auth = { token: "secret", who: { name: "Ада", roles: ["a", "b"] } };
      const socket = await connected(server, { transports, namespace: "/private", auth });
      assert.deepEqual(await asks(socket, "whoami"), auth);
    });
  });
}
