const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** Whether a URL is of this machine, where `http` is as good as `https`. */
export const isLoopback = (url: string | undefined): boolean =>
  url !== undefined && URL.canParse(url) && LOOPBACK.has(new URL(url).hostname);
