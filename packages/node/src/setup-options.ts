import type { Configuration, Driver, Notifier, NotifierOptions, OsprofilerError } from '@osprofiler/core'
import {
  Array,
  checkConfiguration,
  checkOptionKinds,
  checkOptionNames,
  Object,
  TypeError,
} from '@osprofiler/core/toolkit'
import { checkConnectionString } from '@osprofiler/drivers'
import {
  type AskedInstrument,
  checkInstruments,
  type MessageOptions,
  type PropagationRules,
  type TraceSql,
} from '@osprofiler/instruments'

/** What `setup` is told. What is not given is taken from the environment, then from the defaults. */
export interface SetupOptions extends Configuration {
  /** The store. Else OSPROFILER_CONNECTION_STRING, else `sqlite://`, the embedded one. */
  readonly connectionString?: string | undefined
  /** In place of a connection string: a store that you opened, and that you close. */
  readonly driver?: Driver | undefined
  /** How records are queued and delivered to the store. */
  readonly notifierOptions?: NotifierOptions | undefined
  /** In place of a store and its queue: your own function, which takes every record. */
  readonly notifier?: Notifier | undefined
  /**
   * Which libraries' calls become points; `+express` is added to the default. Else OSPROFILER_INSTRUMENTS, else all but the
   * frameworks. Where OSPROFILER_TRACE_REQUESTS is false, the default lacks those of outgoing requests (`fetch`, `http`).
   */
  readonly instruments?: readonly AskedInstrument[] | undefined
  /**
   * Who may receive the headers of a trace. Else OSPROFILER_PROPAGATE_TO (hosts, `*.suffix` and ranges, split at
   * commas), else loopback, private addresses and names without a dot.
   */
  readonly propagateTo?: PropagationRules | undefined
  /** Which messages to a broker carry the trace on, and the limits on those that arrive with one. Default: all do. */
  readonly messages?: MessageOptions | undefined
  /** What is recorded of SQL. Else OSPROFILER_TRACE_SQL (`off`, `statements`, `values`), else `off`, nothing. */
  readonly traceSql?: TraceSql | undefined
  /** By the name of the package: libraries that cannot be found in `node_modules`, such as those in a bundle. */
  readonly libraries?: Readonly<Record<string, unknown>> | undefined
  /**
   * Whether a store whose layout has a place of its own for failed traces fills it. Else OSPROFILER_FILTER_ERROR_TRACE,
   * else false. A store that finds failed traces by their records lists them in any case.
   */
  readonly filterErrorTrace?: boolean | undefined
  /**
   * Whether what is wrong in the environment is thrown. Default: false. It is a warning of the process then, and the
   * program runs untraced, or its traces are not stored.
   */
  readonly strict?: boolean | undefined
}

const CONFIGURATION = ['hmacKeys', 'enabled', 'project', 'service', 'redact'] as const
const OPTIONS: readonly (keyof SetupOptions)[] = [
  ...CONFIGURATION,
  'connectionString',
  'driver',
  'notifierOptions',
  'notifier',
  'instruments',
  'propagateTo',
  'messages',
  'traceSql',
  'libraries',
  'filterErrorTrace',
  'strict',
]

/** The part of the options that is `configure`'s. A member set to `undefined` there would forget what it knows. */
export function pickConfiguration(options: SetupOptions): Configuration {
  return Object.fromEntries(
    CONFIGURATION.filter(name => options[name] !== undefined).map(name => [name, options[name]]),
  )
}

/**
 * Checks what the code says, and touches nothing.
 *
 * @throws TypeError for a wrong option.
 * @throws OsprofilerError `ERR_CONNECTION_STRING`, `ERR_UNKNOWN_DRIVER` for a connection string that no driver takes.
 */
export function checkOptions(options: SetupOptions): void {
  checkOptionNames(options, OPTIONS, 'setup()')
  const empty = OPTIONS.find(name => options[name] === null)
  if (empty !== undefined) throw new TypeError(`${empty} is null: leave it out for its default`)
  checkReceiver(options)
  checkOptionKinds(options, { strict: 'boolean', filterErrorTrace: 'boolean' })
  const { instruments, propagateTo, messages, traceSql, libraries } = options
  if (instruments !== undefined && !Array.isArray(instruments)) {
    throw new TypeError('instruments is a list of names, such as ["fetch"] or ["+express"]')
  }
  checkInstruments(instruments, { propagateTo, messages, traceSql, libraries })
  checkConfiguration(pickConfiguration(options))
}

function checkReceiver({ connectionString, driver, notifier, notifierOptions }: SetupOptions): void {
  const receivers = Object.entries({ connectionString, driver, notifier }).filter(([, value]) => value !== undefined)
  if (receivers.length > 1) {
    throw new TypeError(`Give one of ${receivers.map(([name]) => name).join(' and ')}: each says where the records go`)
  }
  if (driver !== undefined && typeof driver.write !== 'function') {
    throw new TypeError('driver has no write(): it is what openDriver() of @osprofiler/drivers returns')
  }
  if (notifier !== undefined && typeof notifier !== 'function') {
    throw new TypeError(`notifier is a function that takes a record, not ${typeof notifier}`)
  }
  if (notifierOptions !== undefined && typeof notifierOptions !== 'object') {
    throw new TypeError('notifierOptions is an object: see createNotifier() of @osprofiler/core')
  }
  if (connectionString !== undefined) checkString(connectionString)
}

function checkString(connectionString: string): void {
  try {
    checkConnectionString(connectionString)
  } catch (error) {
    const { code, cause } = error as Partial<OsprofilerError>
    // Else the string is right, and something on this machine is not: that is found when the store is opened.
    const isWrong = cause === undefined && (code === 'ERR_CONNECTION_STRING' || code === 'ERR_UNKNOWN_DRIVER')
    if (isWrong || error instanceof TypeError) throw error
  }
}
