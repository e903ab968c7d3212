/// <reference lib="dom" />

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Driver } from '@osprofiler/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findFaults, openPage, readRowIds } from './ui-page.js'
import { makeTrace, openStore, startUi, type Ui } from './ui-server.js'

it('the page of a trace links source lines to the given editor, until the user chooses another editor', async () => {
  const ui = await startUi({ editor: { pattern: 'vscode://file/{root}/{file}:{line}', root: '/srv/shop' } })
  const records = makeTrace({ baseId: 'located' }).map(record =>
    record.name === 'db-start' ? { ...record, info: { ...record.info, code: { file: 'src/a.ts', line: 4 } } } : record,
  )
  await ui.driver.write(records)
  const page = await openPage(ui, 'trace?ref=id:located')
  await page.locator('.row[aria-level]', { hasText: 'SELECT' }).first().click()
  const link = page.locator('.site a')

  const given = await link.getAttribute('href')
  await page.getByRole('button', { name: 'Editor' }).click()
  const faults = await findFaults(page)
  await page.getByLabel('URL pattern').fill('zed://file/{root}/{file}:{line}')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })

  expect(given).toBe('vscode://file/srv/shop/src/a.ts:4')
  expect(await link.getAttribute('href')).toBe('zed://file/srv/shop/src/a.ts:4')
  expect(faults).toEqual([])
})

