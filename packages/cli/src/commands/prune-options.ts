import type { StoreOptions } from './show-options.js'

/** The options of `trace prune`. */
export interface PruneOptions extends StoreOptions {
  readonly olderThan: Date
}
