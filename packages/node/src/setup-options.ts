import {
  type Configuration,
  checkEnvironment,
  checkOptionNames,
  type Driver,
  type Notifier,
  type NotifierOptions,
  OsprofilerError,
  readSwitch,
} from '@osprofiler/core'
import { Array, Boolean, JSON, Object, process, TypeError } from '@osprofiler/core/toolkit'
import {
  createPropagation,
  INSTRUMENT_NAMES,
  type InstrumentName,
  type InstrumentOptions,
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
   * Which libraries' calls become points. Default: all but the frameworks; where OSPROFILER_TRACE_REQUESTS is false,
   * those of outgoing requests (`fetch`, `http`) are left out too.
   */
  readonly instruments?: readonly InstrumentName[] | undefined
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
}

/** The options with what the environment says of those that are not given. */
export interface ResolvedOptions {
  readonly configuration: Configuration
  readonly connectionString: string | undefined
  readonly driver: Driver | undefined
  readonly notifierOptions: NotifierOptions
  readonly notifier: Notifier | undefined
  readonly instruments: readonly InstrumentName[] | undefined
  readonly instrumentOptions: InstrumentOptions
  readonly filterErrorTrace: boolean | undefined
  /** Whether this process has been given a key at all. */
  readonly hasKeys: boolean
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
]

/**
 * @throws TypeError for a wrong option.
 * @throws OsprofilerError `ERR_CONFIGURATION` for what cannot be understood in the environment.
 */
export function resolveOptions(options: SetupOptions): ResolvedOptions {
  checkOptions(options)
  checkEnvironment()
  const { driver, notifier, notifierOptions = {} } = options
  const replaced = driver !== undefined || notifier !== undefined
  const { OSPROFILER_HMAC_KEYS, OSPROFILER_HMAC_KEYS_FILE, OSPROFILER_CONNECTION_STRING } = process.env
  return {
    configuration: pickConfiguration(options),
    connectionString: options.connectionString ?? (replaced ? undefined : OSPROFILER_CONNECTION_STRING || undefined),
    driver,
    notifier,
    notifierOptions,
    instruments: options.instruments ?? instrumentsOfEnvironment(),
    instrumentOptions: {
      propagateTo: options.propagateTo ?? propagationOfEnvironment(),
      messages: options.messages,
      traceSql: options.traceSql ?? traceSqlOfEnvironment(),
      libraries: options.libraries,
    },
    filterErrorTrace: options.filterErrorTrace ?? readSwitch('OSPROFILER_FILTER_ERROR_TRACE'),
    hasKeys: Boolean(options.hmacKeys ?? (OSPROFILER_HMAC_KEYS || OSPROFILER_HMAC_KEYS_FILE)),
  }
}

/** What `configure` is told: only what was given, for a member set to `undefined` would forget what it knows. */
function pickConfiguration(options: SetupOptions): Configuration {
  return Object.fromEntries(
    CONFIGURATION.filter(name => options[name] !== undefined).map(name => [name, options[name]]),
  )
}

function instrumentsOfEnvironment(): readonly InstrumentName[] | undefined {
  if (readSwitch('OSPROFILER_TRACE_REQUESTS') !== false) return undefined
  return INSTRUMENT_NAMES.filter(name => name !== 'fetch' && name !== 'http')
}

function traceSqlOfEnvironment(): TraceSql | undefined {
  const word = process.env.OSPROFILER_TRACE_SQL?.trim().toLowerCase() || undefined
  if (word === undefined || word === 'off' || word === 'statements' || word === 'values') return word
  throw new OsprofilerError(
    'ERR_CONFIGURATION',
    `OSPROFILER_TRACE_SQL is ${JSON.stringify(word.slice(0, 40))}. Use off, statements or values.`,
  )
}

function propagationOfEnvironment(): string | undefined {
  const rules = process.env.OSPROFILER_PROPAGATE_TO?.trim() || undefined
  try {
    createPropagation(rules)
    return rules
  } catch (cause) {
    const reason = (cause as Error).message
    throw new OsprofilerError('ERR_CONFIGURATION', `OSPROFILER_PROPAGATE_TO cannot be understood: ${reason}`, { cause })
  }
}

function checkOptions(options: SetupOptions): void {
  checkOptionNames(options, OPTIONS, 'setup()')
  const empty = OPTIONS.find(name => options[name] === null)
  if (empty !== undefined) throw new TypeError(`${empty} is null: leave it out for its default`)
  const { connectionString, driver, notifier, notifierOptions, instruments, filterErrorTrace } = options
  const stores = Object.entries({ connectionString, driver, notifier }).filter(([, value]) => value !== undefined)
  if (stores.length > 1) {
    throw new TypeError(`Give one of ${stores.map(([name]) => name).join(' and ')}: each says where the records go`)
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
  if (instruments !== undefined && !Array.isArray(instruments)) {
    throw new TypeError('instruments is a list of names, such as ["fetch"]')
  }
  if (filterErrorTrace !== undefined && typeof filterErrorTrace !== 'boolean') {
    throw new TypeError(`filterErrorTrace is a boolean, not ${typeof filterErrorTrace}`)
  }
}
