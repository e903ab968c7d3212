import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openPage } from './page-browser.js'
import { pointId, recordPoints, shopTrace } from './page-trace.js'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const SIZES = [
  { width: 400, height: 800 },
  { width: 1600, height: 900 },
]
const LOOKS = (['light', 'dark'] as const).flatMap(colorScheme =>
  SIZES.map(viewport => ({ colorScheme, viewport, name: `${colorScheme}, ${viewport.width} pixels wide` })),
)

const FINDINGS = 'document.querySelector(".findings ol")'

/** What can be on the screen, and how it gets there. */
const SCREENS: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  waterfall: async () => undefined,
  details: async page => page.locator('.row[aria-level]', { hasText: 'Sender.send' }).click(),
  marked: async page => {
    await page.keyboard.press('/')
    await page.keyboard.type('items')
    await page.locator('.row.marked').first().waitFor()
  },
  'nothing found': async page => page.getByRole('textbox', { name: /Shortest/ }).fill('1 m'),
  'flame graph': async page => page.keyboard.press('2'),
  statistics: async page => page.keyboard.press('3'),
  keys: async page => page.keyboard.press('?'),
}

describe.each(LOOKS)('$name', ({ colorScheme, viewport }) => {
  it.each(Object.entries(SCREENS))('the %s can be used by everybody and fits', async (_, show) => {
    const { page, offences } = await openPage(shopTrace(), { colorScheme, viewport })

    await show(page)

    expect(await violations(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    expect(offences).toEqual([])
  })
})

describe('what to look at', () => {
  it.each([390, 900, 1440])('stands there whole, %i pixels wide', async width => {
    const { page } = await openPage(shopTrace(), { viewport: { width, height: 844 } })

    await page.locator('.finding').nth(3).waitFor()

    expect(await page.evaluate(`${FINDINGS}.scrollHeight - ${FINDINGS}.clientHeight`)).toBe(0)
  })

  it('scrolls where it is longer than half of the window, and leaves room for the waterfall', async () => {
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

it('shows where the focus is, on everything that Tab reaches', async () => {
  const { page } = await openPage(shopTrace(), { hash: `#point=${pointId(16)}` })
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

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  const results = await page.evaluate<AxeResults>('axe.run(document)')
  return results.violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html.slice(0, 200)}`))
}
