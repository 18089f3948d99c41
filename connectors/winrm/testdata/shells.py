"""The shells of the service in server.py: what runs in them is run by /bin/sh."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid

DIRECTORY = sys.argv[1]
# How long a command runs before the reply that it does, in seconds.
LATE = float(os.environ.get("LATE_START", "0"))
PRINTING = threading.Lock()


def say(**what):
    with PRINTING:
        print(json.dumps(what), flush=True)


class Fault(Exception):
    def __init__(self, code, subcode, number, words):
        self.code, self.subcode, self.number, self.words = code, subcode, number, words


def unknown(words):
    return Fault("Sender", "wsman:InvalidSelectors", 2150858843, words)


POWERSHELL = re.compile(r"powershell\.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand ([A-Za-z0-9+/=]+)$")
# What stands in for the loader: other programs take the input apart, digest it and
# run it.
LOADER = 'tr -d "\\r" | base64 -d >"$0" && sha256sum <"$0" && exec /bin/sh "$0"'


class Command:
    def __init__(self, line):
        self.id = str(uuid.uuid4()).upper()
        self.ready = threading.Condition()
        self.pending, self.ended, self.reported, self.killed = [], set(), set(), False
        args = ["/bin/sh", "-c", line]
        found = POWERSHELL.match(line)
        if found:
            source = base64.b64decode(found.group(1)).decode("utf-16le")
            if not source.startswith("# patchwave bootstrap"):
                raise ValueError("this PowerShell is not known here")
            args = ["/bin/sh", "-c", LOADER, os.path.join(DIRECTORY, self.id)]
        self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        say(event="start", pid=self.process.pid, script=bool(found))
        for name in ("stdout", "stderr"):
            threading.Thread(target=self.read, args=(name, getattr(self.process, name)), daemon=True).start()

    def read(self, name, pipe):
        while True:
            data = os.read(pipe.fileno(), 16384)
            with self.ready:
                while sum(len(d) for _, d in self.pending) > 1 << 20 and not self.killed:
                    self.ready.wait()
                if data:
                    self.pending.append((name, data))
                else:
                    self.ended.add(name)
                    if len(self.ended) == 2:
                        self.process.wait()
                        say(event="end", pid=self.process.pid, status=self.process.returncode)
                self.ready.notify_all()
            if not data:
                return

    def done(self):
        return len(self.ended) == 2 and self.process.returncode is not None

    def receive(self, seconds, room):
        """What there is, None for nothing within the time."""
        deadline = time.monotonic() + seconds
        with self.ready:
            while not self.pending and not self.done() and not self.killed:
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self.ready.wait(left)
            if self.killed:
                raise Fault("Receiver", "wsman:InternalError", 995, "The I/O operation has been aborted.")
            out = []
            while self.pending and room > 0:
                name, data = self.pending.pop(0)
                if len(data) > room:
                    self.pending.insert(0, (name, data[room:]))
                out.append((name, data[:room]))
                room -= len(data)
            self.ready.notify_all()
            ended = [n for n in sorted(self.ended - self.reported) if not any(p[0] == n for p in self.pending)]
            self.reported.update(ended)
            code = None
            if self.done() and not self.pending:
                code = self.process.returncode
                code = code if code >= 0 else 128 - code
            return out, ended, code

    def send(self, data, end):
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
            if end:
                self.process.stdin.close()
        except (BrokenPipeError, ValueError):
            raise Fault("Receiver", "wsman:InternalError", 109, "The pipe has been ended.")

    def kill(self, number=signal.SIGKILL):
        with self.ready:
            self.killed = self.killed or number == signal.SIGKILL
            self.ready.notify_all()
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)


class Shells:
    def __init__(self):
        self.lock, self.all = threading.Lock(), {}

    def create(self):
        with self.lock:
            key = str(uuid.uuid4()).upper()
            self.all[key] = {}
            return key

    def known(self, key):
        """The shell of a key. It is called with lock held."""
        if key not in self.all:
            raise unknown("The WS-Management service cannot process the request because the shell was not found.")
        return self.all[key]

    def get(self, key):
        with self.lock:
            return self.known(key)

    def start(self, key, line):
        """Starts a command. The shell cannot be deleted between the start and the
        moment when it knows the command: nobody would end that."""
        with self.lock:
            shell = self.known(key)
            command = Command(line)
            time.sleep(LATE)
            shell[command.id] = command
            return command

    def remove(self, key):
        with self.lock:
            commands = list(self.known(key).values())
            del self.all[key]
            left = len(self.all)
        for command in commands:
            command.kill()
        say(event="delete", shells=left)
