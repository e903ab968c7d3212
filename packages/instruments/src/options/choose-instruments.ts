import { Array, TypeError } from '@osprofiler/core/toolkit'
import { describeValue } from './describe-value.js'

/**
 * Returns the instruments that a list names. If all names begin with `+`, adds them to the default list.
 *
 * @throws TypeError for a value that is not a list, an unknown name, or a mix of names with and without `+`.
 */
export function chooseInstruments<Name extends string>(
  asked: unknown,
  defaults: readonly Name[],
  known: readonly Name[],
): readonly Name[] {
  if (!Array.isArray(asked)) {
    throw new TypeError(
      `The instruments must be a list of names, such as ["fetch"], or be omitted for the default list; not ${describeValue(asked)}`,
    )
  }
  const added = asked.filter(name => typeof name === 'string' && name.startsWith('+'))
  if (added.length > 0 && added.length < asked.length) {
    throw new TypeError(
      'The instruments are named with and without "+". "+express" adds to the default, and "express" replaces the default: ' +
        'write "+" before each name, or before none.',
    )
  }
  const names: Name[] = added.length === 0 ? asked : [...defaults, ...added.map(name => name.slice(1).trim())]
  for (const name of names) {
    if (known.includes(name)) continue
    throw new TypeError(
      `No instrument ${describeValue(name)}. Known: ${known.join(', ')}. A "+" before a name adds it to the default.`,
    )
  }
  return names
}
