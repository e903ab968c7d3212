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

/** The instruments to install, and the options that all of them share. */
export interface Instrumentation {
  readonly names: readonly InstrumentName[]
  readonly options: InstrumentOptions
}

/** Returns whether tracing is disabled by the options, or else by `OSPROFILER_ENABLED`. */
export function isDisabled({ enabled }: SetupOptions): boolean {
  try {
    return (enabled ?? readSwitch('OSPROFILER_ENABLED')) === false
  } catch {
    // An invalid value is reported later, together with all other mistakes in the settings.
    return false
  }
}

/** Returns whether the options or the environment contain keys. Reads no key file and checks no key. */
export function hasKeySetting({ hmacKeys }: SetupOptions): boolean {
  return Boolean(hmacKeys ?? (process.env.OSPROFILER_HMAC_KEYS || process.env.OSPROFILER_HMAC_KEYS_FILE))
}

/** Returns the connection string in the environment, unless the options contain a destination for the records. */
export function readConnectionString({ connectionString, driver, notifier }: SetupOptions): string | undefined {
  const isReplaced = connectionString !== undefined || driver !== undefined || notifier !== undefined
  return isReplaced ? undefined : process.env.OSPROFILER_CONNECTION_STRING || undefined
}

/** Reads the settings of the instruments. @throws OsprofilerError `ERR_CONFIGURATION` for an invalid environment. */
export function readInstrumentation(options: SetupOptions): Instrumentation {
  checkEnvironment()
  readFilterErrorTrace(options)
  return {
    names: readInstruments(options),
    options: {
      propagateTo: options.propagateTo ?? readPropagateTo(),
      messages: options.messages,
      traceSql: options.traceSql ?? readTraceSql(),
      libraries: options.libraries,
    },
  }
}

/** Reads the option, or else the variable. @throws OsprofilerError `ERR_CONFIGURATION` for an invalid variable. */
export function readFilterErrorTrace({ filterErrorTrace }: SetupOptions): boolean | undefined {
  return filterErrorTrace ?? readSwitch('OSPROFILER_FILTER_ERROR_TRACE')
}

/**
 * Checks the keys file, unless the options contain keys.
 * @throws OsprofilerError `ERR_CONFIGURATION` if the keys file cannot be read.
 */
export function checkKeys({ hmacKeys }: SetupOptions): void {
  const { OSPROFILER_HMAC_KEYS_FILE: file } = process.env
  if (hmacKeys === undefined && file) checkKeysFile(file)
}

function readInstruments({ instruments }: SetupOptions): readonly InstrumentName[] {
  const defaults = chooseDefaultInstruments()
  if (instruments !== undefined) return checkInstruments(instruments, {}, defaults)
  const words = (process.env.OSPROFILER_INSTRUMENTS ?? '').split(',').map(word => word.trim())
  const namesInVariable = words.filter(word => word !== '')
  if (namesInVariable.length === 0) return defaults
  return readVariable('OSPROFILER_INSTRUMENTS', () =>
    checkInstruments(namesInVariable as AskedInstrument[], {}, defaults),
  )
}

function chooseDefaultInstruments(): readonly InstrumentName[] {
  if (readSwitch('OSPROFILER_TRACE_REQUESTS') !== false) return INSTRUMENT_NAMES
  return INSTRUMENT_NAMES.filter(name => name !== 'fetch' && name !== 'http')
}

function readTraceSql(): TraceSql | undefined {
  const word = process.env.OSPROFILER_TRACE_SQL?.trim().toLowerCase() || undefined
  if (word === undefined || word === 'off' || word === 'statements' || word === 'values') return word
  throw new OsprofilerError(
    'ERR_CONFIGURATION',
    `OSPROFILER_TRACE_SQL is ${JSON.stringify(word.slice(0, 40))}. Use off, statements or values.`,
  )
}

function readPropagateTo(): string | undefined {
  const rules = process.env.OSPROFILER_PROPAGATE_TO?.trim() || undefined
  readVariable('OSPROFILER_PROPAGATE_TO', () => createPropagation(rules))
  return rules
}

function readVariable<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const reason = (cause as Error).message
    throw new OsprofilerError('ERR_CONFIGURATION', `${name} cannot be understood: ${reason}`, { cause })
  }
}
