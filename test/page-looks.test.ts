import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openPage } from './page-browser.js'
import { createPointId, createShopTrace, recordPoints } from './page-trace.js'
import { createWhyTrace } from './page-why-trace.js'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const SIZES = [
  { width: 400, height: 800 },
  { width: 1600, height: 900 },
]
const LOOKS = (['light', 'dark'] as const).flatMap(colorScheme =>
  SIZES.map(viewport => ({ colorScheme, viewport, name: `${colorScheme}, ${viewport.width} pixels wide` })),
)

const FINDINGS = 'document.querySelector(".findings ol")'

/** The page's views, each with the actions that open it. */
const SCREENS: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  waterfall: async () => undefined,
  details: async page => page.locator('.row[aria-level]', { hasText: 'Sender.send' }).click(),
  marked: async page => {
    await page.keyboard.press('/')
    await page.keyboard.type('items')
    await page.locator('.row.marked').first().waitFor()
  },
  'nothing found': async page => page.getByRole('textbox', { name: /minimum/i }).fill('1 m'),
  'flame graph': async page => page.keyboard.press('2'),
  statistics: async page => page.keyboard.press('3'),
  keys: async page => page.keyboard.press('?'),
}

/**
 * The views of a trace with an account, each with the actions that open it. An account says where a request's own time
 * went: see docs/why.md.
 */
const ACCOUNT_SCREENS: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  waterfall: async () => undefined,
  details: async page => page.locator('.row[aria-level]', { hasText: 'GET /orders' }).click(),
  'flame graph of CPU time': async page => {
    await page.keyboard.press('2')
    await page.getByRole('button', { name: 'CPU', exact: true }).click()
  },
  'table of causes': async page => {
    await page.keyboard.press('3')
    await page.getByRole('button', { name: 'By cause' }).click()
  },
}

