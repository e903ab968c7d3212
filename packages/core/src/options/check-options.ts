import { Array, JSON, Object, TypeError } from '../platform/platform.js'

/** What the value of an option is. A `number` is 0 or more, a `positive` one above 0; `any` is checked by its reader. */
export type OptionKind = 'any' | 'boolean' | 'function' | 'number' | 'object' | 'positive' | 'string'

/** The kinds of options, by name. */
export type OptionKinds<O = Record<string, unknown>> = { readonly [Name in keyof O]-?: OptionKind }

/**
 * Refuses an option that does not exist, or has a value of another kind. For authors of adapters and drivers.
 *
 * @param owner begins the message, such as `setup()`
 * @param options what was given; anything at all
 * @throws TypeError that names the option, and says which options there are.
 */
export function checkOptions(owner: string, options: unknown, kinds: OptionKinds): void {
  checkOptionNames(options, Object.keys(kinds), owner)
  checkOptionKinds(options as object, kinds)
}

/**
 * Refuses an option that does not exist: a limit with a slip in its name would silently not hold.
 *
 * @throws TypeError that says which options there are.
 */
export function checkOptionNames(options: unknown, names: readonly string[], owner: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${owner} takes its options as an object`)
  }
  const unknown = Object.keys(options).find(name => !names.includes(name))
  if (unknown === undefined) return
  throw new TypeError(`${owner} has no option ${JSON.stringify(unknown.slice(0, 60))}. Known: ${names.join(', ')}.`)
}

/** As `checkOptions`, where there may be other options. */
export function checkOptionKinds(options: object, kinds: OptionKinds): void {
  for (const [name, kind] of Object.entries(kinds)) {
    const value: unknown = options[name as keyof typeof options]
    if (value === undefined || kind === 'any') continue
    const known = value === null ? 'null' : typeof value
    if (kind === 'positive') checkPositive(name, value, known)
    else if (known !== kind) throw new TypeError(`${name} is a ${kind}, not ${known}`)
    else if (known === 'number' && !((value as number) >= 0)) {
      throw new TypeError(`${name} is not negative, and not NaN`)
    }
  }
}

function checkPositive(name: string, value: unknown, known: string): void {
  if (typeof value === 'number' && value > 0) return
  throw new TypeError(`${name} is a number above 0, not ${typeof value === 'number' ? value : known}`)
}
