// Rooms: who hears what.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TRANSPORTS, asks, collects, connected } from "../support/clients.mjs";
import { sutForFile } from "../support/server.mjs";

const server = sutForFile("sio-interop");

/** Three clients and what each has heard. */
async function three(transports) {
  const sockets = await Promise.all([1, 2, 3].map(() => connected(server, { transports })));
  return { sockets, heard: sockets.map((socket) => collects(socket, "said")) };
}

/** Each client has asked and been answered: whatever was sent to it before has arrived. */
async function settled(sender, sockets) {
  await asks(sender, "rooms");
  await Promise.all(sockets.map((socket) => asks(socket, "rooms")));
}

for (const [name, transports] of Object.entries(TRANSPORTS)) {
  describe(`rooms over ${name}`, () => {
    test("a socket knows its rooms", async () => {
      const socket = await connected(server, { transports });
      assert.deepEqual(await asks(socket, "rooms"), []);
      for (const room of ["b", "a", "a", "комната"]) await asks(socket, "join", room);
      assert.deepEqual(await asks(socket, "rooms"), ["a", "b", "комната"]);
      await asks(socket, "leave", "a");
      await asks(socket, "leave", "never joined");
      assert.deepEqual(await asks(socket, "rooms"), ["b", "комната"]);
    });

    test("a room hears what is said to it, except by the one who says it", async () => {
      const { sockets, heard } = await three(transports);
      await asks(sockets[0], "join", "tea");
      await asks(sockets[1], "join", "tea");
      sockets[0].emit("say", "tea", { text: "hello", picture: Buffer.from([1, 2, 3]) });
      await settled(sockets[0], sockets);
      assert.deepEqual(heard, [[], [{ text: "hello", picture: Buffer.from([1, 2, 3]) }], []]);
    });

    test("who is not in a room may speak to it; who left it hears no more", async () => {
      const { sockets, heard } = await three(transports);
      await asks(sockets[1], "join", "tea");
      await asks(sockets[2], "join", "tea");
      sockets[0].emit("say", "tea", "both");
      await settled(sockets[0], sockets);
      await asks(sockets[2], "leave", "tea");
      sockets[0].emit("say", "tea", "one");
      await settled(sockets[0], sockets);
      assert.deepEqual(heard, [[], ["both", "one"], ["both"]]);
    });

    test("everyone hears what is said to all", async () => {
      const { sockets, heard } = await three(transports);
      sockets[0].emit("say-all", "all");
      await settled(sockets[0], sockets);
      assert.deepEqual(heard, [["all"], ["all"], ["all"]]);
    });

    test("a room can be left out", async () => {
      const { sockets, heard } = await three(transports);
      await asks(sockets[1], "join", "quiet");
      sockets[0].emit("say-except", "quiet", "psst");
      await settled(sockets[0], sockets);
      assert.deepEqual(heard, [["psst"], [], ["psst"]]);
    });

    test("a broadcast stays in its namespace", async () => {
      const main = await connected(server, { transports });
      const custom = await connected(server, { transports, namespace: "/custom" });
      const heard = [collects(main, "said"), collects(custom, "said")];
      custom.emit("say-all", "custom only");
      await settled(custom, [main, custom]);
      assert.deepEqual(heard, [[], ["custom only"]]);
    });

    test("who is gone is in no room", async () => {
      const { sockets, heard } = await three(transports);
      await asks(sockets[1], "join", "tea");
      sockets[1].disconnect();
      sockets[0].emit("say", "tea", "anyone?");
      await settled(sockets[0], [sockets[0], sockets[2]]);
      assert.deepEqual(heard, [[], [], []]);
    });
  });
}

test("clients on different transports share a room", async () => {
  const sockets = await Promise.all(Object.values(TRANSPORTS).map((transports) => connected(server, { transports })));
  const heard = sockets.map((socket) => collects(socket, "said"));
  await Promise.all(sockets.map((socket) => asks(socket, "join", "mixed")));
  for (const [number, socket] of sockets.entries()) {
    socket.emit("say", "mixed", number);
    await settled(socket, sockets);
  }
  assert.deepEqual(heard, [[1, 2], [0, 2], [0, 1]]);
});