describe.each(LOOKS)('$name', ({ colorScheme, viewport }) => {
  it.each(Object.entries(ACCOUNT_SCREENS))(
    'the %s of a trace with an account is accessible and fits the window',
    async (_, show) => {
      const { page, offences } = await openPage(createWhyTrace(), { colorScheme, viewport })

      await show(page)

      expect(await findViolations(page)).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
      expect(offences).toEqual([])
    },
  )

  it.each(Object.entries(SCREENS))('the %s is accessible and fits the window', async (_, show) => {
    const { page, offences } = await openPage(createShopTrace(), { colorScheme, viewport })

    await show(page)

    expect(await findViolations(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    expect(offences).toEqual([])
  })
})

describe('the list of findings', () => {
  it.each([390, 900, 1440])('is completely visible at a width of %i pixels', async width => {
    const { page } = await openPage(createShopTrace(), { viewport: { width, height: 844 } })

    await page.locator('.finding').nth(3).waitFor()

    expect(await page.evaluate(`${FINDINGS}.scrollHeight - ${FINDINGS}.clientHeight`)).toBe(0)
  })

  it('scrolls if it is longer than half of the window, and leaves space for the waterfall', async () => {
    const steps = Array.from({ length: 6 }, (_, index) => ({
      name: 'db',
      service: `service-${index}`,
      fromMs: index * 100,
      toMs: index * 100 + 99,
      info: { db: { statement: `SELECT ${'column_of_a_table, '.repeat(200)} ${index} FROM items`, params: {} } },
      stopInfo: { etype: 'DatabaseError', message: 'deadlock detected' },
    }))
    const { page } = await openPage(recordPoints(steps), { viewport: { width: 900, height: 800 } })

    await page.locator('.finding').nth(3).waitFor()

    expect(await page.evaluate(`${FINDINGS}.clientHeight <= innerHeight / 2 && ${FINDINGS}.clientHeight > 300`)).toBe(
      true,
    )
    expect(await page.evaluate(`${FINDINGS}.scrollHeight > ${FINDINGS}.clientHeight`)).toBe(true)
    expect(await page.evaluate('document.querySelector(".work").clientHeight')).toBeGreaterThanOrEqual(190)
  })
})

describe('a small window', () => {
  const deep = recordPoints([
    {
      name: 'wsgi',
      service: 'shop',
      fromMs: 0,
      toMs: 900,
      info: { request: { method: 'GET', path: `/orders/${'a-long-segment-'.repeat(12)}end`, query: '' } },
      stopInfo: { response: { status_code: 500 } },
      children: Array.from({ length: 60 }, (_, index) => ({
        name: `step-${index}`,
        service: 'shop',
        fromMs: index * 10,
        toMs: index * 10 + 9,
      })),
    },
  ])
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true }

  it('scrolls the whole page to the last row, which the waterfall header does not cover', async () => {
    const { page } = await openPage(deep, phone)
    const last = page.locator('.row[aria-level]', { hasText: 'step-59' })

    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)')
    await last.waitFor()

    const head = await page.locator('.row.head').boundingBox()
    expect(await page.evaluate('getComputedStyle(document.querySelector(".grid")).overflowY')).toBe('visible')
    expect(Math.round((await last.boundingBox())?.y ?? 0)).toBeLessThanOrEqual(844 - 46)
    expect(Math.round(head?.y ?? -1)).toBe(0)
    expect(await page.locator('.row[aria-level]').count()).toBeLessThan(60)
  })

  it('scrolls so that the details do not cover the selected row', async () => {
    const { page } = await openPage(deep, phone)
    const row = page.locator('.row[aria-level]', { hasText: /^step-20/ })

    await page.locator('.row[aria-level]').first().click()
    for (let step = 0; step < 21; step++) await page.keyboard.press('ArrowDown')
    await page.locator('.details', { hasText: 'step-20' }).waitFor()

    const bottom = async () => {
      const [rowBox, details] = [await row.boundingBox(), await page.locator('.details').boundingBox()]
      return (rowBox?.y ?? 9999) + (rowBox?.height ?? 0) - (details?.y ?? 0)
    }
    await expect.poll(bottom, { timeout: 10_000 }).toBeLessThanOrEqual(1)
    expect((await row.boundingBox())?.y).toBeGreaterThanOrEqual(27)
  })

  it.each([390, 900, 1440])('shows the status and every axis label in full at a width of %i pixels', async width => {
    const { page } = await openPage(deep, { viewport: { width, height: 844 } })

    const cut = await page.evaluate(`(() => {
      const right = document.querySelector('.head .cell-time').getBoundingClientRect().right
      const ticks = [...document.querySelectorAll('.head .tick')].map(tick => tick.getBoundingClientRect().right)
      return { ticks: ticks.filter(edge => edge > right), heading: document.querySelector('h1').scrollWidth - document.querySelector('h1').clientWidth }
    })()`)

    expect(await page.locator('h1').textContent()).toMatch(/end 500$/)
    expect(cut).toEqual({ ticks: [], heading: 0 })
  })

  it('shows the column by which the statistics are sorted', async () => {
    const { page } = await openPage(deep, { viewport: { width: 360, height: 740 } })

    await page.keyboard.press('3')

    const edge = (column: string) =>
      page
        .locator('.statistics thead th', { hasText: column })
        .evaluate(heading => heading.getBoundingClientRect().right)
    expect(await edge('Self')).toBeLessThanOrEqual(350)
    await page.getByRole('button', { name: 'Longest' }).evaluate(button => (button as { click?(): void }).click?.())
    await expect.poll(async () => await edge('Longest')).toBeLessThanOrEqual(351)
  })

  it('shows rows without scrolling in landscape orientation', async () => {
    const { page } = await openPage(deep, { viewport: { width: 844, height: 390 } })

    const row = await page.locator('.row[aria-level]').first().boundingBox()

    expect((row?.y ?? 0) + (row?.height ?? 0)).toBeLessThanOrEqual(390)
  })

  it('has only controls that are at least 24 pixels high', async () => {
    const { page } = await openPage(deep, phone)

    const low = await page.evaluate(`[...document.querySelectorAll('a, button, label.switch')]
      .filter(target => target.getBoundingClientRect().height < 23.9)
      .map(target => target.outerHTML)`)

    expect(low).toEqual([])
  })
})

describe('the focus', () => {
  it('is visible on every element that Tab reaches', async () => {
    const { page } = await openPage(createShopTrace(), { hash: `#point=${createPointId(16)}` })
    const unseen: string[] = []

    const reached = new Set<string>()
    for (let step = 0; step < 60; step++) {
      await page.keyboard.press('Tab')
      const [name, outline] = await page.evaluate<[string, string]>(
        '[document.activeElement.outerHTML.slice(0, 200), getComputedStyle(document.activeElement).outlineStyle]',
      )
      if (name.startsWith('<body')) break
      reached.add(name)
      if (outline === 'none') unseen.push(name)
    }

    expect(reached.size).toBeGreaterThan(20)
    expect(unseen).toEqual([])
  })
})

async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  const results = await page.evaluate<AxeResults>('axe.run(document)')
  return results.violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html.slice(0, 200)}`))
}
