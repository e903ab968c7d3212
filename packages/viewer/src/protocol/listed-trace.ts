/** One trace of the list, as the server sends it to the page. All but `ref` is text to be shown, with nothing left to obey. */
export interface ListedTrace {
  /** What the trace is named by in addresses: as it is. */
  readonly ref: string
  readonly id: string
  /** UTC, of its first record. */
  readonly timestamp: string
  /** Its first point's name, as people read it; of a file, the file's name. */
  readonly name: string
  /** What its first point does: `GET /orders/7`; empty until that is known. */
  readonly request: string
  /** What traces of its kind have in common: `GET /orders/:id`; empty until that is known. */
  readonly pattern: string
  readonly project: string
  readonly service: string
  readonly records: number
  /** `null` until it is known. */
  readonly points: number | null
  /**
   * What its first request answered with; `null` where it is none, or until it is known. A number that JavaScript cannot
   * count is a text with its digits.
   */
  readonly status: number | string | null
  /** In microseconds; `null` until it is known. */
  readonly durationUs: number | null
  readonly failed: boolean
  /** Where a failure began: `TimeoutError: no answer`; empty where nothing failed, or until it is known. */
  readonly error: string
  /** Whether the server has read it: `large` where it has too many records to be read for a list. */
  readonly reading: 'waiting' | 'read' | 'large'
  readonly isFile: boolean
}

/** A list as the server sends it. */
export interface ListAnswer {
  readonly traces: readonly ListedTrace[]
  /** Whether the store holds more than these. */
  readonly more: boolean
}

/** How many traces the store holds, as the server sends it. */
export interface CountAnswer {
  readonly traces: number
  /** Whether it holds still more: nobody counts on for ever. */
  readonly more: boolean
}

/** How long a list may be asked for: few lengths, so that few lists are kept. */
export const LIST_LENGTHS: readonly [number, ...number[]] = [200, 1_000, 5_000, 20_000]
