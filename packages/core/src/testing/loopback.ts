import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A server on 127.0.0.1 that counts what reaches it. */
export interface Loopback extends AsyncDisposable {
  url: string;
  /** Connections that were opened. */
  sockets(): number;
}

/** Starts `listener` on a free port of 127.0.0.1. */
export async function serve(listener: RequestListener): Promise<Loopback> {
  return await listenOn(createServer(listener), "http");
}

/** Starts a server that was made already, e.g. one with TLS. */
export async function listenOn(server: Server, scheme: string): Promise<Loopback> {
  let sockets = 0;
  server.on("connection", () => sockets++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets: () => sockets,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
