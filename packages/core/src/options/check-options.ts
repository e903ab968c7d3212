import { Array, JSON, Object, TypeError } from '../platform/platform.js'

/**
 * The type of an option. A `number` is 0 or more, and a `positive` number is above 0. `any` accepts every value,
 * because the code that reads the option checks it.
 */
export type OptionKind = 'any' | 'boolean' | 'function' | 'number' | 'object' | 'positive' | 'string'

/** A table for `checkOptions`: the type of each option by name. A table that lacks an option does not compile. */
export type OptionKinds<O = Record<string, unknown>> = { readonly [Name in keyof O]-?: OptionKind }

/**
 * Rejects an unknown option, or a value of the wrong type. For authors of adapters and drivers.
 *
 * @param owner the beginning of the message, such as `setup()`
 * @throws TypeError that names the option
 */
export function checkOptions(owner: string, options: unknown, kinds: OptionKinds): void {
  checkOptionNames(options, Object.keys(kinds), owner)
  checkOptionKinds(options as object, kinds)
}

/**
 * Throws a TypeError for an unknown option. Without this check, a limit with a misspelled name would silently not
 * apply.
 */
export function checkOptionNames(options: unknown, names: readonly string[], owner: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${owner} takes its options as an object`)
  }
  const unknown = Object.keys(options).find(name => !names.includes(name))
  if (unknown === undefined) return
  throw new TypeError(`${owner} has no option ${JSON.stringify(unknown.slice(0, 60))}. Known: ${names.join(', ')}.`)
}

/**
 * Works like `checkOptions`, but allows unknown options.
 *
 * @param path the text before an option's name in a message, such as `why.`
 */
export function checkOptionKinds(options: object, kinds: OptionKinds, path = ''): void {
  for (const [name, kind] of Object.entries(kinds)) {
    const value: unknown = options[name as keyof typeof options]
    if (value === undefined || kind === 'any') continue
    const type = value === null ? 'null' : typeof value
    if (kind === 'positive') checkPositive(path + name, value, type)
    else if (type !== kind) throw new TypeError(`${path}${name} must be of type ${kind}, not ${type}`)
    else if (type === 'number' && !((value as number) >= 0)) {
      throw new TypeError(`${path}${name} must not be negative or NaN`)
    }
  }
}

function checkPositive(name: string, value: unknown, type: string): void {
  if (typeof value === 'number' && value > 0) return
  throw new TypeError(`${name} must be a number above 0, not ${typeof value === 'number' ? value : type}`)
}
