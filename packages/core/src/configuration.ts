import { type HmacKeys, KeyRing } from './key-ring.js'
import { createKeysFile } from './keys-file.js'
import { OsprofilerError } from './osprofiler-error.js'
import { packageName } from './package-name.js'
import { emitWarning, JSON, process, TypeError } from './platform.js'
import type { TraceRecord } from './record.js'
import { shared } from './shared-state.js'

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

interface State {
  configuration: Configuration
  resolved: Resolved | undefined
}

interface Resolved {
  readonly enabled: boolean
  readonly project: string
  readonly service: string
  readonly redact: Configuration['redact']
  readonly keyRing: () => KeyRing | undefined
}

const state = shared<State>('configuration', () => ({ configuration: {}, resolved: undefined }))

/**
 * Sets what holds for the whole process; members that are not named keep their value, and one set to `undefined`
 * goes back to the environment. Returns a function that puts back what was set before.
 *
 * @throws TypeError for a member of the wrong type.
 */
export function configure(configuration: Configuration): () => void {
  checkConfiguration(configuration)
  const before = state.configuration
  const ring = configuration.hmacKeys === undefined ? undefined : new KeyRing(configuration.hmacKeys)
  if (ring?.size === 0) throw new TypeError('hmacKeys is empty: give at least one key, or leave it out')
  state.configuration = { ...before, ...configuration }
  state.resolved = undefined
  return () => {
    state.configuration = before
    state.resolved = undefined
  }
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
  return resolved().keyRing()
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
  new KeyRing(process.env.OSPROFILER_HMAC_KEYS ?? '')
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
  const { configuration } = state
  const settings = {
    project: configuration.project ?? (process.env.OSPROFILER_PROJECT || 'node'),
    service: configuration.service ?? (process.env.OSPROFILER_SERVICE || packageName()),
    redact: configuration.redact,
  }
  try {
    checkEnvironment()
    const enabled = configuration.enabled ?? readSwitch('OSPROFILER_ENABLED') ?? true
    return { ...settings, enabled, keyRing: openKeyRing(configuration.hmacKeys) }
  } catch (error) {
    // This runs while a request is served: the request must not fail of it.
    emitWarning(`Nothing is traced: ${(error as Error).message}`, { code: 'OSPROFILER_CONFIGURATION' })
    return { ...settings, enabled: false, keyRing: () => undefined }
  }
}

function openKeyRing(configured: HmacKeys | undefined): () => KeyRing | undefined {
  const file = process.env.OSPROFILER_HMAC_KEYS_FILE
  if (configured === undefined && file) return createKeysFile(file)
  const ring = new KeyRing(configured ?? process.env.OSPROFILER_HMAC_KEYS ?? '')
  const known = ring.size === 0 ? undefined : ring
  return () => known
}

function checkConfiguration({ enabled, project, service, redact }: Configuration): void {
  const check = (name: string, value: unknown, type: string): void => {
    if (value !== undefined && typeof value !== type) throw new TypeError(`${name} is a ${type}, not ${typeof value}`)
  }
  check('enabled', enabled, 'boolean')
  check('project', project, 'string')
  check('service', service, 'string')
  check('redact', redact, 'function')
}
