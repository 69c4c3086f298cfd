// The official client against the server that its own test suite wants: each row of the table, with recovery on.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TRANSPORTS, asks, client, collects, connected, happens, until } from "../support/clients.mjs";
import { sutForFile } from "../support/server.mjs";
import { EVENTS, UTF8 } from "../support/table.mjs";

const server = sutForFile("client-support");
const ISO_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** An event's values without the offset that recovery puts behind them. */
const withoutOffset = (values) => {
  assert.equal(typeof values.at(-1), "string");
  return values.slice(0, -1);
};

for (const [name, transports] of Object.entries(TRANSPORTS)) {
  describe(`the table over ${name}`, () => {
    test("each event is answered", async () => {
      const socket = await connected(server, { transports });
      for (const { emits, answers } of EVENTS) {
        const seen = answers.map(([event]) => happens(socket, event));
        for (const [event, ...values] of emits) socket.emit(event, ...values);
        const got = (await Promise.all(seen)).map(withoutOffset);
        assert.deepEqual(got, answers.map(([, ...values]) => values), emits[0][0]);
      }
      const texts = collects(socket, "takeUtf8");
      socket.emit("getUtf8");
      await until(() => texts.length === UTF8.length, "the texts");
      assert.deepEqual(texts, UTF8);
    });

    test("acks, and an ack of the client's", async () => {
      const socket = await connected(server, { transports });
      for (const value of [null, 0, "", "text", [1, { a: Buffer.from([1, 2]) }], { deep: [Buffer.alloc(0)] }]) {
        assert.deepEqual(await asks(socket, "echo", value), value);
      }
      socket.on("ack", (fn) => fn(5, { test: true }));
      socket.emit("ack");
      await happens(socket, "got it");
      assert.match(await asks(socket, "getAckDate", { x: 1 }), ISO_DATE);
      await assert.rejects(socket.timeout(50).emitWithAck("unknown"), /timed out/);
    });

    test("dates", async () => {
      const socket = await connected(server, { transports });
      socket.emit("getDate");
      assert.match((await happens(socket, "takeDate"))[0], ISO_DATE);
      socket.emit("getDateObj");
      assert.match((await happens(socket, "takeDateObj"))[0].date, ISO_DATE);
    });

    test("namespaces, ids and handshakes", async () => {
      const socket = await connected(server, { transports, query: { "&a": "&=?a" }, auth: { token: "abc" } });
      assert.equal(await asks(socket, "getId"), socket.id);
      const { query, auth } = await asks(socket, "getHandshake");
      assert.equal(query["&a"], "&=?a");
      assert.equal(query.token, undefined);
      assert.deepEqual(auth, { token: "abc" });
      const foo = socket.io.socket("/foo");
      foo.connect();
      await happens(foo, "connect", "connect_error");
      assert.equal(await asks(foo, "getId"), foo.id);
      assert.notEqual(foo.id, socket.id);
      const abc = socket.io.socket("/abc", { auth: { b: "c" } });
      const shaken = happens(abc, "handshake");
      abc.connect();
      assert.deepEqual((await shaken)[0].auth, { b: "c" });
    });

    test("refusals", async () => {
      const socket = await connected(server, { transports });
      for (const [namespace, message] of [["/no", "Auth failed (custom namespace)"], ["/nowhere", "Invalid namespace"]]) {
        const other = socket.io.socket(namespace);
        const refused = happens(other, "connect_error");
        other.connect();
        assert.equal((await refused)[0].message, message);
      }
      const main = client(server, { transports, query: { fail: "true" } });
      const refused = happens(main, "connect_error");
      main.connect();
      assert.equal((await refused)[0].message, "Auth failed (main namespace)");
    });

    test("who leaves and joins again is a new socket", async () => {
      const socket = await connected(server, { transports });
      const foo = socket.io.socket("/foo");
      foo.connect();
      await happens(foo, "connect", "connect_error");
      const first = socket.id;
      socket.disconnect();
      socket.connect();
      await happens(socket, "connect", "connect_error");
      assert.notEqual(socket.id, first);
      assert.equal(socket.recovered, false);
    });

    test("who was cut off is recovered", async () => {
      const socket = await connected(server, { transports });
      socket.emit("hi");
      await happens(socket, "hi");
      const { id } = socket;
      const gone = happens(socket, "disconnect");
      socket.io.engine.close();
      await gone;
      socket.connect();
      await happens(socket, "connect", "connect_error");
      assert.deepEqual([socket.recovered, socket.id], [true, id]);
    });
  });
}
