// Socket.IO packets by hand: joining namespaces, leaving them, being refused.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answering, endpoint, session } from "../support/raw.mjs";
import { PATIENT, sutForFile } from "../support/server.mjs";

const server = sutForFile("sio-v5", ...PATIENT);
const open = async () => answering(await session(endpoint(server, "/socket.io/")));

/** Joins by this CONNECT packet; checks the answer and the event after it. */
async function joins(socket, packet, prefix, auth) {
  socket.send(packet);
  const answer = await socket.next();
  assert.ok(answer.startsWith(`40${prefix}{`), answer);
  const payload = JSON.parse(answer.slice(2 + prefix.length));
  assert.deepEqual(Object.keys(payload), ["sid"]);
  assert.equal(await socket.next(), `42${prefix}["auth",${auth}]`);
  return payload.sid;
}

describe("connecting", () => {
  test("to the main namespace", async () => {
    await joins(await open(), "40", "", "{}");
  });

  test("to the main namespace with a payload", async () => {
    await joins(await open(), '40{"token":"123"}', "", '{"token":"123"}');
  });

  test("to another namespace, with and without a payload", async () => {
    await joins(await open(), "40/custom", "/custom,", "{}");
    await joins(await open(), "40/custom,", "/custom,", "{}");
    await joins(await open(), '40/custom,{"token":"abc"}', "/custom,", '{"token":"abc"}');
  });

  test("to two namespaces gives two ids, neither that of the session", async () => {
    const socket = await open();
    const ids = [await joins(socket, "40", "", "{}"), await joins(socket, "40/custom,", "/custom,", "{}"), socket.handshake.sid];
    assert.equal(new Set(ids).size, 3);
  });

  test("to an unknown namespace is refused, and the connection stays", async () => {
    const socket = await open();
    socket.send("40/random");
    assert.equal(await socket.next(), '44/random,{"message":"Invalid namespace"}');
    await joins(socket, "40", "", "{}");
  });

  test("not at all ends the connection", async () => {
    await (await session(endpoint(server, "/socket.io/"))).closed();
  });
});

describe("disconnecting", () => {
  test("from the main namespace leaves the connection, and nothing is said back", async () => {
    const raw = await session(endpoint(server, "/socket.io/"));
    await joins(answering(raw), "40", "", "{}");
    raw.send("41");
    assert.equal(await raw.next(), "2");
  });

  test("from one namespace leaves the other", async () => {
    const socket = await open();
    await joins(socket, "40", "", "{}");
    await joins(socket, "40/custom,", "/custom,", "{}");
    socket.send("41/custom", '42["message","main"]');
    assert.equal(await socket.next(), '42["message-back","main"]');
  });
});

describe("bad packets close the connection", () => {
  const before = { "a strange type before connecting": "4abc", "an event before connecting": '42["message",1]' };
  const after = {
    "a strange type": "4abc",
    "an event that is no array": "42{}",
    "an event without a name": "42[]",
    "an ack number that is none": '42abc["message-with-ack",1]',
    "JSON cut short": '42["message"',
    "a reserved event name": '42["disconnect"]',
    "text where an attachment is due": ['451-["message",{"_placeholder":true,"num":0}]', '42["message",1]'],
  };
  for (const [what, packet] of Object.entries(before)) {
    test(what, async () => {
      const socket = await open();
      socket.send(packet);
      await socket.closed();
    });
  }
  for (const [what, packets] of Object.entries(after)) {
    test(what, async () => {
      const socket = await open();
      await joins(socket, "40", "", "{}");
      socket.send(...[packets].flat());
      await socket.closed();
    });
  }
  test("an attachment that nobody announced", async () => {
    const socket = await open();
    await joins(socket, "40", "", "{}");
    socket.send(Buffer.from([1, 2, 3]));
    await socket.closed();
  });
});
