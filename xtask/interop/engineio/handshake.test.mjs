// Engine.IO, opening a session: what the handshake says, and which requests are refused with which error.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endpoint, polling, refused, request, session } from "../support/raw.mjs";
import { RUNTIMES, sutForFile } from "../support/server.mjs";

for (const runtime of RUNTIMES) describe(`on ${runtime}`, () => {
  const server = sutForFile("eio-v4", "--runtime", runtime);
  const at = () => endpoint(server, "/engine.io/");

  const SETTINGS = { pingInterval: 300, pingTimeout: 200, maxPayload: 1_000_000 };

  describe("the handshake", () => {
    test("over polling has five keys and names the upgrade", async () => {
      const { status, headers, body } = await request(at(), { EIO: "4", transport: "polling" });
      assert.equal(status, 200);
      assert.equal(headers.get("content-type"), "text/plain; charset=UTF-8");
      assert.equal(body[0], "0");
      const { sid, ...rest } = JSON.parse(body.slice(1));
      assert.equal(typeof sid, "string");
      assert.deepEqual(rest, { upgrades: ["websocket"], ...SETTINGS });
    });

    test("over a WebSocket has five keys and no upgrade", async () => {
      const { sid, ...rest } = (await session(at())).handshake;
      assert.equal(typeof sid, "string");
      assert.deepEqual(rest, { upgrades: [], ...SETTINGS });
    });

    test("gives every session a sid of its own", async () => {
      const sids = await Promise.all(Array.from({ length: 20 }, async () => (await polling(at())).sid));
      assert.equal(new Set(sids).size, 20);
    });

    test("tolerates keys it does not know", async () => {
      assert.equal((await request(at(), { t: "abc", transport: "polling", b64: "1", mine: "ü&=", EIO: "4" })).status, 200);
    });
  });

  describe("refused requests", () => {
    const cases = [
      ["no transport", { EIO: "4" }, "GET", 0, "Transport unknown"],
      ["an unknown transport", { EIO: "4", transport: "pigeon" }, "GET", 0, "Transport unknown"],
      ["an unknown sid", { EIO: "4", transport: "polling", sid: "nobody" }, "GET", 1, "Session ID unknown"],
      ["an unknown sid in a POST", { EIO: "4", transport: "polling", sid: "nobody" }, "POST", 1, "Session ID unknown"],
      ["a handshake by POST", { EIO: "4", transport: "polling" }, "POST", 2, "Bad handshake method"],
      ["a handshake by PUT", { EIO: "4", transport: "polling" }, "PUT", 2, "Bad handshake method"],
      ["a WebSocket by plain HTTP", { EIO: "4", transport: "websocket" }, "GET", 3, "Bad request"],
      ["no version", { transport: "polling" }, "GET", 5, "Unsupported protocol version"],
      ["a strange version", { EIO: "abc", transport: "polling" }, "GET", 5, "Unsupported protocol version"],
      ["an old version", { EIO: "3", transport: "polling" }, "GET", 5, "Unsupported protocol version"],
    ];
    for (const [what, query, method, code, message] of cases) {
      test(`${what}: error ${code}`, async () => {
        const { status, headers, body } = await request(at(), query, { method });
        assert.equal(status, 400);
        assert.match(headers.get("content-type"), /^application\/json/);
        assert.deepEqual(JSON.parse(body), { code, message });
      });
    }

    test("a WebSocket without what it needs is not opened", async () => {
      const queries = [{ EIO: "4" }, { EIO: "4", transport: "pigeon" }, { EIO: "abc", transport: "websocket" }, { transport: "websocket" }];
      for (const query of queries) assert.notEqual(await refused(at(), query), 101);
      assert.notEqual(await refused(at(), { EIO: "4", transport: "websocket", sid: "nobody" }), 101);
    });

    test("another path has nothing", async () => {
      const { status } = await request(endpoint(server, "/elsewhere/"), { EIO: "4", transport: "polling" });
      assert.equal(status, 404);
    });
  });
});
