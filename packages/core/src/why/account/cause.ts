/** The kinds of causes. See docs/why.md. */
export type CauseKind =
  | 'cpu'
  | 'gc'
  | 'sync'
  | 'wait'
  | 'pool'
  | 'held'
  | 'either'
  | 'short'
  | 'native'
  | 'osprofiler'
  | 'unknown'

/** A function in a source file. `file` is a path with `/`, never absolute. */
export interface Site {
  readonly function?: string | undefined
  readonly file?: string | undefined
  readonly line?: number | undefined
}

/** Where a stretch of the request's time went. */
export interface Cause extends Site {
  readonly kind: CauseKind
  /** What was waited for or called, such as `timer` or `readFileSync`. */
  readonly what?: string | undefined
  /** The library through which the program's function computed. */
  readonly via?: string | undefined
  /** What held the event loop or the threads. */
  readonly by?: string | undefined
  readonly byFile?: string | undefined
  readonly byLine?: number | undefined
}

/** A stretch of the request's time, in milliseconds of `performance.now()`. */
export interface Piece {
  readonly from: number
  readonly to: number
  readonly cause: Cause
}
