// nginx and haproxy of this machine before a server of ours, with their default timeouts; each ended with its suite.

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before } from "node:test";
import { freePort } from "./server.mjs";

const PATIENCE = 60_000;

/** The configurations that siox's page on deployment shows. */
const DEPLOY = new URL("../../../crates/siox/deploy/", import.meta.url);

/** What a nginx that is nobody's service needs around its `http` block. */
const nginx = (folder, http) => `daemon off;
pid ${folder}/nginx.pid;
error_log stderr error;
worker_processes 1;
events {}
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join("\n  ")}
${http}}
`;

/** What each proxy is started with: a configuration for `port` before `server`, with upgrades or without. */
const PROXIES = {
  nginx: (folder, port, server, upgrades) => ({
    text: nginx(
      folder,
      `  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://${server.host};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      ${upgrades ? "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;" : ""}
    }
  }
`,
    ),
    words: (file) => ["-p", folder, "-c", file],
  }),
  // The timeouts are those of the configuration that Debian installs.
  haproxy: (folder, port, server, upgrades) => ({
    text: `defaults
  mode http
  timeout connect 5000
  timeout client 50000
  timeout server 50000
frontend near
  bind 127.0.0.1:${port}
  ${upgrades ? "" : "http-request deny if { hdr(upgrade) -m found }"}
  default_backend far
backend far
  server one ${server.host}
`,
    words: (file) => ["-db", "-f", file],
  }),
};

export const NAMES = Object.keys(PROXIES);

/** A proxy before `server` for the tests of the surrounding `describe`. The answer's `url` is set once tests run. */
export function proxyForSuite(name, server, { upgrades = true } = {}) {
  const proxy = {};
  before(async () => Object.assign(proxy, await start(name, server, upgrades)));
  after(() => proxy.stop?.());
  return proxy;
}

/** A proxy before two servers, as `crates/siox/deploy` has it but for the ports. */
export function deployedForSuite(name, servers) {
  const proxy = {};
  before(async () => Object.assign(proxy, await startDeployed(name, servers)));
  after(() => proxy.stop?.());
  return proxy;
}

async function startDeployed(name, servers) {
  const port = await freePort();
  const hosts = ["127.0.0.1:3001", "127.0.0.1:3002"];
  const listens = { nginx: ["listen 80;", `listen 127.0.0.1:${port};`], haproxy: ["bind :80\n", `bind 127.0.0.1:${port}\n`] }[name];
  const changes = [listens, ...hosts.map((host, at) => [host, servers[at].host])];
  let text = readFileSync(new URL({ nginx: "nginx.conf", haproxy: "haproxy.cfg" }[name], DEPLOY), "utf8");
  for (const [from, to] of changes) {
    if (text.split(from).length !== 2) throw new Error(`the configuration of ${name} has not one ${from}`);
    text = text.replace(from, to);
  }
  return run(name, port, (folder) => ({
    text: name === "nginx" ? nginx(folder, text) : text,
    words: (file) => (name === "nginx" ? ["-p", folder, "-c", file] : ["-db", "-f", file]),
  }));
}

async function start(name, server, upgrades) {
  const port = await freePort();
  return run(name, port, (folder) => PROXIES[name](folder, port, server, upgrades));
}

/** Starts it on what `configure` says for its folder. */
async function run(name, port, configure) {
  const folder = join(process.env.SIOX_PROXIES, `${name}-${port}`);
  mkdirSync(folder, { recursive: true });
  const { text, words } = configure(folder);
  const file = join(folder, `${name}.conf`);
  writeFileSync(file, text);
  const child = spawn(name, words(file), { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
  const ended = new Promise((resolve) => {
    child.once("error", (why) => resolve(String(why)));
    child.once("exit", (code, signal) => resolve(`code ${code}, signal ${signal}`));
  });
  const stop = async () => {
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), 2_000);
    await ended;
    clearTimeout(late);
  };
  try {
    const gone = ended.then((how) => Promise.reject(new Error(`${name} ended before it listened (${how})`)));
    await Promise.race([listens(port), gone]);
  } catch (why) {
    await stop();
    throw why;
  }
  return { url: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}`, stop };
}

async function listens(port) {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end) {
    const there = await new Promise((resolve) => {
      const probe = connect(port, "127.0.0.1");
      probe.once("connect", () => resolve(true)).once("error", () => resolve(false));
      probe.once("close", () => resolve(false));
      probe.once("connect", () => probe.destroy());
    });
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nothing listens on port ${port}`);
}
