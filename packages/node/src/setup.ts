import { configure, type Driver, getNotifier, type Notifier, type QueueNotifier, setNotifier } from '@osprofiler/core'
import { beforeFirstTrace, Promise } from '@osprofiler/core/toolkit'
import { instrument } from '@osprofiler/instruments'
import { checkConnectionStringOfEnvironment, type Delivery, prepareDelivery } from './delivery.js'
import { checkKeys, isDisabled, readInstrumentation } from './environment.js'
import { checkOptions, pickConfiguration, type SetupOptions } from './setup-options.js'
import { forgetWarnings, warn } from './warn.js'

/** The result of `setup`. */
export interface Osprofiler<N extends Notifier = QueueNotifier> {
  /** The store, opened on first use, or `undefined` if your own notifier receives the records. */
  readonly driver: Driver | undefined
  /** The receiver of the records: a queue with `stats` and events, or your own function. */
  readonly notifier: N
  /** Resolves when all current records are in the store, or after 5 s. */
  flush(): Promise<void>
  /**
   * Delivers waiting records, closes the store unless you opened it, and undoes `setup`. Call it at shutdown, after
   * closing the servers. Takes at most 5 s. Records that the store has not accepted by then count as dropped. Never
   * rejects. Further calls wait for the first call.
   */
  close(): Promise<void>
}

interface Installed {
  readonly osprofiler: Osprofiler<Notifier>
  /**
   * Does the same as `close`, but is used when another `setup` replaces this one. The new setup does not repeat
   * warnings that were already printed.
   */
  closeOnce(): Promise<void>
  undo(): void
}

let installed: Installed | undefined

/**
 * Sets up OSProfiler for this process, using options and the environment: the keys, the store, and the instruments for
 * outgoing requests. Your framework's middleware traces incoming requests.
 *
 * `setup` is synchronous. The store is opened when there is something to write, and nothing connects before that. A
 * second call replaces the first setup, whose records are still delivered. Nothing keeps the process alive. When the
 * process ends normally, waiting records are delivered. While tracing is disabled or there is no key, nothing is
 * installed. Installation follows as soon as a keys file, an adapter or `run()` provides the first key. A mistake in
 * the environment causes a process warning. In this case, the program runs untraced, or its traces are not stored.
 *
 * @throws TypeError for a wrong option. In this case, nothing has changed.
 * @throws OsprofilerError for a connection string in the options that no driver accepts (`ERR_CONNECTION_STRING`,
 * `ERR_UNKNOWN_DRIVER`). With `strict`, also for an invalid environment (`ERR_CONFIGURATION`), or if the store's client
 * is not installed (`ERR_MISSING_CLIENT`). In these cases, nothing has changed.
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
  // An error that is thrown here leaves the previous setup active.
  const fault = isEnabled ? findFault(checkSettings, options) : undefined
  if (strict && fault !== undefined) throw fault
  const delivery = prepareDelivery(options, isEnabled && strict)
  const replaced = installed?.closeOnce()
  installed?.undo()
  installed = install(options, delivery, fault, replaced)
  // Opens the store now, so that a warning about it is printed at startup. The first key may be set much later.
  if (isEnabled && fault === undefined && findFault(checkConnectionStringOfEnvironment, options) !== undefined)
    delivery.open()
  return installed.osprofiler
}

/** Throws if nothing can be traced. With `strict`, also throws for any other mistake in the environment. */
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
    // Keeps a notifier that the application has set in the meantime.
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

  /**
   * Leaves the program untraced after a failed setup. An adapter that is enabled separately may still trace, but its
   * records are discarded without a warning.
   */
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
    // The setup is undone after the delivery, so that records made during the delivery are still accepted.
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
