// The official Engine.IO clients through nginx and haproxy, with the timeouts that these have by default: messages, upgrades amid them,
// upgrades that are refused, and sessions in which nothing is said for longer than any of those timeouts.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { happens, until } from "../support/clients.mjs";
import { engine, opened, received } from "../support/engines.mjs";
import { NAMES, proxyForSuite } from "../support/proxies.mjs";
import { RUNTIMES, sutForFile } from "../support/server.mjs";

/** In milliseconds; nginx waits 60 s for a server to say something, haproxy 50 s for either side. */
const SILENCE = 65_000;
const MESSAGES = 300;
const WAYS = { polling: ["polling"], websocket: ["websocket"], "polling, then websocket": ["polling", "websocket"] };

const numbers = Array.from({ length: MESSAGES }, (_, number) => String(number));

/** Sends all numbers, a few at a time, and awaits them back. */
async function echoes(socket) {
  for (const number of numbers) {
    socket.send(number);
    if (Number(number) % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await received(socket, MESSAGES);
  assert.deepEqual(socket.got, numbers);
}

const SERVERS = Object.fromEntries(RUNTIMES.map((runtime) => [runtime, sutForFile("eio-interop", "--runtime", runtime)]));

for (const name of NAMES) {
  for (const [runtime, server] of Object.entries(SERVERS)) {
    describe(`${name} before ${runtime}`, () => {
      const proxy = proxyForSuite(name, server);
      for (const eio of [4, 3]) {
        for (const [way, transports] of Object.entries(WAYS)) {
          test(`v${eio}, ${way}: messages come back`, async () => {
            const socket = await opened(proxy, eio, { transports });
            assert.equal(socket.transport.name, transports.at(-1));
            await echoes(socket);
            socket.send("close");
            assert.equal(await socket.closing(), "transport close");
          });
        }

        test(`v${eio}: messages amid the upgrade`, async () => {
          const socket = engine(proxy, eio, { transports: ["polling", "websocket"] });
          await happens(socket, "open", "error");
          await echoes(socket);
          await until(() => socket.transport.name === "websocket", "the upgrade");
        });
      }
    });

    describe(`${name} before ${runtime}, upgrades refused`, () => {
      const proxy = proxyForSuite(name, server, { upgrades: false });
      for (const eio of [4, 3]) {
        test(`v${eio} stays on polling`, async () => {
          const socket = engine(proxy, eio, { transports: ["polling", "websocket"] });
          const refused = happens(socket, "upgradeError");
          await happens(socket, "open", "error");
          await echoes(socket);
          await refused;
          assert.equal(socket.transport.name, "polling");
          assert.equal(socket.readyState, "open");
          socket.got.length = 0;
          await echoes(socket);
        });
      }
    });
  }
}

describe("nothing is said for long", () => {
  const proxies = NAMES.flatMap((name) => Object.values(SERVERS).map((server) => proxyForSuite(name, server)));

  test(`sessions live through ${SILENCE / 1000} s of silence`, async () => {
    const clients = proxies.flatMap((proxy) =>
      [4, 3].flatMap((eio) => [["polling"], ["websocket"]].map((transports) => opened(proxy, eio, { transports }))),
    );
    const sockets = await Promise.all(clients);
    await new Promise((resolve) => setTimeout(resolve, SILENCE));
    for (const socket of sockets) {
      assert.equal(socket.readyState, "open");
      await echoes(socket);
    }
  });
});
