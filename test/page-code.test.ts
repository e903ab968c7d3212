import type { TraceRecord } from '@osprofiler/core'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openPage } from './page-browser.js'
import { type PlannedPoint, recordPoints } from './page-trace.js'

const WAIT_OPTIONS = { timeout: 30_000 }
const PATTERN = 'vscode://file/{root}/{file}:{line}'

describe('the page of a trace with call sites', () => {
  it('shows the line of a point in its details, its tooltip and the flame graph', async () => {
    const { page, offences } = await openPage(createTrace())
    const row = findRow(page, 'SELECT * FROM orders')

    await row.click()

    expect(await row.locator('.title').getAttribute('title')).toBe('SELECT * FROM orders\nsrc/orders.ts:12')
    expect(await readDetails(page)).toEqual([
      ['From', 'src/orders.ts:12'],
      ['Function', 'listOrders'],
    ])
    await page.getByRole('button', { name: 'Flame graph' }).click()
    await page.getByRole('treeitem', { name: /SELECT \* FROM orders/ }).hover()
    await page.locator('.flame-facts', { hasText: 'src/orders.ts:12' }).waitFor()
    expect(offences).toEqual([])
  })

  it('folds repeated points of different lines into different rows', async () => {
    const { page } = await openPage(createTrace())

    const rows = findRow(page, 'SELECT sku')
    expect(await rows.locator('.times').allTextContents()).toEqual(['4 ×', '3 ×'])
    await rows.first().click()

    expect(await readDetails(page)).toEqual([
      ['From', 'src/orders.ts:41'],
      ['Function', 'loadItems'],
    ])
  })

  it('says where a framework layer was added', async () => {
    const { page } = await openPage(createTrace())

    await findRow(page, 'authenticate').click()

    expect(await readDetails(page)).toEqual([['Added at', 'src/app.ts:8']])
  })

  it('has statistics by call site, unless no point has a call site', async () => {
    const { page } = await openPage(createTrace())
    await page.keyboard.press('3')

    await page.getByRole('button', { name: 'By call site' }).click()

    const labels = await page.locator('.statistics tbody th').allTextContents()
    expect(labels.map(label => label.trim()).sort()).toEqual([
      'no call site shop',
      'src/app.ts:8 shop',
      'src/orders.ts:12 shop',
      'src/orders.ts:41 shop',
      'src/orders.ts:57 shop',
    ])
    const { page: plain } = await openPage(recordPoints([{ name: 'a', service: 'shop', fromMs: 0, toMs: 1 }]))
    await plain.keyboard.press('3')
    await plain.getByRole('button', { name: 'By statement' }).waitFor()
    expect(await plain.getByRole('button', { name: 'By call site' }).count()).toBe(0)
  })

  it('finds points by their line', async () => {
    const { page } = await openPage(createTrace())

    await page.getByRole('searchbox').fill('orders.ts:41')

    await expect.poll(() => page.locator('#search-result').textContent(), WAIT_OPTIONS).toBe('1 of 4')
  })
})

