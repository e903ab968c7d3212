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

/** Options of `setup`. Missing options are read from the environment, or else have defaults. */
export interface SetupOptions extends Configuration {
  /** The store. Default: OSPROFILER_CONNECTION_STRING, or else `sqlite://`, the embedded store. */
  readonly connectionString?: string | undefined
  /** A store that you open and close, instead of a connection string. */
  readonly driver?: Driver | undefined
  /** How records are queued and delivered to the store. */
  readonly notifierOptions?: NotifierOptions | undefined
  /** Your own function for all records, instead of a store and its queue. */
  readonly notifier?: Notifier | undefined
  /**
   * Libraries whose calls become points. `+express` adds Express to the default. Default: OSPROFILER_INSTRUMENTS, or
   * else all libraries except the frameworks. OSPROFILER_TRACE_REQUESTS=false removes `fetch` and `http` from the
   * default.
   */
  readonly instruments?: readonly AskedInstrument[] | undefined
  /**
   * Hosts that may receive the trace headers. Default: OSPROFILER_PROPAGATE_TO (hosts, `*.suffix` and address ranges,
   * separated by commas), or else loopback, private addresses and names without a dot.
   */
  readonly propagateTo?: PropagationRules | undefined
  /** Which messages to a broker get the trace headers (default: all), and the limits for messages that have them. */
  readonly messages?: MessageOptions | undefined
  /**
   * How much of each SQL statement is recorded. Default: OSPROFILER_TRACE_SQL (`off`, `statements`, `values`), or else
   * `off`.
   */
  readonly traceSql?: TraceSql | undefined
  /** The exports of libraries that are not in `node_modules`, such as bundled libraries. The keys are package names. */
  readonly libraries?: Readonly<Record<string, unknown>> | undefined
  /**
   * Whether failed traces are also written to a separate list, index or collection, in stores whose layout has one.
   * Default: OSPROFILER_FILTER_ERROR_TRACE, or else false. Other stores can always list failed traces.
   */
  readonly filterErrorTrace?: boolean | undefined
  /**
   * Whether a mistake in the environment is thrown as an error instead of causing a process warning. Default: false.
   */
  readonly strict?: boolean | undefined
}

const CONFIGURATION_NAMES = [
  'hmacKeys',
  'enabled',
  'project',
  'service',
  'redact',
  'tickets',
  'audience',
  'why',
] as const
const OPTION_NAMES: readonly (keyof SetupOptions)[] = [
  ...CONFIGURATION_NAMES,
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

/** Returns the options for `configure`. Omits undefined options, because they would reset the current values. */
export function pickConfiguration(options: SetupOptions): Configuration {
  return Object.fromEntries(
    CONFIGURATION_NAMES.filter(name => options[name] !== undefined).map(name => [name, options[name]]),
  )
}

/**
 * Checks the options and changes nothing.
 * @throws TypeError for a wrong option.
 * @throws OsprofilerError `ERR_CONNECTION_STRING`, `ERR_UNKNOWN_DRIVER` for a connection string that no driver accepts.
 */
export function checkOptions(options: SetupOptions): void {
  checkOptionNames(options, OPTION_NAMES, 'setup()')
  const nullName = OPTION_NAMES.find(name => options[name] === null)
  if (nullName !== undefined) throw new TypeError(`${nullName} is null: leave it out for its default`)
  checkReceiver(options)
  checkOptionKinds(options, { strict: 'boolean', filterErrorTrace: 'boolean' })
  const { instruments, propagateTo, messages, traceSql, libraries } = options
  if (instruments !== undefined && !Array.isArray(instruments)) {
    throw new TypeError('instruments must be a list of names, such as ["fetch"] or ["+express"]')
  }
  checkInstruments(instruments, { propagateTo, messages, traceSql, libraries })
  checkConfiguration(pickConfiguration(options))
}

function checkReceiver({ connectionString, driver, notifier, notifierOptions }: SetupOptions): void {
  const receivers = Object.entries({ connectionString, driver, notifier }).filter(([, value]) => value !== undefined)
  if (receivers.length > 1) {
    throw new TypeError(
      `Give only one of ${receivers.map(([name]) => name).join(' and ')}: each option decides where the records go`,
    )
  }
  if (driver !== undefined && typeof driver.write !== 'function') {
    throw new TypeError('driver has no write(): use the result of openDriver() of @osprofiler/drivers')
  }
  if (notifier !== undefined && typeof notifier !== 'function') {
    throw new TypeError(`notifier must be a function that takes a record, not ${typeof notifier}`)
  }
  if (notifierOptions !== undefined && (typeof notifierOptions !== 'object' || Array.isArray(notifierOptions))) {
    throw new TypeError('notifierOptions must be an object: see createNotifier() of @osprofiler/core')
  }
  if (connectionString !== undefined) checkConnectionStringOption(connectionString)
}

function checkConnectionStringOption(connectionString: string): void {
  try {
    checkConnectionString(connectionString)
  } catch (error) {
    const { code, cause } = error as Partial<OsprofilerError>
    // Any other error means that the string is valid but something is missing on this machine. Opening the
    // store reports such an error.
    const isMalformed = cause === undefined && (code === 'ERR_CONNECTION_STRING' || code === 'ERR_UNKNOWN_DRIVER')
    if (isMalformed || error instanceof TypeError) throw error
  }
}
