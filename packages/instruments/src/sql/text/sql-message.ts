import { isError, Reflect, RegExp, Set } from '@osprofiler/core/toolkit'
import { hideValues } from '../../errors/hide-values.js'
import { recordWithMessage } from '../../errors/recorded-error.js'
import { type RedactedStatement, redactStatement } from './sql-text.js'

// Members of error objects in which servers report names from the schema.
const SCHEMA_MEMBERS = ['constraint', 'table', 'column', 'schema']
// The same members, as pg and postgres name them in their errors.
const NAME_MEMBERS = [...SCHEMA_MEMBERS, 'dataType', ...SCHEMA_MEMBERS.map(name => `${name}_name`)]

/**
 * Returns the error to record. In its message, parameters, literals and quoted text are hidden, except names that the
 * statement shows.
 */
export function hideValuesInMessage(error: unknown, { text, literals }: RedactedStatement, params: unknown): unknown {
  if (!isError(error)) return typeof error === 'string' ? '' : error
  const names = new Set(text.match(/[\w$]+/g))
  for (const member of NAME_MEMBERS) {
    const name: unknown = Reflect.get(error, member)
    if (typeof name === 'string') names.add(name)
  }
  const values = [params, literals.flatMap(literal => listLiteralValues(literal))]
  const redactError = (each: Error): Error => {
    const message = hideQuotations(hideValues(each.message, values, names), '"', names)
    return recordWithMessage(each, hideQuotations(message, "'", names))
  }
  const shown = redactError(error)
  if (isError(error.cause)) shown.cause = redactError(error.cause)
  return shown
}

/**
 * Finds the first quoted text that is not a known name. Hides everything from there to the last quote, because servers
 * do not escape quotes in values.
 */
function hideQuotations(message: string, quote: string, names: ReadonlySet<string>): string {
  // A quote directly after a letter is an apostrophe, not an opening quote.
  const opening = new RegExp(`(?<!\\w)${quote}`, 'g')
  for (let match = opening.exec(message); match !== null; match = opening.exec(message)) {
    const open = match.index
    const close = message.indexOf(quote, open + 1)
    if (close < 0) return `${message.slice(0, open + 1)}?`
    if (!isKnownName(message.slice(open + 1, close), names)) {
      return `${message.slice(0, open + 1)}?${message.slice(message.lastIndexOf(quote))}`
    }
    opening.lastIndex = close + 1
  }
  return message
}

/**
 * Returns whether quoted text is a name in the statement, such as `users`. `shop.users` counts too, even if the
 * statement contains only `users`.
 */
function isKnownName(quoted: string, names: ReadonlySet<string>): boolean {
  const [last = '', ...before] = quoted.split('.').reverse()
  return quoted === '?' || (names.has(last) && before.every(part => /^\w+$/.test(part)))
}

// Maximum depth to which nested dollar-quoted bodies are read. Real SQL does not nest more deeply.
const MAX_NESTED_BODIES = 3

/**
 * Returns the value of a literal. If the literal is the body of a PostgreSQL function or `DO`, adds the values of the
 * literals in this body.
 */
function listLiteralValues(literal: string, nestedBodies = 0): string[] {
  const quote = /^\$[^$]*\$/.exec(literal)?.[0]
  if (quote === undefined || nestedBodies === MAX_NESTED_BODIES) return [unquote(literal)]
  const body = literal.slice(quote.length, literal.endsWith(quote) ? -quote.length : undefined)
  return [
    body,
    ...redactStatement(body, 'postgresql').literals.flatMap(inner => listLiteralValues(inner, nestedBodies + 1)),
  ]
}

function unquote(literal: string): string {
  const inner = /^[^'"$]{0,2}(['"])(.*)\1$/s.exec(literal)
  return inner?.[2] === undefined ? literal : inner[2].replaceAll(`${inner[1]}${inner[1]}`, inner[1] ?? '')
}
