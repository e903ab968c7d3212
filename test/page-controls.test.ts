import type { TraceRecord } from '@osprofiler/core'
import { buildReport, renderTree } from '@osprofiler/report'
import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openPage } from './page-browser.js'
import { createPointId, createShopTrace, recordPoints, TRACE_ID } from './page-trace.js'

/** The long time-out allows for a busy machine. */
const WAIT_OPTIONS = { timeout: 30_000 }

describe('the waterfall', () => {
  it('shows the tree with repeated siblings folded into one row', async () => {
    const { page } = await openPage(createShopTrace())

    expect(await readTitles(page)).toEqual([
      'GET /customers/7 200',
      'GET /orders 200',
      'SELECT * FROM orders WHERE customer = 7',
      'SELECT sku FROM items WHERE order_id = *',
      'Sender.send',
      'audit',
    ])
    expect(await findRow(page, 'SELECT sku').locator('.times').textContent()).toBe('12 ×')
  })

  it('opens and closes a row with the mouse', async () => {
    const { page } = await openPage(createShopTrace())

    await findRow(page, 'SELECT sku').locator('.toggle').click()
    const opened = await findRows(page).count()
    await findRow(page, 'GET /orders').locator('.toggle').click()

    expect(opened).toBe(6 + 12)
    expect(await findRows(page).count()).toBe(4)
    expect(await findRow(page, 'GET /orders').getAttribute('aria-expanded')).toBe('false')
  })

  it('selects rows with the arrow keys, and opens and closes them', async () => {
    const { page } = await openPage(createShopTrace())
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key)
      return readSelectedTitle(page)
    }
    await page.locator('.grid').focus()

    expect(await press('ArrowDown')).toContain('GET /orders')
    expect(await press('ArrowRight')).toContain('SELECT * FROM orders')
    expect(await press('ArrowLeft')).toContain('GET /orders')
    expect(await press('End')).toContain('audit')
    expect(await press('Home')).toContain('GET /customers/7')
    expect(await press('PageDown')).toContain('audit')
    expect(await press('PageUp')).toContain('GET /customers/7')
    await press('ArrowLeft')
    expect(await findRows(page).count()).toBe(1)
    await press('ArrowRight')
    expect(await findRows(page).count()).toBe(6)
    await press('o')
    expect(await findRows(page).count()).toBe(18)
    await press('x')
    expect(await findRows(page).count()).toBe(1)
  })

  it('opens and closes everything below a row with a Shift click, or from the details', async () => {
    const { page } = await openPage(createShopTrace())
    const toggle = findRow(page, 'GET /orders').locator('.toggle')

    await toggle.click({ modifiers: ['Shift'] })
    expect(await findRows(page).count()).toBe(4)
    await toggle.click({ modifiers: ['Shift'] })
    expect(await findRows(page).count()).toBe(18)
    await findRow(page, 'GET /orders').click()
    await page.getByRole('button', { name: 'Close all below' }).click()
    expect(await findRows(page).count()).toBe(4)
    await page.getByRole('button', { name: 'Open all below' }).click()
    expect(await findRows(page).count()).toBe(18)
  })

  it('corrects clock differences between hosts, and shows the recorded times on request', async () => {
    const late = 5000
    const { page } = await openPage(
      recordPoints([
        {
          name: 'http',
          service: 'caller',
          fromMs: 0,
          toMs: 100,
          info: { requests: { method: 'GET', hostname: 'callee', port: 80, path: '/', query: '', scheme: 'http' } },
          children: [
            {
              name: 'wsgi',
              service: 'callee',
              fromMs: late + 10,
              toMs: late + 90,
              info: { request: { method: 'GET', path: '/', query: '', scheme: 'http' } },
            },
          ],
        },
      ]),
    )
    const whole = async () => (await readRange(page))[1]

    expect(await whole()).toBe(100)
    await page.getByRole('checkbox', { name: 'Times as recorded' }).check()
    await expect.poll(whole, WAIT_OPTIONS).toBe(late + 90)
    await page.getByRole('checkbox', { name: 'Times as recorded' }).uncheck()
    await expect.poll(whole, WAIT_OPTIONS).toBe(100)
  })

  it('opens and closes rows by level with buttons and keys', async () => {
    const { page } = await openPage(createShopTrace())

    await page.getByRole('button', { name: 'Fewer levels' }).click()
    await page.getByRole('button', { name: 'Fewer levels' }).click()
    expect(await findRows(page).count()).toBe(1)
    await page.getByRole('button', { name: 'More levels' }).click()
    expect(await findRows(page).count()).toBe(4)
    await page.keyboard.press(']')
    expect(await findRows(page).count()).toBe(6)
    await page.keyboard.press('[')
    expect(await findRows(page).count()).toBe(4)
  })

  it('highlights the critical path until the user switches it off', async () => {
    const { page } = await openPage(createShopTrace())

    expect(await page.locator('.critical').count()).toBeGreaterThan(0)
    await page.keyboard.press('c')
    expect(await page.locator('.critical').count()).toBe(0)
    await page.getByRole('checkbox', { name: 'Critical path' }).check()
    expect(await page.locator('.critical').count()).toBeGreaterThan(0)
  })
})

