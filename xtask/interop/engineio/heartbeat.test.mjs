// Engine.IO, the heartbeat: who answers lives, who does not is dropped.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endpoint, polling, session } from "../support/raw.mjs";
import { RUNTIMES, sutForFile } from "../support/server.mjs";

for (const runtime of RUNTIMES) describe(`on ${runtime}`, () => {
  const server = sutForFile("eio-v4", "--runtime", runtime);
  const at = () => endpoint(server, "/engine.io/");

  /** Ping interval and timeout together, in milliseconds, and a little for this machine. */
  const LIFETIME = 300 + 200 + 250;
  const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

  describe("over polling", () => {
    test("the server pings, again and again, while it is answered", async () => {
      const session = await polling(at());
      for (let turn = 0; turn < 3; turn += 1) {
        assert.equal((await session.get()).body, "2");
        assert.equal((await session.post("3")).status, 200);
      }
    });

    test("a session that does not answer is gone", async () => {
      const session = await polling(at());
      await pause(LIFETIME);
      assert.equal((await session.get()).status, 400);
      assert.equal((await session.post("3")).status, 400);
    });
  });

  describe("over a WebSocket", () => {
    test("the server pings, again and again, while it is answered", async () => {
      const socket = await session(at());
      for (let turn = 0; turn < 3; turn += 1) {
        assert.equal(await socket.next(), "2");
        socket.send("3");
      }
    });

    test("a session that does not answer is closed", async () => {
      const socket = await session(at());
      assert.equal(await socket.next(), "2");
      await socket.closed();
    });
  });
});
