"""Loads `puna serve` with many streams and says whether every answer is the one it gives alone, and how it held up.

    python3 benchmarks/serving/run.py [--puna PATH] [--model FILE] [--streams 64] [--leavers 8] [--seconds 240] [--out FILE]

Needs Python 3.11 and nothing else. What is asked: greedy answers to as many prompts as there are streams, first one after
the other, then all side by side over and over, while further clients connect and leave in the middle of their answers.
Then, with a server of its own, the time to the first token of prompts that share their first 2,000 tokens.
"""
import argparse, asyncio, json, os, random, re, signal, statistics, subprocess, sys, tempfile, time, urllib.error, urllib.request

TOKENS = 64
WORDS = ("city train water music number garden letter summer paper window market river table story morning evening teacher "
         "kitchen weather question answer simple bright heavy small large early late open closed north south").split()


class Server:
    def __init__(self, puna, model, *options):
        arguments = [puna, "serve"] + ([model] if model else []) + ["--port", "0", *options]
        self.log = tempfile.TemporaryFile("w+")  # not a pipe: a full one would stop the server
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=self.log, text=True)
        first = self.process.stdout.readline()
        if " at http://" not in first:
            raise SystemExit(f"{' '.join(arguments)} did not start: {first}{self.said()}")
        self.banner = first.strip()
        self.failed = []
        self.port = int(first.strip().rsplit(":", 1)[1])

    def post(self, path, body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{path}: {error.code} {error.read().decode(errors='replace')[:500]}") from None

    def metric(self, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as response:
            return sum(float(v) for v in re.findall(rf"^{name}{{[^}}]*}} (\S+)$", response.read().decode(), re.M))

    def resident(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) / 1024

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = "no end within 60 s"
        if code != 0:
            self.failed.append(f"asked to stop, the server ended with {code}: {self.said()[-500:]}")


def chat(text, tokens=TOKENS, **more):
    return {"messages": [{"role": "user", "content": text}], "max_tokens": tokens, "temperature": 0, "ignore_eos": True, **more}


async def connect(port, body):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    data = json.dumps(body).encode()
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(data) + data)
    await writer.drain()
    return reader, writer


async def stream(port, text, gaps=None, tokens=TOKENS):
    """The whole answer, and the time to its first piece; the time between pieces goes into gaps."""
    begun = last = time.perf_counter()
    first = None
    answer, done = "", False
    reader, writer = await connect(port, chat(text, tokens, stream=True))
    status = await reader.readline()
    if b" 200 " not in status:
        writer.close()
        raise RuntimeError(f"{status.decode().strip()}: {(await reader.read()).decode(errors='replace')[-500:]}")
    async for line in reader:
        if not line.startswith(b"data: "):
            continue
        if line.startswith(b"data: [DONE]"):
            done = True
            continue
        now = time.perf_counter()
        piece = json.loads(line[6:])
        if "error" in piece:
            raise RuntimeError(piece["error"]["message"])
        content = piece["choices"][0]["delta"].get("content") if piece["choices"] else None
        if not content:
            continue
        if first is None:
            first = now - begun
        elif gaps is not None:
            gaps.append(now - last)
        last = now
        answer += content
    writer.close()
    if not done:
        raise RuntimeError("the stream ended before its mark")
    return answer, first


async def load(server, prompts, solo, seconds, leavers):
    end = time.monotonic() + seconds
    gaps, firsts, errors, memory = [], [], [], []
    counts = {"answers": 0, "different": 0, "left": 0}

    async def ask(i):
        while time.monotonic() < end:
            try:
                answer, first = await stream(server.port, prompts[i], gaps)
                counts["answers"] += 1
                counts["different"] += answer != solo[i]
                firsts.append(first)
            except Exception as error:  # whatever it is, it is to be told of
                errors.append(repr(error))

    async def leave(seed):
        dice = random.Random(seed)
        while time.monotonic() < end:
            try:
                reader, writer = await connect(server.port, chat(dice.choice(prompts), 1000, stream=True, n=dice.choice((1, 1, 3))))
            except OSError as error:
                errors.append(repr(error))
                continue
            wanted, deadline, read = dice.randrange(1, 20_000), dice.random() * 2, b""
            try:
                async with asyncio.timeout(deadline):
                    while len(read) < wanted and (piece := await reader.read(wanted - len(read))):
                        read += piece
            except TimeoutError:
                pass
            except OSError as error:  # the server's doing: this side has not left yet
                errors.append(repr(error))
            if read and not b"HTTP/1.1 200 ".startswith(read[:13]) or b'\ndata: {"error"' in read:
                errors.append(read.decode(errors="replace")[-500:])
            writer.transport.abort()  # a reset, not a goodbye
            counts["left"] += 1

    async def watch():
        while time.monotonic() < end:
            if server.process.poll() is not None:
                raise SystemExit(f"the server ended with {server.process.returncode}; the last of what it said:\n{server.said()[-2000:]}")
            memory.append(server.resident())
            await asyncio.sleep(2)

    await asyncio.gather(watch(), *(ask(i) for i in range(len(prompts))), *(leave(i) for i in range(leavers)))
    for _ in range(300):
        left = {n: server.metric(n) for n in ("puna_requests_running", "puna_requests_waiting", "puna_cache_used_bytes")}
        if not any(left.values()):
            break
        await asyncio.sleep(0.1)
    settled = memory[len(memory) // 3:]
    gaps.sort()
    return {
        **counts, "errors": len(errors), "first_errors": errors[:3], "left_behind": left,
        "inter_token_ms": {"median": ms(gaps[len(gaps) // 2]), "p99": ms(gaps[int(len(gaps) * 0.99)]), "max": ms(gaps[-1])} if gaps else None,
        "first_token_ms": {"median": ms(statistics.median(firsts)), "max": ms(max(firsts))} if firsts else None,
        "tokens_per_second": round(counts["answers"] * TOKENS / seconds, 1),
        "memory_mib": {"after_a_third": round(settled[0], 1), "most": round(max(settled), 1), "end": round(settled[-1], 1)},
    }


async def prefixes(server, count=7, prefix=2000):
    """First-token times of a new prompt, and of one that shares its first tokens with it."""
    firsts, seconds, lengths = [], [], []
    for seed in range(count):
        dice = random.Random(1000 + seed)
        words = []
        while True:
            words += [dice.choice(WORDS) for _ in range(20)]
            if server.post("/v1/tokenize", {"content": " ".join(words)})["count"] >= prefix:
                break
        text = " ".join(words)
        firsts.append((await stream(server.port, text + ". Say one.", tokens=8))[1])
        seconds.append((await stream(server.port, text + ". Count to two.", tokens=8))[1])
        lengths.append(server.post("/v1/tokenize", {"content": text})["count"])
    return {"prefix_tokens": min(lengths), "first_ms": ms(statistics.median(firsts)), "second_ms": ms(statistics.median(seconds)),
            "share": round(statistics.median(b / a for a, b in zip(firsts, seconds)), 4)}


def ms(seconds):
    return round(seconds * 1000, 2)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--puna", default=os.path.join(here, "../../src/Puna.Cli/bin/Release/net10.0/puna"))
    parser.add_argument("--model", help="a model file (default: the built-in model)")
    parser.add_argument("--streams", type=int, default=64)
    parser.add_argument("--leavers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--out", help="file for the result, JSON (default: standard output)")
    given = parser.parse_args()

    dice = random.Random(1)
    prompts = [f"{i} " + " ".join(dice.choice(WORDS) for _ in range(dice.randrange(3, 40))) for i in range(given.streams)]
    server = Server(given.puna, given.model, "--parallel", str(given.streams), "--retain", "0", "--max-queue", "1000")
    try:
        result = {"server": server.banner, "streams": given.streams, "leavers": given.leavers, "seconds": given.seconds, "tokens": TOKENS}
        begun = time.perf_counter()
        solo = [server.post("/v1/chat/completions", chat(p))["choices"][0]["message"]["content"] for p in prompts]
        result["alone_tokens_per_second"] = round(given.streams * TOKENS / (time.perf_counter() - begun), 1)
        result |= asyncio.run(load(server, prompts, solo, given.seconds, given.leavers))
    finally:
        server.stop()
    result["failed_stops"] = server.failed

    server = Server(given.puna, given.model, "--retain", "8")
    try:
        asyncio.run(stream(server.port, "hello", tokens=4))  # the first request of a process loads code
        result["shared_prefix"] = asyncio.run(prefixes(server))
    finally:
        server.stop()
    result["failed_stops"] += server.failed

    text = json.dumps(result, indent=2)
    if given.out:
        with open(given.out, "w") as file:
            file.write(text + "\n")
    print(text)
    bad = result["failed_stops"] or result["errors"] or result["different"] or any(result["left_behind"].values())
    sys.exit(1 if bad else 0)


main()
