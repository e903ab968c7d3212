import { Math, WeakMap } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { type AnyFunction, originalOf, sourceOf } from '../wrapping/stand-in.js'

interface Parameters {
  readonly names: readonly string[]
  readonly hasRest: boolean
}

const knownParameters = shared('parameter-names', () => new WeakMap<object, Parameters>())

// Matches comments, strings, and regular expressions at the start of a value. The commas and brackets inside them are
// not part of the parameter list.
const OPAQUE_SOURCE =
  /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\[\s\S]|[^`\\])*`|(?<=[=(,:?]\s*)\/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\n])+\//g
const PARAMETER_NAME = /^\s*(\.\.\.)?\s*([\p{ID_Continue}$]+)/u
const MAX_SOURCE_CHARS = 4_000

/**
 * Reads a parameter's name from the function's source, because the name may show that the argument is a secret. Native,
 * bound and destructured parameters have no name.
 */
export function readParameterName(fn: AnyFunction, index: number): string {
  const { names, hasRest } = getParameters(fn)
  return names[hasRest ? Math.min(index, names.length - 1) : index] ?? ''
}

function getParameters(fn: AnyFunction): Parameters {
  const original = originalOf(fn)
  let parameters = knownParameters.get(original)
  if (parameters === undefined) {
    const read = readParameters(sourceOf(original).slice(0, MAX_SOURCE_CHARS).replace(OPAQUE_SOURCE, ' '))
    parameters = {
      names: read.map(parameter => PARAMETER_NAME.exec(parameter)?.[2] ?? ''),
      hasRest: /^\s*\.\.\./.test(read.at(-1) ?? ''),
    }
    knownParameters.set(original, parameters)
  }
  return parameters
}

/**
 * Returns the texts between the commas in the first parentheses. A computed method name in square brackets may precede
 * the parentheses.
 */
function readParameters(source: string): readonly string[] {
  const single = /^(?:async\s)?\s*([\p{ID_Continue}$]+)\s*=>/u.exec(source)?.[1]
  if (single !== undefined) return [single]
  const parameters: string[] = []
  let depth = 0
  let current: string | undefined
  for (const character of source) {
    if (depth === 1 && current !== undefined && character === ')') return [...parameters, current]
    if (depth === 1 && current !== undefined && character === ',') {
      parameters.push(current)
      current = ''
    } else if (current !== undefined) {
      current += character
    } else if (depth === 0 && character === '(') {
      current = ''
    }
    if ('([{'.includes(character)) depth++
    if (')]}'.includes(character)) depth--
  }
  return current === undefined ? parameters : [...parameters, current]
}