describe('the list in a browser', () => {
  it('opens at the printed address, and removes the token from the address bar', async () => {
    const ui = await startUi()
    const page = await openPage(ui)

    const history = await page.evaluate(() => [location.href, document.referrer, document.cookie])

    expect(history).toEqual([`http://127.0.0.1:${ui.port}${ui.folder}`, '', ''])
    const [cookie] = await page.context().cookies(`http://127.0.0.1:${ui.port}${ui.folder}`)
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: ui.folder })
    expect(await page.context().cookies(`http://127.0.0.1:${ui.port}/`)).toEqual([])
  })

  it('shows new traces, and keeps the selection, input and focus', async () => {
    const ui = await startUi()
    await ui.driver.write(makeTrace({ baseId: 'first', name: 'GET' }))
    const page = await openPage(ui)
    await page.getByRole('checkbox', { name: /^Compare GET.*, first$/ }).check()
    await page.getByRole('searchbox').fill('orders')
    const link = page.getByRole('link', { name: /^GET/ })
    await link.focus()

    await ui.driver.write(makeTrace({ baseId: 'second', name: 'POST', at: Date.now() }))
    await page.getByText('second').waitFor()

    expect(await readRowIds(page)).toEqual(['second', 'first'])
    expect(await page.getByRole('checkbox', { name: /^Compare GET.*, first$/ }).isChecked()).toBe(true)
    expect(await page.getByRole('searchbox').inputValue()).toBe('orders')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('GET GET /orders')
  })

  it('updates a growing trace in place', async () => {
    const ui = await startUi()
    const records = makeTrace({ baseId: 'growing', failed: true })
    await ui.driver.write(records.slice(0, 3))
    const page = await openPage(ui)
    const row = page.getByRole('row').filter({ hasText: 'growing' })
    await row.waitFor()
    const before = await row.getByText('error').isVisible()

    await ui.driver.write(records.slice(3))
    await row.getByText('error').waitFor()

    expect(before).toBe(false)
    await row.locator('td.points').getByText('3').waitFor()
  })

  it('finds traces by all typed words, in any column', async () => {
    const ui = await startFilledUi()
    const page = await openPage(ui)

    const found: Record<string, string[]> = {}
    for (const words of ['checkout', 'POST shop', 'get CATALOGUE', 'a-2', 'nowhere']) {
      await page.getByRole('searchbox').fill(words)
      found[words] = await readRowIds(page)
    }

    expect(found).toEqual({
      checkout: ['a-2'],
      'POST shop': ['a-2'],
      'get CATALOGUE': ['a-3'],
      'a-2': ['a-2'],
      nowhere: [],
    })
    expect(await page.getByRole('link', { name: 'Open nowhere' }).getAttribute('href')).toBe('trace?ref=id%3Anowhere')
  })

  it('sorts by every column in both directions, by mouse and by keyboard', async () => {
    const ui = await startFilledUi()
    const page = await openPage(ui)

    await page.getByRole('cell', { name: '6', exact: true }).waitFor()
    const orders: Record<string, string[]> = {}
    for (const column of ['Request', 'Service', 'Points', 'Trace', 'Time']) {
      await page.getByRole('button', { name: column }).click()
      const first = await readRowIds(page)
      await page.keyboard.press('Enter')
      orders[column] = [first.join(), (await readRowIds(page)).join()]
    }

    expect(orders).toEqual({
      Request: ['a-3,a-1,a-2', 'a-2,a-3,a-1'],
      Service: ['a-3,a-2,a-1', 'a-1,a-2,a-3'],
      Points: ['a-2,a-3,a-1', 'a-1,a-3,a-2'],
      Trace: ['a-1,a-2,a-3', 'a-3,a-2,a-1'],
      Time: ['a-3,a-2,a-1', 'a-1,a-2,a-3'],
    })
    expect(await page.getByRole('columnheader', { name: 'Time' }).getAttribute('aria-sort')).toBe('ascending')
    expect(await page.locator('.traces [aria-sort]').count()).toBe(1)
  })

  it('shows only failed traces', async () => {
    const ui = await startFilledUi()
    const page = await openPage(ui)

    await page.getByRole('checkbox', { name: 'Errors only' }).check()
    await page
      .getByRole('status')
      .filter({ hasText: /^1 trace$/ })
      .waitFor()

    expect(await readRowIds(page)).toEqual(['a-2'])
  })

  it('can be used with only the keyboard', async () => {
    const ui = await startFilledUi()
    const page = await openPage(ui)

    await page.keyboard.press('/')
    await page.keyboard.type('a-')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('x')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('x')
    await page.keyboard.press('c')
    await page.locator('.diff').waitFor()

    const query = new URL(page.url()).searchParams
    expect([query.get('a'), query.get('b')]).toEqual(['id:a-3', 'id:a-2'])
  })

  it('restores its settings when the user goes back', async () => {
    const ui = await startFilledUi()
    const page = await openPage(ui)
    await page.getByRole('searchbox').fill('shop')
    await page.getByRole('button', { name: 'Trace' }).click()
    await page.getByRole('checkbox', { name: /^Compare GET.*, a-1$/ }).check()

    await page.locator('a.request').first().click()
    await page.getByRole('link', { name: 'All traces' }).waitFor()
    await page.goBack()
    await page.locator('.traces tbody tr').first().waitFor()

    expect(await page.getByRole('searchbox').inputValue()).toBe('shop')
    expect(await readRowIds(page)).toEqual(['a-1', 'a-2', 'a-3'])
    expect(await page.getByRole('checkbox', { name: /^Compare GET.*, a-1$/ }).isChecked()).toBe(true)
  })

  it('shows hostile records as text', async () => {
    const ui = await startUi()
    const markup = '</script><img src=x onerror="window.ran = 1"><b>'
    await ui.driver.write(makeTrace({ baseId: markup, name: `javascript:window.ran=1//${markup}`, service: markup }))
    await ui.driver.write(makeTrace({ baseId: '../../x', name: '\u202egnp.exe\u0007', project: 'm'.repeat(1_000_000) }))
    const page = await openPage(ui)
    await page.locator('.traces tbody tr').nth(1).waitFor()

    const ids = await readRowIds(page)
    await page.getByText('\\u202egnp.exe\\u0007').click()
    await page.getByRole('link', { name: 'All traces' }).waitFor()
    const shown = await page.locator('body').textContent()

    expect(ids.sort()).toEqual(['../../x', markup])
    expect(shown).toContain('../../x')
    expect(await page.evaluate(() => 'ran' in window)).toBe(false)
    expect(await page.locator('img, b').count()).toBe(0)
  })

  it('reports that the command has ended, and continues when the command runs again', async () => {
    const ui = await startFilledUi()
    const page = await openPage(ui)

    await page.context().setOffline(true)
    await page.getByText('Is "osprofiler ui" still running?').waitFor()
    const rows = await readRowIds(page)
    await page.context().setOffline(false)
    await page.getByText('Is "osprofiler ui" still running?').waitFor({ state: 'hidden' })

    expect(rows).toHaveLength(3)
  })

  it('sends no more requests after it was closed', async () => {
    const store = openStore()
    let reads = 0
    const driver: Driver = {
      ...store,
      async listTraces(query) {
        reads++
        return (await store.listTraces?.(query)) ?? []
      },
    }
    const page = await openPage(await startUi({ driver }))
    await expect.poll(() => reads, { timeout: 20_000 }).toBeGreaterThan(1)

    await page.context().close()
    // Requests that the page sent before it was closed may still arrive.
    await new Promise(resolve => setTimeout(resolve, 1_000))
    const before = reads
    await new Promise(resolve => setTimeout(resolve, 2_500))

    expect(reads).toBe(before)
  })
})