describe('the filters', () => {
  it('show only failed points and their ancestors', async () => {
    const { page } = await openPage(createShopTrace())

    await page.getByRole('checkbox', { name: 'Failed only' }).check()

    expect(await readTitles(page)).toEqual(['GET /customers/7 200', 'Sender.send'])
    expect(await page.locator('.found').textContent()).toBe('1 of 17 points')
    await page.getByRole('checkbox', { name: 'Failed only' }).blur()
    await page.keyboard.press('e')
    expect(await findRows(page).count()).toBe(6)
  })

  it('hide a service', async () => {
    const { page } = await openPage(createShopTrace())

    await page.getByRole('button', { name: 'orders', exact: true }).click()

    expect(await readTitles(page)).toEqual(['GET /customers/7 200', 'Sender.send', 'audit'])
  })

  it('keep hiding the same service even if recorded times change the order of services', async () => {
    const { page } = await openPage(
      recordPoints([
        {
          name: 'http',
          service: 'web',
          fromMs: 0,
          toMs: 100,
          info: { requests: { method: 'GET', hostname: 'ahead', port: 80, path: '/', query: '', scheme: 'http' } },
          children: [
            {
              name: 'wsgi',
              service: 'ahead',
              fromMs: 5010,
              toMs: 5050,
              info: { request: { method: 'GET', path: '/', query: '', scheme: 'http' } },
            },
            { name: 'later', service: 'steady', fromMs: 80, toMs: 90 },
          ],
        },
      ]),
    )
    await page.getByRole('button', { name: 'ahead', exact: true }).click()
    const before = await readTitles(page)

    await page.getByRole('checkbox', { name: 'Times as recorded' }).check()

    await expect.poll(async () => (await readRange(page))[1], WAIT_OPTIONS).toBe(5050)
    expect(await readTitles(page)).toEqual(before)
    expect(before.at(-1)).toBe('later')
    expect(await page.getByRole('button', { name: 'ahead', exact: true }).getAttribute('aria-pressed')).toBe('false')
    expect(await page.locator('.services .chip').allTextContents()).toEqual(['web', 'steady', 'ahead'])
  })

  it('show only points that took at least the minimum time, or whose duration is unknown', async () => {
    const { page } = await openPage(createShopTrace())

    await page.getByRole('textbox', { name: /minimum duration/i }).fill('0.2 s')

    await expect
      .poll(() => readTitles(page), WAIT_OPTIONS)
      .toEqual(['GET /customers/7 200', 'GET /orders 200', 'SELECT * FROM orders WHERE customer = 7', 'audit'])
  })
})

