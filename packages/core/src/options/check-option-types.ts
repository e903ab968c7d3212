import { TypeError } from '../platform/platform.js'

/**
 * Checks the types of options that are given; a number must not be negative.
 *
 * @throws TypeError that names the option.
 */
export function checkOptionTypes<O extends object>(
  options: O,
  names: readonly (keyof O & string)[],
  type: 'boolean' | 'function' | 'number' | 'object' | 'string',
): void {
  for (const name of names) {
    const value: unknown = options[name]
    if (value === undefined) continue
    const known = value === null ? 'null' : typeof value
    if (known !== type) throw new TypeError(`${name} is a ${type}, not ${known}`)
    if (known === 'number' && !((value as number) >= 0)) throw new TypeError(`${name} is not negative, and not NaN`)
  }
}
