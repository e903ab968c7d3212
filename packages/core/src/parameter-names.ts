const known = new WeakMap<object, readonly string[]>()

/**
 * The names of a function's parameters, so that an argument called `password` is known for one. Read from its
 * source text once; where that says nothing (native, bound, destructured) a name is empty.
 */
export function parameterNames(fn: object): readonly string[] {
  let names = known.get(fn)
  if (names === undefined) {
    names = readNames(Function.prototype.toString.call(fn))
    known.set(fn, names)
  }
  return names
}

function readNames(source: string): readonly string[] {
  const single = /^(?:async\s+)?([\w$]+)\s*=>/.exec(source)?.[1]
  if (single !== undefined) return [single]
  const names: string[] = []
  let depth = 0
  let current = ''
  for (const character of source.slice(source.indexOf('('), 2_000)) {
    if (character === ')' && depth === 1) break
    if (character === ',' && depth === 1) {
      names.push(nameIn(current))
      current = ''
    } else if (depth > 0) {
      current += character
    }
    if ('([{'.includes(character)) depth++
    if (')]}'.includes(character)) depth--
  }
  return [...names, nameIn(current)]
}

function nameIn(parameter: string): string {
  return /^\s*(?:\.\.\.)?\s*([\w$]+)/.exec(parameter)?.[1] ?? ''
}