describe('the search', () => {
  it('steps through the matches in both directions, by button and key', async () => {
    const { page } = await openPage(createShopTrace())
    await page.keyboard.press('/')
    await page.keyboard.type('from ITEMS')
    const result = page.locator('#search-result')

    await expect.poll(() => result.textContent(), WAIT_OPTIONS).toBe('1 of 12')
    await page.keyboard.press('Enter')
    expect(await result.textContent()).toBe('2 of 12')
    await page.getByRole('button', { name: 'Next match' }).click()
    await page.getByRole('button', { name: 'Previous match' }).click()
    expect(await result.textContent()).toBe('2 of 12')
    await page.keyboard.press('p')
    await page.keyboard.press('p')
    expect(await result.textContent()).toBe('12 of 12')
    await page.keyboard.press('n')
    expect(await result.textContent()).toBe('1 of 12')
    expect(await page.locator('.row.marked').count()).toBe(13)
  })

  it('accepts a regular expression, and reports an invalid one', async () => {
    const { page, offences } = await openPage(createShopTrace())
    const result = page.locator('#search-result')
    await page.getByRole('button', { name: 'Regular expression' }).click()

    await page.getByRole('searchbox').fill('order_id = 1[01]$')
    await expect.poll(() => result.textContent(), WAIT_OPTIONS).toBe('1 of 2')
    await page.getByRole('searchbox').fill('(')
    await expect.poll(() => result.textContent(), WAIT_OPTIONS).toBe('This is not a valid regular expression')
    expect(offences).toEqual([])
  })

  it('stops an expression that takes too long while the page stays responsive', async () => {
    const records = createShopTrace().map(record => ({
      ...record,
      info: { ...record.info, bait: `${'a'.repeat(60)}!` },
    }))
    const { page } = await openPage(records)
    await page.getByRole('button', { name: 'Regular expression' }).click()

    await page.getByRole('searchbox').fill('(a+)+$')
    await expect
      .poll(() => page.locator('#search-result').textContent(), WAIT_OPTIONS)
      .toMatch(/^Searching|takes too long/)
    await page.getByRole('button', { name: 'Flame graph' }).click()
    await page.getByRole('button', { name: 'Waterfall', exact: true }).click()

    await expect.poll(() => page.locator('#search-result').textContent(), WAIT_OPTIONS).toMatch(/takes too long/)
  })

  it('reports that nothing matches', async () => {
    const { page } = await openPage(createShopTrace())

    await page.getByRole('searchbox').fill('no such thing')

    await expect.poll(() => page.locator('#search-result').textContent(), WAIT_OPTIONS).toBe('No matches')
  })
})

