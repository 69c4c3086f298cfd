// Engine.IO and Socket.IO by hand: plain HTTP requests and WebSocket messages, as they stand on the wire.

import { once } from "node:events";
import { afterEach } from "node:test";
import { within } from "./clients.mjs";
import { WebSocket } from "./peers.mjs";

const open = new Set();
afterEach(() => {
  for (const socket of open) socket.terminate();
  open.clear();
});

/** The URL of an endpoint, such as `endpoint(server, "/engine.io/")`, to which requests add their query. */
export function endpoint(server, path) {
  return { http: server.url + path, ws: `ws://${server.host}${path}` };
}

/** One HTTP request. Answers its status, its headers and its body as text. */
export async function request(at, query, options = {}) {
  const response = await within(fetch(`${at.http}?${new URLSearchParams(query)}`, options), "the response");
  return { status: response.status, headers: response.headers, body: await response.text() };
}

/** A polling session: its handshake, and requests that name its sid. */
export async function polling(at, query = {}) {
  const all = { EIO: "4", transport: "polling", ...query };
  const { status, body } = await request(at, all);
  if (status !== 200) throw new Error(`handshake refused: ${status} ${body}`);
  const handshake = JSON.parse(body.slice(1));
  const { sid } = handshake;
  const own = { ...all, sid };
  return {
    sid,
    handshake,
    get: () => request(at, own),
    post: (payload) => request(at, own, { method: "POST", body: payload }),
    socket: () => socket(at, { EIO: "4", transport: "websocket", sid }),
  };
}

/** A WebSocket whose messages wait until they are asked for by `next()`; text as string, binary as Buffer. */
export async function socket(at, query) {
  const ws = new WebSocket(`${at.ws}?${new URLSearchParams(query)}`);
  open.add(ws);
  const messages = [];
  let wake = () => {};
  ws.on("message", (data, isBinary) => {
    messages.push(isBinary ? data : data.toString());
    wake();
  });
  const closed = new Promise((resolve) => ws.once("close", (code) => resolve(code)));
  const next = async () => {
    while (messages.length === 0) await new Promise((resolve) => (wake = resolve));
    return messages.shift();
  };
  await within(once(ws, "open"), "the WebSocket");
  return {
    send: (...all) => all.forEach((message) => ws.send(message)),
    next: () => within(next(), "a message"),
    close: () => ws.close(),
    closed: () => within(closed, "the closing"),
  };
}

/** A WebSocket session of Engine.IO, its handshake read. */
export async function session(at, query = {}) {
  const opened = await socket(at, { EIO: "4", transport: "websocket", ...query });
  const packet = await opened.next();
  if (packet[0] !== "0") throw new Error(`not an open packet: ${packet}`);
  return { ...opened, handshake: JSON.parse(packet.slice(1)) };
}

/** Resolves with the status of a WebSocket request that is refused, or "closed" if it is taken and then closed. */
export function refused(at, query) {
  const ws = new WebSocket(`${at.ws}?${new URLSearchParams(query)}`);
  open.add(ws);
  const answer = new Promise((resolve) => {
    ws.once("unexpected-response", (_, response) => resolve(response.statusCode));
    ws.once("close", () => resolve("closed"));
    ws.on("error", () => {});
  });
  return within(answer, "a refusal");
}

/** Makes `session` answer the server's pings behind the scenes; `next` passes over them. */
export function answering(session) {
  const next = async () => {
    for (;;) {
      const message = await session.next();
      if (message !== "2") return message;
      session.send("3");
    }
  };
  return { ...session, next };
}
