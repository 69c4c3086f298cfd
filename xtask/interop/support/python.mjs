// python-socketio's server as a child process, which can be killed outright.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const script = new URL("server.py", import.meta.url).pathname;

/** The server, on `port` or one of its own. `kill` leaves it no time to say goodbye. */
export async function servePython(context, port = 0) {
  const env = { ...process.env, PYTHONPATH: process.env.SIOX_INTEROP_PYTHON, PYTHONDONTWRITEBYTECODE: "1" };
  const child = spawn("python3", [script, String(port)], { env, stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  context.after(kill);
  const lines = createInterface({ input: child.stdout });
  const gone = ended.then(([code]) => Promise.reject(new Error(`python-socketio's server ended before it listened (${code})`)));
  const [line] = await Promise.race([once(lines, "line"), gone]);
  gone.catch(() => {});
  const own = Number(/^listening on (\d+)$/.exec(line)[1]);
  return { url: `http://127.0.0.1:${own}`, port: own, kill };
}
