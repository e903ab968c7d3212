import { createNotifier, type Driver, type Notifier, type NotifierOptions, type QueueNotifier } from '@osprofiler/core'
import { Math, Number, performance } from '@osprofiler/core/toolkit'
import { checkConnectionString, openDriver } from '@osprofiler/drivers'
import { hasKeySetting, readConnectionString, readFilterErrorTrace } from './environment.js'
import type { SetupOptions } from './setup-options.js'
import { warn } from './warn.js'

/** The destination of the records, and the functions that end the delivery. */
export interface Delivery {
  /** The store, opened on first use. */
  readonly driver: Driver | undefined
  readonly notifier: Notifier
  /** Opens the store without connecting. Prints a warning if the store cannot be opened. */
  open(): void
  flush(): Promise<void>
  /** Delivers the waiting records, and accepts no further records. */
  end(): Promise<void>
  /** Closes the store, unless the application opened it. Never rejects. */
  close(): Promise<void>
}

/**
 * Prepares the destination of records. Opens the store only if `isStrict` is set and a store is needed.
 * @throws TypeError for a wrong option. If `isStrict` is set, also the errors of `openDriver`.
 */
export function prepareDelivery(options: SetupOptions, isStrict: boolean): Delivery {
  const { notifier, driver, notifierOptions = {} } = options
  if (notifier !== undefined) {
    return { driver: undefined, notifier, open: () => undefined, flush: doNothing, end: doNothing, close: doNothing }
  }
  if (driver !== undefined)
    return { ...deliverTo(() => driver, driver.name, notifierOptions), driver, close: doNothing }
  const opened = isStrict && needsStore(options) ? openStore(options) : undefined
  return deliverToOwnStore(() => opened ?? openStore(options), readScheme(options), notifierOptions)
}

/**
 * Checks the connection string in the environment, if it is used.
 * @throws OsprofilerError if no driver accepts the connection string.
 */
export function checkConnectionStringOfEnvironment(options: SetupOptions): void {
  const connectionString = readConnectionString(options)
  if (connectionString !== undefined) checkConnectionString(connectionString)
}

/** Delivers records to a store that may fail to open. The failure is reported when the store is needed. */
function deliverToOwnStore(openOwnStore: () => Driver, name: string, options: NotifierOptions): Delivery {
  let failure: unknown

  function open(): Driver {
    try {
      return openOwnStore()
    } catch (error) {
      failure = error
      return MISSING_STORE
    }
  }

  function warnOfFailure(notifier: QueueNotifier): void {
    // The warning below covers all dropped records. The listener keeps the notifier from printing another warning.
    if (failure === undefined) return
    notifier.on('drop', () => undefined)
    warn('OSPROFILER_NO_STORE', 'The records of traces are lost.', failure)
    failure = undefined
  }

  return deliverTo(open, name, options, warnOfFailure)
}

/** Delivering and closing may take five seconds in total. This limit is 100 ms lower to allow for a busy machine. */
const MAX_CLOSE_MS = 4_900
/** The part of `MAX_CLOSE_MS` that is reserved for closing the store. */
const STORE_CLOSE_MS = 900

function deliverTo(
  open: () => Driver,
  name: string,
  options: NotifierOptions,
  onOpen = (_: QueueNotifier): void => undefined,
): Delivery {
  let store: Driver | undefined
  let deadline = Number.POSITIVE_INFINITY
  const getStore = (): Driver => {
    store ??= open()
    return store
  }
  const writer: Driver = {
    // The name is needed immediately, although the store is opened only on first use.
    name,
    write: records => getStore().write(records),
    close: doNothing,
  }
  const notifier = createNotifier(writer, options)
  return {
    get driver() {
      return getStore()
    },
    notifier,
    open() {
      getStore()
      onOpen(notifier)
    },
    flush: () => notifier.flush(),
    end() {
      deadline = performance.now() + MAX_CLOSE_MS
      return notifier.close(MAX_CLOSE_MS - STORE_CLOSE_MS)
    },
    async close() {
      await store?.close(Math.max(0, deadline - performance.now())).catch(() => undefined)
    },
  }
}

async function doNothing(): Promise<void> {}

/**
 * Returns whether a store is needed. If the settings contain no connection string and no key, a missing client library
 * is not an error.
 */
function needsStore(options: SetupOptions): boolean {
  return (options.connectionString ?? readConnectionString(options)) !== undefined || hasKeySetting(options)
}

function chooseConnectionString(options: SetupOptions): string {
  return options.connectionString ?? readConnectionString(options) ?? 'sqlite://'
}

/** Returns the scheme of the connection string. The scheme contains no secret, unlike the rest of the string. */
function readScheme(options: SetupOptions): string {
  return /^([a-z][a-z0-9+._-]{0,31}):\/\//i.exec(chooseConnectionString(options))?.[1]?.toLowerCase() ?? 'none'
}

function openStore(options: SetupOptions): Driver {
  return openDriver(chooseConnectionString(options), { filterErrorTrace: readFilterErrorTrace(options) })
}

/** A driver for the case that the store could not be opened. All records count as dropped. */
const MISSING_STORE: Driver = {
  name: 'none',
  write: async records => ({ refused: records.length }),
  close: doNothing,
}
