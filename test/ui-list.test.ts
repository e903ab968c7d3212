/// <reference lib="dom" />

import { randomUUID } from 'node:crypto'
import type { Driver, TraceRecord } from '@osprofiler/core'
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { findFaults, openPage, readRowIds } from './ui-page.js'
import { makeTrace, openStore, startUi, type Ui } from './ui-server.js'

interface TraceSpec {
  readonly id: string
  readonly method?: string
  readonly path?: string
  readonly route?: string
  readonly ms?: number
  readonly status?: number
  readonly service?: string
  readonly failure?: Readonly<Record<string, string>>
}

const TRACES: readonly TraceSpec[] = [
  { id: 't-1', path: '/orders/1', route: '/orders/:id', ms: 20 },
  { id: 't-2', path: '/orders/2', route: '/orders/:id', ms: 40 },
  { id: 't-3', path: '/orders/3', route: '/orders/:id', ms: 900, status: 404 },
  { id: 't-4', method: 'POST', path: '/pay', route: '/pay', ms: 300, service: 'bank' },
  {
    ...{ id: 't-5', method: 'POST', path: '/pay', route: '/pay', ms: 50, status: 500, service: 'bank' },
    failure: { etype: 'TimeoutError', message: 'no answer' },
  },
]

describe('a row in the list', () => {
  it('links the text of its request to its trace', async () => {
    const page = await openReadList(await startFilledUi())

    const link = page.getByRole('link', { name: 'GET /orders/2', exact: true })
    const cells = await page.getByRole('row').filter({ has: link }).getByRole('cell').allInnerTexts()
    await link.click()
    await page.getByRole('heading', { name: 'GET /orders/2 200' }).waitFor()

    expect(cells.slice(2, 7)).toEqual([
      expect.stringMatching(/^GET \/orders\/2\s+\/orders\/:id$/),
      'shop',
      '200',
      '40.0 ms',
      '1',
    ])
    expect(page.url()).toContain('trace?ref=id%3At-2')
  })

  it('shows its request as a link', async () => {
    const page = await openReadList(await startFilledUi())
    const looks = (link: Locator) =>
      link.evaluate(element => {
        const { color, textDecorationLine } = getComputedStyle(element)
        return [color, textDecorationLine]
      })

    const [request, slowest] = [page.locator('a.request').first(), page.locator('.routes td a').first()]

    expect(await looks(request)).toEqual(await looks(slowest))
    expect((await looks(request))[1]).toBe('underline')
  })

  it('shows why a trace failed', async () => {
    const page = await openReadList(await startFilledUi())

    const [row] = await page.locator('tr.failed .what').allInnerTexts()

    expect(row).toContain('TimeoutError: no answer')
  })

  it('says that a trace is too large to be described', async () => {
    const ui = await startUi()
    await ui.driver.write(makeTrace({ baseId: 'large', queries: 5_001, queryMs: 0 }))
    const page = await openPage(ui)

    await page.getByText('too large').waitFor()

    expect(await page.locator('td.duration span').getAttribute('title')).toContain('10,004 records')
    expect(await page.getByRole('link', { name: 'GET /orders' }).first().isVisible()).toBe(true)
  })

  it('gives a service the same color as the page of a trace', async () => {
    const page = await openReadList(await startFilledUi())
    const colorOf = () =>
      page
        .locator('.swatch')
        .last()
        .evaluate(swatch => getComputedStyle(swatch).backgroundColor)

    const listed = await page
      .locator('.traces tr', { hasText: 't-4' })
      .locator('.swatch')
      .evaluate(swatch => getComputedStyle(swatch).backgroundColor)
    await page.getByRole('link', { name: 'POST /pay', exact: true }).last().click()
    await page.getByRole('link', { name: 'All traces' }).waitFor()

    expect(await colorOf()).toBe(listed)
  })
})

