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

/**
 * `bytes` as text in the charset that their byte order mark says, or `contentType`, or an XML declaration;
 * UTF-8 when none does that is known.
 */
export function decodeText(bytes: Uint8Array, contentType = ""): string {
  const head = Buffer.from(bytes.subarray(0, 200)).toString("latin1");
  const charset =
    markedAs(head) ?? /;\s*charset="?([\w-]{1,40})/i.exec(contentType)?.[1] ?? declaredAs(head) ?? "utf-8";
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

function markedAs(head: string): string | undefined {
  if (head.startsWith("\u00ef\u00bb\u00bf")) return "utf-8";
  if (head.startsWith("\u00fe\u00ff")) return "utf-16be";
  return head.startsWith("\u00ff\u00fe") ? "utf-16le" : undefined;
}

/** XML 1.0, section 4.3.3. What can be read like this is not UTF-16, whatever it says. */
function declaredAs(head: string): string | undefined {
  const [, name] = /^<\?xml\s[^>]{0,100}?\bencoding\s*=\s*["']([\w-]{1,40})["']/.exec(head) ?? [];
  return name === undefined || /^utf-?16/i.test(name) ? undefined : name;
}
