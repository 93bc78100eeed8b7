import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type { IncomingMessage, RequestListener } from "node:http";
import { createServer } from "node:http";
import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { listenOn, serve } from "../testing/loopback.js";
import { createHttpClient, type HttpClientOptions } from "./client.js";

const here: HttpClientOptions = { policy: { addresses: ["127.0.0.1"] }, retry: { initialDelayMs: 1 } };

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
};

/** Answers with what was asked. */
const echo: RequestListener = async (request, response) => {
  const { method, url, headers } = request;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ method, url, headers, body: await bodyOf(request) }));
};

describe("createHttpClient", () => {
  it("HTTP-1: sends methods, headers, JSON bodies and credentials", async () => {
    await using server = await serve(echo);
    await using http = createHttpClient({ ...here, headers: { "x-client": "a" } });
    const asked = await http.request({
      url: `${server.url}/p?q=1`,
      auth: { bearer: "t0ken" },
      headers: { "X-A": "b" },
    });
    expect(asked).toMatchObject({ status: 200, ok: true, redirects: 0, attempts: 1, url: `${server.url}/p?q=1` });
    expect(asked.json()).toMatchObject({
      method: "GET",
      url: "/p?q=1",
      headers: { authorization: "Bearer t0ken", "x-a": "b", "x-client": "a", "user-agent": "llmspell" },
    });
    const posted = await http.request({
      url: server.url,
      method: "POST",
      json: { n: [1] },
      auth: { username: "u", password: "p:w" },
    });
    expect(posted.json()).toMatchObject({
      method: "POST",
      body: '{"n":[1]}',
      headers: { "content-type": "application/json", authorization: `Basic ${btoa("u:p:w")}` },
    });
    for (const method of ["PUT", "PATCH", "DELETE", "OPTIONS"] as const)
      expect((await http.request({ url: server.url, method, body: "x" })).json()).toMatchObject({ method, body: "x" });
    const head = await http.request({ url: server.url, method: "HEAD" });
    expect([head.status, head.bytes.length]).toEqual([200, 0]);
  });

  it.each([
    [{ headers: { Host: "other" } }, "'Host'"],
    [{ headers: { "transfer-encoding": "chunked" } }, "'transfer-encoding'"],
    [{ headers: { a: "b\r\nc: d" } }, "a header holds"],
    [{ headers: { "a b": "c" } }, "a header holds"],
    [{ json: 1, body: "1", method: "POST" }, "either"],
    [{ body: "1" }, "no body"],
    [{ method: "TRACE" }, "one of GET"],
    [{ auth: { bearer: "a\nb" } }, "bearer"],
    [{ auth: { username: "a:b", password: "" } }, "user name"],
    [{ timeoutMs: 0 }, "timeout"],
    [{ url: "nonsense" }, "is not a URL"],
  ])("refuses %j", async (wrong, message) => {
    await using http = createHttpClient(here);
    await expect(http.request({ url: "http://127.0.0.1:1/", ...(wrong as object) })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
  });

  it("HTTP-1: a timeout ends the request and its socket, before and in the middle of the answer", async () => {
    const [seen, closed]: [string[], string[]] = [[], []];
    await using server = await serve((request, response) => {
      const { url = "" } = request;
      seen.push(url);
      request.socket.on("close", () => closed.push(url));
      if (url === "/half") response.write("half");
    });
    await using http = createHttpClient(here);
    for (const name of ["/never", "/half"]) {
      // A timeout may end a request before the server has it: then once more, with more time.
      for (let timeoutMs = 30; !seen.includes(name); timeoutMs *= 2) {
        const { host } = new URL(server.url);
        await expect(http.request({ url: `${server.url}${name}`, timeoutMs })).rejects.toMatchObject({
          code: "TIMEOUT",
          message: `the request to '${host}' did not finish within ${timeoutMs} ms`,
        });
      }
    }
    await expect.poll(() => closed, { timeout: 20_000 }).toEqual(seen);
    const controller = new AbortController();
    const cancelled = http.request({ url: server.url, signal: controller.signal });
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(http.request({ url: server.url, signal: controller.signal })).rejects.toMatchObject({
      code: "CANCELLED",
    });
  });

  it("caps answers: announced, endless and compressed", async () => {
    let sent = 0;
    await using server = await serve((request, response) => {
      if (request.url === "/announced") response.writeHead(200, { "content-length": 5000 }).flushHeaders();
      if (request.url === "/bomb")
        response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(5_000_000)));
      if (request.url === "/fits") response.end("x".repeat(1000));
      if (request.url !== "/endless") return;
      const more = (): void => {
        while (!response.destroyed && response.write("x".repeat(10_000))) sent += 10_000;
      };
      response.on("drain", more).on("error", () => {});
      more();
    });
    await using http = createHttpClient({ ...here, maxBytes: 1000 });
    for (const name of ["announced", "endless", "bomb"]) {
      await expect(http.request({ url: `${server.url}/${name}` }), `${name}`).rejects.toMatchObject({
        code: "TOO_LARGE",
        message: "the answer is larger than 1000 bytes",
      });
    }
    const before = sent;
    expect((await http.request({ url: `${server.url}/fits` })).bytes.length).toBe(1000);
    await expect.poll(() => sent - before, { timeout: 20_000 }).toBeLessThan(5_000_000);
  });

  it("follows redirects by the rules of each status, and keeps credentials to their origin", async () => {
    await using other = await serve(echo);
    await using server = await serve((request, response) => {
      const [, status, target] = /^\/(\d+)\/(\w+)/.exec(request.url ?? "") ?? [];
      if (status === undefined) return void echo(request, response);
      response.writeHead(Number(status), { location: target === "other" ? other.url : "/end" }).end();
    });
    await using http = createHttpClient(here);
    const post = {
      method: "POST",
      json: 1,
      auth: { bearer: "key" },
      headers: { "x-key": "k", accept: "a/b" },
    } as const;
    for (const [status, method, body] of [
      [301, "GET", ""],
      [302, "GET", ""],
      [303, "GET", ""],
      [307, "POST", "1"],
      [308, "POST", "1"],
    ] as const) {
      const answer = await http.request({ url: `${server.url}/${status}/same`, ...post });
      expect(answer).toMatchObject({ redirects: 1, url: `${server.url}/end` });
      expect(answer.json()).toMatchObject({ method, body, headers: { authorization: "Bearer key", "x-key": "k" } });
    }
    const away = (await http.request({ url: `${server.url}/307/other`, ...post })).json() as Record<string, object>;
    expect(away).toMatchObject({ method: "POST", body: "1", headers: { accept: "a/b" } });
    expect(Object.keys(away["headers"] ?? {})).not.toEqual(expect.arrayContaining(["authorization"]));
    expect(away["headers"]).not.toHaveProperty("x-key");
    expect(await http.request({ url: `${server.url}/302/same`, maxRedirects: 0 })).toMatchObject({ status: 302 });
  });

  it("checks every hop of a redirect, and ends a circle", async () => {
    let location = "/again";
    await using server = await serve((_request, response) => void response.writeHead(302, { location }).end());
    await using http = createHttpClient(here);
    await expect(http.request({ url: server.url, maxRedirects: 3 })).rejects.toMatchObject({
      code: "NETWORK_ERROR",
      message: expect.stringContaining("redirects more than 3 times"),
    });
    for (const [target, code] of [
      ["http://169.254.169.254/latest/meta-data", "PERMISSION_DENIED"],
      ["http://127.0.0.2/", "PERMISSION_DENIED"],
      ["file:///etc/passwd", "PERMISSION_DENIED"],
      ["//[::1]/", "PERMISSION_DENIED"],
      ["http://u:p@127.0.0.1/", "INVALID_ARGUMENT"],
      ["http://[", "NETWORK_ERROR"],
    ] as const) {
      location = target;
      await expect(http.request({ url: server.url }), `${target}`).rejects.toMatchObject({ code });
    }
  });

  it("a redirect is refused with the very error of who refuses it", async () => {
    await using server = await serve((_request, response) => void response.writeHead(302, { location: "/x" }).end());
    await using http = createHttpClient(here);
    for (const refusal of [new Error("not there"), new SpellError("PERMISSION_DENIED", "no")]) {
      const onRedirect = (): never => {
        throw refusal;
      };
      await expect(http.request({ url: server.url, onRedirect })).rejects.toBe(refusal);
    }
  });

  it("connects to the very address that was checked, however the name changes", async () => {
    await using server = await serve(echo);
    const port = new URL(server.url).port;
    const answers = ["127.0.0.1", "127.0.0.2"];
    let asked = 0;
    await using http = createHttpClient({
      ...here,
      resolve: () => Promise.resolve([{ address: answers[Math.min(asked++, 1)] ?? "", family: 4 }]),
    });
    const answer = await http.request({ url: `http://rebind.test:${port}/` });
    expect(answer.json()).toMatchObject({ headers: { host: `rebind.test:${port}` } });
    // One look-up, whose result was both checked and used.
    expect(asked).toBe(1);
    await using fresh = createHttpClient({
      ...here,
      resolve: () => Promise.resolve([{ address: answers[Math.min(asked++, 1)] ?? "", family: 4 }]),
    });
    await expect(fresh.request({ url: `http://rebind.test:${port}/` })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
      message: "'rebind.test' leads to an address that is not allowed",
    });
  });

  it("HTTP-2: keeps to its pool of connections, and closes idle ones", async () => {
    await using server = await serve(echo);
    await using http = createHttpClient({ ...here, connections: 4, idleMs: 60_000 });
    for (let index = 0; index < 100; index++) await http.request({ url: server.url });
    expect(server.sockets()).toBeLessThanOrEqual(4);
    await Promise.all(Array.from({ length: 50 }, () => http.request({ url: server.url })));
    expect(server.sockets()).toBeLessThanOrEqual(4);
    expect(http.stats()).toEqual([
      { origin: server.url, connected: expect.any(Number), free: expect.any(Number), running: 0, queued: 0 },
    ]);
    await using forgetful = createHttpClient({ ...here, idleMs: 20 });
    await forgetful.request({ url: server.url });
    await expect.poll(() => forgetful.stats()[0]?.connected, { timeout: 10_000 }).toBe(0);
  });

  it("HTTP-2: keeps connections to a bounded number of origins", async () => {
    await using first = await serve(echo);
    await using second = await serve(echo);
    await using http = createHttpClient({ ...here, maxOrigins: 1 });
    for (const url of [first.url, second.url, first.url]) expect((await http.request({ url })).status).toBe(200);
    expect(http.stats().map(({ origin }) => origin)).toEqual([first.url]);
    expect(first.sockets()).toBe(2);
  });

  it("HTTP-3: tries passing failures again, with the wait that the server asks for", async () => {
    const times: number[] = [];
    let statuses: number[] = [];
    await using server = await serve((_request, response) => {
      times.push(performance.now());
      const status = statuses.shift() ?? 200;
      response.writeHead(status, times.length === 1 ? { "retry-after": "0.2" } : {}).end(String(status));
    });
    await using http = createHttpClient({ ...here, retry: { maxAttempts: 3, initialDelayMs: 10, maxDelayMs: 1000 } });
    statuses = [503, 503];
    expect(await http.request({ url: server.url })).toMatchObject({ status: 200, attempts: 3 });
    expect(times.length).toBe(3);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(199);
    // Used up: the last answer comes back as it is.
    statuses = [503, 502, 500, 500];
    expect(await http.request({ url: server.url })).toMatchObject({ status: 500, attempts: 3 });
    for (const status of [400, 404, 501]) {
      statuses = [status];
      expect(await http.request({ url: server.url })).toMatchObject({ status, attempts: 1 });
    }
    // A POST may have had its effect: again only when asked for.
    statuses = [503];
    expect(await http.request({ url: server.url, method: "POST" })).toMatchObject({ status: 503, attempts: 1 });
    statuses = [503];
    const again = { url: server.url, method: "POST", retry: { initialDelayMs: 1 } } as const;
    expect(await http.request(again)).toMatchObject({ status: 200, attempts: 2 });
  });

  it("HTTP-3: waits longer each time, with jitter, or as long as the server says, by the caller's clock", async () => {
    let answers: (string | undefined)[] = [];
    await using server = await serve((_request, response) => {
      const wait = answers.shift();
      response.writeHead(503, wait === undefined ? {} : { "retry-after": wait }).end();
    });
    await using http = createHttpClient(here);
    const waits: number[] = [];
    const clock = { now: () => 0, sleep: async (ms: number) => void waits.push(ms) };
    const retry = { maxAttempts: 7, initialDelayMs: 100, maxDelayMs: 2000, clock };
    answers = [undefined, undefined, undefined, "3600", "0.5", undefined];
    expect(await http.request({ url: server.url, retry })).toMatchObject({ status: 503, attempts: 7 });
    expect(waits).toHaveLength(6);
    const [first = 0, second = 0, third = 0, ...rest] = waits;
    for (const [index, wait] of [first, second, third].entries()) {
      expect(wait).toBeGreaterThan(50 * 2 ** index - 1);
      expect(wait).toBeLessThanOrEqual(100 * 2 ** index);
    }
    // The server's wish, up to the most that the caller allows.
    expect(rest.slice(0, 2)).toEqual([2000, 500]);
    for (let round = 0; round < 20; round++)
      await http.request({ url: server.url, retry: { ...retry, maxAttempts: 2 } });
    expect(new Set(waits.slice(6)).size).toBeGreaterThan(5);
  });

  it("tells network failures by reason, and tries those that pass again", async () => {
    let resets = 2;
    await using server = await serve((request, response) => {
      if (resets-- > 0) request.socket.destroy();
      else response.end("ok");
    });
    await using http = createHttpClient(here);
    expect(await http.request({ url: server.url })).toMatchObject({ status: 200, attempts: 3 });
    await using closed = await serve(echo);
    const { url } = closed;
    await closed[Symbol.asyncDispose]();
    await expect(http.request({ url })).rejects.toMatchObject({
      code: "NETWORK_ERROR",
      details: { reason: "ECONNREFUSED", attempts: 3 },
    });
    await using nowhere = createHttpClient({
      ...here,
      resolve: () => Promise.reject(Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" })),
    });
    await expect(nowhere.request({ url: "http://none.test/" })).rejects.toMatchObject({
      details: { reason: "ENOTFOUND", retryable: false },
    });
    await expect(http.request({ url: "http://127.0.0.1:22/" })).rejects.toMatchObject({
      details: { reason: "BAD_PORT" },
    });
  });

  it("HTTP-1: keeps every cookie that an answer sets, and goes where a location in UTF-8 leads", async () => {
    await using server = await serve((request, response) => {
      if (request.url?.startsWith("/%") === true) return void response.end(request.url);
      // Headers are Latin-1 to Node: the bytes of `/é` in UTF-8.
      if (request.url === "/away") response.writeHead(302, { location: Buffer.from("/é").toString("latin1") });
      else response.setHeader("set-cookie", ["a=1", "b=2; Path=/"]);
      response.end();
    });
    await using http = createHttpClient(here);
    expect((await http.request({ url: server.url })).headers).toMatchObject({ "set-cookie": "a=1, b=2; Path=/" });
    expect((await http.request({ url: `${server.url}/away` })).text()).toBe("/%C3%A9");
  });

  it("HTTP-1: refuses what it cannot send as it is meant, and a cap that is none", async () => {
    await using server = await serve(echo);
    await using http = createHttpClient(here);
    const circle: Record<string, unknown> = {};
    circle["own"] = circle;
    for (const wrong of [
      { json: circle },
      { json: 1n },
      { json: () => 1 },
      { body: { a: 1 } },
      { auth: { bearer: undefined } },
      { auth: { username: "ada" } },
      { auth: {} },
      { maxBytes: Number.NaN },
      { maxBytes: -1 },
    ])
      await expect(http.request({ url: server.url, method: "POST", ...(wrong as object) })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    expect(server.sockets()).toBe(0);
  });

  it("reads text in its charset", async () => {
    await using server = await serve((request, response) => {
      response.setHeader("content-type", `text/plain; charset=${request.url === "/odd" ? "odd" : "iso-8859-1"}`);
      response.end(request.url === "/odd" ? "é" : Buffer.from([0xe9]));
    });
    await using http = createHttpClient(here);
    const answer = await http.request({ url: server.url });
    expect(answer.text()).toBe("é");
    expect(() => answer.json()).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
    expect((await http.request({ url: `${server.url}/odd` })).text()).toBe("é");
  });

  it.each([
    ["text/plain", Buffer.from("\ufeffé", "utf16le"), "é"],
    ["text/plain; charset=iso-8859-1", Buffer.from("\ufeffé"), "é"],
    ["text/xml", Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>', "latin1"), "<a>é</a>"],
    ["text/xml; charset=utf-8", Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'), "<a>é</a>"],
    ["text/xml", Buffer.from('<?xml version="1.0" encoding="UTF-16"?><a>é</a>'), "<a>é</a>"],
    ["text/xml", Buffer.from("<a encoding='iso-8859-1'>é</a>"), ">é</a>"],
  ])("reads what says its charset itself: %s %s", async (type, body, text) => {
    await using server = await serve((_request, response) => {
      response.setHeader("content-type", type);
      response.end(body);
    });
    await using http = createHttpClient(here);
    expect((await http.request({ url: server.url })).text()).toMatch(new RegExp(`${text}$`));
  });

  it("refuses a certificate that nobody vouches for, and takes the one it was given", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "llmspell-tls-"));
    const [key, cert] = [path.join(folder, "key"), path.join(folder, "cert")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        key,
        "-out",
        cert,
        ...subject,
      ],
      { stdio: "ignore" },
    );
    const pem = { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
    rmSync(folder, { recursive: true });
    await using server = await listenOn(createTlsServer(pem, echo), "https");
    await using strict = createHttpClient(here);
    await expect(strict.request({ url: server.url })).rejects.toMatchObject({
      code: "NETWORK_ERROR",
      details: { reason: "DEPTH_ZERO_SELF_SIGNED_CERT", retryable: false },
    });
    await using trusting = createHttpClient({ ...here, ca: pem.cert });
    expect(await trusting.request({ url: server.url })).toMatchObject({ status: 200 });
  });

  it("goes through a proxy, still under the policy", async () => {
    const tunnels: string[] = [];
    const proxy = createServer().on("connect", (request: IncomingMessage, socket: Socket) => {
      tunnels.push(request.url ?? "");
      const [host, port] = (request.url ?? "").split(":");
      const upstream = connect(Number(port), host, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        socket.pipe(upstream).pipe(socket);
      });
      upstream.on("error", () => socket.destroy());
      socket.on("error", () => upstream.destroy());
    });
    await using through = await listenOn(proxy, "http");
    await using server = await serve(echo);
    await using http = createHttpClient({ ...here, proxy: through.url });
    expect(await http.request({ url: server.url })).toMatchObject({ status: 200 });
    expect(tunnels).toEqual([new URL(server.url).host]);
    await using strict = createHttpClient({ proxy: through.url });
    await expect(strict.request({ url: server.url.replace("127.0.0.1", "localhost") })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });
    expect(tunnels.length).toBe(1);
  });

  it("is a guarded fetch for libraries", async () => {
    await using server = await serve((request, response) => {
      if (request.url === "/away") response.writeHead(302, { location: "/" });
      response.end("body");
    });
    await using http = createHttpClient(here);
    expect(await (await http.fetch(server.url)).text()).toBe("body");
    await expect(http.fetch("http://10.0.0.1/")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    await expect(http.fetch(`${server.url}/away`)).rejects.toMatchObject({
      code: "NETWORK_ERROR",
      details: { reason: "REDIRECT" },
    });
    await expect(http.fetch(server.url, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
  });
});