describe('the filters of the list', () => {
  it('select by duration and by status, and are restored when the user goes back', async () => {
    const page = await openReadList(await startFilledUi())
    const least = page.getByLabel('Minimum duration')
    const status = page.getByLabel('Status')

    const found: Record<string, string[]> = {}
    for (const text of ['300', '0.5 s', '5 m', '']) {
      await least.fill(text)
      found[text] = await readRowIds(page)
    }
    for (const value of ['404', '2xx', '5xx', 'error']) {
      await status.selectOption(value)
      found[value] = await readRowIds(page)
    }
    await least.fill('10')
    await page.locator('a.request').first().click()
    await page.getByRole('link', { name: 'All traces' }).waitFor()
    await page.goBack()
    await page.locator('.traces tbody tr').first().waitFor()

    expect(found).toEqual({
      300: ['t-4', 't-3'],
      '0.5 s': ['t-3'],
      '5 m': [],
      '': ['t-5', 't-4', 't-3', 't-2', 't-1'],
      404: ['t-3'],
      '2xx': ['t-4', 't-2', 't-1'],
      '5xx': ['t-5'],
      error: ['t-5'],
    })
    expect([await least.inputValue(), await status.inputValue()]).toEqual(['10', 'error'])
    expect(await readRowIds(page)).toEqual(['t-5'])
  })

  it.each(['abc', '-5', '1e3', '5 parsecs'])('say that "%s" is not a duration, and list everything', async text => {
    const page = await openReadList(await startFilledUi())
    const least = page.getByLabel('Minimum duration')

    await least.fill(text)

    await page
      .getByText(
        'This is not a duration. Type milliseconds, such as 5 or 0.5, or add a unit: 1.5 s. This filter is off.',
      )
      .waitFor()
    expect(await least.getAttribute('aria-invalid')).toBe('true')
    expect(await readRowIds(page)).toHaveLength(5)
    expect(await findFaults(page)).toEqual([])
    await least.fill('300')
    expect(await least.getAttribute('aria-invalid')).toBe('false')
    expect(await page.locator('#least-problem').textContent()).toBe('')
  })

  it("describe the status classes in HTTP's terms", async () => {
    const page = await openReadList(await startFilledUi())

    const names = await page.getByLabel('Status').locator('option').allTextContents()

    expect(names.slice(0, 6)).toEqual([
      'any',
      ...['2xx: success', '3xx: redirect', '4xx: client error', '5xx: server error', 'Any error'],
    ])
  })

  it('offer to open the typed text as a trace only if it can be an id', async () => {
    const page = await openPage(await startFilledUi())
    const search = page.getByRole('searchbox')
    const offers: Record<string, number> = {}

    for (const text of ['/carts/1503', 'two words', '0199f000-0000-7000-8000-000000000000']) {
      await search.fill(text)
      await page.getByText('No trace in this list matches.').waitFor()
      offers[text] = await page.getByText('Is this the id of an older trace?').count()
    }

    expect(Object.values(offers)).toEqual([0, 0, 1])
  })

  it('select a route, show its figures in a table, and can be reset', async () => {
    const page = await openReadList(await startFilledUi())
    const routes = page.getByRole('region', { name: 'Routes' })

    const rows = (await routes.getByRole('row').allInnerTexts()).slice(1).map(row => row.trim().split(/\s*[\t\n]\s*/))
    const orders = routes.getByRole('button', { name: 'GET /orders/:id shop' })
    await orders.click()
    const narrowed = await readRowIds(page)
    const pressed = await orders.getAttribute('aria-pressed')
    await orders.click()

    expect(rows).toEqual([
      ['GET /orders/:id', 'shop', '3', '40.0 ms', '900 ms', '900 ms'],
      ['POST /pay', 'bank', '2 (1 failed)', '50.0 ms', '300 ms', '300 ms'],
    ])
    expect([narrowed, pressed]).toEqual([['t-3', 't-2', 't-1'], 'true'])
    expect(await readRowIds(page)).toHaveLength(5)
  })

  it('lead from a route to its slowest trace', async () => {
    const page = await openReadList(await startFilledUi())

    await page.getByRole('region', { name: 'Routes' }).getByRole('link', { name: '900 ms' }).click()

    await page.getByRole('heading', { name: 'GET /orders/3 404' }).waitFor()
  })
})

