import type { StoreOptions } from './show-options.js'

/** The options of `trace diff`. */
export interface DiffOptions extends StoreOptions, ComparisonOptions {
  /** In seconds. */
  readonly idleTimeout?: number
  /** Both arguments are ids, whatever the file system holds. */
  readonly id?: boolean
}

/** How a comparison is shown, and when it fails. */
export interface ComparisonOptions {
  readonly json?: boolean
  readonly out?: string
  /** A fraction of 1. */
  readonly failOn?: number
}
