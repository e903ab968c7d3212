import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { makeDirectory, type Outcome, osprofiler } from './cli-process.js'
import { createShopRecords, type PointSpec, SHOP_TRACE, toLines, toRecords } from './cli-records.js'

let file: string
beforeEach(() => {
  file = join(makeDirectory(), 'shop.jsonl')
  writeFileSync(file, toLines(createShopRecords()))
})

function show(...options: readonly string[]): Promise<Outcome> {
  return osprofiler(['trace', 'show', file, ...options])
}

/** Returns the lines of the printed tree, which ends at the first empty line. */
function readTree({ stdout }: Outcome): string[] {
  return stdout.slice(0, stdout.indexOf('\n\n')).split('\n')
}

describe('the tree of osprofiler trace show', () => {
  it.each([
    [['--depth', '1'], 1],
    [['--depth', '2'], 3],
    [['--min-ms', '50.1'], 3],
    [['--filter', 'shop\\.render'], 2],
    [['--filter', '^SELECT .* = 3$'], 4],
    [['--service', 'gateway'], 3],
    [['--service', 'gateway', '--min-ms', '10'], 2],
  ])('has only the selected points with %j, and shows their number', async (options, count) => {
    const outcome = await show(...options)

    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    expect(readTree(outcome).filter(line => !/more points?,/.test(line))).toHaveLength(count)
    expect(readTree(outcome)[0]).toContain('request GET /orders/7 200')
    expect(outcome.stdout).toMatch(/ of 9 points/)
  })

  it('is replaced by an error that lists the known services if a service is unknown', async () => {
    const { code, stdout, stderr } = await show('--service', 'order')

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toBe('error: No point belongs to the service "order". This trace has: gateway, orders.\n')
  })

  it('is replaced by an error if a regular expression takes too long', async () => {
    writeFileSync(file, toLines(createShopRecords({ text: 'a'.repeat(60) })))

    const { code, stdout, stderr } = await show('--filter', '(a+)+\\d$')

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^error: The regular expression \(a\+\)\+\\d\$ was stopped after 3 s\. .*\n$/)
  })

  it('is replaced by an error if a regular expression is invalid', async () => {
    const { code, stdout, stderr } = await show('--filter', '[')

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^error: --filter needs a regular expression\. Invalid regular expression.*\n$/)
  })

  it('corrects clock differences, or shows the recorded times with --raw-times', async () => {
    writeFileSync(file, toLines(createSkewedRecords()))

    const [corrected, raw] = await Promise.all([show(), show('--raw-times')])

    expect(corrected.stdout).toMatch(/^Trace .* 100 ms /m)
    expect(raw.stdout).toMatch(/^Trace .* 5\.\d\d s /m)
  })

  it('shows the call site of each point, its file and line, with --code', async () => {
    const code = { file: 'src/items.ts', line: 12 }
    const records = createShopRecords().map(record =>
      record.name === 'db-start' ? { ...record, info: { ...record.info, code } } : record,
    )
    writeFileSync(file, toLines(records))

    const [plain, located] = await Promise.all([show(), show('--code')])

    expect(located.stderr).toBe('')
    expect(readTree(plain).join()).not.toContain('src/items.ts')
    expect(readTree(located).filter(line => line.includes('src/items.ts:12'))).toHaveLength(1)
    expect(plain.stdout.replaceAll(/\s+/g, ' ')).toContain('one after another, from src/items.ts:12 (')
  })

  it('says with --code that no point has a call site, and how to ask for call sites', async () => {
    const [plain, located] = await Promise.all([show(), show('--code')])

    expect(located.stdout).toBe(plain.stdout)
    expect(located.stderr).toBe(
      'No point of this trace has a call site. `osprofiler run` and `osprofiler sign` ask services for them.\n',
    )
  })
})

/** Creates the records of a caller and of a callee whose clock is five seconds ahead. */
function createSkewedRecords() {
  const request = { method: 'GET', path: '/', query: '', scheme: 'http' }
  const caller: PointSpec = {
    ...{ id: 'a', parent: SHOP_TRACE, name: 'http', service: 'gateway', from: 0, to: 100 },
    start: { requests: { ...request, hostname: 'orders', port: 80 } },
  }
  const callee: PointSpec = {
    ...{ id: 'b', parent: 'a', name: 'wsgi', service: 'orders', from: 5_010, to: 5_090, start: { request } },
  }
  return [...toRecords(SHOP_TRACE, [caller], 'one'), ...toRecords(SHOP_TRACE, [callee], 'two')]
}
