"""A port that leads to another one, which may be changed: what is behind it breaks and is mended."""
import selectors
import socket
import threading


class Forward:
    """`address` is always the same; `lead(port)` cuts what goes on and sends new connections there."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.target = None
        self.pairs = set()
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def lead(self, port):
        self.target = port
        self.cut()

    def cut(self):
        with self.lock:
            for end in [end for pair in self.pairs for end in pair]:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return  # closed
            try:
                far = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self.lock:
                self.pairs.add((near, far))
            threading.Thread(target=self.pump, args=(near, far), daemon=True).start()

    def pump(self, near, far):
        with selectors.DefaultSelector() as ends:
            ends.register(near, selectors.EVENT_READ, far)
            ends.register(far, selectors.EVENT_READ, near)
            try:
                while all(self.pass_on(key.fileobj, key.data) for key, _ in ends.select()):
                    pass
            except OSError:
                pass
        with self.lock:
            self.pairs.discard((near, far))
        near.close()
        far.close()

    @staticmethod
    def pass_on(source, sink):
        part = source.recv(65536)
        sink.sendall(part)
        return bool(part)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()
