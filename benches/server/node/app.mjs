// The application of the benchmark on socket.io. `app.mjs ENGINE` serves it on a port of the system's choice, which it
// prints: on ws, on uWebSockets.js (`uws`; the package `uwebsockets` carries its builds), or, where it runs under Bun, on Bun's engine (`bun`).

import { createRequire } from "node:module";

// The packages are installed elsewhere: in SIOX_BENCH_MODULES.
const load = createRequire(`${process.env.SIOX_BENCH_MODULES}/`);
const { Server } = load("socket.io");

function serve(io) {
  io.on("connection", (socket) => {
    for (const event of ["echo", "becho", "techo", "decho"]) {
      socket.on(event, (...args) => socket.emit(event, ...args));
    }
    socket.on("ack", (...args) => args.pop()(...args));
    socket.on("join", (room, done) => {
      socket.join(room);
      done();
    });
    socket.on("shout", (room, payload) => io.to(room).emit("shout", payload));
  });
  return io;
}

const engines = {
  async ws() {
    const http = (await import("node:http")).createServer();
    serve(new Server(http));
    http.listen(0, "127.0.0.1", () => console.log(http.address().port));
  },
  async uws() {
    const uws = load("uwebsockets");
    const app = uws.App();
    serve(new Server()).attachApp(app);
    app.listen("127.0.0.1", 0, (socket) => console.log(uws.us_socket_local_port(socket)));
  },
  async bun() {
    const { Server: Engine } = load("@socket.io/bun-engine");
    const engine = new Engine({ path: "/socket.io/" });
    serve(new Server()).bind(engine);
    const { port } = Bun.serve({ port: 0, hostname: "127.0.0.1", ...engine.handler() });
    console.log(port);
  },
};

await engines[process.argv[2]]();
