// The official client on ws: `client.mjs URL ROW WARM COUNT` does WARM messages of a row, says "ready", waits for a line,
// does COUNT more, says "done", and waits to be killed. The rows are those of `src/row.rs`.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { io } = createRequire(`${process.env.SIOX_BENCH_MODULES}/`)("socket.io-client");
const [url, row, warm, count] = process.argv.slice(2);
const socket = io(url, { transports: ["websocket"] });
const TEXT = "a text of thirty bytes, or so..";
const BYTES = Buffer.alloc(16_384, 7);

let left = 0;
let over = () => {};
const one = () => {
  left -= 1;
  if (left === 0) over();
  return left;
};

/** Begins `flight` at a time, and begins another with each that ends. */
const pump = (flight, begin) => (n) => {
  let toGo = n;
  const next = () => {
    if (toGo > 0) {
      toGo -= 1;
      begin();
    }
  };
  more = next;
  for (let at = 0; at < flight; at += 1) next();
};
let more = () => {};
const ended = () => {
  one();
  more();
};

const ROWS = {
  "echo-16": pump(16, () => socket.emit("echo", TEXT)),
  "echo-1": pump(1, () => socket.emit("echo", TEXT)),
  "ack-16": pump(16, () => socket.emit("ask", TEXT, ended)),
  binary: pump(4, () => socket.emit("becho", BYTES)),
  receive: (n) => socket.emit("flood", n),
  answer: (n) => socket.emit("quiz", n),
};

socket.on("echo", ended);
socket.on("becho", ended);
socket.on("news", one);
socket.on("question", (text, done) => {
  done(text);
  one();
});

const run = (n) =>
  new Promise((resolve) => {
    left = n;
    over = resolve;
    ROWS[row](n);
  });

await new Promise((resolve) => socket.once("connect", resolve));
await run(Number(warm));
console.log("ready");
const lines = createInterface({ input: process.stdin });
await new Promise((resolve) => lines.once("line", resolve));
await run(Number(count));
console.log("done");
