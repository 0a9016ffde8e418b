"""Usage: client.py TRANSPORT URL

Runs Debian's python3-socketio through what it can do. Says what it did; ends
with 1 at the first thing that is not as it should be.
"""
import os
import sys
import threading
import traceback

import socketio

TOKEN = "a-secret-token"
LIMIT = 60

TEXTS = [
    "plain", "", "\u00fcn\u00efc\u00f8d\u00e9", "\U0001f600\U0001d11e", "line\u2028and\u2029paragraph",
    "\n\r\t\u0000\u001f", "\"\\\" <script></script>", "\x1e\ufffd5\ufffd", "x" * 50_000 + "\U0001f600",
]


def ok(what, condition=True):
    if not condition:
        raise AssertionError(what)
    print("ok", what)


class Waiter:
    """Waits for the next call of a handler."""

    def __init__(self):
        self.called = threading.Event()
        self.args = None

    def __call__(self, *args):
        self.args = args
        self.called.set()

    def wait(self, what):
        ok(what, self.called.wait(LIMIT))
        self.called.clear()
        return self.args


class PatientClient(socketio.Client):
    """Gives no namespace up for being slow, not when it reconnects either."""

    def __init__(self, **kwargs):
        super().__init__(request_timeout=LIMIT, **kwargs)

    def connect(self, *args, **kwargs):
        super().connect(*args, **{"wait_timeout": LIMIT, **kwargs})


def carries(client, namespace):
    back = Waiter()
    client.on("back", back, namespace=namespace)
    for text in TEXTS:
        arrived = client.call("hex", text, namespace=namespace, timeout=LIMIT)
        ok(f"{text[:20]!r} arrives", arrived == text.encode().hex())
        came = client.call("unhex", arrived, namespace=namespace, timeout=LIMIT)
        ok(f"{text[:20]!r} comes", came == text)
    for value in TEXTS + [True, 2**53, -1.5, [], {}, {"a": [{"": None}]}]:
        got = client.call("echo", value, namespace=namespace, timeout=LIMIT)
        ok(f"ack of {str(value)[:20]!r}", got == value)
        client.emit("back", value, namespace=namespace)
        ok(f"event with {str(value)[:20]!r}", back.wait("event") == (value,))
    several = client.call("echo", ("a", 1), namespace=namespace, timeout=LIMIT)
    ok("several arguments", list(several) == ["a", 1])
    data = bytes(range(256))
    got = client.call("echo", {"deep": [data], "text": "t"}, namespace=namespace, timeout=LIMIT)
    ok("binary in an ack", got == {"deep": [data], "text": "t"})
    client.emit("back", data, namespace=namespace)
    ok("binary in an event", back.wait("event") == (data,))


def answers(client, namespace):
    answered = Waiter()
    client.on("answered", answered, namespace=namespace)
    client.on("question", lambda *args: ("answer", *args), namespace=namespace)
    client.emit("ask", (TEXTS[3], TEXTS[4]), namespace=namespace)
    ok("ack to the server", answered.wait("answered") == ("answer", TEXTS[3], TEXTS[4]))


def refuses(transports, url):
    client = PatientClient(reconnection=False)
    refused = Waiter()
    client.on("connect_error", refused, namespace="/alice")
    client.connect(url, transports=transports, namespaces=["/alice"], auth={"auth": "wrong"}, wait=False)
    (error,) = refused.wait("refusal")
    ok("the error object", error["data"]["id"] == "invalid-access-token")
    ok("its message", error["message"] == error["data"]["message"] == "The token is not valid: \u201csign in\u201d again.")
    client.disconnect()


def main(transport, url):
    transports = ["polling", "websocket"] if transport == "upgrade" else [transport]
    client = PatientClient(reconnection_delay=0.05, reconnection_delay_max=0.5)
    connected, lost = Waiter(), Waiter()
    client.on("connect", connected, namespace="/alice")
    client.on("disconnect", lost, namespace="/alice")
    # The URL's token serves /alice and /bob: namespaces have no query here.
    client.connect(f"{url}?auth={TOKEN}", transports=transports, namespaces=["/alice", "/bob"])
    connected.wait("connect")
    ok("transport", client.transport() == ("polling" if transport == "polling" else "websocket"))
    where = client.call("where", namespace="/bob", timeout=LIMIT)
    ok("namespace", where == ["/bob", 5])
    carries(client, "/alice")
    answers(client, "/bob")
    refuses(transports, url)
    client.emit("restart", namespace="/alice")
    lost.wait("disconnect by the restart")
    connected.wait("reconnect")
    ok("echo after the restart", client.call("echo", 1, namespace="/alice", timeout=LIMIT) == 1)
    client.disconnect()


try:
    main(*sys.argv[1:])
except BaseException:
    traceback.print_exc()
    sys.stdout.flush()
    os._exit(1)  # the client's threads go on otherwise
