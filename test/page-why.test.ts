import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openPage } from './page-browser.js'
import { createShopTrace } from './page-trace.js'
import { createWhyTrace } from './page-why-trace.js'

/** Returns the kinds of causes in the colored band of a row, from left to right. */
async function bandOf(page: Page, row: string): Promise<string[]> {
  const classes = await page
    .locator('.row[aria-level]', { hasText: row })
    .locator('.cause')
    .evaluateAll(parts => parts.map(part => part.getAttribute('class') ?? ''))
  return classes.map(name => name.replace('cause cause-', ''))
}

/** An account says where a request's own time went: see docs/why.md. */
describe('the page of a trace with an account', () => {
  it('shows where each point spent its own time, as a colored band in the bar of the point', async () => {
    const { page, offences } = await openPage(createWhyTrace())

    expect(await bandOf(page, 'parse')).toEqual(['cpu', 'sync'])
    expect(await bandOf(page, 'GET /orders')).toEqual(['wait', 'held', 'pool', 'gc', 'cpu', 'either'])
    expect(await bandOf(page, 'SELECT')).toEqual([])
    expect(await page.locator('.row[aria-level]').count()).toBe(3)
    expect(offences).toEqual([])
  })

  it('positions each part of the band in the bar by the time of its cause', async () => {
    const { page } = await openPage(createWhyTrace())
    const row = page.locator('.row[aria-level]', { hasText: 'parse' })

    const [bar, part] = [await row.locator('.bar').boundingBox(), await row.locator('.cause').first().boundingBox()]

    // The point takes 190 ms. Its CPU time begins after 10 ms and takes 144 ms.
    const share = (px = 0): number => px / (bar?.width ?? 1)
    expect(share(part?.width)).toBeCloseTo(144 / 190, 1)
    expect(share((part?.x ?? 0) - (bar?.x ?? 0))).toBeCloseTo(10 / 190, 1)
    expect(part?.y).toBeGreaterThan(bar?.y ?? 0)
    expect((part?.y ?? 0) + (part?.height ?? 0)).toBeLessThanOrEqual((bar?.y ?? 0) + (bar?.height ?? 0) + 0.5)
  })

  it('names the colors of the causes, and says that the recording was cut', async () => {
    const { page } = await openPage(createWhyTrace())
    const legend = page.getByRole('region', { name: 'Causes of own time' })

    expect(await legend.locator('li').allTextContents()).toEqual([
      'CPU',
      'Synchronous call',
      'Garbage collection',
      'Waiting',
      'Waiting for a thread',
      'Event loop held by others',
      'Waiting, or event loop held',
    ])
    expect(await legend.locator('p').textContent()).toContain('The recording was cut after ten seconds')
  })

  it('lists where the selected point spent its self time, which excludes the time of its steps', async () => {
    const { page } = await openPage(createWhyTrace())

    await page.locator('.row[aria-level]', { hasText: 'parse' }).click()

    const causes = page.getByRole('region', { name: 'Causes of the self time' })
    expect(await causes.locator('li').allTextContents()).toEqual([
      '144 msCPU in sumPrices (src/orders.ts:38)',
      '32.0 mssynchronous readFileSync, called by loadRates (src/orders.ts:45)',
    ])
    expect(await causes.locator('p').textContent()).toBe('Account level: cpu.')
  })

  it('shows the status and the size of a response, and the number of rows of a query, above the records', async () => {
    const { page } = await openPage(createWhyTrace())
    const facts = page.locator('.details .facts')

    await page.locator('.row[aria-level]', { hasText: 'GET /orders' }).click()
    await expect.poll(() => facts.textContent()).toBe('Status200First byte590 msWritten595 msBody bytes12,345')
    await page.locator('.row[aria-level]', { hasText: 'SELECT' }).click()
    await expect.poll(() => facts.textContent()).toBe('Rows48,210')

    expect(await page.locator('.details h2').textContent()).toBe('SELECT * FROM orders WHERE customer = ?')
  })

  it('lists the causes by function and line, and sorts them', async () => {
    const { page } = await openPage(createWhyTrace())

    await page.keyboard.press('3')
    await page.getByRole('button', { name: 'By cause' }).click()
    const table = page.getByRole('region', { name: 'Causes by function and line' })
    const first = table.locator('tbody tr').first()

    expect(await first.textContent()).toBe('sumPrices orderssrc/orders.ts:38CPU144 ms24 %12')
    await table.getByRole('button', { name: 'Function' }).click()
    expect(await first.textContent()).toContain('<script>alert(1)</script> orders')
  })

  it('shows the CPU time by service, function and hottest line', async () => {
    const { page, offences } = await openPage(createWhyTrace())

    await page.keyboard.press('2')
    await page.getByRole('button', { name: 'CPU', exact: true }).click()

    const frames = page.getByRole('list', { name: 'CPU time' }).locator('.frame')
    expect(await frames.allTextContents()).toEqual([
      'orders',
      'sumPrices src/orders.ts:33',
      'src/orders.ts:38',
      '<script>alert(1)</script> src/orders.ts:12 via lodash',
    ])
    expect(offences).toEqual([])
  })
})

describe('the page of a trace without an account', () => {
  it('has no legend, no table of causes and no flame graph of CPU time', async () => {
    const { page } = await openPage(createShopTrace())

    expect(await page.locator('.causes').count()).toBe(0)
    await page.keyboard.press('3')
    expect(await page.getByRole('button', { name: 'By cause' }).count()).toBe(0)
    await page.keyboard.press('2')
    expect(await page.getByRole('button', { name: 'CPU', exact: true }).count()).toBe(0)
  })
})