describe('files in a browser', () => {
  it('can be saved from the list, and opened in the list again', async () => {
    const ui = await startFilledUi()
    const page = await openPage(ui)
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: /^Download POST.* as JSON$/ }).click()
    const saved = await download

    await page.getByLabel('Open file').setInputFiles(await saved.path())
    await page.getByRole('link', { name: 'All traces' }).waitFor()

    expect(saved.suggestedFilename()).toBe('a-2.json')
    expect(page.url()).toContain('trace?ref=file%3A1')
    await page.getByRole('link', { name: 'All traces' }).click()
    await page.locator('.file:visible').waitFor()
  })

  it('are accepted when they are dropped on the page', async () => {
    const ui = await startUi()
    const page = await openPage(ui)
    const text = makeTrace({ baseId: 'dropped' })
      .map(record => JSON.stringify(record))
      .join('\n')

    const data = await page.evaluateHandle(content => {
      const transfer = new DataTransfer()
      transfer.items.add(new File([content], 'dropped.jsonl'))
      return transfer
    }, text)
    await page.dispatchEvent('body', 'drop', { dataTransfer: data })

    await page.waitForURL('**/trace?ref=file%3A1')
  })

  it('are rejected with a reason if they are not traces', async () => {
    const ui = await startUi({ largestFile: 100 })
    const page = await openPage(ui)

    const messages: (string | null)[] = []
    for (const content of ['<html>', 'x'.repeat(101)]) {
      await page
        .getByLabel('Open file')
        .setInputFiles({ name: '<b>.json', mimeType: 'x/y', buffer: Buffer.from(content) })
      await page.getByRole('alert').filter({ hasNotText: 'Opening' }).waitFor()
      messages.push(await page.getByRole('alert').textContent())
    }

    expect(messages[0]).toContain('<b>.json: ')
    expect(messages[1]).toMatch(/too large/)
  })
})

describe('two traces in a browser', () => {
  it('are shown side by side, with the parts that became slower', async () => {
    const ui = await startUi()
    await ui.driver.write(makeTrace({ baseId: 'before', queries: 3, queryMs: 5 }))
    await ui.driver.write(makeTrace({ baseId: 'after', queries: 3, queryMs: 20, at: Date.now() - 1_000 }))
    const page = await openPage(ui)

    await page.getByRole('checkbox', { name: /^Compare .*, before$/ }).check()
    await page.getByRole('checkbox', { name: /^Compare .*, after$/ }).check()
    await page.getByRole('link', { name: 'Compare two traces' }).click()
    await page.getByRole('table').waitFor()

    const cells = (await page.getByRole('row').allInnerTexts()).slice(1).map(row => row.split(/\s*\t\s*/))
    expect(cells).toMatchObject([
      ['request GET /orders', 'orders', '1', '17.0 ms', '62.0 ms', '+45.0 ms +265 %'],
      ['db SELECT * FROM items', 'orders', '3', '15.0 ms', '60.0 ms', '+45.0 ms +300 %'],
    ])
    expect(await page.locator('.verdict').textContent()).toMatch(/^\+45\.0 ms\s*265 % slower$/)
    await page.getByRole('link', { name: 'Swap' }).click()
    await page.getByText('−45.0 ms').first().waitFor()
    expect(await page.locator('.verdict').textContent()).toMatch(/^−45\.0 ms\s*73 % faster$/)
  })

  it('show all figures on a phone', async () => {
    const ui = await startUi()
    await ui.driver.write(makeTrace({ baseId: 'before', queries: 3, queryMs: 5 }))
    await ui.driver.write(makeTrace({ baseId: 'after', queries: 30, queryMs: 20, service: 'orders-of-the-shop' }))
    const page = await openPage(ui, 'compare?a=id:before&b=id:after', { viewport: { width: 390, height: 844 } })

    await page.getByRole('table').waitFor()

    const [right, wide] = await page.evaluate(() => {
      const cells = [...document.querySelectorAll('.diff td')].map(cell => cell.getBoundingClientRect().right)
      return [Math.max(...cells), document.querySelector('.wide')?.scrollWidth ?? 0]
    })
    expect(right).toBeLessThanOrEqual(380)
    expect(wide).toBeLessThanOrEqual(370)
    expect(await findFaults(page)).toEqual([])
  })

  it('are not compared if one of them does not exist', async () => {
    const ui = await startFilledUi()
    const page = await openPage(ui, 'compare?a=id:a-1&b=id:gone')

    await page.getByText('The store does not have this trace.').waitFor()
  })
})

