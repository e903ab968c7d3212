import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

const ESCAPE = String.fromCharCode(27)
const GREEN = '32'
const POKU_TEST = RegExp(`^\\s*${ESCAPE}\\[(31|32)m(?:${ESCAPE}\\[1m)?[●✘] (.*?)${ESCAPE}\\[0m`)
const PG_STATES = { '✔': 'passed', 'FAILED!': 'failed', '? - SKIPPED': 'skipped' }

/** Reads the tests of one run, by name: `{ state, error }`. A second test with the same name is called `name #2`. */
export function readResults(format, file, output, folder) {
  const results = new Map()
  const add = ({ name, state, error }) => {
    let unique = name
    for (let number = 2; results.has(unique); number++) unique = `${name} #${number}`
    results.set(unique, { state, error })
  }
  for (const result of READERS[format](file, output, folder)) add(result)
  return results
}

const READERS = {
  /** Reads the output of our own reporters: one result per line. */
  lines(file) {
    if (!existsSync(file)) return []
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter(line => line.startsWith('{'))
      .map(line => JSON.parse(line))
  },

  /** Reads Jest's JSON format, which Vitest also writes. */
  jest(file, _output, folder) {
    if (!existsSync(file)) return []
    const { testResults } = JSON.parse(readFileSync(file, 'utf8'))
    return testResults.flatMap(({ name, message, status, assertionResults }) => {
      const short = relative(folder, name)
      const tests = assertionResults.map(({ fullName, status: state, failureMessages = [] }) => ({
        name: `${short} > ${fullName}`,
        state: state === 'passed' || state === 'failed' ? state : 'skipped',
        error: failureMessages.join('\n') || undefined,
      }))
      if (tests.length > 0) return tests
      return [{ name: short, state: status === 'failed' ? 'failed' : 'passed', error: message }]
    })
  },

  /** Reads the output of the test runners of pg and mysql2: a mark after a name, or a colored mark before it. */
  printed(_file, output) {
    return output.split('\n').flatMap(line => {
      const [, color, title] = POKU_TEST.exec(line) ?? []
      if (title !== undefined) return [{ name: title, state: color === GREEN ? 'passed' : 'failed' }]
      const [, name, mark] = /^ {2}(\S.*) (✔|FAILED!|\? - SKIPPED)$/.exec(line) ?? []
      return mark === undefined ? [] : [{ name, state: PG_STATES[mark] }]
    })
  },

  /** Reads the top level of a TAP report. */
  tap(_file, output) {
    return output.split('\n').flatMap(line => {
      const [, not, description] = /^(not )?ok \d+(?: -)? ?(.*)$/.exec(line) ?? []
      if (description === undefined) return []
      const [name = '', directive] = description.split(/ # (?=(?:SKIP|TODO))/i)
      return [{ name, state: directive !== undefined ? 'skipped' : not ? 'failed' : 'passed', error: line }]
    })
  },
}