describe('a search in the list', () => {
  it('shows how many traces it has searched, and continues if the user asks', async () => {
    const ui = await startUi()
    const at = Date.now() - 10_000_000
    await ui.driver.write([
      ...createTrace({ id: 'needle', path: '/needle' }, at - 60_000),
      ...Array.from({ length: 1_200 }, (_, index) => createTrace({ id: `hay-${index}` }, at + index)).flat(),
    ])
    const page = await openPage(ui)
    const progress = page.locator('.progress')

    await page.getByRole('searchbox').fill('needle')
    await progress.getByText('Searched 200 of 1,201 traces', { exact: true }).waitFor()
    const first = await readRowIds(page)
    await progress.getByRole('button', { name: 'Search up to 1,000' }).click()
    await progress.getByText('Searched 1,000 of 1,201 traces', { exact: true }).waitFor()
    const second = await readRowIds(page)
    await progress.getByRole('button', { name: 'Search up to 1,201' }).click()
    await progress.getByText('Searched 1,201 of 1,201 traces', { exact: true }).waitFor()

    expect([first, second]).toEqual([[], []])
    expect(await readRowIds(page)).toEqual(['needle'])
    expect(await progress.getByRole('button').count()).toBe(0)
  })

  it('counts the traces in the store only during a search, and only once', async () => {
    const store = openStore()
    const limits: number[] = []
    const driver: Driver = {
      ...store,
      async listTraces(query) {
        limits.push(query?.limit ?? 0)
        return (await store.listTraces?.(query)) ?? []
      },
    }
    await driver.write(Array.from({ length: 201 }, (_, index) => createTrace({ id: `t-${index}` })).flat())
    const page = await openPage(await startUi({ driver }))
    const before = limits.filter(limit => limit > 1_000)

    await page.getByRole('searchbox').fill('t-')
    await page.getByText(/^Searched .* of 201 traces/).waitFor()
    await page.getByRole('searchbox').fill('t-1')
    await page.getByRole('searchbox').fill('')

    expect(before).toEqual([])
    expect(limits.filter(limit => limit > 1_000)).toEqual([100_001])
  })

  it('draws only the visible rows of ten thousand', async () => {
    const ui = await startUi()
    await ui.driver.write(Array.from({ length: 10_000 }, (_, index) => createTrace({ id: `t-${index}` })).flat())
    const page = await openPage(ui)

    await page.getByRole('button', { name: 'Show 1,000' }).click()
    await page.getByRole('button', { name: 'Show 5,000' }).click()
    await page.getByRole('button', { name: 'Show 20,000' }).click()
    await page.getByText(/^10,000 traces$/).waitFor()
    const atFirst = await page.locator('.traces tbody tr').count()
    await page.mouse.move(600, 600)
    await expect
      .poll(async () => {
        await page.mouse.wheel(0, 20_000)
        return await page.locator('.traces tbody tr').count()
      })
      .toBeGreaterThan(atFirst)

    expect(atFirst).toBeLessThan(1_000)
  })
})

describe('the list on a phone', () => {
  it('shortens the name of a service, but never a status', async () => {
    const ui = await startUi()
    const service = 'orders-backend-of-the-shop-in-a-region-far-away'
    await ui.driver.write([
      ...createTrace({ id: 'short', ms: 2, service }),
      ...createTrace({ id: 'long', ms: 76_543, service, path: `/orders/${'segment-'.repeat(8)}` }),
    ])
    const page = await openReadList(ui, { viewport: { width: 390, height: 844 } })

    const cut = await page
      .locator('td.status')
      .evaluateAll(cells => cells.map(cell => cell.scrollWidth - cell.clientWidth))

    expect(cut).toEqual([0, 0])
    expect(await page.locator('td.where bdi').first().isVisible()).toBe(true)
  })
})

