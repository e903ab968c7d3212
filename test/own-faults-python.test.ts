import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { DEBIAN_PYTHON, fetchNewestPython } from './servers/python-osprofiler.js'

const SCRIPT = fileURLToPath(new URL('python/own_faults.py', import.meta.url))

/** These tests check what docs/reading-a-trace.md says about faults in Python's services. */
describe.each([
  ['3.4.3', async () => DEBIAN_PYTHON],
  ['4.4.0', fetchNewestPython],
])("the docs about faults of Python's OSProfiler %s and about remedies", (version, findPython) => {
  it('are right about a thread that serves calls, and about a signature with non-ASCII characters', async () => {
    const shown = await ask(findPython)

    expect(shown).toMatchObject({ threadKeeps: ['aaaa', 'aaaa'], threadCleans: ['aaaa', 'bbbb'] })
    expect(shown).toMatchObject({ ascii: '200 OK', beyondAscii: expect.stringContaining('non-ASCII') })
  })

  it('are right about the hook for outgoing requests, if this version has the hook', async () => {
    const { raises, raisesAndStops } = await ask(findPython)

    const stopped = ['wsgi-start', 'http-start', 'http-stop', 'db-start', 'db-stop', 'wsgi-stop']
    const has = version === '4.4.0'
    expect(raises).toEqual(has ? ['wsgi-start', 'http-start', 'db-start', 'db-stop', 'http-stop'] : null)
    expect(raisesAndStops).toEqual(has ? stopped : null)
  })
})

async function ask(findPython: () => Promise<string>): Promise<Record<string, unknown>> {
  return JSON.parse(execFileSync(await findPython(), ['-W', 'ignore', SCRIPT], { encoding: 'utf8' }))
}
