import { expect, it } from 'vitest'
import { openPage } from './page-browser.js'
import { type PlannedPoint, recordPoints } from './page-trace.js'

function createServedPoint(
  service: string,
  fromMs: number,
  toMs: number,
  children: readonly PlannedPoint[],
): PlannedPoint {
  const info = { request: { method: 'GET', path: '/', query: '', scheme: 'http' } }
  return { name: 'wsgi', service, fromMs, toMs, info, stopInfo: { response: { status_code: 200 } }, children }
}

it('the page draws 20,000 repeated points from the first start to the last stop', async () => {
  const repeats = Array.from({ length: 20_000 }, (_, index) => ({
    name: 'db',
    service: 'shop',
    fromMs: 5 + index * 0.024,
    toMs: 5.012 + index * 0.024,
    info: { db: { statement: 'SELECT 1', params: {} } },
  }))

  const { page, offences } = await openPage(recordPoints([createServedPoint('shop', 0, 490, repeats)]))
  const row = page.locator('.row[aria-level]', { hasText: '20,000 ×' })
  const boxes = await row.locator('.bar').evaluateAll(bars => bars.map(bar => bar.getBoundingClientRect().toJSON()))
  const time = await row.locator('.cell-time').evaluate(cell => cell.getBoundingClientRect().toJSON())

  const left = Math.min(...boxes.map(box => box.left))
  const right = Math.max(...boxes.map(box => box.right))
  expect((left - time.left) / time.width).toBeCloseTo(5 / 490, 1)
  expect((right - time.left) / time.width).toBeGreaterThan(0.97)
  expect(boxes.length).toBeLessThanOrEqual(400)
  expect(offences).toEqual([])
})

it('the page corrects the times of a service whose clock is ahead, and reports the difference', async () => {
  const call: PlannedPoint = {
    name: 'http',
    service: 'web',
    fromMs: 1,
    toMs: 726,
    info: { requests: { method: 'GET', hostname: 'db', port: 80, path: '/', query: '', scheme: 'http' } },
    stopInfo: { requests: { status_code: 200 } },
    children: [createServedPoint('db', 30_002, 30_729, [])],
  }

  const { page } = await openPage(recordPoints([createServedPoint('web', 0, 727, [call])]))
  const shown = async () => await page.locator('body').textContent()
  const corrected = await shown()
  await page.getByRole('checkbox', { name: 'Times as recorded' }).check()
  const recorded = await shown()

  expect(corrected).toMatch(/Duration72\d ms/)
  expect(corrected).toMatch(/The clock of host db-host is 30\.0 s ahead of .*: its times are corrected here/)
  expect(recorded).toMatch(/Duration30\.7 s/)
  expect(recorded).toMatch(/The clock of host db-host is 30\.0 s ahead of .*: its times are shown here as recorded/)
})

it('the page reports lost records', async () => {
  const { page } = await openPage(
    recordPoints([
      { ...createServedPoint('web', 0, 727, []), stopInfo: { response: { status_code: 200 }, records_dropped: 1204 } },
    ]),
  )

  expect(await page.locator('body').textContent()).toContain(
    '1,204 records of this trace were lost on the way from web',
  )
})
