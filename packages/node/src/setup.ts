import { configure, type Driver, getNotifier, type Notifier, type QueueNotifier, setNotifier } from '@osprofiler/core'
import { beforeFirstTrace, Promise } from '@osprofiler/core/toolkit'
import { instrument } from '@osprofiler/instruments'
import { checkConnectionStringOfEnvironment, type Delivery, prepareDelivery } from './delivery.js'
import { checkKeys, isDisabled, readInstrumentation } from './environment.js'
import { checkOptions, pickConfiguration, type SetupOptions } from './setup-options.js'
import { forgetWarnings, warn } from './warn.js'

/** The running setup of this process. */
export interface Osprofiler<N extends Notifier = QueueNotifier> {
  /** The store, opened on first use, or `undefined` if your own notifier takes the records. */
  readonly driver: Driver | undefined
  /** The receiver of records: a queue with `stats` and events, or your own function. */
  readonly notifier: N
  /** Resolves when all records so far are in the store, or after 5 s. */
  flush(): Promise<void>
  /**
   * Delivers waiting records, closes the store unless you opened it, and undoes `setup`. Call it at shutdown, after
   * closing the servers. Takes at most 5 s. Records that the store has not taken by then count as dropped. Never
   * rejects. Further calls wait for the first.
   */
  close(): Promise<void>
}

interface Installed {
  readonly osprofiler: Osprofiler<Notifier>
  /** Does the same as `close` when another `setup` replaces this one. Past warnings are not repeated. */
  closeOnce(): Promise<void>
  undo(): void
}

let installed: Installed | undefined

/**
 * Sets OSProfiler up for this process, from options and the environment: keys, store, and the instruments for outgoing
 * requests. The middleware of your framework does the rest.
 *
 * Synchronous. Opens the store when there is something to write, and connects to nothing before. A second call replaces
 * the first, whose records are still delivered. Nothing keeps the process alive, and its natural end delivers waiting
 * records. While tracing is disabled or there is no key, nothing is installed. Installation follows with the first key,
 * from a keys file, an adapter or `run()`. A mistake in the environment is a process warning. The program then runs
 * untraced, or its traces are not stored.
 *
 * @throws TypeError for a wrong option. Nothing has changed then.
 * @throws OsprofilerError for a connection string in the options that no driver takes (`ERR_CONNECTION_STRING`,
 * `ERR_UNKNOWN_DRIVER`). With `strict` also for an invalid environment (`ERR_CONFIGURATION`), or a store's client that
 * is not installed (`ERR_MISSING_CLIENT`). Nothing has changed then.
 * @example
 * const osprofiler = setup({ connectionString: 'sqlite:///traces.db', service: 'catalog' })
 * for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close(() => osprofiler.close()))
 */
export function setup(options?: SetupOptions & { readonly notifier?: undefined }): Osprofiler
export function setup(options: SetupOptions): Osprofiler<Notifier>
export function setup(options: SetupOptions = {}): Osprofiler<Notifier> {
  checkOptions(options)
  const isEnabled = !isDisabled(options)
  const { strict = false } = options
  // Thrown while the previous setup is still in place.
  const fault = isEnabled ? findFault(checkSettings, options) : undefined
  if (strict && fault !== undefined) throw fault
  const delivery = prepareDelivery(options, isEnabled && strict)
  const replaced = installed?.closeOnce()
  installed?.undo()
  installed = install(options, delivery, fault, replaced)
  // Opened now for its warning, because a first key may come much later.
  if (isEnabled && fault === undefined && findFault(checkConnectionStringOfEnvironment, options) !== undefined)
    delivery.open()
  return installed.osprofiler
}

/** Throws if nothing can be traced, and with `strict` for any other mistake in the environment. */
function checkSettings(options: SetupOptions): void {
  readInstrumentation(options)
  if (!options.strict) return
  checkKeys(options)
  checkConnectionStringOfEnvironment(options)
}

function findFault(check: (options: SetupOptions) => void, options: SetupOptions): unknown {
  try {
    check(options)
    return undefined
  } catch (error) {
    return error
  }
}

function install(
  options: SetupOptions,
  delivery: Delivery,
  fault: unknown,
  replaced: Promise<void> | undefined,
): Installed {
  const previousNotifier = getNotifier()
  const configuration = pickConfiguration(options)
  const undos = [configure(fault === undefined ? configuration : { ...configuration, enabled: false })]
  let closing: Promise<void> | undefined

  function useNotifier(notifier: Notifier): void {
    // A notifier that the program has set since stays.
    if (getNotifier() !== previousNotifier) return
    setNotifier(notifier)
    undos.push(() => {
      if (getNotifier() === notifier) setNotifier(previousNotifier)
    })
  }

  function installInstruments(): void {
    try {
      const { names, options: instrumentOptions } = readInstrumentation(options)
      delivery.open()
      undos.push(instrument(names, instrumentOptions))
      useNotifier(delivery.notifier)
    } catch (error) {
      stayUntraced(error)
    }
  }

  /** An adapter with its own switch may still trace. Its records are discarded without a warning. */
  function stayUntraced(error: unknown): void {
    warn('OSPROFILER_CONFIGURATION', 'Nothing is traced:', error)
    useNotifier(() => undefined)
  }

  if (fault === undefined) undos.push(beforeFirstTrace(installInstruments))
  else stayUntraced(fault)

  function undo(): void {
    if (installed?.osprofiler !== osprofiler) return
    installed = undefined
    for (const undoOne of undos.splice(0).reverse()) undoOne()
  }

  async function close(): Promise<void> {
    // After the delivery, so that records made during it are still taken.
    await delivery.end()
    undo()
    await Promise.all([delivery.close(), replaced])
  }

  function closeOnce(): Promise<void> {
    closing ??= close()
    return closing
  }

  const osprofiler: Osprofiler<Notifier> = {
    get driver() {
      return delivery.driver
    },
    notifier: delivery.notifier,
    flush: () => delivery.flush(),
    close() {
      forgetWarnings()
      return closeOnce()
    },
  }
  return { osprofiler, undo, closeOnce }
}
