import { hasAdapterKeys, isKeyAwaited, runFirstKeyActions } from '../keys/first-key.js'
import { type HmacKeys, KeyRing } from '../keys/key-ring.js'
import { warnOfKeyRisks } from '../keys/key-risks.js'
import { splitKeyText } from '../keys/key-text.js'
import { createKeysFile } from '../keys/keys-file.js'
import { OsprofilerError } from '../platform/osprofiler-error.js'
import { emitWarning, JSON, Object, process, TypeError } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import type { TraceRecord } from '../record/trace-record.js'
import {
  checkTicketOptions,
  readAudience,
  readTicketMode,
  type TicketMode,
  type TicketOptions,
} from '../tickets/ticket-options.js'
import { checkOptionKinds } from './check-options.js'
import { packageName } from './package-name.js'
import { readWhyOption, type WhyLimits, type WhyOption } from './why-options.js'

/** The settings of the whole process. A missing setting comes from the environment, or else is the default. */
export interface Configuration extends TicketOptions {
  /**
   * The highest level of account that a caller's ticket may ask for. An account divides a request's own time among its
   * causes. Default: OSPROFILER_WHY, else `waits`.
   */
  readonly why?: WhyOption | undefined
  /** Trusted keys: a list, or a comma-separated string. Default: OSPROFILER_HMAC_KEYS or OSPROFILER_HMAC_KEYS_FILE. */
  readonly hmacKeys?: HmacKeys | undefined
  /** Whether requests are traced at all. Can be changed at run time. Default: OSPROFILER_ENABLED, else true. */
  readonly enabled?: boolean | undefined
  /** The `project` of every record. Default: OSPROFILER_PROJECT, else `node`. */
  readonly project?: string | undefined
  /** The `service` of every record. Default: OSPROFILER_SERVICE, else the name in the application's package.json. */
  readonly service?: string | undefined
  /**
   * A hook that receives each record and returns it, changed or not, or `undefined` to drop the record. If the hook
   * throws, the record is sent without its info.
   */
  readonly redact?: ((record: TraceRecord) => TraceRecord | undefined) | undefined
}

/** Settings whose keys are in a key ring, because a key ring does not expose them. */
interface Settings extends Omit<Configuration, 'hmacKeys'> {
  readonly keyRing?: KeyRing | undefined
}

interface State {
  settings: Settings
  resolved: Resolved | undefined
}

interface Resolved {
  readonly enabled: boolean
  readonly project: string
  readonly service: string
  readonly redact: Configuration['redact']
  readonly keyRing: () => KeyRing | undefined
  readonly tickets: TicketSettings
  readonly callSites: boolean
  readonly why: WhyLimits
}

/** How the process treats tickets, and the audience names by which tickets may address this process. */
export interface TicketSettings {
  readonly mode: TicketMode
  readonly audience: readonly string[]
}

const state = shared<State>('configuration', () => ({ settings: {}, resolved: undefined }))

/**
 * Sets options for the whole process. Absent members keep their values, and members set to `undefined` revert to the
 * environment. Returns a function that restores the previous settings.
 *
 * @throws TypeError for a member of the wrong type
 */
export function configure(configuration: Configuration): () => void {
  const before = state.settings
  state.settings = { ...before, ...readSettings(configuration) }
  state.resolved = undefined
  // Reads a keys file here only if actions wait for the first key, because no other code needs the keys yet.
  if (isKeyAwaited() && isEnabled() && (hasAdapterKeys() || configuredKeyRing() !== undefined)) runFirstKeyActions()
  return () => {
    state.settings = before
    state.resolved = undefined
  }
}

/** Throws the TypeError that `configure` would throw. Changes nothing. */
export function checkConfiguration(configuration: Configuration): void {
  readSettings(configuration)
}

/** Returns whether tracing is enabled. */
export function isEnabled(): boolean {
  return getResolved().enabled
}

/** Returns the `project` and `service` of this process's records, and the `redact` hook. */
export function getRecordSettings(): Pick<Resolved, 'project' | 'service' | 'redact'> {
  return getResolved()
}

/** Returns the limits on accounts in this process. An account divides a request's own time among its causes. */
export function getWhySettings(): WhyLimits {
  return getResolved().why
}

/** Returns whether this process records the call sites of points if a caller's ticket asks for them. */
export function recordsCallSites(): boolean {
  return getResolved().callSites
}

/** Returns how the process treats tickets. */
export function getTicketSettings(): TicketSettings {
  return getResolved().tickets
}

/** Returns the keys that the process trusts now, or `undefined` if there are none. */
export function configuredKeyRing(): KeyRing | undefined {
  const ring = getResolved().keyRing()
  if (ring !== undefined && isKeyAwaited() && isEnabled()) runFirstKeyActions()
  return ring
}

/**
 * Checks the environment variables. Call this function at startup. At run time, an error in a variable only causes a
 * warning, and nothing is traced.
 *
 * @throws OsprofilerError `ERR_CONFIGURATION`
 */
export function checkEnvironment(): void {
  readSwitch('OSPROFILER_ENABLED')
  readSwitch('OSPROFILER_CODE')
  readTicketVariable()
  readWhyVariable()
  if (process.env.OSPROFILER_HMAC_KEYS && process.env.OSPROFILER_HMAC_KEYS_FILE) {
    throw new OsprofilerError(
      'ERR_CONFIGURATION',
      'Both OSPROFILER_HMAC_KEYS and OSPROFILER_HMAC_KEYS_FILE are set. Unset one: they could contradict each other.',
    )
  }
  readKeysVariable()
}

