import type { StoreOptions } from './show-options.js'

/** The options of `ui`. */
export interface UiOptions extends StoreOptions {
  readonly port?: number
}
