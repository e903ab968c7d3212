/** Where the page gets its trace: paths of the origin that serves the page. */
export interface PageSource {
  /** A JSON array of records. */
  readonly trace: string
  /** A stream of server-sent events. At each message the page fetches `trace` again, and `complete` ends the stream. */
  readonly events?: string | undefined
  /** The page of all traces. */
  readonly list?: string | undefined
  readonly title?: string | undefined
  /** How many entries of the trace hold no readable record. The page says so. */
  readonly leftOut?: number | undefined
}

/** The facts of a page. It holds fewer points than the trace if the trace is too large. */
export interface PageFacts {
  readonly title: string
  readonly points: number
  readonly kept: number
}
