import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { withoutOwnKeys } from '../packages/report/test/without-own-keys.js'
import { makeDirectory, osprofiler } from './cli-process.js'
import { createShopRecords, toLines } from './cli-records.js'
import { describeForEachPython } from './python/each-python.js'
import { importOnce, runPythonCommand } from './python/run-python.js'

const TRACES = new URL('./fixtures/conformance/traces/', import.meta.url)

importOnce('graphviz')

let directory: string
beforeEach(() => {
  directory = makeDirectory()
})

describeForEachPython("Python's command and osprofiler", () => {
  it.each([
    ...readdirSync(TRACES)
      .filter(name => name.endsWith('.jsonl'))
      .map(name => new URL(name, TRACES).pathname),
    'shop.jsonl',
  ])('print the same graph and the same JSON for %s', async file => {
    writeFileSync(join(directory, 'shop.jsonl'), toLines(createShopRecords()))
    await osprofiler(['trace', 'show', file, '--json', '--out', 'report.json'], { cwd: directory })

    const [ours, ourJson, theirs, theirJson] = await Promise.all([
      osprofiler(['trace', 'show', file, '--dot'], { cwd: directory }),
      osprofiler(['trace', 'show', file, '--json'], { cwd: directory }),
      showWithPython('--dot'),
      showWithPython('--json'),
    ])

    expect(ours).toEqual({ code: 0, stdout: theirs, stderr: '' })
    expect(withoutOwnKeys(JSON.parse(ourJson.stdout))).toEqual(withoutOwnKeys(JSON.parse(theirJson)))
    // Even the white space is the same, because Python prints the report without reformatting it.
    expect(ourJson.stdout).toBe(theirJson)
  })
})

/** Returns the output of Python's `trace show` for the report that our command wrote. */
function showWithPython(format: string): Promise<string> {
  const args = ['trace', 'show', 'report.json', format, '--connection-string', 'unused://']
  return runPythonCommand(args, { cwd: directory })
}
