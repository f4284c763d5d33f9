#!/usr/bin/env python3
"""How many live viewers an instance carries (PERFORMANCE.md, P13).

    benches/live.py --binary target/release/trellis --database-url postgres://…/scratch [--viewers 5000]

Makes one organization with many sessions in a scratch database, which must be migrated and may be thrown away, starts an
instance, opens the viewers' streams, then writes events at a steady rate and reports how long each took from
its commit to each viewer, how many were lost, and what a viewer costs in memory (PSS).

Events are written as another instance would: the row, the commit, then NOTIFY. The time runs from before the statement
that commits. Viewers are plain sockets behind one epoll: an asyncio task for each would itself take longer
than what is measured. They come from many addresses of 127.0.0.0/8, 50 from each, 5 in a session, so the
instance's limits stay as they are. Needs python3 and psql, and `ulimit -n` above the number of viewers.
"""
import argparse
import hashlib
import os
import re
import select
import signal
import socket
import subprocess
import time
import uuid


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default="target/release/trellis")
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--viewers", type=int, default=5000)
    parser.add_argument("--rate", type=float, default=5, help="events a second")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--page", default="squad", help="the kind of page that all of them have open")
    return parser.parse_args()


class Psql:
    """One psql that stays open: it answers each statement with its rows."""

    def __init__(self, url):
        self.process = subprocess.Popen(
            ["psql", url, "-XqAt", "-v", "ON_ERROR_STOP=1"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def run(self, sql):
        self.process.stdin.write(f"{sql};\n\\echo done\n")
        self.process.stdin.flush()
        rows = []
        for line in self.process.stdout:
            if line == "done\n":
                return rows
            rows.append(line.rstrip("\n"))
        raise SystemExit("psql ended")


def seed(psql, sessions):
    """An organization with one user for each session; returns its ids and the tokens."""
    organization, squad = uuid.uuid4(), uuid.uuid4()
    slug = f"live-{organization.hex[:8]}"
    tokens = [uuid.uuid4().hex + uuid.uuid4().hex for _ in range(sessions)]
    psql.run(f"begin; insert into organization (id, slug, name, created_at) "
             f"values ('{organization}', '{slug}', 'Live {slug}', now())")
    for start in range(0, sessions, 500):
        users, members, rows = [], [], []
        for n in range(start, min(start + 500, sessions)):
            user = uuid.uuid4()
            email = f"v{n}@{slug}.example"
            users.append(f"('{user}', '{email}', 'Viewer {n}', '-', now())")
            roles = "{admin}" if n == 0 else "{}"
            members.append(f"('{organization}', '{uuid.uuid4()}', '{user}', 'Viewer {n}', '{email}', '{roles}', now())")
            digest = hashlib.sha256(tokens[n].encode()).hexdigest()
            rows.append(f"('{uuid.uuid4()}', '\\x{digest}', '{user}', now(), now(), now() + interval '1 day', 86400, '127.0.0.1', 'bench')")
        psql.run("insert into user_account (id, email, name, password_hash, created_at) values " + ",".join(users))
        psql.run("insert into member (organization_id, id, user_id, name, email, roles, created_at) values " + ",".join(members))
        psql.run("insert into session (id, token_hash, user_id, created_at, last_seen_at, expires_at, idle_seconds, ip, user_agent) values " + ",".join(rows))
    psql.run("commit")
    return organization, squad, slug, tokens


def pss(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M)[1])


def cpu(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start(options):
    environment = {**os.environ, "DATABASE_URL": options.database_url, "TRELLIS_LISTEN": "127.0.0.1:0", "TRELLIS_LOG": "error"}
    server = subprocess.Popen([options.binary, "serve"], env=environment, stdout=subprocess.PIPE, text=True)
    for line in server.stdout:
        if found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", line):
            return server, int(found[1])
    raise SystemExit("the server did not start")


class Viewers:
    """All sockets, and when each heard of an event."""

    def __init__(self):
        self.epoll = select.epoll()
        self.sockets = {}
        self.heard = {}
        self.lines = {}
        self.broken = 0
        self.connected = 0

    def open(self, port, path, tokens, n):
        sock = socket.socket()
        sock.bind((f"127.1.{n // 50 // 250}.{n // 50 % 250 + 1}", 0))
        sock.connect(("127.0.0.1", port))
        token = tokens[n // 5]
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n"
                     f"Cookie: session={token}\r\n\r\n".encode())
        sock.setblocking(False)
        self.sockets[sock.fileno()] = sock
        self.lines[sock.fileno()] = b""
        self.heard[sock.fileno()] = {}
        self.epoll.register(sock.fileno(), select.EPOLLIN)

    def listen(self, until):
        while (wait := until - time.monotonic()) > 0:
            for fd, _ in self.epoll.poll(wait, 256):
                data = self.sockets[fd].recv(65536)
                now = time.monotonic()
                if not data:
                    self.epoll.unregister(fd)
                    self.broken += 1
                    continue
                text = self.lines[fd] + data
                whole, _, self.lines[fd] = text.rpartition(b"\n")
                if not self.heard[fd] and b"retry: " in whole:
                    self.connected += 1
                if b"live:changed" in whole:
                    for seq in re.findall(rb"event: live:changed\r?\ndata: (\d+)", whole):
                        self.heard[fd].setdefault(int(seq), now)


def main():
    options = arguments()
    psql = Psql(options.database_url)
    organization, squad, slug, tokens = seed(psql, -(-options.viewers // 5))
    server, port = start(options)
    try:
        measure(options, psql, server, port, organization, squad, slug, tokens)
    finally:
        server.terminate()
        began = time.monotonic()
        code = server.wait(60)
        print(f"stopped in {time.monotonic() - began:.2f} s with code {code}")


def measure(options, psql, server, port, organization, squad, slug, tokens):
    viewers = Viewers()
    path = f"/o/{slug}/events?page={options.page}&subject={squad}"
    for n in range(50):  # the pool, the caches and the first connections are not a viewer's cost
        viewers.open(port, path, tokens, n)
    viewers.listen(time.monotonic() + 2)
    before = pss(server.pid)
    began = time.monotonic()
    for n in range(50, options.viewers):
        viewers.open(port, path, tokens, n)
        while n - viewers.connected > 64:  # as browsers come, not as a flood
            viewers.listen(time.monotonic() + 0.005)
    while viewers.connected < options.viewers and time.monotonic() < began + 300:
        viewers.listen(time.monotonic() + 0.1)
    print(f"{viewers.connected} of {options.viewers} viewers connected in {time.monotonic() - began:.1f} s; broken: {viewers.broken}")
    viewers.listen(time.monotonic() + 3)
    connected = pss(server.pid)

    sent, used = {}, cpu(server.pid)
    start_at = time.monotonic()
    count = round(options.rate * options.seconds)
    for n in range(count):
        viewers.listen(start_at + n / options.rate)
        at = time.monotonic()
        seq = psql.run("insert into event (organization_id, id, at, kind, summary, subjects) "
                       f"values ('{organization}', '{uuid.uuid4()}', now(), 'bench', 'made a change', '{{{squad}}}') returning seq")
        sent[int(seq[0])] = at
        psql.run(f"select pg_notify('trellis', 'event {organization} bench {seq[0]}')")
    viewers.listen(time.monotonic() + 4)
    used = cpu(server.pid) - used

    # A signal may speak for several events: an event is heard with the first signal of its number or a larger one.
    delays, lost = [], 0
    for heard in viewers.heard.values():
        times = sorted(heard.items())
        for seq, at in sent.items():
            arrived = [when for number, when in times if number >= seq]
            if arrived:
                delays.append((min(arrived) - at) * 1000)
            else:
                lost += 1
    delays.sort()
    at = lambda share: delays[min(len(delays) - 1, int(len(delays) * share))]
    print(f"{count} events to {options.viewers} viewers: lost {lost} of {count * options.viewers}; connections broken: {viewers.broken}")
    print(f"from commit to arrival, ms: p50 {at(0.5):.1f}, p99 {at(0.99):.1f}, max {delays[-1]:.1f}")
    after = pss(server.pid)
    each = lambda total: (total - before) / (options.viewers - 50)
    print(f"memory (PSS), KiB: idle {before}; a viewer {each(connected):.1f} after connecting, {each(after):.1f} after the events")
    print(f"CPU of the instance: {used / count * 1000:.1f} ms an event, {used / count / options.viewers * 1e6:.2f} us an event and viewer")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main()
