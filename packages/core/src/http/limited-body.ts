import { tooLarge } from "./body.js";

const [LF, CR] = [10, 13];

/**
 * `response`, whose body fails with `TOO_LARGE` once one message has more than `most`
 * bytes: the whole body, or (unless `per` is `whole`) in a stream of server-sent events each
 * event, which a blank line ends. For readers that collect a message without a bound of their own.
 */
export function limitedBody(response: Response, most: number, per: "message" | "whole" = "message"): Response {
  if (response.body === null) return response;
  const isEvents = per === "message" && response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  let size = 0;
  let lineIsEmpty = true;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      for (const byte of isEvents ? chunk : []) {
        size++;
        if (byte === LF && lineIsEmpty) size = 0;
        // A carriage return belongs to the end of a line and does not make it any fuller.
        if (byte !== CR) lineIsEmpty = byte === LF;
        if (size > most) break;
      }
      if (!isEvents) size += chunk.length;
      if (size > most) controller.error(tooLarge(most));
      else controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(limit), { status, statusText, headers });
}
