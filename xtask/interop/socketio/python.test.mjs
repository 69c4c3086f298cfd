// python-socketio's client, over each transport: its own script says what it has checked.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { sutForFile } from "../support/server.mjs";

const server = sutForFile("sio-interop");
const script = new URL("../support/client.py", import.meta.url).pathname;

describe("python-socketio", () => {
  for (const transports of ["polling", "websocket", "polling,websocket"]) {
    test(`over ${transports}`, async () => {
      const env = { ...process.env, PYTHONPATH: process.env.SIOX_INTEROP_PYTHON, PYTHONDONTWRITEBYTECODE: "1" };
      const child = spawn("python3", [script, server.url, transports], { env, stdio: ["ignore", "pipe", "inherit"] });
      const said = [];
      child.stdout.setEncoding("utf8").on("data", (text) => said.push(text));
      const [code] = await once(child, "close");
      assert.equal(code, 0, said.join(""));
      assert.deepEqual(said.join("").trim().split("\n"), ["events", "acks", "binary", "namespaces", "rooms", "goodbyes"]);
    });
  }
});
