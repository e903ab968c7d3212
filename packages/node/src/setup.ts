import { configure, type Driver, getNotifier, type Notifier, type QueueNotifier, setNotifier } from '@osprofiler/core'
import { beforeFirstTrace, Promise } from '@osprofiler/core/toolkit'
import { instrument } from '@osprofiler/instruments'
import { checkStoreOfEnvironment, type Delivery, prepareDelivery } from './delivery.js'
import { checkKeys, isDisabled, readInstrumentation } from './environment.js'
import { checkOptions, pickConfiguration, type SetupOptions } from './setup-options.js'
import { forgetWarnings, warn } from './warn.js'

/** What `setup` has put in place. */
export interface Osprofiler<N extends Notifier = QueueNotifier> {
  /** The store, opened when it is asked for; `undefined` where your own notifier takes the records. */
  readonly driver: Driver | undefined
  /** What takes the records: a queue with `stats` and events, or your own function. */
  readonly notifier: N
  /** Resolves when all that was recorded until now is in the store, or after 5 s. */
  flush(): Promise<void>
  /**
   * For the application's own shutdown, after its servers: delivers what waits, closes the store, unless you opened it,
   * and undoes all that `setup` did. Takes 5 s in all at most, whatever hangs; records that the store has not taken by
   * then are counted as dropped. Never rejects. Further calls wait for the first.
   */
  close(): Promise<void>
}

interface Installed {
  readonly osprofiler: Osprofiler<Notifier>
  /** As `close`, for what another `setup` replaces: what was told is not told again. */
  end(): Promise<void>
  /** What `close` does at its end, at once. */
  undo(): void
}

let installed: Installed | undefined

/**
 * Sets OSProfiler up for this process, from options and the environment: keys, store, and the instruments that make
 * outgoing requests points. The middleware of your framework does the rest.
 *
 * Synchronous, and connects to nothing: the store is opened when there is something to write. A second call replaces
 * the first, whose records are still delivered. Nothing keeps the process alive; at its natural end, what waits is
 * delivered. While tracing is disabled, or there is no key, nothing is put in place: that is done when a first key comes,
 * of a keys file, an adapter or `run()`.
 *
 * What is wrong in the environment is a warning of the process: the program runs untraced, or its traces are not stored.
 *
 * @throws TypeError for a wrong option; nothing has changed then.
 * @throws OsprofilerError for a connection string in the options that no driver takes (`ERR_CONNECTION_STRING`,
 * `ERR_UNKNOWN_DRIVER`). With `strict` also for what is wrong in the environment: what cannot be understood
 * (`ERR_CONFIGURATION`), a store's client that is not installed (`ERR_MISSING_CLIENT`). Nothing has changed then.
 * @example
 * const osprofiler = setup({ connectionString: 'sqlite:///traces.db', service: 'catalog' })
 * for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close(() => osprofiler.close()))
 */
export function setup(options?: SetupOptions & { readonly notifier?: undefined }): Osprofiler
export function setup(options: SetupOptions): Osprofiler<Notifier>
export function setup(options: SetupOptions = {}): Osprofiler<Notifier> {
  checkOptions(options)
  const isOn = !isDisabled(options)
  const { strict = false } = options
  // What is wrong is thrown while what was set up before is still in place.
  const fault = isOn ? faultOf(checkAll, options) : undefined
  if (strict && fault !== undefined) throw fault
  const delivery = prepareDelivery(options, isOn && strict)
  const replaced = installed?.end()
  installed?.undo()
  installed = install(options, delivery, fault, replaced)
  // Told now, whenever a first key may come.
  if (isOn && fault === undefined && faultOf(checkStoreOfEnvironment, options) !== undefined) delivery.open()
  return installed.osprofiler
}

/** Why nothing can be traced, or with `strict` what else is wrong in the environment. */
function checkAll(options: SetupOptions): void {
  readInstrumentation(options)
  if (!options.strict) return
  checkKeys(options)
  checkStoreOfEnvironment(options)
}

function faultOf(check: (options: SetupOptions) => void, options: SetupOptions): unknown {
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
  const before = getNotifier()
  const configuration = pickConfiguration(options)
  const undos = [configure(fault === undefined ? configuration : { ...configuration, enabled: false })]
  let closing: Promise<void> | undefined

  function receive(notifier: Notifier): void {
    // One that the program has set since stays.
    if (getNotifier() !== before) return
    setNotifier(notifier)
    undos.push(() => {
      if (getNotifier() === notifier) setNotifier(before)
    })
  }

  function putInPlace(): void {
    try {
      const { names, options: shared } = readInstrumentation(options)
      delivery.open()
      undos.push(instrument(names, shared))
      receive(delivery.notifier)
    } catch (error) {
      stayUntraced(error)
    }
  }

  /** An adapter that is switched on by itself may trace all the same: its records go nowhere, without a word. */
  function stayUntraced(error: unknown): void {
    warn('OSPROFILER_CONFIGURATION', 'Nothing is traced:', error)
    receive(() => undefined)
  }

  if (fault === undefined) undos.push(beforeFirstTrace(putInPlace))
  else stayUntraced(fault)

  function undo(): void {
    if (installed?.osprofiler !== osprofiler) return
    installed = undefined
    for (const undoOne of undos.splice(0).reverse()) undoOne()
  }

  async function close(): Promise<void> {
    // Undone after the delivery: what is recorded during it is still taken.
    await delivery.end()
    undo()
    await Promise.all([delivery.close(), replaced])
  }

  function end(): Promise<void> {
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
      return end()
    },
  }
  return { osprofiler, undo, end }
}
