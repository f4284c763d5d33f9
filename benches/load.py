#!/usr/bin/env python3
"""What pages cost: CPU milliseconds per request, the application and all Postgres processes together.

Starts Postgres on a scratch folder, seeds organizations of 200, 1,000 and 10,000 squads and one with 500 people in the pool with a
fixed seed, starts Trellis and the limit app, and for each page runs windows of wrk with 50 sessions, Trellis and the limit app in
turn. A window's cost is what /proc says of both process trees, divided by the requests. Reported is the median, the
median of the ratios of neighbouring windows, and how busy the machine was with other things. Called by run.sh.
"""
import argparse
import glob
import http.client
import math
import os
import re
import signal
import statistics
import subprocess
import tempfile
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")
SEED = os.path.join(os.path.dirname(__file__), "seed.sql")
SESSIONS = 50
# name, squads, people in no squad
ORGANIZATIONS = [("small", 100, 20), ("pool", 60, 20), ("middle", 200, 500), ("large", 1000, 200), ("huge", 10000, 1000)]

# page: path in Trellis, page and word of the limit app
PAGES = {
    "home": ("", "home/-"),
    "squad": ("/squads/squad-00001", "squad/squad-00001"),
    "forming": ("/squads/squad-00003", "squad/squad-00003"),
    "squads": ("/squads", "squads/-"),
    "members": ("/members", "members/-"),
    "member": ("/members/{member}", "member/{member}"),
    "designer": ("/squads/squad-00000/design", "design/squad-00000"),
    "constellation": ("/constellation", "constellation/-"),
    "dashboard": ("/health", "heatmap/50"),
    "heatmap": ("/health?all=1", "heatmap/200"),
    "finder": ("/find?q=craft%20b%20service", "find/craft"),
}
# What the limit app's smallest answers cost on the machine of PERFORMANCE.md: nothing, a row, a row after the session.
ANCHORS = {"hello": 0.007, "select": 0.059, "session": 0.118}
# Products of the organization "middle", by how many items they have.
BOARDS = {500: ("board-500", "BA"), 5000: ("board-5000", "BB"), 50000: ("board-50000", "BC")}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trellis", default="target/release/trellis")
    parser.add_argument("--limit", default="target/release/limit")
    parser.add_argument("--seconds", type=float, default=3, help="length of a window")
    parser.add_argument("--windows", type=int, default=3, help="windows of each application and page")
    parser.add_argument("--only", default="", help="pages, by name, with commas")
    parser.add_argument("--organizations", default="small,pool,middle,large,huge", help="huge takes minutes to fill; P4 needs it")
    parser.add_argument("--parts", default="anchors,pages,boards,moves,growth,unchanged,tail,writers,memory,start")
    return parser.parse_args()