describe.each(['light', 'dark'] as const)('the filtered list in %s mode', colorScheme => {
  it.each([1440, 390])('has no fault that axe detects at a width of %i pixels', async width => {
    const page = await openReadList(await startFilledUi(), { colorScheme, viewport: { width, height: 844 } })
    if (width < 760) await page.locator('.routes summary').click()

    await page.getByRole('searchbox').fill('orders')
    await page.getByRole('button', { name: 'GET /orders/:id shop' }).click()

    expect(await findFaults(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
  })
})

describe('hostile records in the list', () => {
  it('are shown as text in links, routes, statuses and errors', async () => {
    const ui = await startUi()
    const markup = '"><img src=x onerror="window.ran = 1"><script>window.ran = 1</script>'
    await ui.driver.write([
      ...createTrace({
        ...{ id: `javascript:alert(1)//${markup}`, path: `//evil.example/${markup}`, route: markup, method: markup },
        ...{ service: markup, status: 500, failure: { etype: markup, message: '\u202e\u0007' } },
      }),
      ...createTrace({ id: '__proto__', path: 'javascript:window.ran=1', route: '__proto__', service: '__proto__' }),
    ])
    const page = await openPage(ui)
    await waitUntilAllRead(page)
    await page.getByRole('searchbox').fill('evil.example')
    await page.getByRole('searchbox').fill('')

    const links = await page
      .locator('.content a')
      .evaluateAll(found => found.map(link => (link as HTMLAnchorElement).href))

    const own = `http://127.0.0.1:${ui.port}${ui.folder}`
    expect(
      links.filter(link => !link.startsWith(`${own}trace?ref=`) && !link.startsWith(`${own}download?ref=`)),
    ).toEqual([])
    expect(await page.locator('img, .content script').count()).toBe(0)
    expect(await page.evaluate(() => 'ran' in window)).toBe(false)
    expect(await page.locator('.content').textContent()).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })
})

describe("a request's route", () => {
  it('is shown in the list, next to the path, if the route and the path differ', async () => {
    const page = await openReadList(await startFilledUi(), { viewport: { width: 1440, height: 900 } })

    const routes = await page.locator('.what .beside').allTextContents()

    expect(routes).toEqual(['', '', '/orders/:id', '/orders/:id', '/orders/:id'])
  })

  it('is shown in the tree of the trace, next to the path', async () => {
    const page = await openPage(await startFilledUi(), 'trace?ref=id:t-3', { viewport: { width: 1440, height: 900 } })

    const row = page.locator('.row[aria-level]').first()
    await row.waitFor()

    expect(await row.locator('.title').textContent()).toBe('GET /orders/3 404')
    expect(await row.locator('.route').textContent()).toBe('/orders/:id')
  })
})

describe('the page of a trace on a phone', () => {
  it('shows the findings without a click', async () => {
    const page = await openPage(await startFilledUi(), 'trace?ref=id:t-3', { viewport: { width: 390, height: 844 } })

    await page.getByText('100 % of this request is "GET /orders/:id" in shop (900 ms)').waitFor()

    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
  })
})

async function startFilledUi(): Promise<Ui> {
  const ui = await startUi()
  const at = Date.now() - 600_000
  await ui.driver.write(TRACES.flatMap((made, index) => createTrace(made, at + index * 1_000)))
  return ui
}

function createTrace(made: TraceSpec, at = Date.now() - 60_000): TraceRecord[] {
  const { id, method = 'GET', path = '/orders/1', route = path, ms = 10, status = 200, service = 'shop' } = made
  const common = { base_id: id, parent_id: id, trace_id: randomUUID(), project: 'node', service }
  const timestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}000`
  const request = { method, path, scheme: 'http', query: '' }
  const stop = { request: { route }, response: { status_code: status }, ...made.failure }
  return [
    { ...common, name: 'wsgi-start', timestamp: timestamp(at), info: { host: 'vm', request } },
    { ...common, name: 'wsgi-stop', timestamp: timestamp(at + ms), info: { host: 'vm', ...stop } },
  ]
}

/** Opens the list, and waits until the server has read every trace in it. */
async function openReadList(ui: Ui, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await openPage(ui, '', options)
  await waitUntilAllRead(page)
  return page
}

/** Waits until the server has read every trace in the list. */
async function waitUntilAllRead(page: Page): Promise<void> {
  const rows = await page.locator('.traces tbody tr').count()
  await expect.poll(() => page.locator('td.points:not(:empty)').count(), { timeout: 20_000 }).toBe(rows)
}