describe('a time range', () => {
  it('is selected on the minimap by dragging, and reset by a double click', async () => {
    const { page } = await openPage(createShopTrace())
    const { x, y, width } = await readBox(page.locator('.minimap'))

    await page.mouse.move(x + width * 0.3, y + 30)
    await page.mouse.down()
    await page.mouse.move(x + width * 0.5, y + 30, { steps: 4 })
    await page.mouse.up()

    const [fromMs, toMs] = await readRange(page)
    expect(fromMs).toBeCloseTo(300, -1)
    expect(toMs).toBeCloseTo(500, -1)
    await page.mouse.dblclick(x + width * 0.8, y + 30)
    await expect.poll(() => readRange(page), WAIT_OPTIONS).toEqual([0, 1000])
  })

  it('is zoomed with the wheel over the minimap, and with Ctrl and the wheel over the rows', async () => {
    const { page } = await openPage(createShopTrace())

    await page.locator('.minimap').hover()
    await page.mouse.wheel(0, -400)
    await expect.poll(async () => width(await readRange(page)), WAIT_OPTIONS).toBeLessThan(500)
    const before = width(await readRange(page))
    await findRow(page, 'GET /orders').locator('.cell-time').hover()
    await page.keyboard.down('Control')
    await page.mouse.wheel(0, -100)
    await page.keyboard.up('Control')

    await expect.poll(async () => width(await readRange(page)), WAIT_OPTIONS).toBeLessThan(before)
  })

  it('is zoomed, moved and reset with keys', async () => {
    const { page } = await openPage(createShopTrace())

    await page.keyboard.press('+')
    expect(await readRange(page)).toEqual([250, 750])
    await page.keyboard.press('Shift+ArrowRight')
    expect(await readRange(page)).toEqual([350, 850])
    await page.keyboard.press('Shift+ArrowLeft')
    await page.keyboard.press('-')
    expect(await readRange(page)).toEqual([0, 1000])
    await page.getByRole('slider', { name: 'Start of the range' }).press('PageUp')
    expect(await readRange(page)).toEqual([100, 1000])
    await page.getByRole('slider', { name: 'End of the range' }).press('ArrowLeft')
    expect(await readRange(page)).toEqual([100, 990])
    await page.keyboard.press('0')
    expect(await readRange(page)).toEqual([0, 1000])
  })

  it('is set with a key to the time of the selected point', async () => {
    const { page } = await openPage(createShopTrace())

    await findRow(page, 'SELECT * FROM orders').click()
    await page.keyboard.press('z')

    const [fromMs, toMs] = await readRange(page)
    expect(fromMs).toBeCloseTo(25, -1)
    expect(toMs).toBeCloseTo(295, -1)
  })

  it('is set with a key to the time of folded points, even if one of the points has no time', async () => {
    const step = (fromMs: number) => ({ name: 'step', service: 's', fromMs, toMs: fromMs + 50 })
    const records = recordPoints([
      { name: 'root', service: 's', fromMs: 0, toMs: 1000, children: [step(200), step(400), step(600), step(800)] },
    ])
    const spoiled = records.map(record => {
      const place = [2, 3, 4].findIndex(number => record.trace_id === createPointId(number))
      const isSpoiled = place === 2 || (place >= 0 && record.name === 'step-stop')
      return isSpoiled ? { ...record, timestamp: 'no time' } : record
    })
    const { page } = await openPage(spoiled)

    await findRow(page, '3 ×').click()
    await page.keyboard.press('z')

    await expect.poll(async () => (await readRange(page))[0], WAIT_OPTIONS).toBeCloseTo(184, 0)
    expect((await readRange(page))[1]).toBe(1000)
  })
})

describe('the details', () => {
  it('show ids that can be copied, and the raw records', async () => {
    const { page } = await openPage(createShopTrace(), { permissions: ['clipboard-read', 'clipboard-write'] })

    await findRow(page, 'Sender.send').click()
    const details = page.getByRole('complementary', { name: 'Details' })
    await details.getByRole('button', { name: "Copy the point's id" }).click()

    expect(await details.textContent()).toContain('MailError no such mailbox')
    expect(await details.locator('pre').first().textContent()).toContain('"name": "mail-start"')
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(createPointId(16))
    await details.getByRole('button', { name: 'Close details' }).click()
    expect(await details.count()).toBe(0)
  })

  it('open and close with keys', async () => {
    const { page } = await openPage(createShopTrace())
    await page.locator('.grid').focus()

    await page.keyboard.press('Enter')
    expect(await page.locator('.details').count()).toBe(1)
    await page.keyboard.press('Escape')
    expect(await page.locator('.details').count()).toBe(0)
  })
})

describe('a row of folded repetitions', () => {
  it('shows the time that the repetitions cover, and the sum of their durations in the details', async () => {
    const records = createOverlappingSteps()
    const { page } = await openPage(records)

    await findRow(page, '4 ×').click()

    expect(await findRow(page, '4 ×').locator('.cell-duration').textContent()).toBe('400 ms')
    expect(renderTree(buildReport(records), { width: 100 })).toMatch(/4 x step +s +400 ms/)
    expect(await readFacts(page)).toEqual(['Points 4', 'Elapsed 400 ms', 'Sum 600 ms', 'p50 100 ms', 'Longest 200 ms'])
    expect(await page.locator('.details').textContent()).toContain('during which at least one point ran')
  })

  it('counts only points that pass the filter, in the row and in its details', async () => {
    const { page } = await openPage(createOverlappingSteps())

    await page.getByRole('textbox', { name: /minimum duration/i }).fill('150')
    await findRow(page, '2 ×').click()

    expect(await findRow(page, '2 ×').locator('.cell-duration').textContent()).toBe('300 ms')
    expect((await readFacts(page)).slice(0, 3)).toEqual(['Points 2', 'Elapsed 300 ms', 'Sum 400 ms'])
  })

  it('shows no duration for points that never stopped', async () => {
    const records = createOverlappingSteps().filter(({ name }) => name !== 'step-stop')
    const { page } = await openPage(records)

    await findRow(page, '4 ×').click()

    expect(await findRow(page, '4 ×').locator('.cell-duration').textContent()).toBe('unknown')
    expect((await readFacts(page)).slice(1)).toEqual(
      ['Elapsed', 'Sum', 'p50', 'Longest'].map(name => `${name} unknown`),
    )
  })
})

