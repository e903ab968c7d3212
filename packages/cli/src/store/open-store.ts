import { type Driver, OsprofilerError } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'

/**
 * Options for the store that a command opens. Without these options, the command opens the store that environment
 * variables name, or else the embedded store.
 */
export interface StoreOptions {
  readonly connectionString?: string
  readonly transportUrl?: string
}

/** An open store, and its location for messages. */
export interface Store {
  readonly driver: Driver
  /** The location without credentials. */
  readonly shownAs: string
}

/**
 * Opens a store, passes it to `use`, and closes it. Opens the store in the options, or else the store in the
 * environment, or else the embedded store.
 */
export async function withStore<T>(options: StoreOptions, use: (store: Store) => Promise<T>): Promise<T> {
  const driver = openStore(options)
  try {
    return await use({ driver, shownAs: `${driver.name}://${driver.location ?? ''}` })
  } finally {
    await driver.close()
  }
}

/** Opens the same store as `withStore`, but the caller closes it. */
export function openStore(options: StoreOptions): Driver {
  // Drivers read the broker's URL from the same environment variable as in a service. Setting the variable here affects
  // only this process.
  if (options.transportUrl !== undefined) process.env.OSPROFILER_TRANSPORT_URL = options.transportUrl
  return openDriver(options.connectionString ?? (process.env.OSPROFILER_CONNECTION_STRING || 'sqlite://'))
}

const OTHER_TOOLS_ADVICE = 'Look at the traces with the tools of that store.'
/** Advice for stores that cannot be read, although other stores of the same type can. */
const ADVICE_BY_STORE: ReadonlyMap<string, string> = new Map([
  [
    'messaging',
    'Its queue is a quorum queue (rabbit_quorum_queue), which drops notifications that were read too often. The consumer of the queue, such as Ceilometer, has the traces. Or use another store.',
  ],
])

type ReadMethod = 'readRecords' | 'listTraces' | 'listErrorTraces'
type RemoveMethod = 'deleteTrace' | 'pruneTraces'

/**
 * Returns one of the driver's methods for reading. Throws `ERR_NOT_READABLE` if the driver does not have this method.
 */
export function requireReadMethod<Name extends ReadMethod>(driver: Driver, name: Name): NonNullable<Driver[Name]> {
  const member = bindMethod(driver, name)
  if (member !== undefined) return member
  if (driver.readRecords !== undefined) {
    return throwNotReadable(`The traces of the store ${driver.name}:// cannot be listed. Show a trace by its id.`)
  }
  return throwNotReadable(
    `The store ${driver.name}:// cannot be read. ${ADVICE_BY_STORE.get(driver.name) ?? OTHER_TOOLS_ADVICE}`,
  )
}

/**
 * Returns one of the driver's methods for removing traces. Throws `ERR_NOT_READABLE` if the driver does not have this
 * method.
 */
export function requireRemoveMethod<Name extends RemoveMethod>(driver: Driver, name: Name): NonNullable<Driver[Name]> {
  return (
    bindMethod(driver, name) ??
    throwNotReadable(
      `Traces cannot be removed from the store ${driver.name}://. ${ADVICE_BY_STORE.get(driver.name) ?? 'Use the tools of that store to set how long it keeps them.'}`,
    )
  )
}

function bindMethod<Name extends ReadMethod | RemoveMethod>(
  driver: Driver,
  name: Name,
): NonNullable<Driver[Name]> | undefined {
  return driver[name]?.bind(driver) as NonNullable<Driver[Name]> | undefined
}

function throwNotReadable(message: string): never {
  throw new OsprofilerError('ERR_NOT_READABLE', message)
}