describe('pages from other origins', () => {
  it('can read nothing and change nothing', async () => {
    const ui = await startFilledUi()
    const page = await openPage(ui)
    const evil = await page.context().newPage()
    const origin = await serveEvilPage()
    await evil.goto(origin)
    const base = `http://127.0.0.1:${ui.port}${ui.folder}`

    const statuses: number[] = []
    evil.on('response', response => {
      if (response.url().startsWith(base)) statuses.push(response.status())
    })
    const tried = await evil.evaluate(async address => {
      const post = { method: 'POST', body: '{}' }
      const requests = [
        fetch(`${address}api/traces`, { credentials: 'include' }),
        fetch(`${address}api/traces`, { credentials: 'include', mode: 'no-cors' }),
        fetch(`${address}api/files`, { ...post, headers: { 'X-Osprofiler-Ui': '1' } }),
        fetch(`${address}api/files`, { ...post, credentials: 'include', mode: 'no-cors' }),
      ]
      const outcomes = await Promise.allSettled(requests)
      await Promise.all(
        (['script', 'img', 'iframe'] as const).map(
          name =>
            new Promise<void>(resolve => {
              const element = document.createElement(name)
              element.onload = element.onerror = () => resolve()
              element.src = `${address}${name === 'script' ? 'list.js' : ''}`
              document.body.append(element)
            }),
        ),
      )
      return outcomes.map(({ status }) => status)
    }, base)
    const left = evil.waitForResponse(response => response.url() === `${base}api/files`)
    await evil.evaluate(address => {
      const form = document.createElement('form')
      Object.assign(form, { method: 'post', action: `${address}api/files`, enctype: 'text/plain' })
      document.body.append(form)
      form.submit()
    }, base)
    await left

    expect(tried).toEqual(['rejected', 'rejected', 'rejected', 'rejected'])
    // The browser reveals the status only for the frame and the form.
    expect(statuses).toEqual([403, 403])
    await page.reload()
    await page.locator('.traces tbody tr').nth(2).waitFor()
    expect(await readRowIds(page)).toHaveLength(3)
  })
})

describe.each(['light', 'dark'] as const)('the pages in %s mode', colorScheme => {
  it.each([1280, 400])('have no fault that axe detects at a width of %i pixels', async width => {
    const ui = await startFilledUi()
    const view = { colorScheme, viewport: { width, height: 800 } }
    const list = await openPage(ui, '', view)
    await list.getByRole('checkbox').nth(2).check()
    const empty = await openPage(ui, '', view)
    await empty.getByRole('searchbox').fill('nowhere')
    const compare = await openPage(ui, 'compare?a=id:a-1&b=id:a-2', view)
    await compare.getByRole('table').waitFor()

    const faults = [await findFaults(list), await findFaults(empty), await findFaults(compare)]

    expect(faults).toEqual([[], [], []])
    for (const page of [list, empty, compare]) {
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    }
  })
})

/** Starts a viewer with three traces, the second of which failed. */
async function startFilledUi(): Promise<Ui> {
  const ui = await startUi()
  const at = Date.now() - 600_000
  await ui.driver.write(makeTrace({ baseId: 'a-1', name: 'GET', service: 'orders', queries: 1, at }))
  await ui.driver.write(
    makeTrace({ baseId: 'a-2', name: 'POST', service: 'checkout', queries: 5, failed: true, at: at + 1_000 }),
  )
  await ui.driver.write(makeTrace({ baseId: 'a-3', name: 'GET', service: 'catalogue', queries: 3, at: at + 2_000 }))
  return ui
}

async function serveEvilPage(): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>x</title><body>')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
