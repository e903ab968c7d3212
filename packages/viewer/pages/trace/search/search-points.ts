import { searchTextOfPoint } from '../model/point-text.js'
import type { TraceModel } from '../model/trace-model.js'
import { createPatternSearch } from './pattern-search.js'

/** The text or regular expression to search for, and the signal that aborts the search. */
export interface SearchOptions {
  readonly text: string
  readonly isPattern: boolean
  readonly signal: AbortSignal
}

const SLICE_MS = 8
const BATCH_POINTS = 2000

/**
 * Returns the points whose text matches, ignoring case, in tree order. Searches in slices so that the page stays
 * responsive, and stops when the signal aborts. If a regular expression is invalid or takes too long, throws an Error
 * whose message can be shown to the user.
 */
export async function searchPoints(model: TraceModel, options: SearchOptions): Promise<number[]> {
  return options.isPattern ? await searchPattern(model, options) : await searchText(model, options)
}

async function searchText({ points }: TraceModel, { text, signal }: SearchOptions): Promise<number[]> {
  const wanted = text.toLowerCase()
  const found: number[] = []
  let sliceEnd = performance.now() + SLICE_MS
  for (const [index, node] of points.entries()) {
    if (searchTextOfPoint(node).toLowerCase().includes(wanted)) found.push(index)
    if (performance.now() < sliceEnd) continue
    await waitForNextTask()
    if (signal.aborted) return []
    sliceEnd = performance.now() + SLICE_MS
  }
  return found
}

async function searchPattern({ points }: TraceModel, { text, signal }: SearchOptions): Promise<number[]> {
  const found: number[] = []
  const search = createPatternSearch(text)
  try {
    for (let from = 0; from < points.length && !signal.aborted; from += BATCH_POINTS) {
      const hits = await search.test(points.slice(from, from + BATCH_POINTS).map(searchTextOfPoint))
      for (const hit of hits) found.push(from + hit)
    }
  } finally {
    search.close()
  }
  return found
}

function waitForNextTask(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 0))
}
