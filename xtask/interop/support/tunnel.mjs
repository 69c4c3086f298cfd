// An HTTP proxy that does nothing but CONNECT.

import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";

/** A proxy; `tunnels` are the targets of those that were asked for. With `user` ("name:password") it lets in nobody else. */
export async function tunnelProxy(context, user = undefined) {
  const tunnels = [];
  const open = new Set();
  const http = createServer((_, response) => response.writeHead(405).end());
  http.on("connect", (request, socket, head) => {
    open.add(socket.once("close", () => open.delete(socket)).on("error", () => {}));
    const wanted = user && `Basic ${Buffer.from(user).toString("base64")}`;
    if (wanted && request.headers["proxy-authorization"] !== wanted) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="t"\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    tunnels.push(request.url);
    const { hostname, port } = new URL(`http://${request.url}`);
    const far = connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      far.write(head);
      far.pipe(socket).pipe(far);
    });
    far.on("error", () => socket.destroy());
    socket.on("close", () => far.destroy());
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const cut = () => open.forEach((socket) => socket.destroy());
  context.after(() => {
    cut();
    http.close();
  });
  const { port } = http.address();
  return { url: `http://${user ? `${user}@` : ""}127.0.0.1:${port}`, bare: `http://127.0.0.1:${port}`, tunnels, cut };
}
