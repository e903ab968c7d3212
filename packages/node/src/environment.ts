import { OsprofilerError } from '@osprofiler/core'
import { Boolean, checkEnvironment, checkKeysFile, JSON, process, readSwitch } from '@osprofiler/core/toolkit'
import {
  type AskedInstrument,
  checkInstruments,
  createPropagation,
  INSTRUMENT_NAMES,
  type InstrumentName,
  type InstrumentOptions,
  type TraceSql,
} from '@osprofiler/instruments'
import type { SetupOptions } from './setup-options.js'

/** Which instruments there are to be, and what they share. */
export interface Instrumentation {
  readonly names: readonly InstrumentName[]
  readonly options: InstrumentOptions
}

/** Whether the code or the environment says that nothing is to be traced. */
export function isDisabled({ enabled }: SetupOptions): boolean {
  try {
    return (enabled ?? readSwitch('OSPROFILER_ENABLED')) === false
  } catch {
    // A word that nobody understands is told of with all else that is wrong.
    return false
  }
}

/** Whether this process has been told of keys at all. */
export function namesKeys({ hmacKeys }: SetupOptions): boolean {
  return Boolean(hmacKeys ?? (process.env.OSPROFILER_HMAC_KEYS || process.env.OSPROFILER_HMAC_KEYS_FILE))
}

/** The connection string of the environment, where the code does not say where the records go. */
export function connectionStringOfEnvironment({
  connectionString,
  driver,
  notifier,
}: SetupOptions): string | undefined {
  const isReplaced = connectionString !== undefined || driver !== undefined || notifier !== undefined
  return isReplaced ? undefined : process.env.OSPROFILER_CONNECTION_STRING || undefined
}

/**
 * What the instruments are told by the code, else by the environment.
 *
 * @throws OsprofilerError `ERR_CONFIGURATION` for what cannot be understood in the environment.
 */
export function readInstrumentation(options: SetupOptions): Instrumentation {
  checkEnvironment()
  readFilterErrorTrace(options)
  return {
    names: readInstruments(options),
    options: {
      propagateTo: options.propagateTo ?? propagationOfEnvironment(),
      messages: options.messages,
      traceSql: options.traceSql ?? traceSqlOfEnvironment(),
      libraries: options.libraries,
    },
  }
}

/** @throws OsprofilerError `ERR_CONFIGURATION` */
export function readFilterErrorTrace({ filterErrorTrace }: SetupOptions): boolean | undefined {
  return filterErrorTrace ?? readSwitch('OSPROFILER_FILTER_ERROR_TRACE')
}

/** @throws OsprofilerError `ERR_CONFIGURATION` where there are no keys because their file cannot be read. */
export function checkKeys({ hmacKeys }: SetupOptions): void {
  const { OSPROFILER_HMAC_KEYS_FILE: file } = process.env
  if (hmacKeys === undefined && file) checkKeysFile(file)
}

function readInstruments({ instruments }: SetupOptions): readonly InstrumentName[] {
  const defaults = defaultInstruments()
  if (instruments !== undefined) return checkInstruments(instruments, {}, defaults)
  const words = (process.env.OSPROFILER_INSTRUMENTS ?? '').split(',').map(word => word.trim())
  const asked = words.filter(word => word !== '')
  if (asked.length === 0) return defaults
  return understand('OSPROFILER_INSTRUMENTS', () => checkInstruments(asked as AskedInstrument[], {}, defaults))
}

function defaultInstruments(): readonly InstrumentName[] {
  if (readSwitch('OSPROFILER_TRACE_REQUESTS') !== false) return INSTRUMENT_NAMES
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
  understand('OSPROFILER_PROPAGATE_TO', () => createPropagation(rules))
  return rules
}

function understand<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const reason = (cause as Error).message
    throw new OsprofilerError('ERR_CONFIGURATION', `${name} cannot be understood: ${reason}`, { cause })
  }
}
