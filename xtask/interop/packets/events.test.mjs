// Socket.IO packets by hand: events, acks and attachments, frame by frame.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { answering, endpoint, session } from "../support/raw.mjs";
import { PATIENT, sutForFile } from "../support/server.mjs";

const server = sutForFile("sio-v5", ...PATIENT);

/** A socket of the main namespace, or another, past its greetings. */
async function joined(namespace = "") {
  const socket = answering(await session(endpoint(server, "/socket.io/")));
  socket.send(`40${namespace}`);
  await socket.next();
  await socket.next();
  return socket;
}

const placeholder = (number) => `{"_placeholder":true,"num":${number}}`;
const [first, second] = [Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])];

/** What is sent, and what comes back, message for message. */
const EXCHANGES = {
  "an event": [['42["message",1,"2",{"3":[true]}]'], ['42["message-back",1,"2",{"3":[true]}]']],
  "the order of keys": [['42["message",{"b":1,"a":{"d":2,"c":3}}]'], ['42["message-back",{"b":1,"a":{"d":2,"c":3}}]']],
  "an ack": [['42456["message-with-ack",1,"2",{"3":[false]}]'], ['43456[1,"2",{"3":[false]}]']],
  "an ack without values": [['420["message-with-ack"]'], ["430[]"]],
  "a binary event": [
    [`452-["message",${placeholder(0)},${placeholder(1)}]`, first, second],
    [`452-["message-back",${placeholder(0)},${placeholder(1)}]`, first, second],
  ],
  "a nested binary event": [
    [`451-["message",{"a":[{"b":${placeholder(0)}}]}]`, first],
    [`451-["message-back",{"a":[{"b":${placeholder(0)}}]}]`, first],
  ],
  "a binary ack": [
    [`452-789["message-with-ack",${placeholder(0)},${placeholder(1)}]`, first, second],
    [`462-789[${placeholder(0)},${placeholder(1)}]`, first, second],
  ],
};

describe("frames", () => {
  for (const [what, [sent, expected]] of Object.entries(EXCHANGES)) {
    test(what, async () => {
      const socket = await joined();
      socket.send(...sent);
      for (const message of expected) assert.deepEqual(await socket.next(), message);
    });
  }

  test("an event and an ack in another namespace", async () => {
    const socket = await joined("/custom");
    socket.send('42/custom,["message",1]', '42/custom,7["message-with-ack",2]');
    assert.equal(await socket.next(), '42/custom,["message-back",1]');
    assert.equal(await socket.next(), "43/custom,7[2]");
  });

  test("the server's first request has number 1", async () => {
    const socket = await joined();
    socket.send('42["emit-with-ack",1,"2"]');
    assert.equal(await socket.next(), '421["emit-with-ack",1,"2"]');
    socket.send('431["back",{"3":[true]}]');
    assert.equal(await socket.next(), '42["emit-with-ack","back",{"3":[true]}]');
  });

  test("the client's binary ack", async () => {
    const socket = await joined();
    socket.send('42["emit-with-ack","x"]');
    assert.equal(await socket.next(), '421["emit-with-ack","x"]');
    socket.send(`461-1[${placeholder(0)}]`, first);
    assert.equal(await socket.next(), `451-["emit-with-ack",${placeholder(0)}]`);
    assert.deepEqual(await socket.next(), first);
  });

  test("an ack that nobody waits for is passed over", async () => {
    const socket = await joined();
    socket.send("43999[1]", '42["message","still here"]');
    assert.equal(await socket.next(), '42["message-back","still here"]');
  });

  test("events in both namespaces of one connection", async () => {
    const socket = await joined();
    socket.send("40/custom,");
    await socket.next();
    await socket.next();
    socket.send('42["message","main"]', '42/custom,["message","custom"]');
    assert.equal(await socket.next(), '42["message-back","main"]');
    assert.equal(await socket.next(), '42/custom,["message-back","custom"]');
  });
});
