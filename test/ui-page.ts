/// <reference lib="dom" />

import { readFileSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, expect, onTestFinished } from 'vitest'
import { CHROMIUM, SWITCHES } from './chromium.js'
import type { Ui } from './ui-server.js'

const AXE = readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

let browser: Promise<Browser> | undefined

afterAll(async () => (await browser)?.close())

/**
 * Opens a page as a user would. The test fails if the page logs an error, violates its policy, or sends a request to
 * another server.
 */
export async function openPage(ui: Ui, path = '', options: BrowserContextOptions = {}): Promise<Page> {
  browser ??= chromium.launch({ executablePath: CHROMIUM, args: SWITCHES, timeout: 120_000 })
  const context = await (await browser).newContext(options)
  context.setDefaultTimeout(60_000)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', error => faults.push(String(error)))
  page.on('console', message => {
    // The browser itself logs error responses, which some tests cause intentionally.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) faults.push(message.text())
  })
  page.on('request', request => {
    if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).port !== String(ui.port))
      faults.push(request.url())
  })
  onTestFinished(async () => {
    await context.close()
    expect(faults).toEqual([])
  })
  await page.goto(ui.address)
  if (path !== '') await page.goto(`http://127.0.0.1:${ui.port}${ui.folder}${path}`)
  else await page.getByText(/^[\d,]+\+? traces?$/).waitFor()
  return page
}

/** Returns the ids of the traces in the list, in the list's order. */
export async function readRowIds(page: Page): Promise<string[]> {
  return await page.locator('tbody .id').allTextContents()
}

interface Axe {
  run(): Promise<{
    readonly violations: readonly { readonly id: string; readonly nodes: readonly { html: string }[] }[]
  }>
}

/** Returns the violations that axe finds on a page. */
export async function findFaults(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  return await page.evaluate(async () => {
    const { violations } = await (window as unknown as { readonly axe: Axe }).axe.run()
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  })
}
