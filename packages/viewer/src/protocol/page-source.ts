import type { Editor } from './editor-link.js'

/** The addresses from which the page gets its trace, as paths on the origin that serves the page. */
export interface PageSource {
  /** The address of a JSON array of records. */
  readonly trace: string
  /**
   * The address of a stream of server-sent events. On each message, the page fetches `trace` again. The event
   * `complete` ends the stream.
   */
  readonly events?: string | undefined
  /** The address of the page that lists all traces. */
  readonly list?: string | undefined
  readonly title?: string | undefined
  /** How many entries of the trace contain no readable record. The page shows the number. */
  readonly leftOut?: number | undefined
  /** The editor for links to lines, until the user chooses one on the page. Default: no links. */
  readonly editor?: Editor | undefined
}

/** Facts about the trace on a page. If the trace is too large, the page contains only `kept` of its `points`. */
export interface PageFacts {
  readonly title: string
  readonly points: number
  readonly kept: number
}