describe('the findings', () => {
  it('select their points in the waterfall', async () => {
    const { page } = await openPage(createShopTrace())

    await page.getByRole('button', { name: /12 x/ }).click()

    expect(await page.locator('.row.marked').count()).toBe(13)
    expect(await page.locator('#search-result').textContent()).toBe('1 of 12')
    await page.keyboard.press('n')
    expect(await readSelectedTitle(page)).toContain('order_id = 1')
  })
})

describe('a link', () => {
  it('to a point and a time range selects the point and the range, and is updated with the selection', async () => {
    const { page } = await openPage(createShopTrace(), { hash: `#point=${createPointId(5)}&from=200000&to=500000` })

    expect(await readSelectedTitle(page)).toContain('order_id = 1')
    expect(await readRange(page)).toEqual([200, 500])
    await page.locator('.grid').focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('0')
    await expect.poll(() => new URL(page.url()).hash, WAIT_OPTIONS).toBe(`#point=${createPointId(6)}`)
  })
})

describe('the flame graph', () => {
  it('merges equal call paths, zooms, and leads to the waterfall', async () => {
    const { page } = await openPage(createShopTrace())
    await page.keyboard.press('2')
    const frames = page.getByRole('treeitem')

    expect(await frames.count()).toBe(5)
    await frames.filter({ hasText: 'GET /orders' }).click()
    expect(await frames.count()).toBe(4)
    await page.getByRole('button', { name: 'Show the whole trace' }).click()
    expect(await frames.count()).toBe(5)
    await frames.filter({ hasText: '12 ×' }).click()
    await page.getByRole('button', { name: 'Show in the waterfall' }).click()
    expect(await page.locator('.row.marked').count()).toBe(13)
  })

  it('can be navigated with the arrow keys', async () => {
    const { page } = await openPage(createShopTrace())
    await page.keyboard.press('2')
    await page.getByRole('tree').focus()

    await page.keyboard.press('ArrowDown')
    expect(await page.locator('.frame-title').textContent()).toContain('GET /orders')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowRight')
    expect(await page.locator('.frame-title').textContent()).toContain('SELECT sku')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    expect(await page.getByRole('treeitem').count()).toBe(4)
    await page.keyboard.press('Escape')
    expect(await page.getByRole('treeitem').count()).toBe(5)
  })
})

describe('the statistics', () => {
  it('are grouped and sorted, and lead to the longest point', async () => {
    const { page } = await openPage(createShopTrace())
    await page.keyboard.press('3')
    const firstCells = () => page.locator('tbody th button').allTextContents()

    expect(await firstCells()).toEqual(['db', 'request', 'mail', 'audit'])
    await page.getByRole('button', { name: 'Group' }).click()
    expect(await firstCells()).toEqual(['audit', 'db', 'mail', 'request'])
    await page.getByRole('button', { name: 'Points' }).press('Enter')
    expect(await firstCells()).toEqual(['db', 'request', 'audit', 'mail'])
    await page.getByRole('button', { name: 'By service' }).click()
    expect(await firstCells()).toEqual(['orders', 'gateway'])
    await page.getByRole('button', { name: 'By statement' }).click()
    await page
      .locator('tbody')
      .getByRole('button', { name: /SELECT \* FROM orders/ })
      .click()
    expect(await readSelectedTitle(page)).toContain('SELECT * FROM orders')
  })
})

