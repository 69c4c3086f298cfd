"""python-socketio's client against `siox-sut sio-interop`: says the name of each check that has passed.

Arguments: the server's URL, and the transports, with a comma between.
"""

import sys
import threading

import socketio

PATIENCE = 60
URL, TRANSPORTS = sys.argv[1], sys.argv[2].split(",")


class Seen:
    """What came for an event."""

    def __init__(self, client, event, namespace="/"):
        self.values = []
        self.more = threading.Condition()
        client.on(event, self.take, namespace=namespace)

    def take(self, *values):
        with self.more:
            self.values.append(values)
            self.more.notify_all()

    def wait(self, count):
        with self.more:
            assert self.more.wait_for(lambda: len(self.values) >= count, PATIENCE), self.values
            return self.values[:count]


def client(**options):
    made = socketio.Client(reconnection=False, handle_sigint=False)
    made.connect(URL, transports=TRANSPORTS, wait_timeout=PATIENCE, **options)
    assert made.transport() == TRANSPORTS[-1], made.transport()
    return made


def events():
    one = client()
    seen = Seen(one, "echo")
    rows = [(1,), (1, "2", {"3": [True]}), (None,), ("пойду спать 𝄞",), ([], {}, "")]
    for row in rows:
        one.emit("echo", row)
    assert seen.wait(len(rows)) == rows, seen.values
    one.disconnect()


def acks():
    one = client()
    assert one.call("echo", (1, "2", {"3": [False]})) == (1, "2", {"3": [False]})
    assert one.call("echo", "x") == "x"
    assert [one.call("echo", n) for n in range(50)] == list(range(50))
    one.on("add", lambda a, b: (a + b, "done"))
    assert one.call("ask", ("add", 20, 22)) == (42, "done")
    one.disconnect()


def binary():
    one = client()
    every = bytes(range(256))
    seen = Seen(one, "echo")
    rows = [(every,), (b"",), ("before", {"a": [every, {"b": b"\x01"}]}, "after")]
    for row in rows:
        one.emit("echo", row)
        assert one.call("echo", ("ack",) + row) == ("ack",) + row
    assert seen.wait(len(rows)) == rows
    one.on("give", lambda data: data)
    assert one.call("ask", ("give", every)) == every
    one.disconnect()


def namespaces():
    one = client(namespaces=["/", "/custom", "/private"], auth={"token": "secret"})
    assert one.call("whoami", namespace="/private") == {"token": "secret"}
    assert one.call("echo", 1, namespace="/custom") == 1
    assert one.get_sid("/") != one.get_sid("/custom")
    one.disconnect()
    for namespace in ["/private", "/nowhere"]:
        refused = socketio.Client(reconnection=False, handle_sigint=False)
        try:
            refused.connect(URL, transports=TRANSPORTS, namespaces=[namespace], wait_timeout=PATIENCE)
            raise AssertionError("let into " + namespace)
        except socketio.exceptions.ConnectionError:
            refused.disconnect()


def rooms():
    one, two = client(), client()
    seen = Seen(one, "said")
    other = Seen(two, "said")
    room = "python over " + "+".join(TRANSPORTS)
    one.call("join", room)
    assert one.call("rooms") == [room]
    two.emit("say", (room, {"hello": b"\x01"}))
    two.emit("say", ("nobody's room", "unheard"))
    two.emit("say", (room, "again"))
    assert seen.wait(2) == [({"hello": b"\x01"},), ("again",)]
    one.call("leave", room)
    assert one.call("rooms") == []
    assert other.values == []
    one.disconnect()
    two.disconnect()


def goodbyes():
    one = client(namespaces=["/", "/custom"])
    gone = Seen(one, "disconnect", "/custom")
    one.emit("disconnect-me", False, namespace="/custom")
    gone.wait(1)
    assert one.call("echo", "still here") == "still here"
    end = Seen(one, "disconnect")
    one.emit("disconnect-me", True)
    end.wait(1)
    one.wait()


for check in [events, acks, binary, namespaces, rooms, goodbyes]:
    check()
    print(check.__name__, flush=True)
