/** Where the page takes its trace from: paths of the origin that serves the page. */
export interface PageSource {
  /** Answers with a JSON array of records. */
  readonly trace: string
  /** A stream of server-sent events: at each message the page gets `trace` again; `complete` ends it. */
  readonly events?: string | undefined
  /** The page of all traces. */
  readonly list?: string | undefined
  readonly title?: string | undefined
  /** How many entries of the trace hold no record that can be read: the page tells. */
  readonly leftOut?: number | undefined
}

/** What a page was made from: more points than it holds where the trace was too large. */
export interface PageFacts {
  readonly title: string
  readonly points: number
  readonly kept: number
}
