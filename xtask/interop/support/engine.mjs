// The official engine.io servers in this process, and our client as a child process, led line by line.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { ENGINE_SERVERS } from "./peers.mjs";

const PATIENCE = 60_000;

/** Which server speaks which version. */
export const SERVERS = [
  { name: "engine.io 6, EIO 4", eio: 4, attach: (http, options) => ENGINE_SERVERS[6].attach(http, options) },
  { name: "engine.io 6, EIO 3", eio: 3, attach: (http, options) => ENGINE_SERVERS[6].attach(http, { allowEIO3: true, ...options }) },
  { name: "engine.io 3, EIO 3", eio: 3, attach: (http, options) => ENGINE_SERVERS[3].attach(http, options) },
];

export const RUNTIMES = ["tokio", "tcp"];

/** A server on a port of its own; `sockets` are those that have come. */
export async function serve(kind, context, options = {}) {
  const http = createServer();
  const engine = kind.attach(http, options);
  const sockets = [];
  engine.on("connection", (socket) => sockets.push(socket));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  context.after(() => {
    engine.close();
    http.close();
    http.closeAllConnections();
  });
  const socket = () => (sockets.length ? sockets[0] : once(engine, "connection").then(([socket]) => socket));
  return { url: `http://127.0.0.1:${http.address().port}`, engine, http, socket };
}

/** Our client. `events` are all that came; `next` waits for one. */
export function client(url, { eio = 4, runtime, transports = ["polling", "websocket"], flags = [] }, context) {
  const words = ["eio-client", "--url", `${url}/`, "--eio", String(eio), "--runtime", runtime];
  words.push("--transports", transports.join(","), ...flags);
  const child = spawn(process.env.SIOX_SUT, words, { stdio: ["pipe", "pipe", "inherit"] });
  context.after(() => child.kill("SIGKILL"));
  child.stdin.on("error", () => {});
  const events = [];
  const waiting = [];
  const look = () => waiting.splice(0).forEach((again) => again());
  createInterface({ input: child.stdout }).on("line", (line) => {
    const event = JSON.parse(line);
    if (event.data?.$b !== undefined) event.data = Buffer.from(event.data.$b, "base64");
    events.push(event);
    look();
  });
  const ended = once(child, "exit").then(([code]) => code);
  ended.then(look);
  /** Waits until `found` gives something. */
  const until = async (found, what) => {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const got = found();
      if (got) return got;
      if (Date.now() > deadline) throw new Error(`no ${what} within ${PATIENCE} ms: ${JSON.stringify(events.slice(-3))}`);
      let timer;
      await new Promise((resolve) => {
        waiting.push(resolve);
        timer = setTimeout(resolve, 50);
      });
      clearTimeout(timer);
    }
  };
  return {
    events,
    ended,
    until,
    next: (name) => until(() => events.find(({ event }) => event === name), name),
    messages: () => events.filter(({ event }) => event === "message").map(({ data }) => data),
    send: (data) => {
      const value = Buffer.isBuffer(data) ? { $b: data.toString("base64") } : data;
      child.stdin.write(`${JSON.stringify({ send: value })}\n`);
    },
    close: () => child.stdin.write(`${JSON.stringify({ close: true })}\n`),
  };
}
