/**
 * A listed trace, as the server sends it. All strings except `ref` are escaped. Unknown members are `null` or empty.
 */
export interface ListedTrace {
  /** The trace's reference in addresses, which is not escaped. */
  readonly ref: string
  readonly id: string
  /** The time of the first record, in UTC. */
  readonly timestamp: string
  /** The first point's name for people, or the name of a file. */
  readonly name: string
  /** The action of the first point, such as `GET /orders/7`. */
  readonly request: string
  /** The action that similar traces share, such as `GET /orders/:id`. */
  readonly pattern: string
  readonly project: string
  readonly service: string
  readonly records: number
  readonly points: number | null
  /** `null` if the first point is not a request. A string if a number cannot represent the recorded digits. */
  readonly status: number | string | null
  readonly durationUs: number | null
  readonly failed: boolean
  /** The failure of the first point that failed without a failed point below it, such as `TimeoutError: no answer`. */
  readonly error: string
  /** Whether the server has read the trace; `large` if it has too many records for a list. */
  readonly reading: 'waiting' | 'read' | 'large'
  readonly isFile: boolean
}

/** The server's answer to a request for a list. Opened files come first. */
export interface ListAnswer {
  readonly traces: readonly ListedTrace[]
  /** Whether the store contains more traces. */
  readonly more: boolean
}

/** The server's answer to a request for the number of traces. Counting stops at 100,000. */
export interface CountAnswer {
  readonly traces: number
  /** Whether the store contains more traces than were counted. */
  readonly more: boolean
}

/** The possible lengths of a list. There are only a few, so that the server keeps only a few lists. */
export const LIST_LENGTHS: readonly [number, ...number[]] = [200, 1_000, 5_000, 20_000]
