import { embedMany } from "@llmspell/core";
import { awaitable } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { memoriesOf } from "./store.js";

/** Vectors of texts, if the run may ask the model for them. */
async function embedded(
  run: RunContext,
  fn: string,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<readonly number[][]> {
  const ref = run.models.embeddings.resolve();
  run.authorize(`memory.${fn}`, "model", ref.id);
  run.progress(`asking ${ref.id}`);
  return (await embedMany(run.models, texts, { model: ref.id, signal })).vectors;
}

const vector = t.list(t.number);
const metadata = t.optional(t.table);

/** Texts that are found again by their vectors. */
export const vectors = {
  embed: awaitable({
    doc: "The vector of a text, or those of several, by the configured embedding model, else by one that knows words and no meaning.",
    needs: { model: "the embedding model" },
    params: { text: t.union(t.string, t.list(t.string)) },
    result: "list<number> or list<list<number>>",
    example: 'return #memory.embed("hello")',
    async call(run, { text }, signal) {
      if (typeof text !== "string") return await embedded(run, "embed", text, signal);
      const [only = []] = await embedded(run, "embed", [text], signal);
      return only;
    },
  }),
  vector_store: awaitable({
    doc: "Keeps a text, or a vector of your own, beyond the run; one with a known id takes its place. Metadata are texts, numbers and booleans.",
    needs: { storage: { exactly: "vectors" } },
    mayNeed: { model: "the embedding model, for a text" },
    params: { id: t.name, text_or_embedding: t.union(t.string, vector), metadata },
    example: 'memory.vector_store("a", "cats and dogs")\nreturn memory.vector_search("cats")[1].id',
    async call(run, { id, text_or_embedding: given, metadata: about = {} }, signal) {
      const isText = typeof given === "string";
      const [own = []] = isText ? await embedded(run, "vector_store", [given], signal) : [given];
      const store = await memoriesOf(run).longTerm();
      await store.add(
        [{ id, text: isText ? given : "", vector: own, metadata: about as Record<string, string> }],
        signal,
      );
      return undefined;
    },
  }),
  vector_search: awaitable({
    doc: "The k (5) that are nearest to a text or vector, by cosine similarity, best first; of those with this metadata.",
    needs: { storage: { exactly: "vectors" } },
    mayNeed: { model: "the embedding model, for a text" },
    params: { query: t.union(t.string, vector), k: t.optional(t.integer(1)), filter: metadata },
    result: "list<{id: string, score: number, metadata: table, text: string}>",
    example:
      'memory.vector_store("a", { 1, 0 }, { kind = "x" })\nreturn memory.vector_search({ 1, 1 }, 3, { kind = "x" })[1].score > 0.7',
    async call(run, { query, k: limit = 5, filter = {} }, signal) {
      const [wanted = []] = typeof query === "string" ? await embedded(run, "vector_search", [query], signal) : [query];
      const store = await memoriesOf(run).longTerm();
      const found = await store.search(wanted, { limit, where: filter as Record<string, string>, signal });
      return found.map(({ id, score, metadata: about, text }) => ({ id, score, metadata: about, text }));
    },
  }),
  vector_delete: awaitable({
    doc: "Removes what is kept under an id; whether there was any.",
    needs: { storage: { exactly: "vectors" } },
    params: { id: t.name },
    result: "boolean",
    example: 'memory.vector_store("a", "cats")\nreturn memory.vector_delete("a")',
    async call(run, { id }) {
      return (await memoriesOf(run).longTerm()).delete(id);
    },
  }),
};
