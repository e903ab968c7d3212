import { createNotifier, type Driver, type Notifier, type NotifierOptions, OsprofilerError } from '@osprofiler/core'
import { emitWarning } from '@osprofiler/core/toolkit'
import { openDriver } from '@osprofiler/drivers'
import type { ResolvedOptions } from './setup-options.js'

/** Where records go, and how it ends. */
export interface Delivery {
  readonly driver: Driver | undefined
  readonly notifier: Notifier
  flush(): Promise<void>
  /** Delivers what waits and takes no more. */
  end(): Promise<void>
  /** Closes the store, where it is ours to close. Never rejects. */
  close(): Promise<void>
}

/** Prepares what takes the records. Connects to nothing. */
export function openDelivery({ notifier, driver, notifierOptions, ...store }: ResolvedOptions): Delivery {
  if (notifier !== undefined) return { driver: undefined, notifier, flush: nothing, end: nothing, close: nothing }
  if (driver !== undefined) return { ...deliverTo(driver, notifierOptions), close: nothing }
  return deliverTo(openStore(store), notifierOptions)
}

function deliverTo(driver: Driver, options: NotifierOptions): Delivery {
  const notifier = createNotifier(driver, options)
  return {
    driver,
    notifier,
    flush: () => notifier.flush(),
    end: () => notifier.close(),
    close: () => driver.close().catch(() => undefined),
  }
}

async function nothing(): Promise<void> {}

type StoreOptions = Pick<ResolvedOptions, 'connectionString' | 'hasKeys' | 'filterErrorTrace'>

function openStore({ connectionString, hasKeys, filterErrorTrace }: StoreOptions): Driver {
  try {
    return openDriver(connectionString ?? 'sqlite://', { filterErrorTrace })
  } catch (error) {
    const needed = connectionString !== undefined || hasKeys
    if (needed || !(error instanceof OsprofilerError)) throw error
    // Nobody asked for a store, and nothing is traced: a client that is missing must not stop the program.
    return createMissingStore(error)
  }
}

/** Stands for a store that could not be opened, in case something is recorded all the same. */
function createMissingStore({ message }: OsprofilerError): Driver {
  let told = false
  return {
    name: 'none',
    async write() {
      if (!told) emitWarning(`The records of traces are lost. ${message}`, { code: 'OSPROFILER_NO_STORE' })
      told = true
      throw new OsprofilerError('ERR_WRITE_REFUSED', message)
    },
    async close() {},
  }
}
