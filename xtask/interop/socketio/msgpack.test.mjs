// MessagePack instead of JSON: the official client with the official parser, over each transport, and packets by hand.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TRANSPORTS, asks, client, collects, connected, happens } from "../support/clients.mjs";
import { msgpack } from "../support/peers.mjs";
import { answering, endpoint, session } from "../support/raw.mjs";
import { sutForFile } from "../support/server.mjs";

const server = sutForFile("sio-interop-msgpack");
const echo = sutForFile("sio-v5-msgpack");

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

const VALUES = {
  nothing: [],
  "null and truths": [null, true, false],
  "whole numbers of all widths": [0, -1, 127, 128, -32, -33, 255, 256, -128, -129, 65_535, 65_536, -32_769, 2 ** 31, 2 ** 32, -(2 ** 31) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  // Whole numbers beyond 2^64 are left out: the official encoder writes them as 64-bit integers, cut off.
  fractions: [0.5, -1.25, 1e-9, 0.1, Number.MIN_VALUE, 4_503_599_627_370_495.5],
  texts: ["", "x".repeat(31), "x".repeat(32), "é".repeat(200), "x".repeat(70_000), "😀 \u0000 \\ \" \n"],
  "long arrays and objects": [Array.from({ length: 70_000 }, (_, n) => n % 10), Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, n]))],
  "nested values": [{ a: [{ b: { c: [[], {}, [null]] } }] }],
  "binary values in their places": ["before", everyByte, { n: [Buffer.alloc(0), { deep: Buffer.alloc(70_000, 7) }] }, "after"],
  "fifty binary values, more than JSON may carry": [Array.from({ length: 50 }, (_, size) => Buffer.alloc(size, size))],
  "what looks like a placeholder": [{ _placeholder: true, num: 0 }],
};

for (const [name, transports] of Object.entries(TRANSPORTS)) {
  const options = { transports, parser: msgpack };
  describe(`MessagePack over ${name}`, () => {
    for (const [what, values] of Object.entries(VALUES)) {
      test(`${what}: event, ack, and ack of the client`, async () => {
        const socket = await connected(server, options);
        socket.emit("echo", ...values);
        assert.deepEqual(await happens(socket, "echo"), values, "as an event");
        const acked = await new Promise((resolve) => socket.emit("echo", ...values, (...back) => resolve(back)));
        assert.deepEqual(acked, values, "as an ack");
        socket.on("give", (...received) => received.pop()(...received));
        const asked = await new Promise((resolve) => socket.emit("ask", "give", ...values, (...back) => resolve(back)));
        assert.deepEqual(asked, values, "as the client's ack");
      });
    }

    test("what JSON has no word for", async () => {
      const socket = await connected(server, options);
      const back = await asks(socket, "echo", [undefined, new Date(1_709_210_096_789), new Uint8Array([1, 2, 3]).buffer]);
      assert.deepEqual(back, [null, "2024-02-29T12:34:56.789Z", Buffer.from([1, 2, 3])]);
    });

    test("a number for a name", async () => {
      const socket = await connected(server, options);
      socket.on("7", () => assert.fail("nobody emits this"));
      socket.emit(7, 1);
      assert.equal(await asks(socket, "echo", "still here"), "still here");
    });

    test("rooms: one encoding for all who are in", async () => {
      const all = await Promise.all([1, 2, 3].map(() => connected(server, options)));
      for (const socket of all) await asks(socket, "join", "room");
      const [sender, ...others] = all;
      const heard = others.map((socket) => happens(socket, "said"));
      sender.emit("say", "room", { n: [1, Buffer.from([2])] });
      for (const news of heard) assert.deepEqual(await news, [{ n: [1, Buffer.from([2])] }]);
    });

    test("namespaces share a connection, and one refuses", async () => {
      const main = await connected(server, options);
      const custom = main.io.socket("/custom");
      custom.connect();
      await happens(custom, "connect", "connect_error");
      assert.equal(await asks(custom, "echo", "custom"), "custom");
      const secret = main.io.socket("/private");
      secret.connect();
      const [why] = await happens(secret, "connect_error", "connect");
      assert.equal(why.message, "not authorised");
      assert.deepEqual(why.data, { code: 401, realm: "private" });
      const nowhere = main.io.socket("/nowhere");
      nowhere.connect();
      const [unknown] = await happens(nowhere, "connect_error", "connect");
      assert.equal(unknown.message, "Invalid namespace");
      custom.disconnect();
      assert.equal(await asks(main, "echo", "still here"), "still here");
    });

    test("who is let in is known by its auth", async () => {
      const auth = { token: "secret", who: { name: "Ада", roles: ["a", "b"] } };
      const socket = await connected(server, { ...options, namespace: "/private", auth });
      assert.deepEqual(await asks(socket, "whoami"), auth);
    });

    test("the server ends a stay", async () => {
      const socket = await connected(server, options);
      socket.emit("disconnect-me");
      assert.equal((await happens(socket, "disconnect"))[0], "io server disconnect");
    });

    test("order is kept", async () => {
      const socket = await connected(server, options);
      const seen = collects(socket, "echo");
      const numbers = Array.from({ length: 200 }, (_, number) => number);
      for (const number of numbers) socket.emit("echo", number);
      await asks(socket, "echo", "last");
      assert.deepEqual(seen, numbers);
    });
  });
}

