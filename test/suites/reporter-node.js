// A reporter for `node --test`. It writes a line for each test, named by its file and all suites around it.

import { relative } from 'node:path'
import { inspect } from 'node:util'

export default async function* report(events) {
  const path = []
  for await (const { type, data } of events) {
    if (type === 'test:start') path[data.nesting] = shorten(data.name)
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const { nesting, name, file, skip, todo, details = {} } = data
    const names = [...path.slice(0, nesting), shorten(name)]
    if (file !== undefined && names[0] !== shorten(file)) names.unshift(shorten(file))
    const left = skip !== undefined || todo !== undefined
    const state = left ? 'skipped' : type === 'test:pass' ? 'passed' : 'failed'
    const error = state === 'failed' ? inspect(details.error?.cause ?? details.error).slice(0, 4000) : undefined
    yield `${JSON.stringify({ name: names.join(' > '), state, error })}\n`
  }
}

function shorten(name) {
  return name.startsWith('/') ? relative(process.cwd(), name) : name
}
