// Engine.IO, messages there and back over either transport.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answering, endpoint, polling, session } from "../support/raw.mjs";
import { PATIENT, RUNTIMES, sutForFile } from "../support/server.mjs";

for (const runtime of RUNTIMES) describe(`on ${runtime}`, () => {
  const server = sutForFile("eio-v4", "--runtime", runtime, ...PATIENT);
  const at = () => endpoint(server, "/engine.io/");

  /** Polls until this many packets other than pings have come; pings are answered. */
  async function packets(session, amount) {
    const found = [];
    while (found.length < amount) {
      const { status, body } = await session.get();
      assert.equal(status, 200);
      for (const packet of body.split("\x1e")) {
        if (packet === "2") await session.post("3");
        else found.push(packet);
      }
    }
    return found;
  }

  describe("over polling", () => {
    test("a text message comes back", async () => {
      const session = await polling(at());
      const { status, body } = await session.post("4hello");
      assert.deepEqual([status, body], [200, "ok"]);
      assert.deepEqual(await packets(session, 1), ["4hello"]);
    });

    test("several packets in one payload come back in order", async () => {
      const session = await polling(at());
      const sent = ["4one", "4", "4zwei €", "bAQIDBA==", "4\u{1F600}"];
      assert.equal((await session.post(sent.join("\x1e"))).status, 200);
      assert.deepEqual(await packets(session, sent.length), sent);
    });

    test("binary travels as base64", async () => {
      const session = await polling(at());
      for (const sent of ["b", "bAA==", "bAAE=", "bAQIDBA==", `b${Buffer.alloc(3000, 7).toString("base64")}`]) {
        assert.equal((await session.post(sent)).status, 200);
        assert.deepEqual(await packets(session, 1), [sent]);
      }
    });

    test("a poll waits until there is something", async () => {
      const session = await polling(at());
      const poll = packets(session, 1);
      await session.post("4later");
      assert.deepEqual(await poll, ["4later"]);
    });

    test("a body within the limit passes, one beyond it does not", async () => {
      const fits = await polling(at());
      assert.equal((await fits.post(`4${"x".repeat(999_999)}`)).status, 200);
      const [packet] = await packets(fits, 1);
      assert.equal(packet.length, 1_000_000);
      assert.equal(await refusal(`4${"x".repeat(1_000_000)}`), 413);
    });
  });

  /**
   * The status that refuses a body. The server reads little of what comes behind its refusal, so that a client that is
   * still writing may find the connection reset before it has read it: then it asks again.
   */
  async function refusal(body, tries = 5) {
    const session = await polling(at());
    try {
      return (await session.post(body)).status;
    } catch (error) {
      if (tries === 1 || !["EPIPE", "ECONNRESET"].includes(error.cause?.code)) throw error;
      return refusal(body, tries - 1);
    }
  }

  describe("over a WebSocket", () => {
    test("text and binary come back as they went", async () => {
      const socket = answering(await session(at()));
      for (const text of ["4hello", "4", "4€ \u{1F600}", "4\x1e"]) {
        socket.send(text);
        assert.equal(await socket.next(), text);
      }
      for (const bytes of [Buffer.from([1, 2, 3, 4]), Buffer.alloc(0), Buffer.alloc(70_000, 9)]) {
        socket.send(bytes);
        assert.deepEqual(await socket.next(), bytes);
      }
    });

    test("a thousand messages keep their order", async () => {
      const socket = answering(await session(at()));
      const sent = Array.from({ length: 1000 }, (_, number) => `4${number}`);
      socket.send(...sent);
      for (const message of sent) assert.equal(await socket.next(), message);
    });

    test("a message beyond the limit closes with code 1009", async () => {
      const socket = await session(at());
      socket.send(`4${"x".repeat(1_000_001)}`);
      assert.equal(await socket.closed(), 1009);
    });
  });
});
