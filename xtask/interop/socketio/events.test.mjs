// Events there and back with every kind of JSON value, over every transport.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TRANSPORTS, asks, client, collects, connected, happens } from "../support/clients.mjs";
import { sutForFile } from "../support/server.mjs";

const server = sutForFile("sio-interop");

const VALUES = [1, -2.5e-7, 9007199254740991, "text", "", true, false, null, [], {}, [[["deep"]]], { a: { b: [null, { c: "d" }] }, "key with \"quotes\"": 0 }];

for (const [name, transports] of Object.entries(TRANSPORTS)) {
  describe(`events over ${name}`, () => {
    test("every JSON value comes back as it went", async () => {
      const socket = await connected(server, { transports });
      socket.emit("echo", ...VALUES);
      assert.deepEqual(await happens(socket, "echo"), VALUES);
    });

    test("an event without arguments comes back without arguments", async () => {
      const socket = await connected(server, { transports });
      socket.emit("echo");
      assert.deepEqual(await happens(socket, "echo"), []);
    });

    test("text of every script comes back letter by letter", async () => {
      const socket = await connected(server, { transports });
      const texts = ["Grüße", "тест", "てすと", "ﷺ", "\u0000\u0001\u001e\u001f", "€\u{10348}", "👩‍👩‍👧‍👦🏳️‍🌈", "\u2028\u2029", "\\\"/\b\f\n\r\t", "a\u0301", "\ufeff\uffff"];
      assert.deepEqual(await asks(socket, "echo", texts), texts);
    });

    test("names may hold any text", async () => {
      const socket = await connected(server, { transports });
      for (const event of ["name with spaces", "имя", "42[\"x\"]", "{}", "💬"]) {
        const answer = happens(socket, event);
        socket.emit("ask", event, "value", () => {});
        assert.equal((await answer)[0], "value");
      }
    });

    test("a hundred events keep their order", async () => {
      const socket = await connected(server, { transports });
      const seen = collects(socket, "echo");
      const sent = Array.from({ length: 100 }, (_, number) => number);
      for (const number of sent) socket.emit("echo", number);
      await asks(socket, "echo", "last");
      assert.deepEqual(seen, sent);
    });

    test("what is emitted before the connection is there arrives after it", async () => {
      const socket = client(server, { transports });
      const seen = collects(socket, "echo");
      for (const number of [1, 2, 3]) socket.emit("echo", number);
      socket.connect();
      await asks(socket, "echo", "last");
      assert.deepEqual(seen, [1, 2, 3]);
    });
  });
}