describe('the links to an editor', () => {
  it('are off until the user chooses a pattern, and are kept for the next visit', async () => {
    const { page, offences } = await openPage(createTrace())
    await findRow(page, 'SELECT * FROM orders').click()
    expect(await findLink(page).count()).toBe(0)

    await chooseEditor(page, PATTERN, '/home/me/my shop')

    expect(await findLink(page).getAttribute('href')).toBe('vscode://file/home/me/my%20shop/src/orders.ts:12')
    await page.reload()
    await findRow(page, 'SELECT * FROM orders').click()
    expect(await findLink(page).getAttribute('href')).toBe('vscode://file/home/me/my%20shop/src/orders.ts:12')
    await chooseEditor(page, '', '/home/me/my shop')
    expect(await findLink(page).count()).toBe(0)
    expect(offences).toEqual([])
  })

  it('are followed without changing the page', async () => {
    const { page, offences } = await openPage(createTrace())
    await findRow(page, 'SELECT * FROM orders').click()
    await chooseEditor(page, PATTERN, '/home/me/shop')

    await findLink(page).click()

    // The browser of the test has no editor, so nothing opens.
    const followed = 'request vscode://file/home/me/shop/src/orders.ts:12'
    await expect.poll(() => offences[0], WAIT_OPTIONS).toBe(followed)
    expect(offences.filter(offence => /Content Security Policy|popup|dialog/.test(offence))).toEqual([])
    expect(await page.locator('.details').isVisible()).toBe(true)
  })

  it.each(['javascript://x/%0awindow.hacked=1//{file}', 'https://example.org/{file}', 'vscode://{file}'])(
    'cannot have the pattern %s, even if it is stored',
    async pattern => {
      const { page, offences } = await openPage(createTrace())
      await findRow(page, 'SELECT * FROM orders').click()
      await openDialog(page)
      await page.getByLabel('URL pattern').fill(pattern)
      const isSavable = await page.getByRole('button', { name: 'Save', exact: true }).isEnabled()

      await page.evaluate(`localStorage.setItem('osprofiler-editor', '${JSON.stringify({ pattern, root: '/' })}')`)
      await page.reload()
      await findRow(page, 'SELECT * FROM orders').click()

      expect(isSavable).toBe(false)
      expect(await findLink(page).count()).toBe(0)
      expect(await page.evaluate('window.hacked')).toBeUndefined()
      expect(offences).toEqual([])
    },
  )

  it.each(['7', 'null', '{"pattern": 7}', '{"pattern": "vscode://file/{file}", "root": {}}', '[', '{"__proto__": {}}'])(
    'are off if the stored choice is %j',
    async stored => {
      const { page, offences } = await openPage(createTrace())
      await page.evaluate(`localStorage.setItem('osprofiler-editor', '${stored}')`)
      await page.reload()

      await findRow(page, 'SELECT * FROM orders').click()

      expect(await page.locator('.site').textContent()).toContain('src/orders.ts:12')
      expect(await findLink(page).count()).toBe(0)
      expect(offences).toEqual([])
    },
  )

  it.each([
    '/etc/passwd',
    '../../../etc/passwd',
    'src/../../secret.ts',
    'C:\\Windows\\a.ts',
    'javascript:window.hacked=1',
    '"><img src=x onerror=window.hacked=1>/../a',
  ])('are not made for the file %s, which is shown as text', async file => {
    const { page, offences } = await openPage(createTrace(file))
    await findRow(page, 'SELECT * FROM orders').click()
    await chooseEditor(page, PATTERN, '/home/me/shop')

    expect(await page.locator('.site code').first().textContent()).toBe(`${file}:12`)
    expect(await findLink(page).count()).toBe(0)
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.evaluate('window.hacked')).toBeUndefined()
    expect(offences).toEqual([])
  })
})

function createTrace(file = 'src/orders.ts'): TraceRecord[] {
  const query = (statement: string, code: object, fromMs: number): PlannedPoint => ({
    name: 'db',
    service: 'shop',
    fromMs,
    toMs: fromMs + 20,
    info: { db: { statement, params: {} }, code: { column: 9, ...code } },
  })
  const items = (line: number, count: number, fromMs: number): PlannedPoint[] =>
    Array.from({ length: count }, (_, index) =>
      query(`SELECT sku FROM items WHERE id = ${index}`, { file, line, function: 'loadItems' }, fromMs + index * 20),
    )
  return recordPoints([
    {
      name: 'wsgi',
      service: 'shop',
      fromMs: 0,
      toMs: 400,
      info: { request: { method: 'GET', path: '/orders', query: '', scheme: 'http' } },
      stopInfo: { response: { status_code: 200 } },
      children: [
        {
          name: 'koa',
          service: 'shop',
          fromMs: 0,
          toMs: 90,
          info: { layer: { name: 'authenticate' }, code: { file: 'src/app.ts', line: 8 } },
        },
        query('SELECT * FROM orders', { file, line: 12, function: 'listOrders' }, 100),
        ...items(41, 4, 150),
        ...items(57, 3, 250),
      ],
    },
  ])
}

function findRow(page: Page, text: string) {
  return page.locator('.row[aria-level]', { hasText: text })
}

function findLink(page: Page) {
  return page.locator('.site a')
}

async function readDetails(page: Page): Promise<(readonly [string, string])[]> {
  const entries = await page.locator('.site > div').all()
  return Promise.all(
    entries.map(
      async entry =>
        [
          (await entry.locator('dt').textContent()) ?? '',
          (await entry.locator('code').first().textContent()) ?? '',
        ] as const,
    ),
  )
}

async function openDialog(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Editor' }).click()
  await page.getByRole('dialog').waitFor()
}

async function chooseEditor(page: Page, pattern: string, root: string): Promise<void> {
  await openDialog(page)
  await page.getByLabel('URL pattern').fill(pattern)
  await page.getByLabel('Folder for').fill(root)
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}