describe('the page', () => {
  it('changes its theme by button and key, and remembers the choice', async () => {
    const { page } = await openPage(createShopTrace(), { colorScheme: 'light' })
    const colour = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const light = await colour()

    await page.getByRole('button', { name: 'Theme: auto' }).click()
    await page.keyboard.press('t')
    const dark = await colour()
    await page.reload()
    await page.locator('.row[aria-level]').first().waitFor()

    expect(dark).not.toBe(light)
    expect(await colour()).toBe(dark)
  })

  it('has a list of keyboard shortcuts', async () => {
    const { page } = await openPage(createShopTrace())

    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    await page.keyboard.press('Escape')
    expect(await page.getByRole('dialog').count()).toBe(0)
    await page.getByRole('button', { name: 'Keys' }).click()
    await page.getByRole('button', { name: 'Close' }).click()
    expect(await page.getByRole('dialog').count()).toBe(0)
  })

  it('prints every row, but not its controls', async () => {
    const deep = Array.from({ length: 120 }, (_, index) => ({
      name: `step${index}`,
      service: 'batch',
      fromMs: index,
      toMs: index + 1,
    }))
    const { page } = await openPage(recordPoints(deep), { colorScheme: 'dark' })
    const onScreen = await findRows(page).count()

    await page.evaluate("dispatchEvent(new Event('beforeprint'))")
    await page.emulateMedia({ media: 'print' })

    expect(onScreen).toBeLessThan(120)
    expect(await findRows(page).count()).toBe(120)
    expect(await page.locator('.toolbar').isVisible()).toBe(false)
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(0, 0, 0)')
  })

  it('shows the trace, its id and its time in the header', async () => {
    const { page } = await openPage(createShopTrace())

    const head = (await page.locator('header').textContent()) ?? ''

    expect(head).toContain('GET /customers/7 200')
    expect(head).toContain('1.00 s')
    expect(head).toContain(TRACE_ID)
  })
})

/**
 * Creates four repetitions of a step. Two take 200 ms each, and overlap by 100 ms. Two take 100 ms each, and one of
 * these runs during a longer repetition.
 */
function createOverlappingSteps(): TraceRecord[] {
  const step = (fromMs: number, toMs: number) => ({ name: 'step', service: 's', fromMs, toMs })
  const children = [step(100, 300), step(200, 400), step(250, 350), step(600, 700)]
  return recordPoints([{ name: 'root', service: 's', fromMs: 0, toMs: 1000, children }])
}

/** Returns the facts in the details, such as `Duration 5.00 ms`. */
async function readFacts(page: Page): Promise<string[]> {
  return page
    .locator('.details .numbers > div')
    .evaluateAll(entries =>
      entries.map(entry => Array.from(entry.children, ({ textContent }) => textContent).join(' ')),
    )
}

function findRows(page: Page): Locator {
  return page.locator('.row[aria-level]')
}

function findRow(page: Page, text: string): Locator {
  return findRows(page).filter({ hasText: text }).first()
}

/** Returns the title of each row, or the row's name if it has no title. */
async function readTitles(page: Page): Promise<string[]> {
  const found = await findRows(page).evaluateAll(elements =>
    elements.map(element => [
      element.querySelector('.title')?.textContent,
      element.querySelector('.name')?.textContent,
    ]),
  )
  return found.map(([title, name]) => title || name || '')
}

async function readSelectedTitle(page: Page): Promise<string> {
  return (await page.locator('.row.selected .cell-point').textContent()) ?? ''
}

/** Returns the start and end of the range in milliseconds. */
async function readRange(page: Page): Promise<[number, number]> {
  const edges = await page
    .getByRole('slider')
    .evaluateAll(elements => elements.map(element => Number(element.getAttribute('aria-valuenow')) / 1000))
  return [edges[0] ?? Number.NaN, edges[1] ?? Number.NaN]
}

function width([from, to]: readonly [number, number]): number {
  return to - from
}

async function readBox(locator: Locator) {
  const box = await locator.boundingBox()
  if (box === null) throw new Error('The element is not visible')
  return box
}
