import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDriver } from '@osprofiler/drivers'
import { buildReport, parseRecords, readTraceFile } from '@osprofiler/report'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createOwnHeaders, startUi, type Ui } from './ui-server.js'

const ID = '0199c0de-7000-7abc-8def-0123456789ab'

/** Returns the JSON lines of a trace that has one point. */
function createLines(info: string): string {
  const line = (name: string, second: number, more: string): string =>
    `{"name":"${name}","base_id":"${ID}","parent_id":"${ID}","trace_id":"a","timestamp":"2026-11-28T17:00:0${second}.000000","project":"p","service":"s","info":${more}}\n`
  return line('step-start', 1, info) + line('step-stop', 2, '{}')
}

async function startUiWith(text: string): Promise<Ui> {
  const folder = mkdtempSync(join(tmpdir(), 'osprofiler-ui-'))
  writeFileSync(join(folder, `${ID}.jsonl`), text)
  const driver = openDriver(`file://${folder}`)
  onTestFinished(async () => {
    await driver.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return await startUi({ driver })
}

describe.each([
  ['lists', '['.repeat(100_000) + ']'.repeat(100_000)],
  ['objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
])('a record with 100,000 nested %s', (_, value) => {
  it.each(['api/trace?', 'trace?', 'download?format=jsonl&', 'download?format=json&', 'download?format=html&'])(
    'is served with its trace at %s',
    async path => {
      const text = createLines(`{"deep":${value}}`)
      const ui = await startUiWith(text)

      const { status, body } = await ui.send(`${path}ref=id:${ID}`)

      expect(status).toBe(200)
      if (path.startsWith('download')) {
        const { points } = await readTraceFile(body)
        expect(points).toHaveLength(buildReport(parseRecords(text)).points.length)
      }
      expect(ui.errors).toEqual([])
    },
  )

  it('can be compared, listed and opened as a file', async () => {
    const text = createLines(`{"deep":${value}}`)
    const ui = await startUiWith(text)

    const opened = await openFile(ui, text)
    const diff = await ui.send(`api/diff?a=id:${ID}&b=${JSON.parse(opened.body).ref}`)
    const list = await ui.send('api/traces')

    expect([opened.status, diff.status, list.status]).toEqual([200, 200, 200])
    expect(JSON.parse(list.body).traces).toHaveLength(2)
    expect(ui.errors).toEqual([])
  })
})

describe('a file that is opened in the browser', () => {
  it.each([
    ['a list of empty children', `{"children":[${'{},'.repeat(5_000_000)}{}]}`, 413],
    ['nested lists', `{"name":"a-start","info":${'['.repeat(5_000_000)}`, 413],
    ['records that contain almost nothing', '{"name":"a"}\n'.repeat(1_000_000), 413],
    [
      'more records than allowed',
      '{"name":"a-start","trace_id":"x","project":"p","service":"some service"}\n'.repeat(410_000),
      413,
    ],
    ['blank lines', '\n'.repeat(20_000_000), 422],
    ['half a report', '{"children":[', 422],
  ])('is rejected if it contains %s, and the next file can be opened', async (_, text, status) => {
    const ui = await startUiWith(createLines('{}'))

    const refused = await openFile(ui, text)
    const next = await openFile(ui, createLines('{}'))

    expect(refused.status).toBe(status)
    expect(refused.body).toMatch(/^[\w(][^\n]*\n$/)
    expect(next.status).toBe(200)
    expect(ui.errors).toEqual([])
  })
})

function openFile(ui: Ui, text: string) {
  return ui.send('api/files?name=x', {
    method: 'POST',
    headers: { ...createOwnHeaders(ui), 'Content-Length': String(text.length) },
    body: text,
  })
}
