// Engine.IO, the end of a session: by a close packet, by a broken rule, by a second request of a kind.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endpoint, polling, session } from "../support/raw.mjs";
import { PATIENT, RUNTIMES, sutForFile } from "../support/server.mjs";

for (const runtime of RUNTIMES) describe(`on ${runtime}`, () => {
  const server = sutForFile("eio-v4", "--runtime", runtime, ...PATIENT);
  const at = () => endpoint(server, "/engine.io/");

  /** The sid is known no more. */
  async function isGone(session) {
    const { status, body } = await session.get();
    assert.equal(status, 400);
    assert.deepEqual(JSON.parse(body), { code: 1, message: "Session ID unknown" });
  }

  describe("over polling", () => {
    test("a close packet ends the waiting poll with a noop", async () => {
      const session = await polling(at());
      const poll = session.get();
      // They travel on two connections: the poll must be the first to arrive.
      await new Promise((resolve) => setTimeout(resolve, 50));
      const post = await session.post("1");
      assert.equal(post.status, 200);
      const { status, body } = await poll;
      assert.deepEqual([status, body], [200, "6"]);
      await isGone(session);
    });

    test("a close packet sent together with the poll ends that with a noop, whichever is read first", async () => {
      for (let round = 0; round < 20; round += 1) {
        const session = await polling(at());
        const answers = await Promise.all([session.get(), session.post("1")]);
        const seen = answers.map(({ status, body }) => `${status} ${body}`);
        assert.deepEqual(seen, ["200 6", "200 ok"], `round ${round}`);
        await isGone(session);
      }
    });

    test("a malformed payload is refused and ends the session", async () => {
      const session = await polling(at());
      assert.equal((await session.post("abc")).status, 400);
      await isGone(session);
    });

    test("a second poll beside a waiting one ends the session", async () => {
      const session = await polling(at());
      const answers = await Promise.all([session.get(), session.get()]);
      const [first, second] = answers.sort((a, b) => a.status - b.status);
      assert.deepEqual([first.status, first.body], [200, "1"]);
      assert.ok(second.status === 400 || second.status === 500, `status ${second.status}`);
      await isGone(session);
    });
  });

  describe("over a WebSocket", () => {
    test("a close packet closes it", async () => {
      const socket = await session(at());
      socket.send("1");
      await socket.closed();
    });

    test("a packet of no known type closes it", async () => {
      const socket = await session(at());
      socket.send("abc");
      await socket.closed();
    });

    test("a session's death leaves the others", async () => {
      const [first, second] = [await session(at()), await session(at())];
      first.send("abc");
      await first.closed();
      second.send("4still here");
      let message = await second.next();
      if (message === "2") message = await second.next();
      assert.equal(message, "4still here");
    });
  });
});