/**
 * Reads a boolean environment variable. Returns `undefined` if the variable is not set.
 *
 * @throws OsprofilerError `ERR_CONFIGURATION` if the value is not a boolean, such as `true`, `no`, `on` or `0`
 */
export function readSwitch(name: string): boolean | undefined {
  const word = process.env[name]?.trim().toLowerCase()
  if (word === undefined || word === '') return undefined
  if (['true', '1', 'yes', 'on'].includes(word)) return true
  if (['false', '0', 'no', 'off'].includes(word)) return false
  throw new OsprofilerError('ERR_CONFIGURATION', `${name} is ${JSON.stringify(word.slice(0, 40))}. Use true or false.`)
}

function getResolved(): Resolved {
  state.resolved ??= resolveSettings()
  return state.resolved
}

function resolveSettings(): Resolved {
  const { settings } = state
  let service: string | undefined
  const withoutKeys = {
    project: settings.project ?? (process.env.OSPROFILER_PROJECT || 'node'),
    // The service's name may have to be read from a file, so it is determined only when the first record needs it.
    get service() {
      service ??= settings.service ?? (process.env.OSPROFILER_SERVICE || packageName())
      return service
    },
    redact: settings.redact,
  }
  const audience = readAudience(settings.audience ?? process.env.OSPROFILER_AUDIENCE ?? '')
  try {
    const enabled = settings.enabled ?? readSwitch('OSPROFILER_ENABLED') ?? true
    if (enabled) checkEnvironment()
    const tickets: TicketSettings = { mode: settings.tickets ?? readTicketVariable() ?? 'accept', audience }
    const callSites = readSwitch('OSPROFILER_CODE') ?? true
    const why = settings.why === undefined ? readWhyVariable() : readWhyOption(settings.why, 'why')
    const keyRing = createKeyRingReader(settings.keyRing)
    return Object.assign(withoutKeys, { enabled, keyRing, tickets, callSites, why })
  } catch (error) {
    // This code runs while a request is served. An error must not make the request fail.
    warnThatNothingIsTraced(error)
    const tickets: TicketSettings = { mode: 'required', audience }
    const why = readWhyOption('off', 'why')
    return Object.assign(withoutKeys, { enabled: false, keyRing: () => undefined, tickets, callSites: false, why })
  }
}

function createKeyRingReader(configured: KeyRing | undefined): () => KeyRing | undefined {
  const file = process.env.OSPROFILER_HMAC_KEYS_FILE
  if (configured === undefined) return file ? createKeysFile(file) : createVariableReader()
  return () => configured
}

/**
 * Reads the keys on first use, so that unused keys cause no warning. An empty variable is read again on the next use,
 * because the application may set it later.
 */
function createVariableReader(): () => KeyRing | undefined {
  let isKnown = false
  let ring: KeyRing | undefined
  return () => {
    if (isKnown) return ring
    try {
      const keys = readKeysVariable()
      if (keys.length === 0) return undefined
      isKnown = true
      ring = new KeyRing(keys)
      warnOfKeyRisks(keys, { source: 'OSPROFILER_HMAC_KEYS' })
    } catch (error) {
      isKnown = true
      warnThatNothingIsTraced(error)
    }
    return ring
  }
}

function warnThatNothingIsTraced(error: unknown): void {
  emitWarning(`Nothing is traced: ${(error as Error).message}`, { code: 'OSPROFILER_CONFIGURATION' })
}

/** @throws OsprofilerError `ERR_CONFIGURATION` if the variable does not contain valid keys */
function readKeysVariable(): readonly string[] {
  try {
    return splitKeyText(process.env.OSPROFILER_HMAC_KEYS ?? '')
  } catch (cause) {
    const message = `Cannot use OSPROFILER_HMAC_KEYS: ${(cause as Error).message}.`
    throw new OsprofilerError('ERR_CONFIGURATION', message, { cause })
  }
}

/** @throws OsprofilerError `ERR_CONFIGURATION` if the variable does not contain a ticket mode */
function readTicketVariable(): TicketMode | undefined {
  const word = process.env.OSPROFILER_TICKETS?.trim().toLowerCase()
  if (word === undefined || word === '') return undefined
  try {
    return readTicketMode(word, 'OSPROFILER_TICKETS')
  } catch (cause) {
    throw new OsprofilerError('ERR_CONFIGURATION', (cause as Error).message, { cause })
  }
}

/** @throws OsprofilerError `ERR_CONFIGURATION` if the variable does not contain a level */
function readWhyVariable(): WhyLimits {
  const word = process.env.OSPROFILER_WHY?.trim().toLowerCase()
  try {
    return readWhyOption(word || undefined, 'OSPROFILER_WHY')
  } catch (cause) {
    throw new OsprofilerError('ERR_CONFIGURATION', (cause as Error).message, { cause })
  }
}

function readSettings(configuration: Configuration): Settings {
  const { hmacKeys, ...settings } = configuration
  checkOptionKinds(configuration, OPTION_KINDS)
  checkTicketOptions(configuration)
  readWhyOption(configuration.why, 'why')
  if (!('hmacKeys' in configuration)) return settings
  const keyRing = hmacKeys === undefined ? undefined : new KeyRing(hmacKeys)
  if (keyRing?.size === 0) throw new TypeError('hmacKeys is empty: give at least one key, or leave it out')
  return { ...settings, keyRing }
}

const OPTION_KINDS = { enabled: 'boolean', project: 'string', service: 'string', redact: 'function' } as const
