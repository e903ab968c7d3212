import { configure, type Driver, getNotifier, type Notifier, type QueueNotifier, setNotifier } from '@osprofiler/core'
import { Promise } from '@osprofiler/core/toolkit'
import { instrument } from '@osprofiler/instruments'
import { type Delivery, openDelivery } from './delivery.js'
import { type ResolvedOptions, resolveOptions, type SetupOptions } from './setup-options.js'

/** What `setup` has put in place. */
export interface Osprofiler<N extends Notifier = QueueNotifier> {
  /** The store; `undefined` where your own notifier takes the records. */
  readonly driver: Driver | undefined
  /** What takes the records: a queue with `stats` and events, or your own function. */
  readonly notifier: N
  /** Resolves when all that was recorded until now is in the store, or after 5 s. */
  flush(): Promise<void>
  /**
   * For the application's own shutdown, after its servers: delivers what waits (for at most 5 s), closes the store,
   * unless you opened it, and undoes all that `setup` did. Never rejects. Further calls wait for the first.
   */
  close(): Promise<void>
}

interface Installed {
  readonly osprofiler: Osprofiler<Notifier>
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
 * delivered.
 *
 * @throws TypeError for a wrong option; nothing has changed then.
 * @throws OsprofilerError for a connection string that no driver takes (`ERR_CONNECTION_STRING`, `ERR_UNKNOWN_DRIVER`,
 * `ERR_MISSING_CLIENT`), or an environment that cannot be understood (`ERR_CONFIGURATION`); nothing has changed then.
 * @example
 * const osprofiler = setup({ connectionString: 'sqlite:///traces.db', service: 'catalog' })
 * process.once('SIGTERM', () => server.close(() => osprofiler.close()))
 */
export function setup(options?: SetupOptions & { readonly notifier?: undefined }): Osprofiler
export function setup(options: SetupOptions): Osprofiler<Notifier>
export function setup(options: SetupOptions = {}): Osprofiler<Notifier> {
  const resolved = resolveOptions(options)
  // Tried and taken back: a mistake is found while what was set up before is still in place.
  instrument(resolved.instruments, resolved.instrumentOptions)()
  configure(resolved.configuration)()
  const delivery = openDelivery(resolved)
  const replaced = installed?.osprofiler.close()
  installed?.undo()
  installed = install(resolved, delivery, replaced)
  return installed.osprofiler
}

function install(resolved: ResolvedOptions, delivery: Delivery, replaced: Promise<void> | undefined): Installed {
  const { driver, notifier } = delivery
  const before = getNotifier()
  const unconfigure = configure(resolved.configuration)
  const uninstrument = instrument(resolved.instruments, resolved.instrumentOptions)
  setNotifier(notifier)
  let closing: Promise<void> | undefined

  function undo(): void {
    if (installed?.osprofiler !== osprofiler) return
    installed = undefined
    uninstrument()
    unconfigure()
    if (getNotifier() === notifier) setNotifier(before)
  }

  async function close(): Promise<void> {
    // Undone after the delivery: what is recorded during it is still taken.
    await Promise.all([delivery.end(), replaced])
    undo()
    await delivery.close()
  }

  const osprofiler: Osprofiler<Notifier> = {
    driver,
    notifier,
    flush: () => delivery.flush(),
    close() {
      closing ??= close()
      return closing
    },
  }
  return { osprofiler, undo }
}
