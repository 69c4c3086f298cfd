// The client of 2.x against the server that its own test suite wants: queries, refusals, and each event of the table.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TRANSPORTS, happens } from "../support/clients.mjs";
import { acked, clientV2, connectedV2, joinedV2 } from "../support/clients-v2.mjs";
import { sutForFile } from "../support/server.mjs";
import { EVENTS } from "../support/table.mjs";

const server = sutForFile("client-support-v2");

for (const [name, transports] of Object.entries(TRANSPORTS)) {
  describe(`the table of 2.x over ${name}`, () => {
    test("each event is answered", async () => {
      const socket = await connectedV2(server, { transports });
      for (const { emits, answers } of EVENTS) {
        const seen = answers.map(([event]) => happens(socket, event));
        for (const [event, ...values] of emits) socket.emit(event, ...values);
        const got = await Promise.all(seen);
        assert.deepEqual(got, answers.map(([, ...values]) => values), emits[0][0]);
      }
    });

    test("queries reach the handshake, percent-encoded or not", async () => {
      const socket = await connectedV2(server, { transports, query: { b: "d", "&a": "&=?a" } });
      const [handshake] = await acked(socket, "getHandshake");
      assert.equal(handshake.query.b, "d");
      assert.equal(handshake.query["&a"], "&=?a");
      const abc = socket.io.socket("/abc", { query: { b: "c", token: "x y" } });
      const shaken = happens(abc, "handshake");
      abc.open();
      const { query, auth } = (await shaken)[0];
      assert.equal(query["&a"], "&=?a");
      assert.deepEqual([query.b, query.token], ["c", "x y"]);
      assert.deepEqual(auth, { b: "c", token: "x y" });
    });

    test("refusals are the message itself, or an object for an unknown namespace", async () => {
      const socket = await connectedV2(server, { transports });
      const refused = async (namespace) => {
        const other = socket.io.socket(namespace);
        const error = happens(other, "error");
        other.open();
        return (await error)[0];
      };
      assert.equal(await refused("/no"), "Auth failed (custom namespace)");
      assert.deepEqual(await refused("/nowhere"), { message: "Invalid namespace" });
      const main = clientV2(server, { transports, query: { fail: "true" } });
      const error = happens(main, "error");
      main.open();
      assert.deepEqual(await error, ["Auth failed (main namespace)"]);
    });

    test("ids", async () => {
      const socket = await connectedV2(server, { transports });
      assert.deepEqual(await acked(socket, "getId"), [socket.id]);
      const foo = await joinedV2(socket, "/foo");
      assert.deepEqual(await acked(foo, "getId"), [foo.id]);
    });
  });
}
