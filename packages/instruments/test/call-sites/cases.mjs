// Makes library calls in traces that record call sites. Prints the points whose call site is not the line of their
// call.

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

/**
 * Adds a case. The call site of each point of `call` must be the line on which `check` is called. `others` means that
 * the library may also make calls of its own.
 */
export function check(name, call, { others = false } = {}) {
  const [, , line = ''] = new Error('here').stack.split('\n')
  const [, file, number] = /([\w.-]+):(\d+):\d+\)?$/.exec(line)
  cases.push({ name, call, file, line: Number(number), others })
}

/** Runs all cases one after another. Prints the names of all cases, and the points with a wrong call site. */
export async function runCases() {
  const wrong = []
  for (const { name, call, file, line, others } of cases) {
    records.length = 0
    await run({ hmacKey: 'key', code: true }, call)
    await notifier.flush()
    const starts = records.filter(({ name: recorded }) => recorded.endsWith('-start'))
    const missed = starts.filter(({ info: { code } }) => code?.file.split('/').at(-1) !== file || code.line !== line)
    // The library's own calls must have no call site. For these calls, any call site is wrong.
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
