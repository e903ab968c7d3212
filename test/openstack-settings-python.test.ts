import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { DEBIAN_PYTHON, fetchNewestPython } from './servers/python-osprofiler.js'

const PAGE = readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8')
const LIST_SCRIPT = `
import json
from osprofiler import opts
print(json.dumps([[group, option.name, option.default] for group, options in opts.list_opts() for option in options]))
`

/** Rows of the settings table. Each maps a setting to its default in Python, as the docs page writes it. */
const ROWS = new Map(
  [...PAGE.matchAll(/^\| `\[(\w+)\] (\w+)`[^|]*\| *`?([^|`]*?)`? *\|/gm)].map(([, group, name, value]) => [
    `${group} ${name}`,
    value,
  ]),
)

it.each([
  ['3.4.3', async () => DEBIAN_PYTHON],
  ['4.4.0', fetchNewestPython],
])("the docs map every setting of Python's OSProfiler %s, with its default", async (_, findPython) => {
  const python = await findPython()
  const options: [string, string, unknown][] = JSON.parse(
    execFileSync(python, ['-c', LIST_SCRIPT], { encoding: 'utf8' }),
  )

  expect(options.length).toBeGreaterThan(8)
  for (const [group, name, value] of options) {
    expect(ROWS.get(`${group} ${name}`), `[${group}] ${name}`).toBe(show(value))
  }
})

/** Returns a default value in the notation of Python's documentation. */
function show(value: unknown): string {
  if (value === null) return 'none'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
