import type { TraceRecord } from '@osprofiler/core'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openPage } from './page-browser.js'
import { createPointId, type PlannedPoint, recordPoints, TRACE_ID } from './page-trace.js'

const MEGABYTE_CHARS = 1_000_000

/** Strings that an attacker who can send a record would try. Each script would set `window.hacked` if it ran. */
const HOSTILE_TEXTS: Readonly<Record<string, string>> = {
  'the end of a script': '</script><script>window.hacked = 1</script>',
  'the end of a script in uppercase': '</SCRIPT ><script>window.hacked = 1</script>',
  'a comment that hides the end of the script': '<!--<script>',
  markup: '<img src=x onerror="window.hacked = 1"><svg onload="window.hacked = 1">',
  'a URL that is a script': 'javascript:window.hacked=1',
  'a template': '{{constructor.constructor("window.hacked = 1")()}}',
  'a style': '</style><style>* { display: none }</style>',
  'characters that reverse the text': 'user\u202egpj.exe\u202c \u2066isolate',
  'invisible characters': 'pass\u200bword\u2060\ufeff\u{e0041}',
  'control characters': 'a\u0000b\u001b[31mred\u0007\r\n\u2028\u2029c',
  'unpaired surrogates': 'broken \ud800 here \udfff',
}

describe('a hostile record', () => {
  it.each(Object.entries(HOSTILE_TEXTS))('with %s is shown as text everywhere', async (_, text) => {
    const { page, offences } = await openPage(fillEveryField(text))

    await visitEverything(page)

    expect(offences).toEqual([])
    expect(await page.evaluate('window.hacked')).toBeUndefined()
    expect(await page.locator('img, svg, iframe, a[href^="javascript"]').count()).toBe(0)
    expect(await page.locator('.row[aria-level]').first().isVisible()).toBe(true)
    expect(await readShownText(page)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  })

  it('with a megabyte in every field leaves the page usable', async () => {
    const { page, offences } = await openPage(fillEveryField('long '.repeat(MEGABYTE_CHARS / 5)))

    await visitEverything(page)
    await page.locator('.row[aria-level]').nth(1).click()
    await page
      .getByRole('button', { name: /Show all/ })
      .first()
      .click()

    expect(offences).toEqual([])
    expect((await page.locator('.details pre').first().textContent())?.length).toBeGreaterThan(MEGABYTE_CHARS)
    expect((await page.locator('.row[aria-level]').nth(1).textContent())?.length).toBeLessThan(2000)
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  })

  it.each(Object.entries(HOSTILE_TEXTS))(
    'with %s is copied as the page shows it, and puts no control characters into the copy or the title',
    async (_, text) => {
      const { page } = await openPage(fillEveryField(text))
      await page.evaluate('navigator.clipboard.writeText = async text => { window.copied = text }')
      await page.locator('.row[aria-level]').first().click()

      for (const button of await page.getByRole('button', { name: /^Copy/ }).all()) {
        await button.click()
        const copied = await page.evaluate<string>('window.copied')
        const shown = await button.evaluate(element => element.parentElement?.querySelector('code, pre')?.textContent)
        expect(copied).toBe(shown)
        expect(copied.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      }
      expect(await page.title()).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      expect(await page.locator('.raw pre').count()).toBeGreaterThan(0)
    },
  )

  it('can be copied as JSON with the same value', async () => {
    const { page } = await openPage(fillEveryField('\u202e\u{e0041}\\u{e0041} "quoted" \u{1f600}'))
    await page.evaluate('navigator.clipboard.writeText = async text => { window.copied = text }')
    await page.locator('.row[aria-level]').first().click()

    await page
      .getByRole('button', { name: /^Copy the record/ })
      .first()
      .click()

    expect(JSON.parse(await page.evaluate<string>('window.copied')).info.host).toBe(
      '\u202e\u{e0041}\\u{e0041} "quoted" \u{1f600}',
    )
  })

  it.each([
    ['lists', '['.repeat(200_000) + ']'.repeat(200_000)],
    ['objects', `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`],
  ])('with 200,000 nested %s is shown with its trace', async (_, value) => {
    const [start, stop, ...others] = fillEveryField('harmless')
    const deep = { ...start, info: { ...start?.info, deep: JSON.parse(value) } } as TraceRecord
    const { page, offences } = await openPage([deep, stop as TraceRecord, ...others])

    await visitEverything(page)
    await page.locator('.row[aria-level]').first().click()

    expect(await page.locator('.row[aria-level]').count()).toBe(2)
    expect(await page.locator('.raw pre').first().textContent()).toContain('"deep":')
    expect(offences).toEqual([])
  })

  it('shows its depth if it is nested two hundred levels deep', async () => {
    let point: PlannedPoint = { name: 'level199', service: 'deep', fromMs: 199, toMs: 200 }
    for (let level = 198; level >= 0; level--) {
      point = { name: `level${level}`, service: 'deep', fromMs: level, toMs: 400 - level, children: [point] }
    }
    const { page, offences } = await openPage(recordPoints([point]))

    await page.locator('.grid').focus()
    await page.keyboard.press('End')

    const last = page.locator('.row.selected')
    expect(await last.getAttribute('aria-level')).toBe('200')
    expect(await last.locator('.name').textContent()).toBe('level199')
    expect(await last.locator('.name').isVisible()).toBe(true)
    expect(offences).toEqual([])
  })

  it('whose parents form a cycle is shown and marked', async () => {
    const records = recordPoints([
      { name: 'first', service: 'a', fromMs: 0, toMs: 10 },
      { name: 'second', service: 'a', fromMs: 2, toMs: 8 },
    ]).map(record => ({
      ...record,
      parent_id: record.trace_id === createPointId(1) ? createPointId(2) : createPointId(1),
    }))
    const { page, offences } = await openPage(records)

    await page.locator('.row[aria-level]').first().click()

    expect(await page.locator('.row[aria-level]').count()).toBe(2)
    expect(await page.locator('.details .mark').textContent()).toContain('cycle of parents')
    expect(offences).toEqual([])
  })

  it('with values of a wrong type is shown with those values', async () => {
    const broken = [null, 7, 'text', [], {}, { name: 5, info: 'none', trace_id: {}, timestamp: 'yesterday' }]
    const { page, offences } = await openPage(broken as unknown as TraceRecord[])

    await visitEverything(page)

    expect(await page.locator('.row[aria-level]').count()).toBeGreaterThan(0)
    expect(offences).toEqual([])
  })

  it('whose names are names of JavaScript properties is shown like any other', async () => {
    const { page, offences } = await openPage(
      recordPoints([
        {
          name: '__proto__',
          service: 'constructor',
          fromMs: 0,
          toMs: 5,
          info: JSON.parse('{"__proto__": {"x": 1}, "toString": 1}'),
        },
      ]),
    )

    await visitEverything(page)

    expect(await page.locator('.row[aria-level] .name').textContent()).toBe('__proto__')
    expect(offences).toEqual([])
  })
})

describe('the page itself', () => {
  it('reports a trace without records', async () => {
    const { page, offences } = await openPage([])

    expect(await page.locator('main').textContent()).toContain('no records')
    expect(offences).toEqual([])
  })

  it('blocks scripts, styles and requests that do not belong to the page', async () => {
    const { page } = await openPage(fillEveryField('harmless'))
    const attempts = [
      "document.body.setAttribute('onclick', 'window.hacked = 1')",
      'document.body.innerHTML = \'<img src=x onerror="window.hacked = 1">\'',
      "document.body.append(Object.assign(document.createElement('script'), { text: 'window.hacked = 1' }))",
      "new Worker('data:text/javascript,1')",
      "fetch('https://example.org/')",
      "fetch('data:text/plain,1')",
    ]
    const outcomes: boolean[] = []
    for (const attempt of attempts) {
      outcomes.push(
        await page.evaluate<boolean>(
          `(async () => { ${attempt.startsWith('fetch') ? 'await ' : ''}${attempt} })().then(() => true, () => false)`,
        ),
      )
    }
    const refused = page.waitForEvent('requestfailed')
    await page.evaluate("new Image().src = 'https://example.org/pixel'")

    expect(outcomes).toEqual(attempts.map(() => false))
    expect(await page.evaluate('window.hacked')).toBeUndefined()
    expect((await refused).failure()?.errorText).toBe('csp')
  })

  it('ignores a link to an unknown point', async () => {
    const { page, offences } = await openPage(fillEveryField('harmless'), {
      hash: '#point=<img src=x onerror=alert(1)>&from=NaN&to=1e999&view=javascript:alert(1)',
    })

    expect(await page.locator('.row[aria-level]').count()).toBeGreaterThan(0)
    expect(offences).toEqual([])
  })
})

/** Creates a small trace that has the text in every field that can contain it. */
function fillEveryField(text: string): TraceRecord[] {
  const info = {
    host: text,
    request: { method: text, path: text, query: text, scheme: text },
    code: { file: text, line: 1, function: text },
    [text.slice(0, 100)]: [text.slice(0, 1000)],
  }
  const records = recordPoints([
    {
      name: 'wsgi',
      service: text,
      fromMs: 0,
      toMs: 100,
      info,
      stopInfo: { etype: text, message: text },
      children: [{ name: text, service: text, fromMs: 10, toMs: 50, info: { db: { statement: text, params: text } } }],
    },
  ])
  return records.map(record => ({
    ...record,
    base_id: record.base_id === TRACE_ID ? text : record.base_id,
    parent_id: record.parent_id === TRACE_ID ? text : record.parent_id,
    project: text,
  }))
}

async function visitEverything(page: Page): Promise<void> {
  await page.locator('.row[aria-level]').first().click()
  await page.getByRole('searchbox').fill('a')
  await page.getByRole('button', { name: 'Flame graph' }).click()
  for (const frame of await page.getByRole('treeitem').all()) await frame.hover()
  await page.getByRole('button', { name: 'Statistics' }).click()
  for (const grouping of await page.locator('.statistics .tabs button').all()) await grouping.click()
  await page.getByRole('button', { name: 'Waterfall', exact: true }).click()
}

/** Returns all text on the page, without the line breaks in raw records. */
async function readShownText(page: Page): Promise<string> {
  return ((await page.locator('#osprofiler').textContent()) ?? '').replaceAll('\n', '')
}
