import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { makeDirectory, osprofiler } from './cli-process.js'
import { createShopRecords, SHOP_TRACE, storeRecords, toLines } from './cli-records.js'

/** Characters that a terminal interprets or hides. */
const CONTROL_CHARACTERS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

let directory: string
beforeEach(() => {
  directory = makeDirectory()
})

describe('osprofiler trace diff', () => {
  it('names the parts of a trace that became slower', async () => {
    const [before, after] = [writeRuns('before.jsonl', 10), writeRuns('after.jsonl', 30)]

    const { code, stdout, stderr } = await osprofiler(['trace', 'diff', before, after])

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/71\.0 ms.*171 ms/)
    expect(stdout).toMatch(/Slower[\s\S]*SELECT name FROM items/)
    expect(stdout).not.toContain('\u001b')
  })

  it.each([
    [10, 30, '10%', 2],
    [10, 30, '300%', 0],
    [10, 10, '0%', 0],
    [30, 10, '10%', 0],
  ])('compares %d ms with %d ms using --fail-on %s, and exits with %d', async (old, current, share, expected) => {
    const [before, after] = [writeRuns('before.jsonl', old), writeRuns('after.jsonl', current)]

    const { code, stderr } = await osprofiler(['trace', 'diff', before, after, '--fail-on', share])

    expect(code).toBe(expected)
    if (expected === 0) expect(stderr).toBe('')
    else expect(stderr).toMatch(/^Slower by more than 10 %:\n {2}the whole request, by 141 %\n.*items.* in orders/)
  })

  it('compares traces from a store, from reports and from record files in any combination', async () => {
    const store = `sqlite:///${join(directory, 'traces.db')}`
    await storeRecords(store, createShopRecords())
    const after = writeRuns('after.jsonl', 30)
    await osprofiler(['trace', 'show', after, '--json', '--out', 'after.json'], { cwd: directory })
    const [first, second] = await Promise.all([
      osprofiler(['trace', 'diff', SHOP_TRACE, after, '--connection-string', store]),
      osprofiler(['trace', 'diff', writeRuns('before.jsonl', 10), join(directory, 'after.json')]),
    ])

    expect(first.code).toBe(0)
    expect(second).toEqual(first)
  })

  it('compares the medians of files with many traces', async () => {
    const [before, after] = [writeRuns('before.jsonl', 10, 11, 200), writeRuns('after.jsonl', 11, 10, 10, 12)]

    const { code, stdout } = await osprofiler(['trace', 'diff', before, after, '--json', '--fail-on', '20%'])

    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      runs: { before: 3, after: 4 },
      total: { before: { median: 76_000, samples: 3 }, after: { samples: 4 }, change: 'same' },
    })
  })

  it('with --out, writes a file that only its owner can read, and still exits with 2 for --fail-on', async () => {
    const [before, after, out] = [
      writeRuns('before.jsonl', 10),
      writeRuns('after.jsonl', 30),
      join(directory, 'diff.txt'),
    ]

    const { code, stdout } = await osprofiler(['trace', 'diff', before, after, '--out', out, '--fail-on', '10%'])

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(readFileSync(out, 'utf8')).toContain('Slower')
    expect(statSync(out).mode & 0o777).toBe(0o600)
  })

  it('escapes control characters in hostile records', async () => {
    const hostile = (queryMs: number): string =>
      toLines(createShopRecords({ queryMs, text: '\u001b[2J\r\nEVIL\u202e\u2028\u0000' }))
    writeFileSync(join(directory, 'a.jsonl'), hostile(10))
    writeFileSync(join(directory, 'b.jsonl'), hostile(30))

    for (const options of [['--fail-on', '1%'], ['--json']]) {
      const outcome = await osprofiler(['trace', 'diff', 'a.jsonl', 'b.jsonl', ...options], { cwd: directory })

      expect(outcome.stdout).toContain('\\u001b[2J')
      for (const line of (outcome.stdout + outcome.stderr).split('\n')) expect(line).not.toMatch(CONTROL_CHARACTERS)
      expect(outcome.stdout + outcome.stderr).not.toMatch(/^EVIL/m)
    }
  })

  it.each([
    [['gone.jsonl', 'before.jsonl'], 'Cannot read a trace from gone.jsonl: ENOENT'],
    [['before.jsonl', 'before.jsonl', '--fail-on', 'much'], 'Give a percentage, such as 10%.'],
    [['before.jsonl', 'before.jsonl', '--fail-on', '10'], 'Give a percentage, such as 10%.'],
    [['before.jsonl'], "missing required argument 'after'"],
  ])('fails with exit code 1 for %j', async (args, message) => {
    writeRuns('before.jsonl', 10)

    const { code, stdout, stderr } = await osprofiler(['trace', 'diff', ...args], { cwd: directory })

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(message)
  })
})

/** Writes a file with one trace for each query duration. */
function writeRuns(name: string, ...queriesMs: readonly number[]): string {
  const file = join(directory, name)
  const traces = queriesMs.map((queryMs, index) => {
    const baseId = index === 0 ? SHOP_TRACE : `0199c0de-7000-7abc-8d${String(index).padStart(2, '0')}-0123456789ab`
    return toLines(createShopRecords({ baseId, queryMs }))
  })
  writeFileSync(file, traces.join(''))
  return file
}
