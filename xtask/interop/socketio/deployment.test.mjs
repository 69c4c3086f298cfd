// Two servers behind nginx and behind haproxy, configured as siox's page on deployment says: clients that poll, and those that then
// upgrade, stay with the server they have met, whose word on their address is the proxy's.

import assert from "node:assert/strict";
import { Agent } from "node:http";
import { describe, test } from "node:test";
import { asks, connected, TRANSPORTS } from "../support/clients.mjs";
import { deployedForSuite, NAMES } from "../support/proxies.mjs";
import { behindForSuite } from "../support/server.mjs";

/** Clients at most until both servers have been met: chance may send many to one of them first. */
const CLIENTS = 40;

/** What a client has to bring to be recognised, `n` being its number. */
const STICKY = {
  nginx: (n) => address(n),
  haproxy: (n) => ({ ...address(n), withCredentials: true }),
};

/** Every address of 127.0.0.0/8 is this machine's. */
const address = (n) => ({ agent: new Agent({ localAddress: `127.0.1.${n}`, keepAlive: true }) });

for (const name of NAMES) {
  describe(`${name} before two servers`, () => {
    const servers = [behindForSuite(), behindForSuite()];
    const proxy = deployedForSuite(name, servers);
    const nodes = () => servers.map((server) => Number(server.host.split(":")[1]));

    for (const [way, transports] of Object.entries(TRANSPORTS)) {
      test(`${way}: a client stays where it is, and both servers have clients`, async () => {
        const met = new Set();
        for (let n = 1; n <= CLIENTS && met.size < 2; n += 1) {
          const socket = await connected(proxy, { transports, ...STICKY[name](n) });
          assert.equal(socket.io.engine.transport.name, transports.at(-1));
          const { address: seen, secure, node } = await asks(socket, "whoami");
          assert.equal(seen, `127.0.1.${n}`);
          assert.equal(secure, false);
          for (let again = 0; again < 20; again += 1) assert.equal((await asks(socket, "whoami")).node, node);
          met.add(node);
          socket.disconnect();
        }
        assert.deepEqual([...met].sort(), nodes().sort());
      });
    }

    test("what a client claims of itself is not believed", async () => {
      const extraHeaders = { "X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "there" };
      for (const transports of Object.values(TRANSPORTS)) {
        const socket = await connected(proxy, { transports, extraHeaders, ...STICKY[name](7) });
        const { address: seen, secure } = await asks(socket, "whoami");
        assert.deepEqual([seen, secure], ["127.0.1.7", false]);
        socket.disconnect();
      }
    });
  });
}
