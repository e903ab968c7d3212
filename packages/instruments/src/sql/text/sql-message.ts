import { isError, Reflect, RegExp, Set } from '@osprofiler/core/toolkit'
import { hideValues } from '../../errors/hide-values.js'
import { recordWithMessage } from '../../errors/recorded-error.js'
import { type ReadStatement, readStatement } from './sql-text.js'

// Where servers say what of the schema is meant: names, and no values.
const SCHEMA = ['constraint', 'table', 'column', 'schema']
// As pg calls them, and as postgres does.
const NAMED = [...SCHEMA, 'dataType', ...SCHEMA.map(name => `${name}_name`)]

/**
 * An error of a database without the values that its message repeats: the parameters and the literals of the
 * statement, and all that it quotes, unless it is a name that the statement shows as well.
 */
export function hideInMessage(error: unknown, { text, literals }: ReadStatement, params: unknown): unknown {
  if (!isError(error)) return typeof error === 'string' ? '' : error
  const names = new Set(text.match(/[\w$]+/g))
  for (const member of NAMED) {
    const name: unknown = Reflect.get(error, member)
    if (typeof name === 'string') names.add(name)
  }
  const values = [params, literals.flatMap(literal => valuesOf(literal))]
  const show = (each: Error): Error => {
    const message = hideQuoted(hideValues(each.message, values, names), '"', names)
    return recordWithMessage(each, hideQuoted(message, "'", names))
  }
  const shown = show(error)
  if (isError(error.cause)) shown.cause = show(error.cause)
  return shown
}

/** From the first quotation that is no known name to the last quote of all: quotations in values are not escaped. */
function hideQuoted(message: string, quote: string, names: ReadonlySet<string>): string {
  // Behind a letter it is an apostrophe.
  const opening = new RegExp(`(?<!\\w)${quote}`, 'g')
  for (let match = opening.exec(message); match !== null; match = opening.exec(message)) {
    const open = match.index
    const close = message.indexOf(quote, open + 1)
    if (close < 0) return `${message.slice(0, open + 1)}?`
    if (!isName(message.slice(open + 1, close), names)) {
      return `${message.slice(0, open + 1)}?${message.slice(message.lastIndexOf(quote))}`
    }
    opening.lastIndex = close + 1
  }
  return message
}

/** `users`, or `shop.users`, of which the statement may leave out the first part. */
function isName(quoted: string, names: ReadonlySet<string>): boolean {
  const [last = '', ...before] = quoted.split('.').reverse()
  return quoted === '?' || (names.has(last) && before.every(part => /^\w+$/.test(part)))
}

// A body in a body, in dollar quotes both: deeper ones are nobody's SQL.
const MAX_BODIES = 3

/** The value of a literal, and of those in it where it is the body of a function or of a `DO` of PostgreSQL. */
function valuesOf(literal: string, bodies = 0): string[] {
  const quote = /^\$[^$]*\$/.exec(literal)?.[0]
  if (quote === undefined || bodies === MAX_BODIES) return [unquote(literal)]
  const body = literal.slice(quote.length, literal.endsWith(quote) ? -quote.length : undefined)
  return [body, ...readStatement(body, 'postgresql').literals.flatMap(inner => valuesOf(inner, bodies + 1))]
}

function unquote(literal: string): string {
  const inner = /^[^'"$]{0,2}(['"])(.*)\1$/s.exec(literal)
  return inner?.[2] === undefined ? literal : inner[2].replaceAll(`${inner[1]}${inner[1]}`, inner[1] ?? '')
}
