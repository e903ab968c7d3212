import { readTraceFile } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'

const MEGABYTE = 1_000_000

/** Yields a text in pieces, like a socket or a file. */
function* pieces(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += 65_536) yield text.slice(at, at + 65_536)
}

function repeat(part: string, length: number): string {
  return part.repeat(Math.ceil(length / part.length))
}

/** Small files that would take many times their size in memory. */
const REFUSED: Readonly<Record<string, (length: number) => string>> = {
  'empty children': length => `{"children":[${repeat('{},', length)}{}]}`,
  'empty lists in a record': length => `{"name":"a-start","info":{"a":[${repeat('[],', length)}[]]}}\n`,
  'nested lists': length => `{"name":"a-start","info":${'['.repeat(length)}`,
  'a list of empty records': length => `[${repeat('{},', length)}{}]`,
  'empty events': length => `{"traceEvents":[${repeat('{},', length)}{}]}`,
  'empty spans': length => `{"resourceSpans":[${repeat('{},', length)}{}]}`,
  'lines that contain almost nothing': length => repeat('{"name":"a"}\n', length),
  'a list of records that contain almost nothing': length => `[${repeat('{"trace_id":"a"},', length)}{"trace_id":"a"}]`,
  'children that contain almost nothing': length => `{"children":[${repeat('{"trace_id":"a"},', length)}{}]}`,
  'additional records of a point': length =>
    `{"children":[{"info":{"marks":[],"other_records":[${repeat('{"name":"a"},', length)}{}]}}]}`,
}

describe('a trace file', () => {
  it.each(Object.entries(REFUSED))('is refused if it would take many times its size in memory: %s', async (_, make) => {
    await expect(readTraceFile(pieces(make(8 * MEGABYTE)))).rejects.toThrow(RangeError)
    await expect(readTraceFile(pieces(make(8 * MEGABYTE)))).rejects.toThrow(/^The file contains more than \d+ /)
  })

  it('with many empty objects shows some of them as points, and counts the others', async () => {
    const { points, leftOut } = await readTraceFile(pieces('{}\n'.repeat(100_000)))

    expect(points).toHaveLength(1_000)
    expect(leftOut).toBe(99_000)
  })

  it('is refused if it has more records than the given maximum', async () => {
    const lines = Array.from({ length: 11 }, (_, index) => `{"name":"a-start","trace_id":"${index}"}\n`)

    expect((await readTraceFile(lines.slice(1), { mostRecords: 10 })).points).toHaveLength(10)
    await expect(readTraceFile(lines, { mostRecords: 10 })).rejects.toThrow('more than 10 records')
  })

  it('is rejected with the correct line number even after blank lines', async () => {
    await expect(readTraceFile(['\n \r\n\n', '{"name":"a-start"}\nnonsense\n'])).rejects.toThrow(
      'Line 5 is not a record',
    )
  })
})

/** Texts that an inefficient parser would scan again from the start for each piece. */
const LINEAR: Readonly<Record<string, (length: number) => string>> = {
  'blank lines': length => '\n'.repeat(length),
  'blank lines before a record': length => `${' \n'.repeat(length / 2)}{"name":"a-start"}\n`,
  'one long line': length => `{"name":"a-start","info":{"text":"${'x'.repeat(length)}"}}\n`,
  'one long line of spaces': length => ' '.repeat(length),
  'a report on one line': length =>
    `{"children":[${repeat(`{"trace_id":"a","info":{"text":"${'x'.repeat(1_000)}"}},`, length)}{}]}`,
}

describe('the time to read a file', () => {
  it.each(Object.entries(LINEAR))('grows linearly with the size for %s', async (_, make) => {
    const [small, large] = [await timeOf(make(2 * MEGABYTE)), await timeOf(make(16 * MEGABYTE))]

    // In quadratic time, a text that is eight times as long would take 64 times as long. Times below 50 ms are mostly
    // noise.
    expect(large).toBeLessThan(24 * Math.max(small, 50))
  })
})

/** Returns the CPU time of this process in milliseconds, which does not depend on other programs. */
async function timeOf(text: string): Promise<number> {
  const begun = process.cpuUsage()
  await readTraceFile(pieces(text))
  const { user, system } = process.cpuUsage(begun)
  return (user + system) / 1_000
}
