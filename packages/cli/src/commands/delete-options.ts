import type { StoreOptions } from './show-options.js'

/** The options of `trace delete`. */
export interface DeleteOptions extends StoreOptions {
  /** What looks like a file is an id as well. */
  readonly id?: boolean
}
