import type { StoreOptions } from './show-options.js'

/** The options of `trace list`. */
export interface ListOptions extends StoreOptions {
  readonly errorTrace?: boolean
  readonly limit: number
  readonly since?: Date
  readonly name?: string
  readonly service?: string
  readonly slowest?: boolean
  /** `404`, `5xx`, `error` */
  readonly status?: string
  readonly minMs?: number
  /** How many traces are looked through for the three above. */
  readonly search: number
  readonly json?: boolean
}
