/** What the bytes at the beginning of a file tell about it. */
const SIGNATURES: readonly (readonly [offset: number, bytes: string, mime: string])[] = [
  [0, "\x89PNG\r\n\x1a\n", "image/png"],
  [0, "\xff\xd8\xff", "image/jpeg"],
  [0, "GIF8", "image/gif"],
  [8, "WEBP", "image/webp"],
  [0, "BM", "image/bmp"],
  [0, "II*\0", "image/tiff"],
  [0, "MM\0*", "image/tiff"],
  [0, "%PDF-", "application/pdf"],
  [0, "PK\x03\x04", "application/zip"],
  [0, "PK\x05\x06", "application/zip"],
  [0, "\x1f\x8b", "application/gzip"],
  [0, "BZh", "application/x-bzip2"],
  [0, "\xfd7zXZ\0", "application/x-xz"],
  [0, "\x28\xb5\x2f\xfd", "application/zstd"],
  [0, "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"],
  [257, "ustar", "application/x-tar"],
  [0, "\x7fELF", "application/x-elf"],
  [0, "MZ", "application/x-msdownload"],
  [0, "\0asm", "application/wasm"],
  [0, "SQLite format 3\0", "application/vnd.sqlite3"],
  [0, "ID3", "audio/mpeg"],
  [0, "fLaC", "audio/flac"],
  [8, "WAVE", "audio/wav"],
  [0, "OggS", "application/ogg"],
  [4, "ftyp", "video/mp4"],
  [0, "\x1aE\xdf\xa3", "video/x-matroska"],
  [0, "wOF2", "font/woff2"],
];

/** Bytes that {@link fileKind} wants to see. */
export const KIND_BYTES = 4096;

/**
 * The media type of a file of this name that begins with `head`, and whether it is
 * text (UTF-8). Bytes count more than the name, which tells kinds of text apart
 * and what kind of archive a ZIP is.
 */
export async function fileKind(head: Uint8Array, name: string): Promise<{ mime: string; text: boolean }> {
  const { lookup } = await import("mrmime");
  const named = lookup(name);
  const letters = Buffer.from(head).toString("latin1");
  const signed = SIGNATURES.find(([offset, bytes]) => letters.startsWith(bytes, offset))?.[2];
  if (isText(head)) return { mime: named ?? "text/plain", text: true };
  if (signed === undefined) return { mime: "application/octet-stream", text: false };
  const inZip = signed === "application/zip" && named !== undefined && !named.startsWith("text/");
  return { mime: inZip ? named : signed, text: false };
}

function isText(head: Uint8Array): boolean {
  if (head.includes(0)) return false;
  try {
    // As a stream: a letter may be cut in two at the end of the head.
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}
