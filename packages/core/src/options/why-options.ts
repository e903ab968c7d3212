import { JSON, Object, TypeError } from '../platform/platform.js'
import { checkOptionKinds, checkOptionNames, type OptionKinds } from './check-options.js'

const LEVELS = ['off', 'waits', 'cpu'] as const
/** The default of `maxPauseMs`: the longest pause of the process that the level `cpu` may cause, in milliseconds. */
const MAX_PAUSE_MS = 250

/**
 * How detailed an account of a request's own time is. `waits` lists what the request waited for. `cpu` also names the
 * functions that used the CPU.
 */
export type WhyLevel = 'waits' | 'cpu'

/** The limits on accounts in this process. An account divides a request's own time among its causes. */
export interface WhySettings {
  /** The highest level that a ticket can ask for. Default: `waits`. */
  readonly level?: 'off' | WhyLevel | undefined
  /** Whether accounts may name code that served other requests. Default: true. */
  readonly others?: boolean | undefined
  /**
   * If the level `cpu` is estimated to pause the process for longer than this, the account has the level `waits`
   * instead. In milliseconds. Default: 250.
   */
  readonly maxPauseMs?: number | undefined
}

/** Settings in which every missing value has been replaced by its default. */
export interface WhyLimits {
  readonly level: 'off' | WhyLevel
  readonly others: boolean
  readonly maxPauseMs: number
}

/** The option `why`: a level alone, or several settings. */
export type WhyOption = 'off' | WhyLevel | WhySettings

/**
 * Checks the option `why`, and replaces missing values by their defaults.
 *
 * @throws TypeError whose message names `source`, the origin of the value
 */
export function readWhyOption(value: unknown, source: string): WhyLimits {
  const defaults = { level: 'waits', others: true, maxPauseMs: MAX_PAUSE_MS } as const
  if (value === undefined) return defaults
  if (typeof value === 'string') return { ...defaults, level: readLevel(value, source) }
  checkOptionNames(value, Object.keys(KINDS), source)
  checkOptionKinds(value as object, KINDS, `${source}.`)
  const { level = 'waits', others = true, maxPauseMs = MAX_PAUSE_MS } = value as WhySettings
  return { level: readLevel(level, `${source}.level`), others, maxPauseMs }
}

const KINDS: OptionKinds<WhySettings> = { level: 'string', others: 'boolean', maxPauseMs: 'number' }

function readLevel(value: string, source: string): 'off' | WhyLevel {
  const level = LEVELS.find(known => known === value)
  if (level !== undefined) return level
  throw new TypeError(`${source} must be off, waits or cpu, not ${JSON.stringify(value.slice(0, 40))}`)
}
