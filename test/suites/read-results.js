import { existsSync, readFileSync } from 'node:fs'

const ANSI = RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g')

/** The tests of one run, each by its name: `{ state, error }`. Of tests with one name the second is `name #2`. */
export function readResults(format, file, output) {
  const results = new Map()
  const add = ({ name, state, error }) => {
    let unique = name
    for (let number = 2; results.has(unique); number++) unique = `${name} #${number}`
    results.set(unique, { state, error })
  }
  for (const result of READERS[format](file, output)) add(result)
  return results
}

const READERS = {
  /** What our own reporters write: a result in each line. */
  lines(file) {
    if (!existsSync(file)) return []
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter(line => line.startsWith('{'))
      .map(line => JSON.parse(line))
  },

  /** The JSON of Jest, which is that of Vitest too. */
  jest(file) {
    if (!existsSync(file)) return []
    const { testResults } = JSON.parse(readFileSync(file, 'utf8'))
    return testResults.flatMap(({ name, message, status, assertionResults }) => {
      const short = name
        .replace(`${process.env.OSPROFILER_SUITES_FOLDER ?? ''}/`, '')
        .replace(/^.*?\/suites\/[^/]+\//, '')
      const tests = assertionResults.map(({ fullName, status: state, failureMessages = [] }) => ({
        name: `${short} > ${fullName}`,
        state: state === 'passed' || state === 'failed' ? state : 'skipped',
        error: failureMessages.join('\n') || undefined,
      }))
      if (tests.length > 0) return tests
      return [{ name: short, state: status === 'failed' ? 'failed' : 'passed', error: message }]
    })
  },

  /** Marks at the start or the end of printed lines, of the runners of pg and mysql2. */
  printed(_file, output) {
    return output
      .replace(ANSI, '')
      .split('\n')
      .flatMap(line => {
        const [, name, mark] = /^ {2}(\S.*) (✔|FAILED!|\? - SKIPPED)$/.exec(line) ?? []
        if (mark !== undefined)
          return [{ name, state: mark === '✔' ? 'passed' : mark === 'FAILED!' ? 'failed' : 'skipped' }]
        const [, sign, title] = /^\s*([✔✘]) (.*?)(?: › [\d.]+ms)?$/.exec(line) ?? []
        return sign === undefined ? [] : [{ name: title, state: sign === '✔' ? 'passed' : 'failed' }]
      })
  },

  /** The top level of TAP. */
  tap(_file, output) {
    return output.split('\n').flatMap(line => {
      const [, not, description] = /^(not )?ok \d+(?: -)? ?(.*)$/.exec(line) ?? []
      if (description === undefined) return []
      const [name = '', directive] = description.split(/ # (?=(?:SKIP|TODO))/i)
      return [{ name, state: directive !== undefined ? 'skipped' : not ? 'failed' : 'passed', error: line }]
    })
  },
}
