/** Bytes of linear memory from `start` on. */
export interface ImageExtent {
  readonly start: number;
  readonly data: Uint8Array;
}

/** `[start, end)` of linear memory. */
export type MemoryRange = readonly [start: number, end: number];

/** Memory is compared and kept in pages of this size. */
export const PAGE = 4096;

/** What remains of `[0, end)` without the given ranges, which are sorted by start. */
export function outside(ranges: readonly MemoryRange[], end: number): MemoryRange[] {
  const rest: [number, number][] = [];
  let from = 0;
  for (const [start, stop] of ranges) {
    if (start > from) rest.push([from, Math.min(start, end)]);
    from = Math.max(from, stop);
  }
  rest.push([from, end]);
  return rest.filter(([start, stop]) => start < stop);
}

/** Copies of the pages of `[start, end)` that `wanted`; neighbours become one extent. The first and last may be parts of a page. */
export function extentsWhere(
  bytes: Uint8Array,
  start: number,
  end: number,
  wanted: (page: number, next: number) => boolean,
): ImageExtent[] {
  const extents: ImageExtent[] = [];
  let from = -1; // start of the run of wanted pages, if in one
  const close = (to: number): void => {
    // Not `bytes.slice`: a Buffer's shares its memory.
    if (from >= 0) extents.push({ start: from, data: Uint8Array.prototype.slice.call(bytes, from, to) });
    from = -1;
  };
  for (let page = start; page < end; page = nextPage(page)) {
    if (!wanted(page, Math.min(nextPage(page), end))) close(page);
    else if (from < 0) from = page;
  }
  close(end);
  return extents;
}

function nextPage(offset: number): number {
  return offset - (offset % PAGE) + PAGE;
}
