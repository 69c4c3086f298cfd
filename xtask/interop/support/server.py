"""python-socketio's server, for our client: serves on 127.0.0.1, on the port that is its argument or one of its own,
and says which once it listens. Ends with its standard input, or when it is killed.
"""

import asyncio
import socket
import sys

import socketio
import uvicorn

io = socketio.AsyncServer(async_mode="asgi", namespaces=["/", "/second", "/closed"])
got = []


def events(namespace):
    """The application of a namespace."""

    async def connect(sid, environ, auth):
        await io.save_session(sid, {"auth": auth, "environ": environ}, namespace=namespace)

    async def echo(sid, *args):
        await io.emit("echo", args, to=sid, namespace=namespace)

    async def give(_, *args):
        return args

    async def ask(sid, *args):
        async def answered(*answer):
            await io.emit("answer", answer, to=sid, namespace=namespace)

        await io.emit("question", args, to=sid, namespace=namespace, callback=answered)

    async def number(_, value):
        got.append(value)

    async def numbers(_):
        return got

    async def auth(sid):
        session = await io.get_session(sid, namespace=namespace)
        environ = session["environ"]
        return session["auth"], environ["QUERY_STRING"], environ.get("HTTP_X")

    async def bye(sid):
        await io.disconnect(sid, namespace=namespace)

    async def silence(_):
        await asyncio.Event().wait()

    for handler in [connect, echo, give, ask, number, numbers, auth, bye, silence]:
        io.on(handler.__name__, handler, namespace=namespace)


async def closed(sid, environ, auth):
    raise socketio.exceptions.ConnectionRefusedError("not you", {"code": 7, "token": auth["token"]})


async def main():
    events("/")
    events("/second")
    io.on("connect", closed, namespace="/closed")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(sys.argv[1])))
    listener.listen(128)
    print("listening on", listener.getsockname()[1], flush=True)
    config = uvicorn.Config(socketio.ASGIApp(io), http="h11", ws="wsproto", lifespan="off", log_level="error")
    server = uvicorn.Server(config)

    async def watch():
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        server.should_exit = server.force_exit = True

    watching = asyncio.create_task(watch())
    await server.serve(sockets=[listener])
    watching.cancel()


asyncio.run(main())
