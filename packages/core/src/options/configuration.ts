import { hasOwnKeys, isKeyAwaited, tellFirstKey } from '../keys/first-key.js'
import { type HmacKeys, KeyRing } from '../keys/key-ring.js'
import { warnOfKeyRisks } from '../keys/key-risks.js'
import { splitKeyText } from '../keys/key-text.js'
import { createKeysFile } from '../keys/keys-file.js'
import { OsprofilerError } from '../platform/osprofiler-error.js'
import { emitWarning, JSON, Object, process, TypeError } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import type { TraceRecord } from '../record/trace-record.js'
import { checkOptionKinds } from './check-options.js'
import { packageName } from './package-name.js'

/** What holds for the whole process. What is not given is taken from the environment, then from the defaults. */
export interface Configuration {
  /** Keys that are believed: a list, or one string split at commas. Else OSPROFILER_HMAC_KEYS or its `_FILE`. */
  readonly hmacKeys?: HmacKeys | undefined
  /** Whether requests are traced at all; may change while running. Else OSPROFILER_ENABLED, else true. */
  readonly enabled?: boolean | undefined
  /** The `project` of every record. Else OSPROFILER_PROJECT, else `node`. */
  readonly project?: string | undefined
  /** The `service` of every record. Else OSPROFILER_SERVICE, else the name in the application's package.json. */
  readonly service?: string | undefined
  /**
   * Sees every record before it leaves and returns it, changed or not, or `undefined` to keep it back.
   * A hook that throws costs the record its info, never the request.
   */
  readonly redact?: ((record: TraceRecord) => TraceRecord | undefined) | undefined
}

/** Keys are kept as a ring, which shows them to nobody. */
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
}

const state = shared<State>('configuration', () => ({ settings: {}, resolved: undefined }))

/**
 * Sets what holds for the whole process; members that are not named keep their value, and one set to `undefined`
 * goes back to the environment. Returns a function that puts back what was set before.
 *
 * @throws TypeError for a member of the wrong type.
 */
export function configure(configuration: Configuration): () => void {
  const before = state.settings
  state.settings = { ...before, ...toSettings(configuration) }
  state.resolved = undefined
  // The keys of a file are looked at for that, which nobody else asks for yet.
  if (isKeyAwaited() && isEnabled() && (hasOwnKeys() || configuredKeyRing() !== undefined)) tellFirstKey()
  return () => {
    state.settings = before
    state.resolved = undefined
  }
}

/**
 * Says what `configure` would refuse, and changes nothing.
 *
 * @throws TypeError for a member of the wrong type.
 */
export function checkConfiguration(configuration: Configuration): void {
  toSettings(configuration)
}

/** Whether anything is to be traced. */
export function isEnabled(): boolean {
  return resolved().enabled
}

/** `project` and `service` of this process's records, and the hook that sees them. */
export function recordSettings(): Pick<Resolved, 'project' | 'service' | 'redact'> {
  return resolved()
}

/** The keys that the process believes in now, or `undefined` where there are none. */
export function configuredKeyRing(): KeyRing | undefined {
  const ring = resolved().keyRing()
  if (ring !== undefined && isKeyAwaited() && isEnabled()) tellFirstKey()
  return ring
}

/**
 * Says what in the environment cannot be understood: for whoever reads it at the start of a program, where an
 * error can still be shown. Later it is a warning, and nothing is traced.
 *
 * @throws OsprofilerError `ERR_CONFIGURATION`
 */
export function checkEnvironment(): void {
  readSwitch('OSPROFILER_ENABLED')
  if (process.env.OSPROFILER_HMAC_KEYS && process.env.OSPROFILER_HMAC_KEYS_FILE) {
    throw new OsprofilerError(
      'ERR_CONFIGURATION',
      'Both OSPROFILER_HMAC_KEYS and OSPROFILER_HMAC_KEYS_FILE are set. Unset one: they could contradict each other.',
    )
  }
  readKeysVariable()
}

/**
 * A switch of the environment: true, false, or `undefined` where it is not set.
 *
 * @throws OsprofilerError `ERR_CONFIGURATION` for any other word.
 */
export function readSwitch(name: string): boolean | undefined {
  const word = process.env[name]?.trim().toLowerCase()
  if (word === undefined || word === '') return undefined
  if (['true', '1', 'yes', 'on'].includes(word)) return true
  if (['false', '0', 'no', 'off'].includes(word)) return false
  throw new OsprofilerError('ERR_CONFIGURATION', `${name} is ${JSON.stringify(word.slice(0, 40))}. Use true or false.`)
}

function resolved(): Resolved {
  state.resolved ??= resolve()
  return state.resolved
}

function resolve(): Resolved {
  const { settings } = state
  let service: string | undefined
  const base = {
    project: settings.project ?? (process.env.OSPROFILER_PROJECT || 'node'),
    // Looked for when there is a record: the name is in a file.
    get service() {
      service ??= settings.service ?? (process.env.OSPROFILER_SERVICE || packageName())
      return service
    },
    redact: settings.redact,
  }
  try {
    const enabled = settings.enabled ?? readSwitch('OSPROFILER_ENABLED') ?? true
    if (enabled) checkEnvironment()
    return Object.assign(base, { enabled, keyRing: openKeyRing(settings.keyRing) })
  } catch (error) {
    // This runs while a request is served: the request must not fail of it.
    warnOfNothingTraced(error)
    return Object.assign(base, { enabled: false, keyRing: () => undefined })
  }
}

function openKeyRing(configured: KeyRing | undefined): () => KeyRing | undefined {
  const file = process.env.OSPROFILER_HMAC_KEYS_FILE
  if (configured === undefined) return file ? createKeysFile(file) : createKeysVariable()
  return () => configured
}

/**
 * The keys of the variable, read when keys are asked for: nobody is warned of keys that nobody uses. A program may set the
 * variable late, so an empty one is looked at again.
 */
function createKeysVariable(): () => KeyRing | undefined {
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
      warnOfNothingTraced(error)
    }
    return ring
  }
}

function warnOfNothingTraced(error: unknown): void {
  emitWarning(`Nothing is traced: ${(error as Error).message}`, { code: 'OSPROFILER_CONFIGURATION' })
}

/** @throws OsprofilerError `ERR_CONFIGURATION` where it cannot be read as keys. */
function readKeysVariable(): readonly string[] {
  try {
    return splitKeyText(process.env.OSPROFILER_HMAC_KEYS ?? '')
  } catch (cause) {
    const message = `Cannot use OSPROFILER_HMAC_KEYS: ${(cause as Error).message}.`
    throw new OsprofilerError('ERR_CONFIGURATION', message, { cause })
  }
}

function toSettings(configuration: Configuration): Settings {
  const { hmacKeys, ...settings } = configuration
  checkOptionKinds(configuration, KINDS)
  if (!('hmacKeys' in configuration)) return settings
  const keyRing = hmacKeys === undefined ? undefined : new KeyRing(hmacKeys)
  if (keyRing?.size === 0) throw new TypeError('hmacKeys is empty: give at least one key, or leave it out')
  return { ...settings, keyRing }
}

const KINDS = { enabled: 'boolean', project: 'string', service: 'string', redact: 'function' } as const
