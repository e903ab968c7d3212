import type { StoreOptions } from './show-options.js'

/** The options of `trace list`. */
export interface ListOptions extends StoreOptions {
  readonly errorTrace?: boolean
  readonly limit: number
  readonly since?: Date
  readonly name?: string
  readonly service?: string
  readonly json?: boolean
}
