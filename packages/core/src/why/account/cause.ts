/**
 * The kinds of causes. `held` means that other code occupied the event loop. `either` means that the request waited or
 * that other code occupied the event loop, but it is unknown which. `short` is for code that ran between two samples.
 * docs/why.md explains all kinds.
 */
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

/** The cause of a period of the request's time, with the function that is responsible. */
export interface Cause extends Site {
  readonly kind: CauseKind
  /** The resource that was waited for, or the function that was called, such as `timer` or `readFileSync`. */
  readonly what?: string | undefined
  /** The library that used the CPU, if the program's function called a library. */
  readonly via?: string | undefined
  /** The code or work that occupied the event loop or the threads of the thread pool. */
  readonly by?: string | undefined
  readonly byFile?: string | undefined
  readonly byLine?: number | undefined
}

/** A period of the request's time, and its cause. Times are in milliseconds of `performance.now()`. */
export interface Piece {
  readonly from: number
  readonly to: number
  readonly cause: Cause
}

/** Adds a period of the request's time with its cause, unless the period is empty. */
export type AddPiece = (from: number, to: number, cause: Cause) => void
