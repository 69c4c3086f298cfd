// Our Engine.IO client, on both runtimes, against the official servers: each transport, the upgrade, both versions.

import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { RUNTIMES, SERVERS, client, serve } from "../support/engine.mjs";

const WAYS = [["polling"], ["websocket"], ["polling", "websocket"]];

/** Text and bytes, as they come back. */
const SENT = ["", "hello", "é€\u{1F600}", Buffer.from([1, 2, 3, 250]), "x".repeat(20_000), Buffer.alloc(0), "last"];

for (const kind of SERVERS) {
  for (const runtime of RUNTIMES) {
    describe(`${kind.name}, on ${runtime}`, () => {
      const { eio } = kind;

      for (const transports of WAYS) {
        for (const flags of [[], ["--base64"]]) {
          test(`an echo by ${[...transports, ...flags].join(" ")}`, async (context) => {
            const server = await serve(kind, context);
            const ours = client(server.url, { eio, runtime, transports, flags }, context);
            const theirs = await server.socket();
            theirs.on("message", (data) => theirs.send(data));
            const opened = await ours.next("open");
            assert.equal(opened.sid, theirs.id);
            if (transports.length === 2) await ours.next("upgrade");
            SENT.forEach(ours.send);
            await ours.until(() => ours.messages().length >= SENT.length, "echo");
            assert.deepEqual(ours.messages(), SENT);
            assert.equal(theirs.transport.name, transports.at(-1));
            const closed = once(theirs, "close");
            ours.close();
            assert.equal((await ours.next("close")).reason, "forced close");
            assert.equal((await closed)[0], "transport close");
            assert.equal(await ours.ended, 0);
          });
        }

        test(`the server closes, over ${transports.join(" and ")}`, async (context) => {
          const server = await serve(kind, context);
          const ours = client(server.url, { eio, runtime, transports }, context);
          const theirs = await server.socket();
          await ours.next("open");
          if (transports.length === 2) await ours.next("upgrade");
          theirs.send("goodbye");
          theirs.close();
          assert.equal((await ours.next("close")).reason, "transport close");
          assert.deepEqual(ours.messages(), ["goodbye"]);
        });

        test(`it lives on over several pings by ${transports.join(" and ")}`, async (context) => {
          const server = await serve(kind, context, { pingInterval: 60, pingTimeout: 2_000 });
          const ours = client(server.url, { eio, runtime, transports }, context);
          const theirs = await server.socket();
          let beats = 0;
          theirs.on("heartbeat", () => (beats += 1));
          await ours.until(() => beats >= 5, "fifth heartbeat");
          theirs.send("alive");
          await ours.until(() => ours.messages().length, "message");
          assert.equal(theirs.readyState, "open");
        });
      }

      test("answers that the server compresses", async (context) => {
        const server = await serve(kind, context);
        const codings = [];
        server.http.prependListener("request", (_, response) => {
          const write = response.writeHead;
          response.writeHead = (status, headers) => {
            codings.push(headers["Content-Encoding"]);
            return write.call(response, status, headers);
          };
        });
        const ours = client(server.url, { eio, runtime, transports: ["polling"], flags: ["--compression"] }, context);
        const theirs = await server.socket();
        await ours.next("open");
        const texts = ["é\u{1F600} ".repeat(20_000), "short", "x".repeat(5_000)];
        for (const [index, text] of texts.entries()) {
          theirs.send(text);
          await ours.until(() => ours.messages().length > index, "message");
        }
        assert.deepEqual(ours.messages(), texts);
        assert.deepEqual(codings.filter(Boolean), ["gzip", "gzip"]);
      });

      test("a server that refuses upgrades", async (context) => {
        const server = await serve(kind, context, { allowUpgrades: false });
        const ours = client(server.url, { eio, runtime }, context);
        const theirs = await server.socket();
        theirs.on("message", (data) => theirs.send(data));
        ours.send("hello");
        await ours.until(() => ours.messages().length, "echo");
        assert.equal(theirs.transport.name, "polling");
        assert.ok(!ours.events.some(({ event }) => event.startsWith("upgrade")));
      });

      test("batches keep to what the server takes", async (context) => {
        const server = await serve(kind, context, { maxHttpBufferSize: 1_000 });
        const ours = client(server.url, { eio, runtime, transports: ["polling"] }, context);
        const theirs = await server.socket();
        const got = [];
        theirs.on("message", (data) => got.push(data));
        const many = Array.from({ length: 50 }, (_, n) => `${n} ${"x".repeat(100)}`);
        // Those of version 3 do not tell their limit.
        if (kind.name === "engine.io 3, EIO 3") return;
        many.forEach(ours.send);
        await ours.until(() => got.length >= many.length, "last message");
        assert.deepEqual(got, many);
      });

      test("the cookie comes back where that is wanted", async (context) => {
        for (const flags of [[], ["--cookies"]]) {
          const server = await serve(kind, context, { cookie: eio === 4 || kind.name.includes("6") ? { name: "io" } : "io" });
          const seen = [];
          server.http.on("request", ({ headers }) => seen.push(headers.cookie));
          server.http.on("upgrade", ({ headers }) => seen.push(headers.cookie));
          const ours = client(server.url, { eio, runtime, flags }, context);
          const theirs = await server.socket();
          await ours.next("upgrade");
          const [first, ...others] = seen;
          assert.equal(first, undefined);
          assert.ok(others.length >= 2);
          for (const cookie of others) assert.equal(cookie, flags.length ? `io=${theirs.id}` : undefined);
        }
      });

      test("no session where the server wants none", async (context) => {
        const server = await serve(kind, context, { allowRequest: (_, callback) => callback("not today", false) });
        for (const transports of WAYS) {
          const ours = client(server.url, { eio, runtime, transports }, context);
          assert.equal(await ours.ended, 1);
          assert.deepEqual(ours.events, []);
        }
      });
    });
  }
}
