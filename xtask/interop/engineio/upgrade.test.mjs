// Engine.IO, from polling to a WebSocket, step by step.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answering, endpoint, polling, refused } from "../support/raw.mjs";
import { PATIENT, RUNTIMES, sutForFile } from "../support/server.mjs";

for (const runtime of RUNTIMES) describe(`on ${runtime}`, () => {
  const server = sutForFile("eio-v4", "--runtime", runtime, ...PATIENT);
  const at = () => endpoint(server, "/engine.io/");

  /** A session that has upgraded, and its socket. */
  async function upgraded() {
    const session = await polling(at());
    const socket = answering(await session.socket());
    socket.send("2probe");
    assert.equal(await socket.next(), "3probe");
    socket.send("5");
    return { session, socket };
  }

  describe("the upgrade", () => {
    test("messages go over the WebSocket afterwards", async () => {
      const { socket } = await upgraded();
      socket.send("4hello", Buffer.from([1, 2]));
      assert.equal(await socket.next(), "4hello");
      assert.deepEqual(await socket.next(), Buffer.from([1, 2]));
    });

    test("what was queued comes over the WebSocket, once", async () => {
      const session = await polling(at());
      await session.post("4one\x1ebAQI=\x1e4two");
      const socket = answering(await session.socket());
      socket.send("2probe");
      assert.equal(await socket.next(), "3probe");
      socket.send("5", "4three");
      assert.equal(await socket.next(), "4one");
      assert.deepEqual(await socket.next(), Buffer.from([1, 2]));
      assert.equal(await socket.next(), "4two");
      assert.equal(await socket.next(), "4three");
    });

    test("polls are answered by noops while the WebSocket is open and says nothing", async () => {
      const session = await polling(at());
      const socket = await session.socket();
      for (let turn = 0; turn < 5; turn += 1) {
        const { status, body } = await session.get();
        assert.deepEqual([status, body], [200, "6"]);
      }
      socket.send("2probe", "5");
      assert.equal(await socket.next(), "3probe");
    });

    test("a waiting poll is let go by a noop", async () => {
      const session = await polling(at());
      const poll = session.get();
      const socket = await session.socket();
      socket.send("2probe");
      assert.equal(await socket.next(), "3probe");
      const { status, body } = await poll;
      assert.deepEqual([status, body], [200, "6"]);
      socket.send("5");
    });

    test("polling is refused once it is done", async () => {
      const { session, socket } = await upgraded();
      socket.send("4marker");
      assert.equal(await socket.next(), "4marker");
      const { status, body } = await session.get();
      assert.equal(status, 400);
      assert.equal(JSON.parse(body).code, 3);
      socket.send("4still here");
      assert.equal(await socket.next(), "4still here");
    });

    test("a second WebSocket for the session is not taken", async () => {
      const { session, socket } = await upgraded();
      await refused(at(), { EIO: "4", transport: "websocket", sid: session.sid });
      socket.send("4still here");
      assert.equal(await socket.next(), "4still here");
    });

    test("a WebSocket that goes before it has upgraded leaves the polling session", async () => {
      const session = await polling(at());
      const socket = await session.socket();
      socket.send("2probe");
      assert.equal(await socket.next(), "3probe");
      socket.close();
      await socket.closed();
      await session.post("4hello");
      let body = "6";
      while (body === "6" || body === "2") ({ body } = await session.get());
      assert.equal(body, "4hello");
    });
  });
});
