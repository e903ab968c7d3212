import { checkOptionNames } from '../check-option-names.js'
import { DEFAULT_MAX_POINTS } from '../point-allowance.js'
import type { NodeRequest } from './node-messages.js'
import type { RefusalReason } from './refusals.js'

/** What every HTTP adapter understands. */
export interface HttpOptions {
  /** The name of the point of a served request. Default `wsgi`, which OSProfiler's readers know. */
  readonly name?: string | undefined
  /** Whether this adapter traces at all. Default: as `configure`, `setup` or OSPROFILER_ENABLED say. */
  readonly enabled?: boolean | undefined
  /** Keeps the query string out of the record. Default false. Values under secret names are always redacted. */
  readonly hideQuery?: boolean | undefined
  /** Requests that are not traced even when signed: health checks, say. Asked for signed requests only. */
  readonly ignore?: ((req: NodeRequest) => boolean) | undefined
  /** Refuses a trace whose id (a UUID of version 7) is older, in seconds. Default 3,600. */
  readonly maxTraceAge?: number | undefined
  /** Refuses traces whose id tells no age. Default false: Python's clients send version 4. */
  readonly datedTracesOnly?: boolean | undefined
  /** Requests traced in a second at most. Default 100. */
  readonly maxTracesPerSecond?: number | undefined
  /** Points recorded of one trace in this process at most; further ones are counted. Default 100,000. */
  readonly maxPointsPerTrace?: number | undefined
  /** Told why a signed request is not traced; at most ten times a second. Answers never tell. */
  readonly onRefused?: ((reason: RefusalReason, req: NodeRequest) => void) | undefined
}

const OPTIONS: readonly (keyof HttpOptions)[] = [
  'name',
  'enabled',
  'hideQuery',
  'ignore',
  'maxTraceAge',
  'datedTracesOnly',
  'maxTracesPerSecond',
  'maxPointsPerTrace',
  'onRefused',
]

/** The options with their defaults. */
export interface ResolvedHttpOptions extends HttpOptions {
  readonly name: string
  readonly hideQuery: boolean
  readonly maxTraceAge: number
  readonly datedTracesOnly: boolean
  readonly maxTracesPerSecond: number
  readonly maxPointsPerTrace: number
}

/** @throws TypeError for an option of the wrong type, or one that does not exist. */
export function resolveHttpOptions(options: HttpOptions): ResolvedHttpOptions {
  checkOptionNames(options, OPTIONS, 'The middleware')
  checkType(options, ['enabled', 'hideQuery', 'datedTracesOnly'], 'boolean')
  checkType(options, ['ignore', 'onRefused'], 'function')
  checkType(options, ['maxTraceAge', 'maxTracesPerSecond', 'maxPointsPerTrace'], 'number')
  checkType(options, ['name'], 'string')
  return {
    ...options,
    name: options.name || 'wsgi',
    hideQuery: options.hideQuery ?? false,
    maxTraceAge: options.maxTraceAge ?? 3_600,
    datedTracesOnly: options.datedTracesOnly ?? false,
    maxTracesPerSecond: options.maxTracesPerSecond ?? 100,
    maxPointsPerTrace: options.maxPointsPerTrace ?? DEFAULT_MAX_POINTS,
  }
}

function checkType(options: HttpOptions, names: readonly (keyof HttpOptions)[], type: string): void {
  for (const name of names) {
    const value = options[name]
    if (value === undefined) continue
    const known = typeof value
    if (known !== type) throw new TypeError(`${name} is a ${type}, not ${known}`)
    if (known === 'number' && !((value as number) >= 0)) throw new TypeError(`${name} is not negative, and not NaN`)
  }
}
