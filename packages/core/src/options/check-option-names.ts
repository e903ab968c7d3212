import { Array, JSON, Object, TypeError } from '../platform/platform.js'

/**
 * Refuses an option that does not exist: a limit with a slip in its name would silently not hold.
 * For whoever writes an adapter or a driver.
 *
 * @param options what was given; anything at all
 * @param names the options that there are
 * @param owner begins the message, such as `setup()`
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
