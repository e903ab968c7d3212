/**
 * Compares runs by test name. A test is steady if it has the same state in all control runs. A steady test must have
 * this state in each run with this project.
 */
export function compareRuns(control, traced) {
  const names = new Set([...control, ...traced].flatMap(({ results }) => [...results.keys()]))
  const differences = []
  const unsteady = []
  const failedInControl = []
  for (const name of names) {
    const [expected, actual] = [control, traced].map(runs => runs.map(({ results }) => results.get(name)))
    const failed = expected.find(result => result?.state === 'failed')
    if (failed !== undefined) failedInControl.push({ name, error: failed.error?.slice(0, 500) })
    const states = new Set(expected.map(result => result?.state))
    const found = new Set(actual.map(result => result?.state))
    if (states.size > 1) unsteady.push({ name, control: [...states], traced: [...found] })
    else if (traced.length > 0 && control.length > 0 && [...found].some(state => !states.has(state))) {
      differences.push({
        name,
        control: describeState(expected[0]?.state),
        traced: actual.map(result => describeState(result?.state)),
        error: actual.find(result => result?.error !== undefined)?.error,
      })
    }
  }
  return {
    tests: { control: control.map(countResults), traced: traced.map(countResults) },
    points: traced.map(({ points }) => points),
    differences,
    unsteady,
    failedInControl,
  }
}

/**
 * Returns a table row: the suite, its version, the number of tests without and with this project, and the differences.
 */
export function describeRow(name, version, { tests, differences, unsteady, points }) {
  const [control, traced] = [tests.control, tests.traced].map(runs => runs.map(showCount).join(', '))
  const total = Object.values(points[0] ?? {}).reduce((sum, number) => sum + number, 0)
  const row = `| ${name} | ${version} | ${control} | ${traced} | ${differences.length} | ${unsteady.length} | ${total} |`
  const lines = differences.map(difference => `  ${difference.control} -> ${difference.traced}: ${difference.name}`)
  return [row, ...lines].join('\n')
}

function countResults({ results }) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const { state } of results.values()) counts[state]++
  return counts
}

function showCount({ passed, failed, skipped }) {
  return `${passed} passed${failed ? ` ${failed} failed` : ''}${skipped ? ` ${skipped} skipped` : ''}`
}

function describeState(state) {
  return state ?? 'absent'
}
