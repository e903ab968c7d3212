import type { Driver } from '@osprofiler/core'

/** What a driver is told beside its connection string. */
export interface OpenContext {
  /** The string's own scheme, in lower case: several may name one driver. */
  readonly scheme: string
  /** See `DriverOptions`. */
  readonly filterErrorTrace: boolean
  /** Whether the connection string alone is looked at: the store's client may be missing. */
  readonly checkOnly?: boolean | undefined
}

/** Opens a driver on what follows `scheme://` in its connection string. Connects to nothing yet. */
export type OpenStore = (location: string, context: OpenContext) => Driver
