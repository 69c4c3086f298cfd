// Our servers as child processes: one free port each on 127.0.0.1, awaited until they say their address, ended after the test file.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { after, before } from "node:test";

const PATIENCE = 60_000;

/** What drives the machines of a server under test. */
export const RUNTIMES = ["tokio", "tcp"];

/** For a profile whose heartbeat times out after 200 ms, where that is not what is tested: a busy machine stops for longer. */
export const PATIENT = ["--ping-timeout", "20000"];

/** Starts the server under test in `profile` for the whole test file, or `describe`. The answer's `url` is set once tests run. */
export function sutForFile(profile, ...args) {
  return forFile(process.env.SIOX_SUT, [profile, ...args]);
}

/** Starts the demo with these further arguments for the tests of the surrounding `describe`. */
export function demoForSuite(...args) {
  return forFile(process.env.SIOX_DEMO, ["demo", ...args]);
}

/** Starts the example for servers behind proxies, for the tests of the surrounding `describe`. */
export function behindForSuite() {
  return forFile(process.env.SIOX_BEHIND, []);
}

function forFile(program, args) {
  const server = {};
  before(async () => Object.assign(server, await start(program, args)));
  after(async () => {
    const early = server.ended;
    await server.stop?.();
    if (early) throw new Error(`the server ended during the tests (${early})`);
  });
  return server;
}

async function start(program, args) {
  const port = await freePort();
  const child = spawn(program, [...args, "--port", String(port)], { stdio: ["ignore", "pipe", "inherit"] });
  const server = { url: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}`, ended: undefined };
  const gone = new Promise((resolve) => {
    child.once("error", (why) => resolve(String(why)));
    child.once("exit", (code, signal) => resolve(`code ${code}, signal ${signal}`));
  });
  gone.then((how) => (server.ended = how));
  server.stop = async () => {
    child.kill("SIGTERM");
    const deadline = setTimeout(() => child.kill("SIGKILL"), 2_000);
    await gone;
    clearTimeout(deadline);
  };
  try {
    await awaitLine(child, gone, server.host);
  } catch (why) {
    await server.stop();
    throw why;
  }
  return server;
}

/** Resolves when a line names the wanted address, and goes on reading, so that the child never blocks on its output. */
function awaitLine(child, gone, wanted) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no line with ${wanted} within ${PATIENCE} ms`)), PATIENCE);
    gone.then((how) => reject(new Error(`the server ended before it listened (${how})`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (!line.includes(wanted)) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
