import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TraceRecord } from '@osprofiler/core'
import { type PageSource, pageTemplate } from '@osprofiler/viewer'
import type { Page } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { launchPage } from './page-browser.js'
import { createShopTrace, recordPoints } from './page-trace.js'

const WAIT_OPTIONS = { timeout: 30_000 }

describe('the page over HTTP', () => {
  it('gets its trace from the server that sent the page, and links to the list', async () => {
    const { page, offences } = await openServed({ trace: '/trace', list: '/all' }, () => ({
      records: createShopTrace(),
    }))

    await page.locator('.row[aria-level]').first().waitFor()

    expect(await page.locator('header h1').textContent()).toBe('GET /customers/7 200')
    expect(await page.getByRole('link', { name: 'All traces' }).getAttribute('href')).toBe('/all')
    expect(offences).toEqual([])
  })

  it('reports that the store has no records, and sends another request if the user asks', async () => {
    let records: readonly TraceRecord[] = []
    const { page } = await openServed({ trace: '/trace' }, () => ({
      status: records.length === 0 ? 404 : 200,
      records,
    }))
    expect(await page.getByRole('alert').textContent()).toContain('no records of this trace')

    records = createShopTrace()
    await page.getByRole('button', { name: 'Try again' }).click()

    await page.locator('.row[aria-level]').first().waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  it.each([
    [401, 'session has ended'],
    [403, 'session has ended'],
    [500, 'answered with 500'],
  ])('explains a response with status %d', async (status, words) => {
    const { page } = await openServed({ trace: '/trace' }, () => ({ status, records: [] }))

    expect(await page.getByRole('alert').textContent()).toContain(words)
  })

  it('follows a growing trace, and keeps the selection', async () => {
    const growing = (count: number) =>
      recordPoints(
        Array.from({ length: count }, (_, index) => ({
          name: `step${index}`,
          service: 's',
          fromMs: index,
          toMs: index + 1,
        })),
      )
    let records = growing(2)
    let events: ServerResponse | undefined
    const { page } = await openServed(
      { trace: '/trace', events: '/events' },
      () => ({ records }),
      opened => {
        events = opened
      },
    )
    await page.locator('.row[aria-level]', { hasText: 'step1' }).click()

    records = growing(5)
    await expect.poll(() => events !== undefined, WAIT_OPTIONS).toBe(true)
    events?.write('data: more\n\n')

    await expect.poll(() => page.locator('.row[aria-level]').count(), WAIT_OPTIONS).toBe(5)
    expect(await page.locator('.row.selected').textContent()).toContain('step1')
    expect(await page.locator('.details').count()).toBe(1)
  })

  it('keeps the same frame of the flame graph zoomed while the trace grows', async () => {
    const all = recordPoints(
      ['first', 'second', 'third'].map((name, index) => ({ name, service: 's', fromMs: index, toMs: index + 1 })),
    )
    let records: readonly TraceRecord[] = all.filter(({ name }) => !name.startsWith('first'))
    let events: ServerResponse | undefined
    const { page } = await openServed(
      { trace: '/trace', events: '/events' },
      () => ({ records }),
      opened => {
        events = opened
      },
    )
    const frames = page.getByRole('treeitem')
    await page.keyboard.press('2')
    await frames.filter({ hasText: 'third' }).click()

    records = all
    await expect.poll(() => events !== undefined, WAIT_OPTIONS).toBe(true)
    events?.write('data: more\n\n')

    await expect.poll(() => page.locator('header').textContent(), WAIT_OPTIONS).toContain('3.00 ms')
    expect(await frames.allTextContents()).toEqual(['third'])
    expect(await page.locator('.frame-title').textContent()).toContain('third')
  })
})

interface Answer {
  readonly status?: number
  readonly records: readonly TraceRecord[]
}

async function openServed(
  source: PageSource,
  answer: () => Answer,
  onEvents?: (response: ServerResponse) => void,
): Promise<{ page: Page; offences: readonly string[] }> {
  const { html, contentSecurityPolicy } = pageTemplate(source)
  const server = createServer((request, response) => {
    if (request.url === source.trace) {
      const { status = 200, records } = answer()
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(records))
    } else if (request.url === source.events) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      onEvents?.(response)
    } else if (request.url === '/') {
      const headers = { 'content-type': 'text/html', 'content-security-policy': contentSecurityPolicy }
      response.writeHead(200, headers).end(html)
    } else response.writeHead(204).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const opened = await launchPage(origin, {}, origin)
  await opened.page.locator('h1').first().waitFor()
  return opened
}
