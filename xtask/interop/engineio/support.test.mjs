// The servers that the official clients' own test suites talk to, asked for what those suites rely on.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { opened, received } from "../support/engines.mjs";
import { endpoint, polling, refused, request, session } from "../support/raw.mjs";
import { RUNTIMES, sutForFile } from "../support/server.mjs";

const PATH = "/engine.io/";

/** Opens a client, says all of `words`, and answers what came, the greeting first. */
async function said(server, eio, options, ...words) {
  const socket = await opened(server, eio, options);
  for (const word of words) socket.send(word);
  await received(socket, words.length + 1);
  return socket.got;
}

for (const runtime of RUNTIMES) {
  describe(`engine-support on ${runtime}`, () => {
    const server = sutForFile("engine-support", "--runtime", runtime);
    const at = () => endpoint(server, PATH);

    for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
      test(`${transports.join(", then ")}: it greets, gives, and sends back`, async () => {
        const got = await said(server, 4, { transports }, "give binary", "give utf8", "x", Buffer.from([9]));
        assert.deepEqual(got, ["hi", Buffer.from([0, 1, 2, 3, 4]), "пойду спать всем спокойной ночи", "x", Buffer.from([9])]);
      });
    }

    test("100 bytes pass, 101 do not", async () => {
      const fits = await polling(at());
      assert.equal(fits.handshake.maxPayload, 100);
      assert.equal((await fits.post(`4${"a".repeat(99)}`)).status, 200);
      assert.equal((await fits.post(`4${"€".repeat(33)}`)).status, 200);
      const { status, body } = await fits.post(`4${"a".repeat(100)}`);
      assert.deepEqual([status, body], [413, ""]);
      assert.equal((await fits.post("4x")).status, 200);
      const socket = await session(at());
      socket.send(`4${"a".repeat(101)}`);
      assert.equal(await socket.closed(), 1009);
    });

    test("several packets of a hundred bytes come back over several polls", async () => {
      const words = Array.from({ length: 6 }, (_, number) => String(number).repeat(95));
      assert.deepEqual(await said(server, 4, { transports: ["polling"] }, ...words), ["hi", ...words]);
    });

    test("who asks to be denied is", async () => {
      const denied = { EIO: "4", deny: "" };
      const { status, body } = await request(at(), { ...denied, transport: "polling" });
      assert.deepEqual([status, JSON.parse(body).code], [403, 4]);
      assert.equal(await refused(at(), { ...denied, transport: "websocket" }), 403);
    });

    test("the first answer sets four cookies, of which two come back", async () => {
      const { headers } = await request(at(), { EIO: "4", transport: "polling" });
      const cookies = headers.getSetCookie();
      assert.deepEqual(cookies.slice(0, 3), ["1=1; Max-Age=86400", "2=2; Path=/; HttpOnly; Secure; SameSite=Strict", "3=3; Max-Age=0"]);
      assert.match(cookies[3], /^4=4; Expires=\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
      for (const [withCredentials, expected] of [[true, "1=1; 2=2"], [false, undefined]]) {
        const [, answer] = await said(server, 4, { transports: ["polling"], withCredentials }, "sendHeaders");
        assert.equal(JSON.parse(answer).cookie, expected);
      }
    });

    test("an unknown session is told so", async () => {
      const { status, body } = await request(at(), { EIO: "4", transport: "polling", sid: "abc" });
      assert.deepEqual([status, body], [400, '{"code":1,"message":"Session ID unknown"}']);
    });
  });

  describe(`engine-support-v3 on ${runtime}`, () => {
    const server = sutForFile("engine-support-v3", "--runtime", runtime);
    for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
      for (const forceBase64 of [false, true]) {
        test(`${transports.join(", then ")}${forceBase64 ? " in base64" : ""}: it greets, gives, and sends back`, async () => {
          const got = await said(server, 3, { transports, forceBase64 }, "give binary", "give utf8", "x".repeat(500), Buffer.from([9]));
          assert.deepEqual(got, ["hi", Buffer.from([0, 1, 2, 3, 4]), "пойду сать всем мпокойной ночи", "x".repeat(500), Buffer.from([9])]);
        });
      }
    }
  });
}
