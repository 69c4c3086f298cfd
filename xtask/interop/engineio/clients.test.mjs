// The official Engine.IO clients, v4 and v3, over each transport: messages there and back, and closing from either side.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { until } from "../support/clients.mjs";
import { opened, received } from "../support/engines.mjs";
import { RUNTIMES, sutForFile } from "../support/server.mjs";

const WAYS = {
  polling: { transports: ["polling"] },
  "polling in base64": { transports: ["polling"], forceBase64: true },
  websocket: { transports: ["websocket"] },
  "websocket in base64": { transports: ["websocket"], forceBase64: true },
  "polling, then websocket": { transports: ["polling", "websocket"] },
};

const MESSAGES = ["hello", "€ \u{1F600}", "", "x".repeat(100_000), Buffer.from([0, 1, 2, 255]), Buffer.alloc(70_000, 7), "last"];

/** What the client makes of an answer, as it was sent: an empty text is undefined to it. */
const plain = (data = "") => (typeof data === "string" ? data : Buffer.from(data));

/** Why the server says that the session ended. */
async function reason(server, eio, sid) {
  const asks = await opened(server, eio, { transports: ["websocket"] });
  for (let tries = 0; tries < 100; tries += 1) {
    asks.send(`ended ${sid}`);
    await until(() => asks.got.length > 0, "an answer");
    const answer = plain(asks.got.pop());
    if (answer !== "") return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return "not at all";
}

for (const runtime of RUNTIMES) {
  for (const eio of [4, 3]) {
    describe(`v${eio} on ${runtime}, ping every 300 ms`, () => {
      const server = sutForFile("eio-interop", "--runtime", runtime, "--ping-interval", "300");
      for (const [way, options] of Object.entries(WAYS)) {
        test(`${way}: messages come back`, async () => {
          const socket = await opened(server, eio, options);
          for (const message of MESSAGES) socket.send(message);
          await received(socket, MESSAGES.length);
          assert.deepEqual(socket.got.map(plain), MESSAGES);
        });

        test(`${way}: it lives on while nothing is said`, async () => {
          const socket = await opened(server, eio, options);
          await new Promise((resolve) => setTimeout(resolve, 1_200));
          socket.send("still here");
          await received(socket, 1);
          assert.equal(socket.readyState, "open");
        });
      }
    });

    describe(`v${eio} on ${runtime}, default settings`, () => {
      const server = sutForFile("eio-interop", "--runtime", runtime);
      for (const [way, options] of Object.entries(WAYS)) {
        test(`${way}: the client closes`, async () => {
          const socket = await opened(server, eio, options);
          const sid = socket.id;
          socket.close();
          assert.equal(await socket.closing(), "forced close");
          assert.equal(await reason(server, eio, sid), "transport close");
        });

        test(`${way}: the server closes, behind what it has sent`, async () => {
          const socket = await opened(server, eio, options);
          const sid = socket.id;
          socket.send("last words");
          socket.send("close");
          assert.equal(await socket.closing(), "transport close");
          assert.deepEqual(socket.got, ["last words"]);
          assert.equal(await reason(server, eio, sid), "forced close");
        });

        test(`${way}: a client that dies is missed`, async () => {
          const socket = await opened(server, eio, options);
          const sid = socket.id;
          if (socket.transport.name !== "websocket") return;
          (socket.transport.ws ?? socket.ws).terminate();
          await socket.closing();
          assert.match(await reason(server, eio, sid), /^transport (close|error)$/);
        });
      }
    });
  }
}
