import { createNotifier, type Driver, type Notifier, type NotifierOptions, type QueueNotifier } from '@osprofiler/core'
import { Math, Number, performance } from '@osprofiler/core/toolkit'
import { checkConnectionString, openDriver } from '@osprofiler/drivers'
import { connectionStringOfEnvironment, namesKeys, readFilterErrorTrace } from './environment.js'
import type { SetupOptions } from './setup-options.js'
import { warn } from './warn.js'

/** Where records go, and how it ends. */
export interface Delivery {
  /** The store, which is opened when somebody asks for it. */
  readonly driver: Driver | undefined
  readonly notifier: Notifier
  /** Opens the store. Connects to nothing. Warns where that is not possible. */
  open(): void
  flush(): Promise<void>
  /** Delivers what waits and takes no more. */
  end(): Promise<void>
  /** Closes the store, where it is ours to close. Never rejects. */
  close(): Promise<void>
}

/**
 * Prepares what takes the records. Touches nothing yet, unless it is to be strict: then the store is opened where one is
 * needed.
 *
 * @throws TypeError for a wrong option of the queue.
 * @throws OsprofilerError where it is to be strict, as `openDriver` does.
 */
export function prepareDelivery(options: SetupOptions, isStrict: boolean): Delivery {
  const { notifier, driver, notifierOptions = {} } = options
  if (notifier !== undefined) {
    return { driver: undefined, notifier, open: () => undefined, flush: nothing, end: nothing, close: nothing }
  }
  if (driver !== undefined) return { ...deliverTo(() => driver, driver.name, notifierOptions), driver, close: nothing }
  const opened = isStrict && needsStore(options) ? openStore(options) : undefined
  return deliverToOurs(() => opened ?? openStore(options), nameStore(options), notifierOptions)
}

/** @throws OsprofilerError for a connection string of the environment that no driver takes. */
export function checkStoreOfEnvironment(options: SetupOptions): void {
  const connectionString = connectionStringOfEnvironment(options)
  if (connectionString !== undefined) checkConnectionString(connectionString)
}

/** Delivers to a store that it may not be possible to open. That is told once it is needed. */
function deliverToOurs(openOurs: () => Driver, name: string, options: NotifierOptions): Delivery {
  let failure: unknown

  function open(): Driver {
    try {
      return openOurs()
    } catch (error) {
      failure = error
      return MISSING_STORE
    }
  }

  function tell(notifier: QueueNotifier): void {
    // A listener: that a store which could not be opened refuses everything is told here, once.
    if (failure === undefined) return
    notifier.on('drop', () => undefined)
    warn('OSPROFILER_NO_STORE', 'The records of traces are lost.', failure)
    failure = undefined
  }

  return deliverTo(open, name, options, tell)
}

/** Delivering and closing the store take five seconds at most, of which a busy machine needs a moment. */
const MAX_CLOSE_MS = 4_900
/** What of that is left to a store for its closing, however long the delivery takes. */
const CLOSING_SHARE_MS = 900

function deliverTo(
  open: () => Driver,
  name: string,
  options: NotifierOptions,
  onOpen = (_: QueueNotifier): void => undefined,
): Delivery {
  let store: Driver | undefined
  let deadline = Number.POSITIVE_INFINITY
  const opened = (): Driver => {
    store ??= open()
    return store
  }
  const writer: Driver = {
    // Asked for at once, when nothing may be touched yet.
    name,
    write: records => opened().write(records),
    close: nothing,
  }
  const notifier = createNotifier(writer, options)
  return {
    get driver() {
      return opened()
    },
    notifier,
    open() {
      opened()
      onOpen(notifier)
    },
    flush: () => notifier.flush(),
    end() {
      deadline = performance.now() + MAX_CLOSE_MS
      return notifier.close(MAX_CLOSE_MS - CLOSING_SHARE_MS)
    },
    async close() {
      await store?.close(Math.max(0, deadline - performance.now())).catch(() => undefined)
    },
  }
}

async function nothing(): Promise<void> {}

/** Where nobody asked for a store and nothing is traced, a client that is missing is no mistake. */
function needsStore(options: SetupOptions): boolean {
  return (options.connectionString ?? connectionStringOfEnvironment(options)) !== undefined || namesKeys(options)
}

function toConnectionString(options: SetupOptions): string {
  return options.connectionString ?? connectionStringOfEnvironment(options) ?? 'sqlite://'
}

/** The scheme, in which no secret stands. */
function nameStore(options: SetupOptions): string {
  return /^([a-z][a-z0-9+._-]{0,31}):\/\//i.exec(toConnectionString(options))?.[1]?.toLowerCase() ?? 'none'
}

function openStore(options: SetupOptions): Driver {
  return openDriver(toConnectionString(options), { filterErrorTrace: readFilterErrorTrace(options) })
}

/** Stands for a store that could not be opened. What it is given is counted as dropped. */
const MISSING_STORE: Driver = {
  name: 'none',
  write: async records => ({ refused: records.length }),
  close: nothing,
}