describe("the two parsers do not meet", () => {
  test("a client that speaks JSON is closed", async () => {
    const socket = client(server, { transports: ["websocket"] });
    socket.connect();
    const closed = new Promise((resolve) => socket.io.once("close", resolve));
    assert.equal(await closed, "transport close");
    assert.equal(socket.connected, false);
  });
});

const encoder = new msgpack.Encoder();
const packed = (packet) => encoder.encode(packet)[0];

/** What a binary message says, as the official parser reads it. */
function unpacked(message) {
  assert.ok(Buffer.isBuffer(message), `binary, not ${message}`);
  let packet;
  const decoder = new msgpack.Decoder();
  decoder.on("decoded", (decoded) => (packet = decoded));
  decoder.add(message);
  return packet;
}

async function joined(connect = { type: 0, nsp: "/" }) {
  const socket = answering(await session(endpoint(echo, "/socket.io/")));
  socket.send(packed(connect));
  const { data, ...rest } = unpacked(await socket.next());
  assert.deepEqual(rest, { type: 0, nsp: connect.nsp });
  assert.deepEqual(Object.keys(data), ["sid"]);
  return socket;
}

/** A joined socket, past what it is told of its auth. */
async function greeted() {
  const socket = await joined();
  await socket.next();
  return socket;
}

const EXCHANGES = {
  "an event": [{ type: 2, nsp: "/", data: ["message", 1, "2", { 3: [true] }] }, { type: 2, nsp: "/", data: ["message-back", 1, "2", { 3: [true] }] }],
  "an event with binary": [{ type: 2, nsp: "/", data: ["message", everyByte, [Buffer.from([1])]] }, { type: 2, nsp: "/", data: ["message-back", everyByte, [Buffer.from([1])]] }],
  "an ack": [{ type: 2, nsp: "/", id: 456, data: ["message-with-ack", 1, { 3: [false] }] }, { type: 3, nsp: "/", id: 456, data: [1, { 3: [false] }] }],
  "an ack with binary": [{ type: 2, nsp: "/", id: 0, data: ["message-with-ack", everyByte] }, { type: 3, nsp: "/", id: 0, data: [everyByte] }],
  "an unknown namespace": [{ type: 0, nsp: "/random" }, { type: 4, nsp: "/random", data: { message: "Invalid namespace" } }],
  "a key of the client's own": [{ type: 2, nsp: "/", data: ["message"], options: { compress: true } }, { type: 2, nsp: "/", data: ["message-back"] }],
};

describe("packets in MessagePack", () => {
  test("auth: what came, and null for nothing", async () => {
    const without = await joined();
    assert.deepEqual(unpacked(await without.next()), { type: 2, nsp: "/", data: ["auth", null] });
    const [nsp, data] = ["/custom", { token: "abc" }];
    const socket = await joined({ type: 0, nsp, data });
    assert.deepEqual(unpacked(await socket.next()), { type: 2, nsp, data: ["auth", data] });
  });

  for (const [what, [sent, expected]] of Object.entries(EXCHANGES)) {
    test(what, async () => {
      const socket = await greeted();
      socket.send(packed(sent));
      assert.deepEqual(unpacked(await socket.next()), expected);
    });
  }

  test("the server's first request has number 1", async () => {
    const socket = await greeted();
    socket.send(packed({ type: 2, nsp: "/", data: ["emit-with-ack", 1, "2"] }));
    assert.deepEqual(unpacked(await socket.next()), { type: 2, nsp: "/", id: 1, data: ["emit-with-ack", 1, "2"] });
    socket.send(packed({ type: 3, nsp: "/", id: 1, data: ["1", everyByte] }));
    assert.deepEqual(unpacked(await socket.next()), { type: 2, nsp: "/", data: ["emit-with-ack", "1", everyByte] });
  });

  test("leaving a namespace says nothing and keeps the connection", async () => {
    const socket = await greeted();
    socket.send(packed({ type: 1, nsp: "/" }), packed({ type: 0, nsp: "/custom" }));
    assert.equal(unpacked(await socket.next()).nsp, "/custom");
  });

  for (const [what, bad] of Object.entries({
    "bytes that are no packet": Buffer.from([4, 132, 23, 2]),
    "nothing": Buffer.alloc(0),
    "a packet and more": Buffer.concat([packed({ type: 1, nsp: "/" }), Buffer.from([0])]),
    "a packet cut off": packed({ type: 2, nsp: "/", data: ["message", 1] }).subarray(0, 20),
    "a type of JSON's binary packets": packed({ type: 5, nsp: "/", data: ["message"] }),
    "a reserved name": packed({ type: 2, nsp: "/", data: ["disconnect"] }),
    "a declared length beyond all memory": Buffer.from("82a47479706502a464617461ddffffffff", "hex"),
    "text": "4abc",
    "a text packet of JSON": '42["message",1]',
  })) {
    test(`closes on ${what}`, async () => {
      const socket = await greeted();
      socket.send(bad);
      await socket.closed();
    });
  }
});
