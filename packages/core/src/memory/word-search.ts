/** The words of a text, in lower case. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

// The usual constants of BM25: Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009.
const K1 = 1.2;
const B = 0.75;

/**
 * Scores `texts` by how well their words match those of `query` (Okapi BM25). Those without
 * any of the words have 0.
 */
export function scoreTexts(texts: readonly string[], query: string): number[] {
  const wanted = [...new Set(wordsOf(query))];
  const documents = texts.map((text) => {
    const counts = new Map<string, number>();
    const words = wordsOf(text);
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    return { counts, length: words.length };
  });
  const average = documents.reduce((sum, { length }) => sum + length, 0) / Math.max(1, documents.length);
  const weights = wanted.map((word) => {
    const having = documents.filter(({ counts }) => counts.has(word)).length;
    return Math.log(1 + (documents.length - having + 0.5) / (having + 0.5));
  });
  return documents.map(({ counts, length }) =>
    wanted.reduce((sum, word, index) => {
      const times = counts.get(word) ?? 0;
      const normal = K1 * (1 - B + (B * length) / Math.max(1, average));
      return sum + ((weights[index] ?? 0) * times * (K1 + 1)) / (times + normal);
    }, 0),
  );
}