class Postgres:
    """A server of its own, whose settings are the defaults."""

    def __init__(self, scratch):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2]))
        self.bin = found[-1] if found else os.path.dirname(subprocess.getoutput("command -v initdb"))
        self.data = f"{scratch}/data"
        self.user = []
        if os.geteuid() == 0:
            subprocess.run(["chown", "postgres", scratch], check=True)
            self.user = ["runuser", "-u", "postgres", "--"]
        self.scratch = scratch
        self.run("initdb", "-D", self.data, "-U", "trellis", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        self.run("pg_ctl", "-D", self.data, "-w", "-l", f"{scratch}/log", "-o",
                 f"-k {scratch} -c listen_addresses= -c shared_preload_libraries=pg_stat_statements -c max_connections=200 "
                 "-c shared_buffers=512MB", "start")
        with open(f"{self.data}/postmaster.pid") as file:
            self.pid = int(file.readline())
        self.psql("create database trellis", database="postgres")
        self.url = f"postgres:///trellis?host={scratch}&user=trellis"

    def run(self, program, *rest):
        subprocess.run([*self.user, f"{self.bin}/{program}", *rest], check=True, stdout=subprocess.DEVNULL, cwd="/")

    def psql(self, *commands, database="trellis"):
        commands = ("set statement_timeout = 0", *commands)
        text = "\n".join(f"{command};" if not command.startswith("\\") else command for command in commands)
        done = subprocess.run(["psql", "-h", self.scratch, "-U", "trellis", "-XqAt", "-v", "ON_ERROR_STOP=1", database],
                              input=text, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        return done.stdout.split("\n")[:-1]

    def stop(self):
        self.run("pg_ctl", "-D", self.data, "-m", "immediate", "stop")


def tree(root):
    """The process and its children."""
    children = {}
    for stat in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(stat) as file:
                text = file.read()
        except OSError:
            continue
        children.setdefault(int(text.rsplit(")", 1)[1].split()[1]), []).append(int(stat.split("/")[2]))
    found, left = [], [root]
    while left:
        pid = left.pop()
        found.append(pid)
        left += children.get(pid, [])
    return found


def cpu(*roots):
    """Seconds of CPU of the trees, with what their ended children took."""
    total = 0
    for root in roots:
        for pid in tree(root):
            try:
                with open(f"/proc/{pid}/stat") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            total += int(fields[11]) + int(fields[12])
            if pid == root:
                total += int(fields[13]) + int(fields[14])
    return total / TICK


def busy():
    with open("/proc/stat") as file:
        fields = [int(field) for field in file.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICK


def pss(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M)[1]) / 1024


class Trellis:
    def __init__(self, options, postgres, port):
        environment = {**os.environ, "DATABASE_URL": postgres.url, "TRELLIS_LISTEN": f"127.0.0.1:{port}", "TRELLIS_LOG": "error",
                       "TRELLIS_REQUESTS_PER_MINUTE": "100000000"}
        began = time.monotonic()
        self.process = subprocess.Popen([options.trellis, "serve"], env=environment, stdout=subprocess.DEVNULL)
        self.pid, self.port = self.process.pid, port
        while True:
            try:
                if self.get("/sign-in", "")[0] == 200:
                    break
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > began + 20:
                raise SystemExit("Trellis did not start")
            time.sleep(0.002)
        self.started_in = time.monotonic() - began

    def get(self, path, token, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        organization = path.split("/")[2] if path.startswith("/o/") else ""
        cookie = f"session={token}; org={organization}"
        connection.request("GET", path, headers={"Cookie": cookie, "Accept": "text/html", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, dict((name.lower(), value) for name, value in answer.getheaders()), answer.read()

    def stop(self):
        self.process.terminate()
        self.process.wait(40)


def seed(postgres):
    setup = []
    for number, (name, squads, pool) in enumerate(ORGANIZATIONS, 1):
        org, admin = f"01900000-0000-7000-8000-{number:012d}", f"01900000-0000-7000-9000-{number:012d}"
        began = time.monotonic()
        postgres.psql(
            f"\\i {SEED}", "begin",
            f"insert into organization (id, slug, name, created_at) values ('{org}', '{name}', '{name}', now())",
            f"insert into user_account (id, email, name, password_hash, created_at) values ('{admin}', 'admin@{name}.example', 'Ada Admin', '-', now())",
            "insert into member (organization_id, id, user_id, name, email, roles, created_at) "
            f"values ('{org}', '{admin}', '{admin}', 'Ada Admin', 'admin@{name}.example', '{{admin,leader}}', now())",
            "insert into skill (organization_id, id, name, capability) "
            f"select '{org}', gen_random_uuid(), initcap(word), word from unnest(array['analyze', 'decide', 'solve', 'act']) word",
            f"select pg_temp.seed('{org}', {squads}, {pool}, now())",
            f"select pg_temp.seed_sessions('{org}', {SESSIONS}, now(), '{name}-')", "commit")
        # A year of health checks of 200 squads (P3); elsewhere one.
        postgres.psql(f"\\i {SEED}", "begin", f"select pg_temp.seed_health('{org}', {12 if name == 'middle' else 1}, now())", "commit")
        if name == "middle":
            for items, (board, key) in BOARDS.items():
                postgres.psql(f"\\i {SEED}", "begin", f"select pg_temp.seed_board('{org}', '{board}', '{key}', {items}, now())", "commit")
        print(f"seeded {name}: {squads} squads in {time.monotonic() - began:.1f} s", flush=True)
        setup.append(org)
    postgres.psql("vacuum analyze")


def tokens(organization):
    return [f"{organization}-bench-session-{n}" for n in range(SESSIONS)]


def script(scratch, organization, headers=""):
    """A script for wrk: the sessions in turn."""
    path = f"{scratch}/{organization}{'-tag' if headers else ''}.lua"
    all_tokens = ", ".join(f'"{token}"' for token in tokens(organization))
    with open(path, "w") as file:
        file.write(f"""
local tokens = {{ {all_tokens} }}
local tags = {{ {headers} }}
local n = 0
request = function()
  n = n % #tokens + 1
  local headers = {{ Cookie = "session=" .. tokens[n] .. "; org={organization}", Accept = "text/html", ["Accept-Encoding"] = "zstd" }}
  if tags[n] then headers["If-None-Match"] = tags[n] end
  return wrk.format("GET", nil, headers)
end
done = function(summary, latency)
  io.write(string.format("RESULT %d %d %f %f %d\\n", summary.requests, summary.errors.status,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.bytes))
end
""")
    return path


def wrk(url, lua, clients, seconds):
    threads = min(2, clients)
    done = subprocess.run(["wrk", "-t", str(threads), "-c", str(clients), "-d", f"{max(1, round(seconds))}s", "--timeout", "20s", "-s", lua, url],
                          capture_output=True, text=True)
    found = re.search(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)", done.stdout)
    if not found or int(found[1]) == 0 or int(found[2]):
        raise SystemExit(f"{url}: {done.stdout}{done.stderr}")
    return int(found[1]), float(found[3]), float(found[4]), int(found[5])


class Window:
    """One run of wrk, and what it cost."""

    def __init__(self, url, lua, clients, seconds, pids):
        time.sleep(0.2)
        before, all_before = cpu(*pids), busy()
        self.requests, self.p50, self.p99, received = wrk(url, lua, clients, seconds)
        used = cpu(*pids) - before
        self.cost = used * 1000 / self.requests
        # wrk's own share is small, and the same for both.
        self.elsewhere = max(0, busy() - all_before - used) / max(1, round(seconds))
        self.bytes = received / self.requests


def median(windows, what):
    return statistics.median(getattr(window, what) for window in windows)


def main():
    options = arguments()
    chosen = options.organizations.split(",")
    ORGANIZATIONS[:] = [one for one in ORGANIZATIONS if one[0] in chosen]
    parts, only = options.parts.split(","), options.only.split(",") if options.only else list(PAGES)
    with tempfile.TemporaryDirectory(prefix="trellis-bench-") as scratch:
        os.chmod(scratch, 0o755)
        postgres = Postgres(scratch)
        try:
            subprocess.run([options.trellis, "migrate"], env={**os.environ, "DATABASE_URL": postgres.url}, check=True)
            postgres.psql("create extension pg_stat_statements")
            seed(postgres)
            measure(options, parts, only, scratch, postgres)
        finally:
            postgres.stop()


def measure(options, parts, only, scratch, postgres):
    trellis = Trellis(options, postgres, 4100)
    limit = subprocess.Popen([options.limit, postgres.url, "4101"])
    time.sleep(0.5)
    try:
        first = {}
        for name, _, _ in ORGANIZATIONS:
            member = postgres.psql(f"select m.id from member m join organization o on o.id = m.organization_id where o.slug = '{name}' "
                                   "and m.user_id is null and exists (select from membership x where x.member_id = m.id) order by m.id limit 1")[0]
            first[name] = member
            began = time.monotonic()
            status = 0
            while status != 200 and time.monotonic() < began + 120:  # makes the summaries
                status, _, _ = trellis.get(f"/o/{name}/constellation", tokens(name)[0])
            print(f"first look at {name}: {time.monotonic() - began:.2f} s, {status}", flush=True)
        postgres.psql("vacuum analyze")
        print(f"\nidle: {pss(trellis.pid):.0f} MiB (P11)")
        bench = Bench(options, scratch, postgres, trellis, limit, first)
        if "anchors" in parts:
            bench.anchors()
        if "pages" in parts:
            bench.pages(only)
        if "boards" in parts and "middle" in first:
            bench.boards()
        # Before anything is changed: a page has an edition when its newest event is a minute old.
        if "unchanged" in parts:
            bench.unchanged(only)
        if "moves" in parts and "middle" in first:
            bench.moves()
        if "growth" in parts and {"small", "huge"} <= set(first):
            bench.growth()
        if "tail" in parts:
            bench.tail(only)
        if "writers" in parts:
            bench.writers()
        if "memory" in parts:
            print(f"\nafter everything: {pss(trellis.pid):.0f} MiB (P11)")
    finally:
        limit.terminate()
        trellis.stop()
    if "start" in parts:
        times = []
        for _ in range(5):
            again = Trellis(options, postgres, 4100)
            times.append(again.started_in)
            again.stop()
        print(f"\nstart to the first 200: {statistics.median(times):.3f} s, at most {max(times):.3f} s (P12)")


class Bench:
    def __init__(self, options, scratch, postgres, trellis, limit, first):
        self.options, self.scratch, self.postgres = options, scratch, postgres
        self.trellis, self.limit, self.first = trellis, limit, first

    def url(self, name, organization):
        path = PAGES[name][0].format(member=self.first[organization])
        return f"http://127.0.0.1:4100/o/{organization}{path}"

    def limit_url(self, name, organization):
        return f"http://127.0.0.1:4101/{organization}/" + PAGES[name][1].format(member=self.first[organization])

    def window(self, url, organization, clients=16, pid=None, lua=None, seconds=None):
        lua = lua or script(self.scratch, organization)
        pids = (pid or self.trellis.pid, self.postgres.pid)
        return Window(url, lua, clients, seconds or self.options.seconds, pids)

    def statements(self, url, organization):
        """How many statements one request sends, as Postgres counts them."""
        path = url.split("4100", 1)[1]
        self.trellis.get(path, tokens(organization)[1])
        sql = "select coalesce(sum(calls), 0) from pg_stat_statements where query not like '%pg_stat_statements%' and query not like 'set %'"
        counts = []
        for _ in range(3):
            self.postgres.psql("select pg_stat_statements_reset()")
            self.trellis.get(path, tokens(organization)[1])
            counts.append(int(self.postgres.psql(sql)[0]))
        return min(counts)  # the program's own tasks ask in between

    def anchors(self):
        """How much slower this machine is than the one on which the budgets in milliseconds were set."""
        print("\nthe limit app's smallest answers, and what they cost where the budgets were set")
        factors = []
        for name, anchor in ANCHORS.items():
            windows = [self.window(f"http://127.0.0.1:4101/pool/{name}", "pool", pid=self.limit.pid) for _ in range(self.options.windows)]
            cost = median(windows, "cost")
            factors.append(cost / anchor)
            print(f"{name:15} {cost:7.3f} ms, there {anchor:.3f}: {cost / anchor:.1f} x", flush=True)
        print(f"this machine takes {statistics.median(factors):.1f} x as long; 3 ms there are {3 * statistics.median(factors):.1f} ms here")

    def pages(self, only):
        print("\nCPU ms per request, application and Postgres; 16 clients, zstd (P5, P14, P15)")
        print(f"{'page':15} {'squads':>6} {'statements':>10} {'ms':>7} {'limit':>7} {'ratio':>6} {'bytes':>7} {'p50 ms':>7}  elsewhere")
        for name in only:
            for organization, squads, _ in ORGANIZATIONS:
                wanted = {"designer": ["pool", "middle"], "heatmap": ["middle"]}.get(name, ["middle", "large"])
                if organization not in wanted:
                    continue
                url, other = self.url(name, organization), self.limit_url(name, organization)
                statements = self.statements(url, organization)
                self.window(url, organization, seconds=1)
                self.window(other, organization, pid=self.limit.pid, seconds=1)
                ours, theirs = [], []
                for _ in range(self.options.windows):
                    ours.append(self.window(url, organization))
                    theirs.append(self.window(other, organization, pid=self.limit.pid))
                ratio = statistics.median(one.cost / two.cost for one, two in zip(ours, theirs))
                print(f"{name:15} {squads:6} {statements:10} {median(ours, 'cost'):7.2f} {median(theirs, 'cost'):7.2f} {ratio:6.1f} "
                      f"{median(ours, 'bytes'):7.0f} {median(ours, 'p50'):7.1f}  {median(ours, 'elsewhere'):.2f} CPUs", flush=True)

    def boards(self):
        print("\nboards (P1, P2): 498 cards of a backlog with so many items, zstd; the list of all items; its flow")
        costs = {}
        for items, (board, _) in BOARDS.items():
            for name, below in (("board", ""), ("list", "/items"), ("search", "/items?q=winter%20bill%20400"), ("flow", "/flow")):
                if name == "flow" and items > 5000:
                    continue  # its pictures are of a year, and nobody finishes a thousand items a week
                path = f"/o/middle/products/{board}{below}"
                url, other = f"http://127.0.0.1:4100{path}", f"http://127.0.0.1:4101/middle/board/{board}"
                statements = self.statements(url, "middle")
                body = self.trellis.get(path, tokens("middle")[0])[2]
                cards = body.count(b"data-card=")
                self.window(url, "middle", seconds=1)
                ours, theirs = [], []
                for _ in range(self.options.windows):
                    ours.append(self.window(url, "middle"))
                    if name == "board":
                        theirs.append(self.window(other, "middle", pid=self.limit.pid))
                costs[name, items] = median(ours, "cost")
                beside = ""
                if theirs:
                    size = len(self.limit_get(f"/middle/board/{board}", tokens("middle")[0]))
                    ratio = statistics.median(one.cost / two.cost for one, two in zip(ours, theirs))
                    beside = f"; limit {median(theirs, 'cost'):.2f} ms ({size} bytes): {ratio:.2f} x; {len(body) / max(1, cards):.0f} bytes a card"
                print(f"{name:7} {items:6} items {statements:2} statements {median(ours, 'cost'):6.2f} ms, {len(body)} bytes ({median(ours, 'bytes'):.0f} sent)"
                      f"{beside}", flush=True)
        for name in ("board", "list", "search"):
            few, many = costs[name, 500], costs[name, 50000]
            print(f"{name:7} 500 → 50,000: {many / few:.2f} x, exponent {math.log(many / few) / math.log(100):.3f}", flush=True)

    def limit_get(self, path, token):
        connection = http.client.HTTPConnection("127.0.0.1", 4101)
        connection.request("GET", path, headers={"Cookie": f"session={token}"})
        return connection.getresponse().read()

    def moving(self, ours):
        """A script for wrk: somebody moves a ready item somewhere else in the order."""
        path = f"{self.scratch}/{'move' if ours else 'limit-move'}.lua"
        ready = [int(n) for n in self.postgres.psql(
            "select number from backlog_item i join product p on (p.organization_id, p.id) = (i.organization_id, i.product_id) "
            "where p.slug = 'board-5000' and i.stage = 'ready' order by rank limit 1500")]
        # The lead PM, in many windows of their own.
        all_tokens = f'"{tokens("middle")[0]}"'
        numbers = ", ".join(map(str, ready))
        request = (
            """  local form = "key=k" .. seed .. "-" .. n .. "&do=below%3A" .. a .. "%3A" .. b
  headers["Content-Type"] = "application/x-www-form-urlencoded"
  headers["Sec-Fetch-Site"] = "same-origin"
  headers["HX-Request"] = "true"
  return wrk.format("POST", "/o/middle/products/board-5000/move", headers, form)""" if ours else
            """  return wrk.format("POST", "/middle/move/board-5000?" .. a, headers)""")
        with open(path, "w") as file:
            file.write(f"""
local tokens = {{ {all_tokens} }}
local numbers = {{ {numbers} }}
local threads = 0
setup = function(thread) threads = threads + 1; thread:set("seed", {time.time_ns() % 10**9} * 10 + threads) end
init = function() math.randomseed(seed) end
local n = 0
request = function()
  n = n + 1
  local a = numbers[math.random(#numbers)]
  local b = a
  while b == a do b = numbers[math.random(#numbers)] end
  local headers = {{ Cookie = "session=" .. tokens[n % #tokens + 1] .. "; org=middle", Accept = "text/html", ["Accept-Encoding"] = "zstd" }}
{request}
end
done = function(summary, latency)
  io.write(string.format("RESULT %d %d %f %f %d\\n", summary.requests, summary.errors.status,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.bytes))
end
""")
        return path

    def moves(self):
        print("\nan item gets another place in a backlog of 5,000 (P7)")
        ours, theirs = [], []
        url, other = "http://127.0.0.1:4100/", "http://127.0.0.1:4101/"
        for _ in range(self.options.windows):
            ours.append(self.window(url, "middle", lua=self.moving(True)))
            theirs.append(self.window(other, "middle", pid=self.limit.pid, lua=self.moving(False)))
        ratio = statistics.median(one.cost / two.cost for one, two in zip(ours, theirs))
        print(f"move {median(ours, 'cost'):.2f} ms, limit {median(theirs, 'cost'):.2f} ms: {ratio:.2f} x; {median(ours, 'bytes'):.0f} bytes", flush=True)
        print("\nwith a WAL flush of 2 ms: 64 clients against one (P8)")
        self.postgres.psql("alter system set commit_delay = 2000", "alter system set commit_siblings = 0", "select pg_reload_conf()")
        for name, address, pid, is_ours in (("Trellis", url, None, True), ("limit", other, self.limit.pid, False)):
            rates = {clients: statistics.median(
                window.requests / max(1, round(self.options.seconds)) for window in
                [self.window(address, "middle", clients=clients, pid=pid, lua=self.moving(is_ours)) for _ in range(self.options.windows)])
                for clients in (1, 64)}
            print(f"{name:8} {rates[1]:.0f}/s → {rates[64]:.0f}/s: {rates[64] / rates[1]:.1f} x", flush=True)
        self.postgres.psql("alter system reset commit_delay", "alter system reset commit_siblings", "select pg_reload_conf()")

    def growth(self):
        print("\nfrom 100 to 10,000 squads (P4)")
        for name in ("squads", "members", "squad", "member", "home", "dashboard"):
            costs = {}
            for _ in range(self.options.windows):
                for organization in ("small", "huge"):
                    window = self.window(self.url(name, organization), organization)
                    costs.setdefault(organization, []).append(window.cost)
            few, many = (statistics.median(costs[which]) for which in ("small", "huge"))
            print(f"{name:15} {few:7.2f} ms → {many:7.2f} ms, exponent {math.log(many / few) / math.log(100):.3f}", flush=True)

    def unchanged(self, only):
        print("\n304 for an unchanged page beside the 200 (P6)")
        for name in only:
            organization = "middle"
            path = self.url(name, organization).split("4100", 1)[1]
            # Pages that show the time have an edition for a minute.
            time.sleep(0 if time.time() % 60 < 40 else 61 - time.time() % 60)
            tags = []
            for token in tokens(organization):
                _, headers, _ = self.trellis.get(path, token)
                tags.append(headers.get("etag", ""))
            if not all(tags):
                print(f"{name:15} has no edition")
                continue
            answer = self.trellis.get(path, tokens(organization)[0], {"If-None-Match": tags[0]})
            quoted = ", ".join(f"'{tag}'" for tag in tags)
            lua = script(self.scratch, organization, quoted)
            full = self.window(self.url(name, organization), organization)
            time.sleep(0 if time.time() % 60 < 50 else 61 - time.time() % 60)
            if name in ("home", "member"):
                tags = [self.trellis.get(path, token)[1].get("etag", "") for token in tokens(organization)]
                lua = script(self.scratch, organization, ", ".join(f"'{tag}'" for tag in tags))
            same = self.window(self.url(name, organization), organization, lua=lua)
            print(f"{name:15} {answer[0]} {same.cost:7.3f} ms of {full.cost:7.2f} ms: {same.cost / full.cost:.3f}; {same.bytes:.0f} bytes", flush=True)

    def tail(self, only):
        print("\n64 clients: p99 over p50 (P9)")
        for name in only:
            windows = [self.window(self.url(name, "middle"), "middle", clients=64) for _ in range(self.options.windows)]
            print(f"{name:15} p50 {median(windows, 'p50'):7.1f} ms, p99 {median(windows, 'p99'):7.1f} ms: "
                  f"{statistics.median(window.p99 / window.p50 for window in windows):.2f}", flush=True)

    def writers(self):
        print("\nreaders while 100 changes a second are committed to the same organization (P10)")
        stop, made = threading.Event(), []
        held = self.postgres.psql("select id from membership where organization_id = (select id from organization where slug = 'middle') "
                                  "and allocation >= 70 and until_at is null order by id limit 1500")

        def write():
            process = subprocess.Popen(["psql", "-h", self.postgres.scratch, "-U", "trellis", "-XqAt", "trellis"],
                                       stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, bufsize=1)
            # A change as the services make it: what is changed, what it makes stale, its event; in statements that are prepared.
            process.stdin.write(
                "select id as org from organization where slug = 'middle' \\gset\n"
                "prepare change (uuid, uuid) as update membership set allocation = case allocation when 80 then 70 else 80 end, version = version + 1 "
                "where (organization_id, id) = ($1, $2);\n"
                "prepare record (uuid) as insert into event (organization_id, id, at, kind, summary, subjects) "
                "values ($1, gen_random_uuid(), now(), 'bench', 'made a change', '{}');\n")
            began = time.monotonic()
            while not stop.is_set():
                n = len(made)
                process.stdin.write(f"begin; execute change (:'org', '{held[n * 7 % len(held)]}'); execute record (:'org'); commit;\n")
                made.append(n)
                time.sleep(max(0, began + len(made) / 100 - time.monotonic()))
            process.stdin.close()
            process.wait()

        for name in ("squads", "squad", "home", "constellation"):
            quiet = [self.window(self.url(name, "middle"), "middle") for _ in range(self.options.windows)]
            stop.clear()
            made.clear()
            thread = threading.Thread(target=write)
            thread.start()
            time.sleep(0.5)
            began, before = time.monotonic(), len(made)
            loud = [self.window(self.url(name, "middle"), "middle") for _ in range(self.options.windows)]
            rate = (len(made) - before) / (time.monotonic() - began)
            stop.set()
            thread.join()
            self.trellis.get("/o/middle/constellation", tokens("middle")[0])
            print(f"{name:15} p50 {median(quiet, 'p50'):6.1f} → {median(loud, 'p50'):6.1f} ms ({median(loud, 'p50') / median(quiet, 'p50'):.2f}); "
                  f"CPU {median(quiet, 'cost'):.2f} → {median(loud, 'cost'):.2f} ms with the writers' own ({median(loud, 'cost') / median(quiet, 'cost'):.2f}); "
                  f"{rate:.0f} changes/s", flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
