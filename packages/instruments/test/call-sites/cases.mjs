// Runs calls of libraries in traces that record call sites, and prints which points do not name the line of their call.

import { createNotifier, run, setNotifier } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'

const cases = []
const records = []
const notifier = createNotifier({
  name: 'memory',
  write: async batch => void records.push(...batch),
  close: async () => undefined,
})
setNotifier(notifier)
instrument(undefined, { traceSql: 'statements' })

/** Adds a case. The points of `call` must name the line on which `check` is called. */
export function check(name, call, { others = false } = {}) {
  const [, , line = ''] = new Error('here').stack.split('\n')
  const [, file, number] = /([\w.-]+):(\d+):\d+\)?$/.exec(line)
  cases.push({ name, call, file, line: Number(number), others })
}

/** Runs all cases one after another. Prints the names of all cases, and the points with a wrong place. */
export async function runCases() {
  const wrong = []
  for (const { name, call, file, line, others } of cases) {
    records.length = 0
    await run({ hmacKey: 'key', code: true }, call)
    await notifier.flush()
    const starts = records.filter(({ name: recorded }) => recorded.endsWith('-start'))
    const missed = starts.filter(({ info: { code } }) => code?.file.split('/').at(-1) !== file || code.line !== line)
    // Where a library does work of its own, no place is right, and another place is still wrong.
    const faults = others && starts.length > missed.length ? missed.filter(({ info }) => info.code) : missed
    if (starts.length === 0) wrong.push(`${name}: no point`)
    for (const { name: recorded, info } of faults) {
      const { statement = '' } = info.db ?? {}
      wrong.push(
        `${name}: ${recorded} ${statement.slice(0, 60)} is at ${info.code?.file}:${info.code?.line}, not ${line}`,
      )
    }
  }
  console.log(JSON.stringify({ names: cases.map(({ name }) => name), wrong }))
  process.exit(0)
}
