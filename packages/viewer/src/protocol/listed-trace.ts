/** A listed trace, as the server sends it. All texts but `ref` are escaped. Unknown members are `null` or empty. */
export interface ListedTrace {
  /** The reference of the trace in addresses; not escaped. */
  readonly ref: string
  readonly id: string
  /** UTC, of the first record. */
  readonly timestamp: string
  /** The first point's name for people, or the name of a file. */
  readonly name: string
  /** The action of the first point: `GET /orders/7`. */
  readonly request: string
  /** The action of all traces of this kind: `GET /orders/:id`. */
  readonly pattern: string
  readonly project: string
  readonly service: string
  readonly records: number
  readonly points: number | null
  /** `null` without a request. A text has digits that a number cannot represent. */
  readonly status: number | string | null
  readonly durationUs: number | null
  readonly failed: boolean
  /** Where a failure began: `TimeoutError: no answer`. */
  readonly error: string
  /** Whether the server has read the trace; `large` if it has too many records for a list. */
  readonly reading: 'waiting' | 'read' | 'large'
  readonly isFile: boolean
}

/** Answer of the server to a request for a list. Opened files come first. */
export interface ListAnswer {
  readonly traces: readonly ListedTrace[]
  /** Whether the store holds more traces. */
  readonly more: boolean
}

/** Answer of the server to a request for the number of traces. Counting stops at 100,000. */
export interface CountAnswer {
  readonly traces: number
  /** Whether the store holds more traces than were counted. */
  readonly more: boolean
}

/** The possible lengths of a list. They are few, so that few lists are kept. */
export const LIST_LENGTHS: readonly [number, ...number[]] = [200, 1_000, 5_000, 20_000]
