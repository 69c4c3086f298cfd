// The client of 2.x, over each transport: events, acks and binary both ways, namespaces, rooms with clients of today, goodbyes.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TRANSPORTS, asks, client, connected, collects, happens, until } from "../support/clients.mjs";
import { acked, clientV2, connectedV2, joinedV2 } from "../support/clients-v2.mjs";
import { PATIENT, sutForFile } from "../support/server.mjs";

const server = sutForFile("sio-interop");

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

const VALUES = {
  "no value": [],
  "several values": [1, "2", { 3: [true] }, null],
  "text beyond ASCII": ["пойду спать", "𝄞 て", "\u2028\u2029</script>"],
  "one buffer": [everyByte],
  "buffers among other values": ["before", { a: [everyByte, { b: Buffer.from([1]) }] }, Buffer.alloc(0), "after"],
};

for (const [name, transports] of Object.entries(TRANSPORTS)) {
  describe(`2.x over ${name}`, () => {
    test("its ids are those of the session", async () => {
      const socket = await connectedV2(server, { transports });
      assert.equal(socket.io.engine.transport.name, transports.at(-1));
      assert.equal(socket.id, socket.io.engine.id);
      const custom = await joinedV2(socket, "/custom");
      assert.equal(custom.id, `/custom#${socket.id}`);
    });

    for (const [what, values] of Object.entries(VALUES)) {
      test(`${what}: event, ack, and ack of the client`, async () => {
        const socket = await connectedV2(server, { transports });
        socket.emit("echo", ...values);
        assert.deepEqual(await happens(socket, "echo"), values, "as an event");
        assert.deepEqual(await acked(socket, "echo", ...values), values, "as an ack");
        socket.on("give", (...received) => received.pop()(...received));
        assert.deepEqual(await acked(socket, "ask", "give", ...values), values, "as the client's ack");
      });
    }

    test("each of many acks finds its own request", async () => {
      const socket = await connectedV2(server, { transports });
      const numbers = Array.from({ length: 200 }, (_, number) => number);
      const answers = await Promise.all(numbers.map((number) => acked(socket, "echo", number)));
      assert.deepEqual(answers.flat(), numbers);
    });

    test("namespaces side by side", async () => {
      const main = await connectedV2(server, { transports });
      const custom = await joinedV2(main, "/custom");
      custom.emit("echo", "custom");
      main.emit("echo", "main");
      const [fromCustom, fromMain] = await Promise.all([happens(custom, "echo"), happens(main, "echo")]);
      assert.deepEqual([fromCustom, fromMain], [["custom"], ["main"]]);
      custom.close();
      assert.deepEqual(await acked(main, "echo", "still here"), ["still here"]);
      main.close();
      await until(() => main.io.readyState === "closed", "the connection's end");
    });

    test("a room of clients of both kinds", async () => {
      const [old, today] = await Promise.all([connectedV2(server, { transports }), connected(server, { transports })]);
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
      const main = await connectedV2(server, { transports });
      const custom = await joinedV2(main, "/custom");
      custom.emit("disconnect-me", false);
      assert.deepEqual(await happens(custom, "disconnect"), ["io server disconnect"]);
      assert.deepEqual(await acked(main, "echo", 1), [1]);
      main.emit("disconnect-me", true);
      const [reason] = await happens(main, "disconnect");
      assert.ok(["transport close", "io server disconnect"].includes(reason), reason);
    });

    test("it reconnects by itself, as a new socket", async () => {
      const socket = await connectedV2(server, { transports, reconnection: true, reconnectionDelay: 10, reconnectionDelayMax: 20 });
      const first = socket.id;
      const again = happens(socket, "connect");
      socket.io.engine.close();
      await again;
      assert.notEqual(socket.id, first);
      assert.deepEqual(await acked(socket, "rooms"), [[]]);
    });
  });
}

describe("2.x", () => {
  test("what is said during an upgrade arrives once and in order", async () => {
    const socket = clientV2(server, { transports: ["polling", "websocket"] });
    const seen = collects(socket, "number");
    socket.open();
    await happens(socket, "connect", "error");
    socket.emit("flood", 900);
    for (let number = 0; number < 900; number += 1) {
      socket.emit("number", number);
      if (number % 30 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await until(() => seen.length === 900, "all numbers");
    assert.deepEqual(seen, Array.from({ length: 900 }, (_, number) => number));
    assert.deepEqual(await acked(socket, "report"), [{ count: 900, ordered: true, last: 899 }]);
    assert.equal(socket.io.engine.transport.name, "websocket");
  });
});

describe("2.x where only clients of today are served", () => {
  const strict = sutForFile("sio-v5", ...PATIENT);

  test("it is refused", async () => {
    const socket = clientV2(strict, { transports: ["polling"] });
    socket.open();
    await happens(socket, "connect_error");
    const today = client(strict, { transports: ["polling"] });
    today.connect();
    await happens(today, "connect", "connect_error");
  });
});
