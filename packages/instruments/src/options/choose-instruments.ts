import { TypeError } from '@osprofiler/core/toolkit'

/**
 * The instruments that a list asks for: those that it names, or where each name begins with `+`, the default and these.
 *
 * @throws TypeError for a list that does both: nobody could say whether the default is meant
 */
export function chooseInstruments(asked: readonly string[], defaults: readonly string[]): readonly string[] {
  const added = asked.filter(isAdded)
  if (added.length === 0) return asked
  if (added.length < asked.length) {
    throw new TypeError(
      'The instruments are named with and without "+". "+express" adds to the default, and "express" replaces the default: ' +
        'write "+" before each name, or before none.',
    )
  }
  return [...defaults, ...added.map(name => name.slice(1).trim())]
}

function isAdded(name: unknown): boolean {
  return typeof name === 'string' && name.startsWith('+')
}
