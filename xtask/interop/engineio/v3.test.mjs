// Engine.IO v3 by hand: its payloads, its heartbeat, JSONP, the upgrade.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { within } from "../support/clients.mjs";
import { endpoint, refused, request, socket } from "../support/raw.mjs";
import { PATIENT, RUNTIMES, sutForFile } from "../support/server.mjs";

/** A polling session of v3; `query` joins that of every request. */
async function polling(at, query = { b64: "1" }) {
  const all = { EIO: "3", transport: "polling", ...query };
  const { status, body } = await request(at, all);
  assert.equal(status, 200);
  const [, json] = /^\d+:0(.*)$/.exec(body);
  const handshake = JSON.parse(json);
  assert.equal(body, `${json.length + 1}:0${json}`);
  const own = { ...all, sid: handshake.sid };
  return {
    handshake,
    sid: handshake.sid,
    get: () => request(at, own),
    bytes: async () => Buffer.from(await (await within(fetch(`${at.http}?${new URLSearchParams(own)}`), "the poll")).arrayBuffer()),
    post: (payload, headers = {}) => request(at, own, { method: "POST", body: payload, headers }),
    socket: () => socket(at, { EIO: "3", transport: "websocket", sid: handshake.sid }),
  };
}

for (const runtime of RUNTIMES) describe(`v3 on ${runtime}`, () => {
  const server = sutForFile("eio-v3", "--runtime", runtime, ...PATIENT);
  const at = () => endpoint(server, "/engine.io/");

  test("v4 is served too, other versions are not", async () => {
    assert.equal((await request(at(), { EIO: "4", transport: "polling" })).status, 200);
    for (const query of [{}, { EIO: "abc" }, { EIO: "2" }, { EIO: "5" }]) {
      assert.equal((await request(at(), { transport: "polling", ...query })).status, 400);
      assert.equal(await refused(at(), { transport: "websocket", ...query }), 400);
    }
  });

  test("payloads in text count UTF-16 code units", async () => {
    for (const payload of ["6:4hello", "6:4test16:4test26:4test3", "6:4hello10:b4AQIDBA==", "4:4\u{1F600}x", "2:4€"]) {
      const session = await polling(at());
      assert.deepEqual((await session.post(payload)).body, "ok");
      assert.equal((await session.get()).body, payload);
    }
  });

  test("binary comes in bytes to a client that takes them, and may come so", async () => {
    const bytes = Buffer.from([0, 6, 255, 52, 104, 101, 108, 108, 111, 1, 5, 255, 4, 1, 2, 3, 4]);
    const session = await polling(at(), {});
    assert.equal((await session.post("6:4hello10:b4AQIDBA==")).body, "ok");
    assert.deepEqual(await session.bytes(), bytes);
    assert.equal((await session.post(bytes, { "content-type": "application/octet-stream" })).body, "ok");
    assert.deepEqual(await session.bytes(), bytes);
    assert.equal((await session.post("2:4x")).body, "ok");
    assert.equal((await session.get()).body, "2:4x");
  });

  test("a malformed payload ends the session", async () => {
    for (const payload of ["abc", "5:4a", "1:7", ""]) {
      const session = await polling(at());
      assert.equal((await session.post(payload)).status, 400, payload);
      assert.equal((await session.get()).status, 400, payload);
    }
  });

  test("JSONP: answers call a function, bodies are forms", async () => {
    const query = { EIO: "3", transport: "polling", j: "7" };
    const called = (body) => JSON.parse(/^___eio\[7\]\((.*)\);$/.exec(body)[1]);
    const opened = await request(at(), query);
    assert.match(opened.headers.get("content-type"), /^text\/javascript/);
    const { sid } = JSON.parse(/^\d+:0(.*)$/.exec(called(opened.body))[1]);
    const text = "4one\ntwo \\n € \u2028 \"";
    // As the official client sends it: line ends escaped, and then what a form escapes.
    const form = new URLSearchParams({ d: `${text.length}:${text}`.replace(/\\n/g, "\\\\n").replace(/\n/g, "\\n") });
    const posted = await request(at(), { ...query, sid }, { method: "POST", body: form });
    assert.deepEqual([posted.status, posted.body], [200, "ok"]);
    const polled = await request(at(), { ...query, sid });
    assert.equal(called(polled.body), `${text.length}:${text}`);
  });

  test("binary over a WebSocket begins with its type", async () => {
    const ws = await socket(at(), { EIO: "3", transport: "websocket" });
    await ws.next();
    ws.send(Buffer.from([4, 1, 2, 3]), "4text");
    assert.deepEqual(await ws.next(), Buffer.from([4, 1, 2, 3]));
    assert.equal(await ws.next(), "4text");
    ws.send("abc");
    await ws.closed();
  });

  test("a close packet lets a waiting poll go", async () => {
    const session = await polling(at());
    const poll = session.get();
    // They travel on two connections: the poll must be the first to arrive.
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal((await session.post("1:1")).status, 200);
    assert.equal((await poll).body, "1:6");
    assert.equal((await session.get()).status, 400);
  });

  test("polls while the upgrade's WebSocket says nothing get noops, and a pong waits for it", async () => {
    const session = await polling(at());
    const ws = await session.socket();
    assert.equal((await session.post("1:2")).body, "ok");
    for (let turn = 0; turn < 5; turn += 1) assert.equal((await session.get()).body, "1:6");
    ws.send("2probe", "5");
    const came = [await ws.next(), await ws.next()];
    assert.deepEqual(came.sort(), ["3", "3probe"]);
    ws.send("4hello");
    assert.equal(await ws.next(), "4hello");
    assert.equal((await session.get()).status, 400);
  });
});

for (const runtime of RUNTIMES) describe(`v3 on ${runtime}, the heartbeat`, () => {
  const server = sutForFile("eio-v3", "--runtime", runtime);
  const at = () => endpoint(server, "/engine.io/");

  test("the handshake has the settings", async () => {
    const { handshake } = await polling(at(), {});
    const { sid, ...rest } = handshake;
    assert.equal(typeof sid, "string");
    assert.deepEqual(rest, { upgrades: ["websocket"], pingInterval: 300, pingTimeout: 200, maxPayload: 1_000_000 });
  });

  test("the client pings over polling, and is gone when it does not", async () => {
    const session = await polling(at());
    for (let turn = 0; turn < 3; turn += 1) {
      assert.equal((await session.post("1:2")).body, "ok");
      assert.equal((await session.get()).body, "1:3");
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal((await session.post("1:2")).status, 400);
  });

  test("the client pings over a WebSocket, and is gone when it does not", async () => {
    const ws = await socket(at(), { EIO: "3", transport: "websocket" });
    assert.equal((await ws.next())[0], "0");
    for (let turn = 0; turn < 3; turn += 1) {
      ws.send("2");
      assert.equal(await ws.next(), "3");
    }
    await ws.closed();
  });
});
