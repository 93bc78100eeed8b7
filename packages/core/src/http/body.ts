import { SpellError } from "@llmspell/errors";

/**
 * All bytes of a body, after decompression.
 *
 * @throws SpellError `TOO_LARGE` as soon as they are more than `most`; the rest is not read.
 */
export async function readBody(body: ReadableStream<Uint8Array> | null, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body?.getReader();
  try {
    for (let chunk = await reader?.read(); chunk?.value !== undefined; chunk = await reader?.read()) {
      size += chunk.value.length;
      if (size > most) throw tooLarge(most);
      chunks.push(chunk.value);
    }
  } finally {
    // Ends the connection when the body was not read to its end.
    reader?.cancel().catch(() => {});
  }
  return Buffer.concat(chunks);
}

export function tooLarge(most: number): SpellError {
  return new SpellError("TOO_LARGE", `the answer is larger than ${most} bytes`, { details: { most } });
}

/** `bytes` as text in the charset that `contentType` names; UTF-8 when it names none that is known. */
export function decodeText(bytes: Uint8Array, contentType = ""): string {
  const charset = /;\s*charset="?([\w-]{1,40})/i.exec(contentType)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}
