import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redactStatement } from '../src/sql/text/sql-text.js'
import type { SqlDialect } from '../src/sql/text/sql-tokens.js'

// The tests compose each statement from parts, and know for each part whether it is a value. So the tests need no
// second parser.

/** Every value and every comment contains one of these secrets. No other part contains a secret. */
const SECRET = 'SEALED'
const SECRET_NUMBER = '424242'

interface Part {
  readonly sql: string
  /** A keyword or an identifier, which must be shown if the statement is unambiguous. */
  readonly name?: string
}

const CONFUSING = ["'", '"', '`', '\\', '$$', '$a$', '--', '-- ', '/*', '*/', '#', '\n', '\r', ';', '=', '[', ']', '?']
const PLAIN_TEXT = [' ', ',', 'a', 'E', "E'", 'x', '1', '(', 'SET a = ', 'é', '😀']

/** A string that a user may enter: a secret between characters that may mislead a parser. */
const text = fc
  .tuple(...[0, 1].map(() => fc.array(fc.constantFrom(...CONFUSING, ...PLAIN_TEXT), { maxLength: 6 })))
  .map(([before = [], after = []]) => `${before.join('')}${SECRET}${after.join('')}`)

const doubled = (quote: string) => (value: string) => `${quote}${value.replaceAll(quote, quote + quote)}${quote}`
const backslashed = (quote: string) => (value: string) =>
  `${quote}${value.replace(/['"\\]/g, '\\$&').replaceAll('\n', '\\n')}${quote}`
const withoutBackslash = text.map(value => value.replaceAll('\\', ''))

const dollarQuoted = (value: string) => {
  const tag = ['', 'x', 'body'].find(name => !`${value}$`.includes(`$${name}$`)) ?? 'other'
  return `$${tag}$${value}$${tag}$`
}

const lineComment = (mark: string) => text.map(value => `${mark}${value.replaceAll('\n', '')}\n`)
const numbers = fc.constantFrom(
  ...[SECRET_NUMBER, `-${SECRET_NUMBER}`, `.${SECRET_NUMBER}`, `${SECRET_NUMBER}.`, `1.${SECRET_NUMBER}e5`],
  ...[`1e${SECRET_NUMBER}`, `1E-${SECRET_NUMBER}`, `2.5e+${SECRET_NUMBER}`, `0x${SECRET_NUMBER}`, `1_${SECRET_NUMBER}`],
)

const VALUES: Record<SqlDialect, readonly fc.Arbitrary<string>[]> = {
  postgresql: [
    text.map(doubled("'")),
    text.map(value => `E${backslashed("'")(value)}`),
    text.map(value => `E'a'\n  ${backslashed("'")(value)}`),
    withoutBackslash.map(value => `U&${doubled("'")(value)}`),
    text.map(dollarQuoted),
    fc.constant(`X'${SECRET}'`),
    fc.constant(`B'${SECRET_NUMBER}'`),
    numbers,
  ],
  mysql: [
    text.map(backslashed("'")),
    text.map(backslashed('"')),
    withoutBackslash.map(doubled("'")),
    withoutBackslash.map(doubled('"')),
    text.map(value => `_utf8mb4${backslashed("'")(value)}`),
    fc.constant(`x'${SECRET}'`),
    numbers,
  ],
  sqlite: [text.map(doubled("'")), text.map(value => `= ${doubled('"')(value)}`), fc.constant(`X'${SECRET}'`), numbers],
}

const nested = (value: string) => `/*${value.replaceAll('*/', '').replaceAll('/*', '')} /* it's */ ${SECRET} */`
const flat = (value: string) => `/* ${value.replaceAll('*/', '').replaceAll('/*', '').replace(/\/$/, '')} */`
const COMMENTS: Record<SqlDialect, readonly fc.Arbitrary<string>[]> = {
  postgresql: [text.map(nested), lineComment('--').map(comment => comment.replaceAll('\r', ''))],
  mysql: [text.map(flat), lineComment('-- '), lineComment('#')],
  sqlite: [text.map(flat), lineComment('--')],
}

const QUOTED: Record<SqlDialect, readonly string[]> = {
  postgresql: ['"it\'s"', '"a""b"', '"--"'],
  mysql: ["`it's`", '`a``b`', '`--`'],
  sqlite: ["[it's]", '"a""b"', '`/*`'],
}
const WORDS = ['SELECT', 'orders', 'o.price', 'WHERE', 'FROM', 'IN', 'größe', 'VALUES', 'a$b']
const SIGNS = [',', '(', ')', '=', '<>', '::', '||', '->>', ';', '*', '?']

function partOf(dialect: SqlDialect): fc.Arbitrary<Part> {
  const names = fc.constantFrom(...WORDS, ...(dialect === 'sqlite' ? [] : QUOTED[dialect]))
  return fc.oneof(
    // A comma follows each value, because two adjacent strings are either invalid SQL or a single string.
    { weight: 3, arbitrary: fc.oneof(...VALUES[dialect]).map(sql => ({ sql: `${sql} ,` })) },
    { weight: 1, arbitrary: fc.oneof(...COMMENTS[dialect]).map(sql => ({ sql })) },
    { weight: 3, arbitrary: names.map(name => ({ sql: name, name })) },
    { weight: 1, arbitrary: fc.constantFrom(...QUOTED[dialect]).map(sql => ({ sql })) },
    { weight: 2, arbitrary: fc.constantFrom(...SIGNS).map(sql => ({ sql })) },
  )
}

const space = fc.constantFrom(' ', '\n', '\t', '\r\n', '  ')
const RUNS = { numRuns: 2_000 }

const DIALECTS = ['postgresql', 'mysql', 'sqlite'] as const

describe.each(DIALECTS)('a %s statement', dialect => {
  const statement = fc.array(fc.tuple(partOf(dialect), space), { minLength: 1, maxLength: 14 })

  it('never shows a value, at any position and with any content', () => {
    fc.assert(
      fc.property(statement, parts => {
        const sql = parts.map(([part, between]) => part.sql + between).join('')

        const { text } = redactStatement(sql, dialect)

        expect(text).not.toMatch(/SEALED|424242/)
      }),
      RUNS,
    )
  })

  it('shows its keywords and identifiers if it is unambiguous', () => {
    fc.assert(
      fc.property(statement, parts => {
        const clear = parts.filter(([part]) => !/[\\;]/.test(part.sql))
        const sql = clear.map(([part, between]) => part.sql + between).join('')

        const { text } = redactStatement(sql, dialect)

        const names = clear.flatMap(([{ name }]) => (name === undefined ? [] : [name]))
        expect(names.filter(name => !text.includes(name))).toEqual([])
      }),
      RUNS,
    )
  })

  it('never shows a value, even if it is cut off at any position', () => {
    fc.assert(
      fc.property(statement, fc.nat(), (parts, at) => {
        const sql = parts.map(([part, between]) => part.sql + between).join('')

        // A cut inside a secret leaves only the beginning of the secret, so the pattern is shorter here.
        const { text } = redactStatement(sql.slice(0, at % (sql.length + 1)), dialect)

        expect(text).not.toMatch(/SEAL|4242/)
      }),
      RUNS,
    )
  })
})
