import type { TraceRecord } from '@osprofiler/core'
import { expect, it } from 'vitest'
import { openPage } from './page-browser.js'
import { createPointId, type PlannedPoint, recordPoints } from './page-trace.js'

it('the page opens, scrolls and searches a hundred thousand points', async () => {
  const begin = Date.now()
  const { page, offences } = await openPage(createManyPoints(100_000))
  const grid = page.locator('.grid')
  await page.locator('.row[aria-level]').first().waitFor()
  const openedMs = Date.now() - begin

  const rowCount = Number(await grid.getAttribute('aria-rowcount'))
  await grid.focus()
  await page.keyboard.press('End')
  await expect.poll(() => page.locator('.row.selected').textContent(), { timeout: 20_000 }).toContain('task99999')
  const inDocument = await page.locator('.row').count()
  await page.getByRole('searchbox').fill('task54321')
  await expect.poll(() => page.locator('.row.selected').textContent(), { timeout: 20_000 }).toContain('task54321')

  await expect.poll(() => page.locator('.findings .count').textContent(), { timeout: 30_000 }).toMatch(/^\d+$/)

  expect(rowCount).toBe(100_001)
  expect(inDocument).toBeLessThan(100)
  expect(offences).toEqual([])
  // The time includes rendering the page. The limit is generous for a busy machine, so it catches only extreme costs.
  expect(openedMs).toBeLessThan(60_000)
}, 300_000)

it('the page of 100,000 points shows an account, and takes at most twice as long to open with it', async () => {
  const served = { name: 'wsgi', service: 'service0', fromMs: 0, toMs: 150_000, info: { request: { path: '/' } } }
  const records = recordPoints([{ ...served, children: planManyPoints(100_000) }])
  const open = async (shown: readonly TraceRecord[]) => {
    const begin = Date.now()
    const { page, offences } = await openPage(shown)
    await page.locator('.row[aria-level]').first().waitFor()
    await expect.poll(() => page.locator('.findings .count').textContent(), { timeout: 60_000 }).toMatch(/^\d+$/)
    return { page, offences, ms: Date.now() - begin }
  }

  const without = await open(records)
  const { page, offences, ms } = await open([...records, ...createLargeAccount(records)])

  expect(ms).toBeLessThan(2 * without.ms)
  expect(await page.locator('.row[aria-level]').first().locator('.cause').count()).toBeGreaterThan(0)
  await page.keyboard.press('3')
  await page.getByRole('button', { name: 'By cause' }).click()
  const table = page.getByRole('region', { name: 'Causes by function and line' })
  expect(await table.locator('tbody tr').count()).toBe(20)
  await page.keyboard.press('2')
  await page.getByRole('button', { name: 'CPU', exact: true }).click()
  expect(await page.getByRole('list', { name: 'CPU time' }).locator('.frame').count()).toBeGreaterThan(10)
  expect(offences).toEqual([])
}, 300_000)

it('the page hides its findings while it computes the findings for the times as recorded', async () => {
  const steps = Array.from({ length: 6000 }, (_, index) => createStep(`task${index}`, index / 100, index / 100 + 0.01))
  const callee = { name: 'wsgi', service: 'ahead', fromMs: 5010, toMs: 5090, info: { request: { path: '/' } } }
  const call = { name: 'http', service: 'web', fromMs: 0, toMs: 100, info: { requests: { path: '/' } } }
  const { page } = await openPage(recordPoints([{ ...call, children: [callee] }, ...steps]))
  const findings = page.locator('.findings')
  await expect.poll(() => findings.textContent(), { timeout: 30_000 }).toContain('corrected here')
  await page.evaluate(`
    const list = document.querySelector('.findings')
    window.shown = []
    new MutationObserver(() => shown.push(list.textContent)).observe(list, {
      subtree: true, childList: true, characterData: true,
    })
  `)

  await page.getByRole('checkbox', { name: 'Times as recorded' }).check()

  await expect.poll(() => findings.textContent(), { timeout: 30_000 }).toContain('shown here as recorded')
  const shown = await page.evaluate<string[]>('shown')
  expect(shown[0]).toMatch(/\.\.\.$/)
}, 120_000)

it('the page keeps the failed and the slowest points of a large trace, and says how many points it omits', async () => {
  const records = recordPoints([
    {
      name: 'root',
      service: 'a',
      fromMs: 0,
      toMs: 1000,
      children: [
        { name: 'light', service: 'a', fromMs: 1, toMs: 2 },
        {
          name: 'parent',
          service: 'a',
          fromMs: 10,
          toMs: 500,
          children: [createStep('heavy', 20, 400), createStep('small', 401, 402)],
        },
        { name: 'failed', service: 'a', fromMs: 600, toMs: 601, stopInfo: { etype: 'Error' } },
      ],
    },
  ])

  const { page } = await openPage(records, { pointLimit: 4 })

  expect(await page.locator('.row[aria-level] .name').allTextContents()).toEqual(['root', 'parent', 'heavy', 'failed'])
  expect(await page.getByRole('note').textContent()).toBe(
    'This page shows 4 of 6 points: those that failed or took longest. The other 2 are left out.',
  )
})

it('the page shows a thousand services, and a thousand findings do not displace the rows', async () => {
  const points = Array.from({ length: 1000 }, (_, index) => ({
    ...createStep(`task${index}`, index, index + 1),
    service: `s${index}`,
  }))

  const { page, offences } = await openPage(recordPoints(points), { viewport: { width: 400, height: 700 } })

  const box = await page.locator('.row[aria-level]').first().boundingBox()
  expect(box?.y).toBeLessThan(600)
  expect(offences).toEqual([])
})

/**
 * Creates `count` points in subtrees of ten points each. All points have different names, so that the page folds no
 * points.
 */
function createManyPoints(count: number): TraceRecord[] {
  return recordPoints(planManyPoints(count))
}

function planManyPoints(count: number): PlannedPoint[] {
  const groups: PlannedPoint[] = []
  for (let first = 0; first < count; first += 10) {
    const children = Array.from({ length: 9 }, (_, index) =>
      createStep(`task${first + index + 1}`, first + index, first + index + 1),
    )
    groups.push({ ...createStep(`task${first}`, first, first + 10), children })
  }
  return groups
}

/**
 * Creates the largest account that a service sends, for the first point. An account says where a request's own time
 * went: see docs/why.md. This account has 20 causes, and a timeline of 300 entries.
 */
function createLargeAccount([served]: readonly TraceRecord[]): TraceRecord[] {
  const causes = Array.from({ length: 20 }, (_, index) => ({
    ...{ kind: index % 2 ? 'wait' : 'cpu', ms: 7_500, times: 15 },
    ...{ function: `compute${index}`, file: 'src/orders.ts', line: index + 1 },
  }))
  const timeline = Array.from({ length: 300 }, (_, index) => `${index * 500_000},500000,${index % 20}`).join(' ')
  const why = { version: 1, level: 'cpu', at: served?.timestamp, wallMs: 150_000, causes, timeline }
  const account: PlannedPoint = { name: 'why', service: 'service0', fromMs: 150_000, toMs: 150_000, info: { why } }
  return recordPoints([account]).map(record => ({
    ...record,
    trace_id: createPointId(999_999),
    parent_id: createPointId(1),
  }))
}

function createStep(name: string, fromMs: number, toMs: number): PlannedPoint {
  return { name, service: `service${fromMs % 7}`, fromMs, toMs }
}
