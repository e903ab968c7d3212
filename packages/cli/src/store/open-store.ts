import { type Driver, OsprofilerError } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'

/** Options for the store that a command opens. Without them, the environment or the embedded store counts. */
export interface StoreOptions {
  readonly connectionString?: string
  readonly transportUrl?: string
}

/** Open store, and its location for people. */
export interface Store {
  readonly driver: Driver
  /** The location without credentials. */
  readonly shownAs: string
}

/** Opens the store of the options, of the environment, or else the embedded one, while `use` runs. */
export async function withStore<T>(options: StoreOptions, use: (store: Store) => Promise<T>): Promise<T> {
  const driver = openStore(options)
  try {
    return await use({ driver, shownAs: `${driver.name}://${driver.location ?? ''}` })
  } finally {
    await driver.close()
  }
}

/** Works like `withStore`, but the caller closes the store. */
export function openStore(options: StoreOptions): Driver {
  // Drivers find the broker's URL where services give it. Changing the environment affects no one but the command.
  if (options.transportUrl !== undefined) process.env.OSPROFILER_TRANSPORT_URL = options.transportUrl
  return openDriver(options.connectionString ?? (process.env.OSPROFILER_CONNECTION_STRING || 'sqlite://'))
}

const OTHER_TOOLS = 'Look at the traces with the tools of that store.'
/** Why some stores of a kind cannot be read, although others can. */
const WHY_NOT: ReadonlyMap<string, string> = new Map([
  [
    'messaging',
    'Its queue is a quorum queue (rabbit_quorum_queue), which drops notifications that were looked at too often. Whoever consumes the queue, such as Ceilometer, has the traces; or name another store.',
  ],
])

type Reading = 'readRecords' | 'listTraces' | 'listErrorTraces'
type Removing = 'deleteTrace' | 'pruneTraces'

/** Returns the driver's function that reads. Throws `ERR_NOT_READABLE` if there is none. */
export function readable<Name extends Reading>(driver: Driver, name: Name): NonNullable<Driver[Name]> {
  const member = memberOf(driver, name)
  if (member !== undefined) return member
  if (driver.readRecords !== undefined) {
    return fail(`The traces of a store of ${driver.name}:// cannot be listed. Show one by its id.`)
  }
  return fail(`A store of ${driver.name}:// can only be written. ${WHY_NOT.get(driver.name) ?? OTHER_TOOLS}`)
}

/** Returns the driver's function that removes traces. Throws `ERR_NOT_READABLE` if there is none. */
export function removable<Name extends Removing>(driver: Driver, name: Name): NonNullable<Driver[Name]> {
  return (
    memberOf(driver, name) ??
    fail(
      `No trace can be removed from a store of ${driver.name}://. ${WHY_NOT.get(driver.name) ?? "That store's own tools say how long it keeps them."}`,
    )
  )
}

function memberOf<Name extends Reading | Removing>(driver: Driver, name: Name): NonNullable<Driver[Name]> | undefined {
  return driver[name]?.bind(driver) as NonNullable<Driver[Name]> | undefined
}

function fail(message: string): never {
  throw new OsprofilerError('ERR_NOT_READABLE', message)
}
