import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** What a server does on its connection once it has a whole request. */
export type Fault = (socket: Socket, request: { n: number; url: string }) => void | Promise<void>;

/** A server that reads requests properly and answers them badly. */
export interface FaultyServer extends AsyncDisposable {
  url: string;
  /** Requests that arrived whole. */
  readonly requests: number;
  /** Connections that are open and have carried a request. */
  readonly busy: number;
  /** All connections that are open: after an abort Node's fetch opens a spare one, for its keep-alive of 4 s. */
  readonly open: number;
}

export async function startFaultyServer(fault: Fault): Promise<FaultyServer> {
  const sockets = new Set<Socket>();
  const busy = new Set<Socket>();
  let requests = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => {
      sockets.delete(socket);
      busy.delete(socket);
    });
    // The client goes away in the middle of things; that is what is tested.
    socket.on("error", () => {});
    let received = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const end = received.indexOf("\r\n\r\n");
      if (end < 0) return;
      const head = received.subarray(0, end).toString();
      const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
      if (received.length < end + 4 + length) return;
      received = received.subarray(end + 4 + length);
      busy.add(socket);
      void fault(socket, { n: ++requests, url });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    get requests() {
      return requests;
    },
    get busy() {
      return busy.size;
    },
    get open() {
      return sockets.size;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Head of an answer after which the connection is not used again. */
export function head(status: number, headers: Record<string, string> = {}): string {
  const lines = Object.entries({ connection: "close", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Status\r\n${lines.join("")}\r\n`;
}

/** Writes `piece` as fast as the client takes it, until the client goes away. */
export async function forEver(socket: Socket, piece: string | Buffer): Promise<void> {
  while (!socket.destroyed) {
    if (socket.write(piece)) await new Promise((resolve) => setImmediate(resolve));
    else await new Promise<void>((resolve) => socket.once("drain", resolve).once("close", () => resolve()));
  }
}

/** Writes `piece` every few milliseconds, until the client goes away. */
export function drip(socket: Socket, piece: (n: number) => string): void {
  let n = 0;
  const timer = setInterval(() => socket.write(piece(n++)), 5);
  socket.on("close", () => clearInterval(timer));
}
